"""A vendor's account that keeps files and batches, in OpenAI's form and in Anthropic's: what was made is there, newest first, in pages."""

import json
from itertools import count
from urllib.parse import parse_qsl

from tests.cloud import Said, Sent


class Account:
    """Answers as ``scripted_cloud`` asks."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.things: dict[str, dict[str, dict]] = {"files": {}, "batches": {}, "messages/batches": {}}

    def answer(self, sent: Sent) -> Said:
        place, _, query = sent.target.partition("/v1/")[2].partition("?")
        kind = next(each for each in ("messages/batches", "batches", "files") if place.startswith(each))
        identity, _, beneath = place.removeprefix(kind).strip("/").partition("/")
        things = self.things[kind]
        if not identity:
            return said(self._made(kind, sent)) if sent.method == "POST" else said(listed(things, dict(parse_qsl(query)), kind))
        if identity not in things:
            return said({"error": {"message": f"No such thing: {identity}", "type": "invalid_request_error", "code": None}}, 404)
        if beneath == "content":
            return Said(pieces=(things[identity]["filename"].encode(),), content_type="application/octet-stream")
        if beneath == "results":
            return Said(pieces=(b'{"custom_id":"a","result":{"type":"canceled"}}\n',), content_type="application/x-jsonl")
        if sent.method == "DELETE":
            del things[identity]
            return said({"id": identity, "object": "file", "deleted": True, "type": "message_batch_deleted"})
        return said(things[identity])

    def _made(self, kind: str, sent: Sent) -> dict:
        number = next(self._numbers)
        if kind == "files":
            thing = self._file(number, sent.body.partition(b'filename="')[2].partition(b'"')[0].decode())
        elif kind == "batches":
            asked = json.loads(sent.body)
            out = self._file(next(self._numbers), "results.jsonl")
            thing = {
                "id": f"batch_kept{number}", "object": "batch", "endpoint": asked["endpoint"], "input_file_id": asked["input_file_id"],
                "completion_window": "24h", "status": "completed", "created_at": number, "output_file_id": out["id"],
                "metadata": asked.get("metadata"),
            }  # fmt: skip
        else:
            thing = {
                "id": f"msgbatch_kept{number}", "type": "message_batch", "processing_status": "ended", "created_at": "2026-01-01T00:00:00Z",
                "expires_at": "2026-01-02T00:00:00Z", "ended_at": "2026-01-01T00:00:00Z", "archived_at": None, "cancel_initiated_at": None,
                "request_counts": dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0),
                "results_url": f"https://api.anthropic.com/v1/messages/batches/msgbatch_kept{number}/results",
            }  # fmt: skip
        self.things[kind][thing["id"]] = thing
        return thing

    def _file(self, number: int, name: str) -> dict:
        file = {"id": f"file-kept{number}", "object": "file", "bytes": 3, "created_at": number, "filename": name, "purpose": "batch"}
        self.things["files"][file["id"]] = {**file, "status": "processed"}
        return self.things["files"][file["id"]]


def listed(things: dict[str, dict], asked: dict[str, str], kind: str) -> dict:
    newest = list(reversed(things.values()))
    names = [each["id"] for each in newest]
    after = asked.get("after") or asked.get("after_id")
    rest = newest[names.index(after) + 1 :] if after else newest
    page = rest[: int(asked.get("limit", 20))]
    more = {} if kind == "messages/batches" else {"object": "list"}
    ends = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
    return {**more, "data": page, "has_more": len(page) < len(rest), **ends}


def said(thing: dict, status: int = 200) -> Said:
    return Said(status, (json.dumps(thing).encode(),))
