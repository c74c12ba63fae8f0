"""What follows from several permissions, and what may be granted at all."""

import pytest

from registry.access.index import AccessIndex
from registry.access.passwords import NOBODY, hash_password, verify_password
from registry.access.permissions import Grant, allows, check_grant, resolve
from registry.access.requirements import action_of
from registry.access.store import Accounts
from registry.access.types import User
from registry.errors import InvalidParameterValue


def grants(*given: str) -> list[Grant]:
    return [Grant(*each.split()) for each in given]


@pytest.mark.parametrize(
    ("given", "asked", "found"),
    [
        ([], "experiment 1", "READ"),
        (["experiment 1 EDIT"], "experiment 1", "EDIT"),
        (["experiment 1 EDIT"], "experiment 2", "READ"),
        (["experiment * EDIT", "experiment 1 MANAGE"], "experiment 1", "MANAGE"),
        (["experiment * MANAGE", "experiment 1 DENY"], "experiment 1", "DENY"),
        (["experiment 1 MANAGE"], "run 1", "MANAGE"),
        (["experiment 1 MANAGE", "run * DENY"], "run 1", "DENY"),
        (["experiment 1 DENY", "run * EDIT"], "run 1", "EDIT"),
        (["experiment 1 DENY"], "trace 1", "DENY"),
        (["registered_model fox USE"], "registered_model_version fox", "USE"),
        (["prompt fox EDIT"], "registered_model fox", "READ"),
    ],
)
def test_grants_on_the_thing_decide_then_those_on_its_whole_then_the_default(given, asked, found):
    assert resolve(grants(*given), *asked.split(), default="READ") == found


def test_permissions_grow_and_deny_allows_nothing():
    actions = ("read", "use", "update", "delete", "manage")
    allowed = {
        name: [action for action in actions if allows(name, action)] for name in ("DENY", "NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE")
    }
    assert [len(each) for each in allowed.values()] == [0, 0, 1, 2, 3, 5]


@pytest.mark.parametrize(
    "given",
    [
        "planet 1 READ",
        "experiment one READ",
        "experiment 1 FLY",
        "experiment 1 NO_PERMISSIONS",
        "workspace * READ",
        "run 12 READ",
        "skill a USE",
    ],
)
def test_what_means_nothing_cannot_be_granted(given):
    with pytest.raises(InvalidParameterValue):
        check_grant(*given.split())


def test_an_experiment_has_one_spelling():
    assert check_grant("experiment", "007", "READ").resource_pattern == "7"
    assert check_grant("scorer", "007/good", "READ").resource_pattern == "7/good"


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/2.0/mlflow/runs/get", "read"),
        ("POST", "/2.0/mlflow/runs/search", "read"),
        ("POST", "/2.0/mlflow/runs/set-tag", "update"),
        ("POST", "/2.0/mlflow/runs/delete-tag", "update"),
        ("POST", "/2.0/mlflow/runs/delete", "delete"),
        ("POST", "/2.0/mlflow/experiments/restore", "delete"),
        ("DELETE", "/2.0/mlflow/logged-models/{model_id}", "delete"),
        ("DELETE", "/2.0/mlflow/logged-models/{model_id}/tags/{tag_key:path}", "update"),
        ("POST", "/2.0/mlflow/registered-models/get-latest-versions", "read"),
    ],
)
def test_an_endpoint_says_what_it_does(method, path, action):
    assert action_of(method, path) == action


def test_a_password_is_kept_as_a_hash_of_its_own():
    first, second = hash_password("sea"), hash_password("sea")
    assert first != second and "sea" not in first
    assert verify_password("sea", first) and verify_password("sea", second) and not verify_password("see", first)
    assert not verify_password("", NOBODY)


async def test_a_right_password_is_remembered_until_something_changes():
    accounts = Accounts(1, {"ada": (User(1, "ada", False), hash_password("sea"))}, {}, {}, {})
    index = AccessIndex("READ")
    index.replace(accounts)
    assert await index.sign_in(b"ada", b"see") is None and await index.sign_in(b"bob", b"sea") is None
    assert index.remembered(b"ada", b"sea") is None
    caller = await index.sign_in(b"ada", b"sea")
    assert caller is not None and index.remembered(b"ada", b"sea") is caller
    assert index.remembered(b"ada", b"se") is None and index.remembered(b"adas", b"ea") is None
    index.replace(Accounts(2, {}, {}, {}, {}))
    assert index.remembered(b"ada", b"sea") is None and await index.sign_in(b"ada", b"sea") is None
