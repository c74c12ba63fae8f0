"""What a browser carries: it ends by itself, is of one user and one password, and cannot be made up."""

import os

from registry.access.attempts import FOR_NAME, WINDOW_SECONDS, Attempts, TooManyAttempts
from registry.access.sessions import Sessions, mark_of
from storage.sealing import Seal


def test_a_session_ends_by_itself_and_cannot_be_made_up():
    key = os.urandom(32)
    lasting, over = Sessions(Seal(key), hours=1), Sessions(Seal(key), hours=-1)
    value = lasting.make(7, mark_of("scrypt$stored"))
    found = lasting.read(value)
    assert found is not None and (found.user_id, found.mark) == (7, mark_of("scrypt$stored"))
    assert over.read(over.make(7, "x")) is None
    assert Sessions(Seal(os.urandom(32)), hours=1).read(value) is None
    for changed in ("", "x", value[:-4] + "AAAA", value.partition(".")[2], "7"):
        assert lasting.read(changed) is None
    assert "scrypt" not in value


def test_guesses_are_counted_by_name_and_address_and_forgotten_after_a_while():
    attempts = Attempts()
    for _ in range(FOR_NAME):
        attempts.check(b"ada", "10.0.0.1", now=0)
        attempts.failed(b"ada", "10.0.0.1", now=0)
    try:
        attempts.check(b"ada", "10.0.0.1", now=1)
    except TooManyAttempts as error:
        assert error.seconds == WINDOW_SECONDS - 1
    else:
        raise AssertionError("guessing went on")
    attempts.check(b"ada", "10.0.0.2", now=1)
    attempts.check(b"bob", "10.0.0.1", now=1)
    attempts.check(b"ada", "10.0.0.1", now=WINDOW_SECONDS)
