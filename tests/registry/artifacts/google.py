"""Google Cloud Storage on this machine, as far as its XML API is S3's: moto keeps the objects, and what Google says otherwise is told here.

No emulator of Google's speaks that API, which is the one that the library uses. What is Google's own: ``x-goog-`` for ``x-amz-``, a token that
is no signature, and URLs that an account's key signs.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

OWNER = "AWS4-HMAC-SHA256 Credential=owner/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
"""Whom moto takes for the owner of the bucket; it checks no signature."""


class Google:
    """The front. ``asked``: method and path of each request."""

    def __init__(self) -> None:
        self._s3 = DomainDispatcherApplication(create_backend_app)
        self.asked: list[str] = []

    def __call__(self, environ: dict, start_response: Callable):
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'].encode('latin-1').decode()}")
        query = [(key, value) for key, value in parse_qsl(environ["QUERY_STRING"], keep_blank_values=True) if not key.startswith("X-Goog-")]
        changed = {key.replace("HTTP_X_GOOG_", "HTTP_X_AMZ_"): value for key, value in environ.items()}
        return self._s3({**changed, "QUERY_STRING": urlencode(query), "HTTP_AUTHORIZATION": OWNER}, start_response)


@contextmanager
def google_storage(home: Path) -> Iterator[tuple[Google, str, Path]]:
    """Serve until the block ends; yields the front, its URL, and the file of an account that leads there."""
    front = Google()
    server = make_server("127.0.0.1", 0, front, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    account = home / "account.json"
    account.write_text(
        json.dumps({"gcs_base_url": url, "client_email": "us@project.example", "private_key": _key(), "private_key_id": "1"})
    )
    yield front, url, account
    server.shutdown()
    server.server_close()


def _key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
