"""MLflow's gateway file, in every form that it has had.

====  ==========  ==========================================================================================
1     2.3 to 2.4  ``routes: [{name, type, model: {provider, name, config}}]``
2     2.5 to 2.8  the same with ``route_type``
3     2.9 on      ``endpoints: [{name, endpoint_type, model, limit}]``
4     3.x         ``endpoints`` and ``routes: [{name, task_type, destinations, routing_strategy: TRAFFIC_SPLIT}]``
5     clients     ``model: {provider, name, openai_config}``, as the gateway's client and Databricks write it
====  ==========  ==========================================================================================

The forms are read as one, since files mix them: what an item holds tells what it is. Sections of ours (``server``, ``judges``, …) may
stand in the same file.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from config.forms.accounts import Accounts
from config.forms.mlflow_model import model_of, read_model
from config.forms.reading import Reader, Translated, listed, made, plain, word
from config.forms.vendors import config_keys
from config.suggest import closest, listing
from config.written import Entry, Mapping, Node, Scalar, child, entries, items, text_of

__all__ = ("recognises", "translate")

TYPE_KEYS: Final = ("endpoint_type", "route_type", "type", "task_type", "task")
TASKS: Final = {"llm/v1/chat": "chat", "llm/v1/completions": "completions", "llm/v1/embeddings": "embeddings"}
ENDPOINT_KEYS: Final = ("name", "model", "external_model", "limit", *TYPE_KEYS)
SPLIT_KEYS: Final = ("name", "destinations", "routing_strategy", *TYPE_KEYS)
STAND_IN: Final = "fake/echo"
"""In place of a model that could not be read, which is noted, so that nothing more is said of it."""

PERIODS: Final = ("second", "minute", "hour", "day", "week", "month")


class Endpoint(msgspec.Struct, frozen=True):
    """A route of ours, and what a split of traffic may need to know of it."""

    name: str | None
    target: Node
    task: str | None
    route: Node


def recognises(root: Node) -> bool:
    """Whether a file is one of MLflow's."""
    return child(root, "endpoints") is not None or any(_is_endpoint(item) or _is_split(item) for item in items(child(root, "routes")))


def translate(root: Node) -> Translated:
    """The file in our form."""
    reader = Reader("MLflow's gateway")
    return Translated("mlflow", _Translation(root, reader).root(), tuple(reader.findings), reader.origins)


def _is_endpoint(item: Node) -> bool:
    return isinstance(child(item, "model"), Mapping) or child(item, "external_model") is not None


def _is_split(item: Node) -> bool:
    return child(item, "destinations") is not None


class _Translation:
    """The translation of one file, with the notes made so far."""

    def __init__(self, root: Node, reader: Reader) -> None:
        self._root = root
        self._reader = reader
        self._accounts = Accounts(child(root, "providers"))

    def root(self) -> Mapping:
        self._reader.items_of(child(self._root, "endpoints"), "endpoints")
        self._reader.items_of(child(self._root, "routes"), "routes")
        endpoints = {path: self._endpoint(item, path) for path, item in self._items() if not self._is_other(item, path)}
        routes = [self._route(item, path, endpoints) for path, item in self._items()]
        section = listed(self._root.span, filter(None, routes))
        kept = [entry for entry in entries(self._root) if entry.key not in {"endpoints", "routes", "providers"}]
        providers = Entry("providers", self._root.span, self._accounts.providers(self._root.span))
        return Mapping(self._root.span, (*kept, providers, Entry("routes", self._root.span, section)))

    def _items(self) -> Iterator[tuple[str, Node]]:
        for section in ("endpoints", "routes"):
            for index, item in enumerate(items(child(self._root, section))):
                yield f"{section}[{index}]", item

    def _is_other(self, item: Node, path: str) -> bool:
        """A split, or a route that is written in our form already."""
        return path.startswith("routes") and (_is_split(item) or not _is_endpoint(item))

    def _route(self, item: Node, path: str, endpoints: dict[str, Endpoint]) -> Node | None:
        if path in endpoints:
            return endpoints[path].route
        return self._split(item, path, endpoints) if _is_split(item) else self._reader.came_from(item, path)

    def _endpoint(self, item: Node, path: str) -> Endpoint:
        provider = text_of(child(model_of(item)[1], "provider")) or ""
        self._reader.known_keys(item, path, (*ENDPOINT_KEYS, *config_keys(provider)))
        target = read_model(self._reader, self._accounts, item, path) or word(item.span, STAND_IN)
        name = child(item, "name")
        if name is None:
            self._reader.missing(item, path, "name")
        targets = listed(target.span, [made(target.span, {"model": target})])
        task = self._task(item, path)
        values = {"name": name and self._reader.came_from(name, f"{path}.name"), "task": task, "targets": targets}
        route = made(item.span, {**values, "limits": self._limits(child(item, "limit"), f"{path}.limit")})
        return Endpoint(text_of(name), target, text_of(task), self._reader.came_from(route, path))

    def _task(self, item: Node, path: str) -> Node | None:
        """The task of an endpoint, which Databricks writes in the model."""
        places = (child(each, key) for key in TYPE_KEYS for each in (item, model_of(item)[1]))
        written: list[Node] = [place for place in places if place is not None]
        if not written:
            self._reader.missing(item, path, "endpoint_type")
            return None
        found = written[0]
        for other in written[1:]:
            if plain(other) != plain(found):
                self._reader.note(other.span, path, path, "is said to be of two types", "keep endpoint_type alone")
        task = TASKS.get(text_of(found) or "")
        if task is None:
            predicate = f"must be one of {listing(TASKS)}" + (f", not {text_of(found)!r}" if text_of(found) else "")
            self._reader.note(
                found.span, f"{path}.endpoint_type", f"{path}.endpoint_type", predicate, "", closest(str(plain(found)), TASKS)
            )
            return None
        return word(found.span, task)

    def _limits(self, limit: Node | None, path: str) -> Node | None:
        """``limit: {calls, renewal_period}``, which MLflow counts for each address that asks."""
        if limit is None or (isinstance(limit, Scalar) and limit.value is None):
            return None
        self._reader.known_keys(limit, path, ("calls", "renewal_period"), {"key": "write limits of ours, with per: user or per: key"})
        for key in ("calls", "renewal_period"):
            if child(limit, key) is None:
                self._reader.missing(limit, path, key)
        period = child(limit, "renewal_period")
        if period is not None and text_of(period) not in PERIODS:
            predicate = f"must be one of {listing(PERIODS)}, not {plain(period)!r}"
            self._reader.note(period.span, f"{path}.renewal_period", f"{path}.renewal_period", predicate)
            period = None
        ceiling = {"per": word(limit.span, "address"), "requests": child(limit, "calls"), "window": period}
        return listed(limit.span, [made(limit.span, ceiling)])

    def _split(self, item: Node, path: str, endpoints: dict[str, Endpoint]) -> Node:
        """A route between endpoints, by shares."""
        self._reader.known_keys(item, path, SPLIT_KEYS)
        strategy = child(item, "routing_strategy")
        if strategy is not None and text_of(strategy) != "TRAFFIC_SPLIT":
            self._reader.note(strategy.span, f"{path}.routing_strategy", f"{path}.routing_strategy", "must be 'TRAFFIC_SPLIT'")
        destinations = items(child(item, "destinations"))
        known = {endpoint.name: endpoint for endpoint in endpoints.values() if endpoint.name}
        targets = [self._share(each, f"{path}.destinations[{index}]", known) for index, each in enumerate(destinations)]
        self._shares_are_whole(item, path, destinations)
        task = self._task(item, path)
        self._same_task(item, path, text_of(task), destinations, known)
        name = child(item, "name")
        values = {"name": name and self._reader.came_from(name, f"{path}.name"), "task": task}
        return made(item.span, {**values, "targets": listed(item.span, filter(None, targets))})

    def _share(self, destination: Node, path: str, known: dict[str, Endpoint]) -> Node | None:
        self._reader.known_keys(destination, path, ("name", "traffic_percentage"))
        name, share = child(destination, "name"), child(destination, "traffic_percentage")
        if share is None:
            self._reader.missing(destination, path, "traffic_percentage")
        if name is None:
            self._reader.missing(destination, path, "name")
            return None
        endpoint = known.get(text_of(name) or "")
        if endpoint is None:
            near = closest(str(plain(name)), known)
            predicate = f"names {plain(name)!r}, which is not an endpoint of this file"
            self._reader.note(name.span, f"{path}.name", f"{path}.name", predicate, f"use one of: {listing(known)}", near)
            return None
        if share is not None:
            self._reader.came_from(share, f"{path}.traffic_percentage")
        return made(destination.span, {"model": endpoint.target, "weight": share})

    def _shares_are_whole(self, item: Node, path: str, destinations: tuple[Node, ...]) -> None:
        shares = [plain(share) for share in (child(each, "traffic_percentage") for each in destinations) if share is not None]
        numbers = [share for share in shares if isinstance(share, int | float)]
        if len(numbers) == len(destinations) and sum(numbers) != 100:
            predicate = f"has shares of {sum(numbers):g} % in all"
            self._reader.note(item.span, f"{path}.destinations", f"{path}.destinations", predicate, "make them 100 together")

    def _same_task(self, item: Node, path: str, task: str | None, destinations: tuple[Node, ...], known: dict[str, Endpoint]) -> None:
        for index, each in enumerate(destinations):
            endpoint = known.get(text_of(child(each, "name")) or "")
            if endpoint and endpoint.task and task and endpoint.task != task:
                here = f"{path}.destinations[{index}]"
                predicate = f"is an endpoint for {endpoint.task}, and its route is for {task}"
                self._reader.note(each.span, here, here, predicate, "divide traffic between endpoints of one type")
