"""The configuration file of LiteLLM's proxy: ``model_list`` and what stands beside it.

https://docs.litellm.ai/docs/proxy/config_settings . Entries with one ``model_name`` are the targets of one route; a wildcard
(``openai/*``) is a provider, which needs no route here, and neither does a name that is provider and model already.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from config.forms.accounts import Accounts
from config.forms.litellm_accounts import account_of, vendor_of
from config.forms.litellm_routes import FALLBACKS, SHARED, Shared, fallbacks_of, shared
from config.forms.litellm_stores import budget_of, cache_of, content_of, redis_of
from config.forms.litellm_words import CALLBACKS, GENERAL_UNUSED, INFO_UNUSED, RECORDED, ROUTER_UNUSED, SETTINGS_UNUSED
from config.forms.reading import Reader, Translated, listed, made, plain, word
from config.forms.references import reference
from config.schema import Settings
from config.written import Entry, Node, child, entries, items, text_of
from config.written import Mapping as Written

__all__ = ("recognises", "translate")

SECTIONS: Final = ("model_list", "router_settings", "litellm_settings", "general_settings")
OURS: Final = frozenset(field.encode_name for field in msgspec.structs.fields(Settings))
ROUTER_KEYS: Final = (*SHARED, *FALLBACKS, "default_fallbacks", "routing_strategy", "model_group_alias", "redis_url", "timeout")
SETTINGS_KEYS: Final = (
    *(*SHARED, *FALLBACKS, "default_fallbacks", "cache", "cache_params", "drop_params", "request_timeout", "max_budget"),
    *("budget_duration", "turn_off_message_logging", *(CALLBACK_KEYS := ("callbacks", "success_callback", "failure_callback"))),
)
TASKS: Final[Mapping[str, str]] = {"chat": "chat", "completion": "completions", "embedding": "embeddings"}


class Model(msgspec.Struct, frozen=True):
    """One entry of the list: what clients ask for, who answers, and its share."""

    alias: Node
    name: str
    target: Node
    weight: Node | None
    task: Node | None


def recognises(root: Node) -> bool:
    """Whether a file is LiteLLM's."""
    return any(child(root, section) is not None for section in SECTIONS)


def translate(root: Node) -> Translated:
    """The file in our form."""
    reader = Reader("LiteLLM's proxy")
    return Translated("litellm", _Translation(root, reader).root(), tuple(reader.findings), reader.origins)


class _Translation:
    """The translation of one file, with the notes made so far."""

    def __init__(self, root: Node, reader: Reader) -> None:
        self._root = root
        self._reader = reader
        self._accounts = Accounts(child(root, "providers"))
        self._timeout = self._common_timeout()
        self._redis = redis_of(root, reader)

    def root(self) -> Written:
        self._look_through()
        listed_models = self._reader.items_of(child(self._root, "model_list"), "model_list")
        models = [model for index, item in enumerate(listed_models) for model in self._model(item, index)]
        span = self._root.span
        sections: dict[str, Node | None] = {
            "providers": self._accounts.providers(span),
            "routes": listed(span, [*items(child(self._root, "routes")), *self._routes(models)]),
            "security": self._security(),
            "storage": self._with("storage", {"redis": self._redis}),
            "telemetry": self._with("telemetry", {"content": content_of(self._root)}),
            "limits": self._limits(),
        }
        kept = [entry for entry in entries(self._root) if entry.key in OURS and sections.get(entry.key) is None]
        return Written(span, (*kept, *(Entry(key, span, value) for key, value in sections.items() if value is not None)))

    def _look_through(self) -> None:
        """Note what is not known, and what has no counterpart."""
        unused = {"environment_variables": "export them where the server is started"}
        self._reader.known_keys(self._root, "", (*SECTIONS, *OURS), unused)
        tables = {
            "router_settings": (ROUTER_KEYS, ROUTER_UNUSED),
            "litellm_settings": (SETTINGS_KEYS, SETTINGS_UNUSED),
            "general_settings": (("master_key",), GENERAL_UNUSED),
        }
        for section, (known, left) in tables.items():
            node = child(self._root, section)
            self._reader.entries_of(node, section)
            if node is not None:
                self._reader.known_keys(node, section, known, left)
        self._callbacks()

    def _callbacks(self) -> None:
        settings = child(self._root, "litellm_settings")
        for key in CALLBACK_KEYS:
            node, path = child(settings, key), f"litellm_settings.{key}"
            for each in items(node) or ([node] if text_of(node) and node is not None else []):
                hint = CALLBACKS.get(text_of(each) or "", RECORDED)
                self._reader.note(each.span, path, path, f"names {plain(each)!r}, which is not called here", hint, severity="warning")

    def _model(self, item: Node, index: int) -> Iterator[Model]:
        path = f"model_list[{index}]"
        self._reader.entries_of(item, path)
        if not isinstance(item, Written):
            return
        self._reader.known_keys(item, path, ("model_name", "litellm_params", "model_info"))
        alias, params = child(item, "model_name"), child(item, "litellm_params")
        if alias is None or params is None:
            self._reader.missing(item, path, "model_name" if alias is None else "litellm_params")
            return
        here = f"{path}.litellm_params"
        name = child(params, "model")
        if name is None:
            self._reader.missing(params, here, "model")
            return
        found = vendor_of(self._reader, name, f"{here}.model")
        if found is None:
            return
        vendor, model = found
        account = account_of(self._reader, self._accounts, vendor, params, here, self._timeout)
        if model == "*":
            self._wildcard(alias, account, f"{path}.model_name")
            return
        target = self._reader.came_from(word(name.span, f"{account}/{model}"), f"{here}.model")
        task = self._task(child(item, "model_info"), f"{path}.model_info")
        yield Model(self._reader.came_from(alias, f"{path}.model_name"), text_of(alias) or "", target, self._weight(params, here), task)

    def _weight(self, params: Node, path: str) -> Node | None:
        """``weight``, else ``rpm``, else ``tpm``: as LiteLLM shuffles. The last two are ceilings there, which a target has none of here."""
        for key in ("rpm", "tpm"):
            if (node := child(params, key)) is not None:
                hint = "write limits: [{requests: …}] or [{tokens: …}] in the route for a ceiling, see docs/limits.md"
                self._reader.note(
                    node.span, f"{path}.{key}", f"{path}.{key}", "is a share of the traffic here alone", hint, severity="warning"
                )
        for key in ("weight", "rpm", "tpm"):
            if (node := child(params, key)) is not None:
                return self._reader.came_from(node, f"{path}.{key}")
        return None

    def _task(self, info: Node | None, path: str) -> Node | None:
        mode = child(info, "mode")
        if info is not None:
            self._reader.known_keys(info, path, ("mode",), INFO_UNUSED)
        task = TASKS.get(text_of(mode) or "")
        return word(mode.span, task) if mode is not None and task else None

    def _wildcard(self, alias: Node, account: str, path: str) -> None:
        written = text_of(alias) or ""
        if written != f"{account}/*":
            predicate = f"is {written!r}; the models of this entry are asked for as '{account}/…' here"
            self._reader.note(alias.span, path, path, predicate, f"send model={account}/NAME", severity="warning")

    def _routes(self, models: list[Model]) -> Iterator[Node]:
        groups = _grouped(models)
        given = shared(self._root, self._reader)
        cache = cache_of(self._root, self._reader, self._redis)
        common = {**given.settings, **({"cache": cache} if cache is not None else {})}
        targets = {name: tuple(model.target for model in group) for name, group in groups.items()}
        for group in groups.values():
            route = _route(group[0].alias, group, common, given, targets, self._reader)
            if not _needs_none(group):
                yield route
            elif lost := [entry.key for entry in route.entries if entry.key not in ("name", "targets", "task")]:
                alias = group[0].alias
                path = self._reader.origins.get(alias.span, "model_name")
                predicate = f"is reached without a route, and so without {', '.join(lost)}"
                self._reader.note(alias.span, path, path, predicate, "give it a name without '/'", severity="warning")
        for alias, name in self._aliases(groups):
            yield _route(alias, groups[name], common, given, targets, self._reader)

    def _aliases(self, groups: Mapping[str, list[Model]]) -> Iterator[tuple[Node, str]]:
        """``model_group_alias: {other-name: name}``: routes with the same targets."""
        path = "router_settings.model_group_alias"
        for entry in self._reader.entries_of(child(child(self._root, "router_settings"), "model_group_alias"), path):
            named = child(entry.value, "model") or entry.value
            if (text_of(named) or "") in groups:
                yield self._reader.came_from(word(entry.key_span, entry.key), f"{path}.{entry.key}"), text_of(named) or ""
            else:
                here = f"{path}.{entry.key}"
                self._reader.note(named.span, here, here, f"names {plain(named)!r}, which is not in model_list")

    def _common_timeout(self) -> Node | None:
        for section, key in (("router_settings", "timeout"), ("litellm_settings", "request_timeout")):
            if (node := child(child(self._root, section), key)) is not None:
                return self._reader.came_from(node, f"{section}.{key}")
        return None

    def _security(self) -> Node | None:
        """``general_settings.master_key`` opens everything, as ``security.api_keys`` do."""
        key = child(child(self._root, "general_settings"), "master_key")
        if key is None:
            return None
        written = items(child(child(self._root, "security"), "api_keys"))
        keys = listed(key.span, [*written, reference(self._reader, key, "general_settings.master_key")])
        return self._with("security", {"api_keys": keys})

    def _limits(self) -> Node | None:
        budget = budget_of(self._root, self._reader)
        return budget and listed(budget.span, [*items(child(self._root, "limits")), *items(budget)])

    def _with(self, section: str, values: Mapping[str, Node | None]) -> Node | None:
        """A section of ours with ``values`` in it; ``None`` when there are none."""
        found = {key: value for key, value in values.items() if value is not None}
        if not found:
            return None
        written = child(self._root, section)
        kept = {entry.key: entry.value for entry in entries(written)}
        return made((written or next(iter(found.values()))).span, {**kept, **found})


def _grouped(models: list[Model]) -> dict[str, list[Model]]:
    groups: dict[str, list[Model]] = {}
    for model in models:
        groups.setdefault(model.name, []).append(model)
    return groups


def _needs_none(group: list[Model]) -> bool:
    """Whether clients ask for provider and model already, and one account answers."""
    return "/" in group[0].name and all(plain(model.target) == group[0].name for model in group)


def _route(
    name: Node, group: list[Model], common: Mapping[str, Node], given: Shared, groups: Mapping[str, tuple[Node, ...]], reader: Reader
) -> Written:
    targets = listed(name.span, [made(model.target.span, {"model": model.target, "weight": model.weight}) for model in group])
    own = fallbacks_of(name, given, groups, reader)
    task = next((model.task for model in group if model.task is not None), None)
    return made(name.span, {"name": name, "targets": targets, "task": task, **common, **own})
