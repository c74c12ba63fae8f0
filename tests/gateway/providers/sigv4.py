"""Signature Version 4, computed from what arrived, as AWS does before it answers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import re
from hashlib import sha256
from urllib.parse import quote

from tests.cloud import Sent


def signature_holds(sent: Sent, secret: str, region: str, service: str) -> bool:
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=(?P<scope>\S+), SignedHeaders=(?P<signed>\S+), Signature=(?P<signature>[0-9a-f]{64})",
        sent.headers["authorization"],
    )
    assert match is not None
    date = sent.headers["x-amz-date"]
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    assert match["scope"].partition("/")[2] == scope
    path, _, query = sent.target.partition("?")
    signed = match["signed"].split(";")
    assert {"host", "x-amz-date", "content-type"} <= set(signed)
    headers = "".join(f"{name}:{' '.join(sent.headers[name].split())}\n" for name in signed)
    canonical = "\n".join([sent.method, quote(path, safe="/~"), query, headers, match["signed"], sha256(sent.body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (date[:8], region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), match["signature"])
