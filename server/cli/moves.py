"""What moved in the registry, as a table: shared by the commands of prompts and of models."""

from typing import Final

from registry.models.types import Move, MovePage
from server.cli.api import Api, path_of
from server.cli.output import emit, message, plain, show, table
from server.cli.text import utc

__all__ = ("REASON_HELP", "show_moves")

REASON_HELP: Final = "Why; it stands in the log of moves."
PAGE: Final = 1000


def show_moves(api: Api, name: str | None, limit: int, *, as_json: bool) -> None:
    """Print the newest moves of a name, or of all."""
    page = api.get(path_of("moves"), MovePage, {"name": name, "limit": min(limit, PAGE)})
    if as_json:
        emit(page)
        return
    made = table("when", "name", "what", "from", "to", "who", "why")
    for move in page.moves:
        why = f"refused: {move.refusal}" if move.refusal else move.reason
        what = f"@{move.alias}" if move.field == "alias" else f"version {move.version}"
        made.add_row(utc(move.at), *[plain(each) for each in (move.name, what, *_ends(move), move.actor, why)])
    show(made)
    if page.next_cursor is not None:
        message(f"These are the newest {len(page.moves)}. See more with --limit, and all over /api/v1/moves.")


def _ends(move: Move) -> tuple[str, str]:
    return move.before or "nowhere", move.after or "removed"
