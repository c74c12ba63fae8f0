"""Azure OpenAI: OpenAI's dialect on an account of a cloud.

Two sets of paths exist. Without ``api_version`` the newer one is used (``/openai/v1``), where a model is the name of a deployment in the body. With
one, the deployment is in the path. https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle
"""

from typing import Final
from urllib.parse import quote, urlsplit

from msgspec.structs import replace

from config.schema import ProviderSettings
from gateway.accounts.entra import EntraApplication
from gateway.accounts.keys import Key
from gateway.accounts.tokens import BearerToken
from gateway.accounts.types import Account
from gateway.dialects.types import DialectName, EmbeddingDialect
from gateway.errors import Misconfigured
from gateway.providers.connection import Connection
from gateway.providers.openai.provider import ALLOWED, PATHS, RESPONSES
from gateway.types import Operation, Outbound, Upstream

__all__ = ("AzureProvider",)

SCOPE: Final = "https://cognitiveservices.azure.com/.default"
VERSIONLESS: Final = frozenset({"", "v1", "latest", "preview"})
"""Values of ``api_version`` that mean the newer paths."""


class AzureProvider:
    """Implements ``gateway.types.Provider`` over HTTP."""

    system = "azure.ai.openai"
    operations = frozenset(Operation) - {Operation.MODERATION, Operation.RERANK, Operation.IMAGE_VARIATION}

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        if settings.base_url is None:
            raise Misconfigured(
                f"The provider {name!r} of kind 'azure' needs the address of its resource: base_url: https://NAME.openai.azure.com, or AZURE_OPENAI_ENDPOINT."
            )
        self._version = settings.api_version or ""
        self._connection = Connection(name, _base(settings.base_url, self._version), settings, _account(name, settings), ALLOWED)
        self.address = self._connection.address

    def dialects(self, model: str) -> tuple[DialectName, ...]:
        """See ``Provider.dialects``: the older paths know chat alone."""
        if self._version in VERSIONLESS:
            return (DialectName.OPENAI_CHAT, DialectName.OPENAI_RESPONSES)
        return (DialectName.OPENAI_CHAT,)

    def embedding_dialect(self, model: str) -> EmbeddingDialect | None:
        """See ``Provider.embedding_dialect``: OpenAI's form."""
        return None

    def fetches(self, model: str) -> bool:
        """See ``Provider.fetches``."""
        return True

    async def send(self, request: Outbound) -> Upstream:
        """See ``Provider.send``."""
        if (resource := request.resource) is not None:
            path = self._versioned(resource.path) if resource.path else self._path(request)
            return await self._connection.send(replace(resource, path=path), request, request.body)
        return await self._connection.post(self._path(request), request, request.body)

    def _versioned(self, path: str) -> str:
        """A path that names no deployment."""
        if self._version in VERSIONLESS - {"latest", "preview"} or "api-version=" in path:
            return path
        prefix = "" if self._version in VERSIONLESS or path.startswith("/openai/") else "/openai"
        return f"{prefix}{path}{'&' if '?' in path else '?'}api-version={quote(self._version)}"

    def _path(self, request: Outbound) -> str:
        path = RESPONSES if request.dialect is DialectName.OPENAI_RESPONSES else PATHS[request.operation]
        if self._version not in VERSIONLESS:
            return f"/openai/deployments/{quote(request.model, safe='')}{path}?api-version={quote(self._version)}"
        return f"{path}?api-version={self._version}" if self._version in {"latest", "preview"} else path

    def models(self) -> tuple[str, ...]:
        """See ``Provider.models``: deployments are named by whoever made them."""
        return ()

    async def close(self) -> None:
        """See ``Provider.close``."""
        await self._connection.close()


def _base(url: str, version: str) -> str:
    """The resource's address with the prefix of the newer paths, which it may have already."""
    url = url.rstrip("/")
    bare = urlsplit(url).path == ""
    if version in VERSIONLESS:
        return f"{url}/openai/v1" if bare else url
    return url if bare else url.removesuffix("/openai/v1").removesuffix("/openai")


def _account(name: str, settings: ProviderSettings) -> Account:
    if settings.api_key is not None:
        return Key("api-key", settings.api_key)
    if settings.tenant_id and settings.client_id and settings.client_secret:
        entra = EntraApplication(name, settings.tenant_id, settings.client_id, settings.client_secret, SCOPE, settings.authority)
        return BearerToken(entra.fetch)
    raise Misconfigured(
        f"The provider {name!r} of kind 'azure' has no account: give it api_key, or tenant_id, client_id and client_secret of an application in Entra."
    )
