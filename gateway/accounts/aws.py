"""AWS: requests signed with Signature Version 4, by botocore's signer.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. The library is imported where a request is signed: it is large, and most sign none.
"""

import asyncio
from importlib import import_module
from typing import Any

from config.secrets import Secret
from gateway.accounts.types import HeaderList
from gateway.errors import UpstreamUnreachable

__all__ = ("AwsIdentity",)


class AwsIdentity:
    """Implements ``Account``. Without ``access_key`` the identity is the machine's: a profile, a role of the instance or the container."""

    def __init__(
        self, name: str, service: str, region: str, access_key: Secret | None, secret_key: Secret | None, token: Secret | None
    ) -> None:
        self._name = name
        self._service = service
        self._region = region
        self._given = (access_key, secret_key, token)
        self._credentials: Any = None

    async def headers(self, url: str, content_type: str, body: bytes, method: str = "POST") -> HeaderList:
        """See ``Account.headers``: the headers that sign this very body."""
        credentials = await self._frozen()
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url, headers={"content-type": content_type} if content_type else {}, data=body)
        SigV4Auth(credentials, self._service, self._region).add_auth(request)
        return [(name.lower(), value) for name, value in request.headers.items() if name.lower() != "content-type"]

    async def _frozen(self) -> Any:
        """The credentials that are valid now. Those of a role are fetched and renewed by the library, in a thread."""
        if self._credentials is None:
            self._credentials = await asyncio.to_thread(self._found)
        if not hasattr(self._credentials, "refresh_needed"):
            return self._credentials
        return await asyncio.to_thread(self._credentials.get_frozen_credentials)

    def _found(self) -> Any:
        """Find the credentials. Runs in a thread, since the library's first import is slow."""
        import_module("botocore.auth")
        from botocore.credentials import Credentials
        from botocore.session import Session

        access_key, secret_key, token = self._given
        if access_key is not None and secret_key is not None:
            return Credentials(access_key.reveal(), secret_key.reveal(), token.reveal() if token else None)
        found = Session().get_credentials()
        if found is None:
            raise UpstreamUnreachable(
                f"The provider {self._name!r} has no AWS identity: set access_key_id and secret_access_key, or api_key, or give the machine a role."
            )
        return found
