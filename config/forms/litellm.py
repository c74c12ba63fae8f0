"""The configuration file of LiteLLM's proxy: ``model_list`` and what stands beside it.

https://docs.litellm.ai/docs/proxy/config_settings . Entries with one ``model_name`` are the targets of one route; a wildcard
(``openai/*``) is a provider, which needs no route here.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from config.forms.accounts import Accounts
from config.forms.litellm_words import (
    CACHE_UNUSED,
    GENERAL_UNUSED,
    LITELLM_VENDORS,
    PARAMS_UNUSED,
    ROUTER_UNUSED,
    SETTINGS_UNUSED,
    STORES,
    Setting,
)
from config.forms.reading import Reader, Translated, listed, made, plain, word
from config.forms.references import reference
from config.schema import Settings
from config.suggest import closest, listing
from config.written import Entry, Node, child, entries, items, text_of
from config.written import Mapping as Written

__all__ = ("recognises", "translate")

SECTIONS: Final = ("model_list", "router_settings", "litellm_settings", "general_settings")
OURS: Final = frozenset(field.encode_name for field in msgspec.structs.fields(Settings))


class Model(msgspec.Struct, frozen=True):
    """One entry of the list: what clients ask for, who answers, and its share."""

    alias: Node
    name: str
    target: Node
    weight: Node | None


def recognises(root: Node) -> bool:
    """Whether a file is LiteLLM's."""
    return child(root, "model_list") is not None


def translate(root: Node) -> Translated:
    """The file in our form."""
    reader = Reader("LiteLLM's proxy")
    return Translated("litellm", _Translation(root, reader).root(), tuple(reader.findings), reader.origins)


class _Translation:
    """One file on its way."""

    def __init__(self, root: Node, reader: Reader) -> None:
        self._root = root
        self._reader = reader
        self._accounts = Accounts(child(root, "providers"))

    def root(self) -> Written:
        unused = {"environment_variables": "export them where the server is started"}
        self._reader.known_keys(self._root, "", (*SECTIONS, *OURS), unused)
        models = [model for index, item in enumerate(items(child(self._root, "model_list"))) for model in self._model(item, index)]
        fallbacks = dict(self._fallbacks(models))
        cache = self._cache()
        routes = [_route(each, fallbacks, cache) for each in _grouped(models)]
        self._passed_over("litellm_settings", ("fallbacks", "cache", "cache_params"), SETTINGS_UNUSED)
        span, security = self._root.span, self._security()
        sections: dict[str, Node] = {
            "providers": self._accounts.providers(span),
            "routes": listed(span, [*items(child(self._root, "routes")), *routes]),
            **({"security": security} if security is not None else {}),
        }
        kept = [entry for entry in entries(self._root) if entry.key in OURS and entry.key not in sections]
        return Written(span, (*kept, *(Entry(key, span, value) for key, value in sections.items())))

    def _model(self, item: Node, index: int) -> Iterator[Model]:
        path = f"model_list[{index}]"
        self._reader.known_keys(item, path, ("model_name", "litellm_params"), {"model_info": ""})
        alias, params = child(item, "model_name"), child(item, "litellm_params")
        if alias is None or params is None:
            self._reader.missing(item, path, "model_name" if alias is None else "litellm_params")
            return
        here = f"{path}.litellm_params"
        name = child(params, "model")
        if name is None:
            self._reader.missing(params, here, "model")
            return
        prefix, model = self._split(text_of(name) or "")
        settings = LITELLM_VENDORS.get(prefix)
        if settings is None:
            hint = f"use one of: {listing(LITELLM_VENDORS)}"
            predicate = f"names the provider {prefix!r}, which Tidegate does not speak to"
            self._reader.note(name.span, f"{here}.model", f"{here}.model", predicate, hint, closest(prefix, LITELLM_VENDORS))
            return
        account = self._account(settings, name, params, here)
        if model == "*":
            self._wildcard(alias, account, f"{path}.model_name")
            return
        target = self._reader.came_from(word(name.span, f"{account}/{model}"), f"{here}.model")
        weight = child(params, "weight")
        yield Model(self._reader.came_from(alias, f"{path}.model_name"), text_of(alias) or "", target, weight)

    def _split(self, model: str) -> tuple[str, str]:
        """Provider and model; a bare name is OpenAI's, or Anthropic's when it begins with its word."""
        prefix, slash, rest = model.partition("/")
        if slash:
            return prefix, rest
        return ("anthropic" if model.startswith("claude") else "gemini" if model.startswith("gemini") else "openai"), model

    def _account(self, vendor: Setting, name: Node, params: Node, path: str) -> str:
        known = ("model", "weight", *vendor.keys)
        self._reader.known_keys(params, path, known, PARAMS_UNUSED)
        found: dict[str, Node | None] = {"kind": word(name.span, vendor.kind) if vendor.kind else None}
        for entry in entries(params):
            if (ours := vendor.keys.get(entry.key)) is not None:
                found[ours] = reference(self._reader, entry.value, f"{path}.{entry.key}")
        return self._accounts.name_of(vendor.name, name.span, found)

    def _wildcard(self, alias: Node, account: str, path: str) -> None:
        written = text_of(alias) or ""
        if written != f"{account}/*":
            predicate = f"is {written!r}; the models of this entry are asked for as '{account}/…' here"
            self._reader.note(alias.span, path, path, predicate, f"send model={account}/NAME", severity="warning")

    def _fallbacks(self, models: list[Model]) -> Iterator[tuple[str, list[Node]]]:
        """``fallbacks: [{a: [b, c]}]`` of the router: the first target of each name stands for it."""
        self._passed_over("router_settings", ("fallbacks",), ROUTER_UNUSED)
        first = {model.name: model.target for model in reversed(models)}
        for section in ("router_settings", "litellm_settings"):
            for index, item in enumerate(items(child(child(self._root, section), "fallbacks"))):
                for entry in entries(item):
                    path = f"{section}.fallbacks[{index}].{entry.key}"
                    yield entry.key, list(filter(None, (self._named(each, first, path) for each in items(entry.value))))

    def _named(self, node: Node, first: Mapping[str, Node], path: str) -> Node | None:
        target = first.get(text_of(node) or "")
        if target is None:
            predicate = f"names {plain(node)!r}, which is not in model_list"
            self._reader.note(node.span, path, path, predicate, f"use one of: {listing(first)}", closest(str(plain(node)), first))
            return None
        return word(node.span, str(plain(target)))

    def _cache(self) -> Node | None:
        """``cache: true`` of everything is a cache of each route. Answers in Redis need ``storage.redis``, which is ours to have."""
        settings = child(self._root, "litellm_settings")
        cache, params = child(settings, "cache"), child(settings, "cache_params")
        if cache is None or plain(cache) is not True:
            return None
        path = "litellm_settings.cache_params"
        kind = child(params, "type")
        store = STORES.get(text_of(kind) or "local")
        if store is None or (store == "redis" and child(child(self._root, "storage"), "redis") is None):
            node = cache if kind is None else kind
            hint = "set storage.redis to redis://…, or write type: local" if store else f"write type: {listing(STORES)}"
            self._reader.note(
                node.span, f"{path}.type", f"{path}.type", f"is {plain(node)!r}, which nothing here answers from", hint, severity="warning"
            )
            return None
        if params is not None:
            self._reader.known_keys(params, path, ("type", "ttl"), CACHE_UNUSED)
        return made(cache.span, {"store": word(cache.span, store), "ttl": child(params, "ttl")})

    def _security(self) -> Node | None:
        """``general_settings.master_key`` opens everything, as ``security.api_keys`` do."""
        self._passed_over("general_settings", ("master_key",), GENERAL_UNUSED)
        key = child(child(self._root, "general_settings"), "master_key")
        written = child(self._root, "security")
        if key is None:
            return None
        keys = listed(key.span, [*items(child(written, "api_keys")), reference(self._reader, key, "general_settings.master_key")])
        kept = {entry.key: entry.value for entry in entries(written) if entry.key != "api_keys"}
        return made((written or key).span, {**kept, "api_keys": keys})

    def _passed_over(self, section: str, known: tuple[str, ...], unused: Mapping[str, str]) -> None:
        node = child(self._root, section)
        if node is not None:
            self._reader.known_keys(node, section, known, unused)


def _grouped(models: list[Model]) -> list[list[Model]]:
    groups: dict[str, list[Model]] = {}
    for model in models:
        groups.setdefault(model.name, []).append(model)
    return list(groups.values())


def _route(group: list[Model], fallbacks: Mapping[str, list[Node]], cache: Node | None) -> Node:
    span = group[0].alias.span
    targets = listed(span, [made(model.target.span, {"model": model.target, "weight": model.weight}) for model in group])
    after = fallbacks.get(group[0].name)
    return made(span, {"name": group[0].alias, "targets": targets, "fallbacks": listed(span, after) if after else None, "cache": cache})
