"""AWS: requests signed with Signature Version 4, by botocore's signer.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. The library is imported where a request is signed: it is large, and most sign none.
"""

import asyncio
from importlib import import_module
from typing import Any

from config.secrets import Secret
from gateway.accounts.shared import LEAST_SECONDS, RENEW_SECONDS, Shared
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
        self._frozen: Any = None
        self._renewal = Shared(self._renewed)

    async def headers(self, url: str, content_type: str, body: bytes, method: str = "POST") -> HeaderList:
        """See ``Account.headers``: the headers that sign this very body."""
        credentials = await self._valid()
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(method, url, headers={"content-type": content_type} if content_type else {}, data=body)
        SigV4Auth(credentials, self._service, self._region).add_auth(request)
        return [(name.lower(), value) for name, value in request.headers.items() if name.lower() != "content-type"]

    def refused(self, proof: HeaderList) -> bool:
        """See ``Account.refused``: a signature is made anew for each request already."""
        return False

    async def _valid(self) -> Any:
        """The credentials that are valid now. Those of a role are renewed before they end, behind those who ask."""
        if self._frozen is None or self._ends_within(LEAST_SECONDS):
            return await self._renewal.wait()
        if self._ends_within(RENEW_SECONDS):
            self._renewal.refresh()
        return self._frozen

    def _ends_within(self, seconds: float) -> bool:
        needed = getattr(self._credentials, "refresh_needed", None)  # which those have that end
        return needed is not None and bool(needed(refresh_in=seconds))

    async def _renewed(self) -> Any:
        """Ask whoever gives them; the library's own I/O happens in a thread, as does its first import, which is slow. Raises ``UpstreamUnreachable``."""
        self._frozen = await asyncio.to_thread(self._asked)
        return self._frozen

    def _asked(self) -> Any:
        import_module("botocore.auth")
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._credentials = self._credentials or self._found()
            renewable = hasattr(self._credentials, "refresh_needed")
            return self._credentials.get_frozen_credentials() if renewable else self._credentials
        except (BotoCoreError, ClientError, OSError, ValueError) as error:
            # Its text may quote what was sent.
            raise UpstreamUnreachable(
                f"The provider {self._name!r} has no AWS credentials: whoever gives them refused or cannot be reached ({type(error).__name__}). Check the profile or the role that the machine has."
            ) from None

    def _found(self) -> Any:
        """Find whoever gives credentials."""
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
