"""Registered models over MLflow's endpoints."""


async def test_a_name_is_made_read_described_renamed_and_removed(world, name):
    made = await world.ask("POST", "registered-models/create", name=name, description="d", tags=[{"key": "a", "value": "1"}])
    assert made["registered_model"] == (await world.ask("GET", "registered-models/get", name=name))["registered_model"]
    assert made["registered_model"]["tags"] == [{"key": "a", "value": "1"}]
    described = await world.ask("PATCH", "registered-models/update", name=name, description="new")
    assert described["registered_model"]["description"] == "new"
    await world.ask("POST", "model-versions/create", name=name, source="s3://bucket/m")
    await world.ask("POST", "registered-models/alias", name=name, alias="champion", version="1")
    renamed = (await world.ask("POST", "registered-models/rename", name=name, new_name=f"{name}-2"))["registered_model"]
    assert (renamed["name"], renamed["aliases"]) == (f"{name}-2", [{"alias": "champion", "version": "1"}])
    assert renamed["latest_versions"][0]["name"] == f"{name}-2"
    await world.ask("DELETE", "registered-models/delete", name=f"{name}-2")
    assert (await world.refused("GET", "registered-models/get", name=f"{name}-2"))[:2] == (404, "RESOURCE_DOES_NOT_EXIST")


async def test_a_taken_name_is_told_apart_by_what_took_it(world, name):
    await world.model(name)
    tag = {"key": "mlflow.prompt.is_prompt", "value": "true"}
    assert await world.refused("POST", "registered-models/create", name=name) == (
        400,
        "RESOURCE_ALREADY_EXISTS",
        f"Registered Model (name={name}) already exists.",
    )
    _, code, message = await world.refused("POST", "registered-models/create", name=name, tags=[tag])
    assert code == "RESOURCE_ALREADY_EXISTS"
    assert "Tried to create a prompt" in message
    await world.model(f"{name}-b")
    assert (await world.refused("POST", "registered-models/rename", name=f"{name}-b", new_name=name))[1] == "RESOURCE_ALREADY_EXISTS"


BAD = [
    ("POST", "registered-models/create", {}, "Missing value for required parameter 'name'"),
    ("POST", "registered-models/create", {"name": "  "}, "Missing value for required parameter 'name'"),
    ("POST", "registered-models/create", {"name": "a/b"}, "Names cannot contain '/' or ':'"),
    ("POST", "registered-models/create", {"name": 1}, "Invalid value 1 for parameter 'name'"),
    ("POST", "registered-models/create", {"name": "t", "tags": [{"key": "a" * 251}]}, "'key' exceeds the maximum length of 250"),
    ("POST", "registered-models/create", {"name": "t", "tags": [{"key": "a", "value": "v" * 100_001}]}, "'value' exceeds"),
    ("POST", "registered-models/create", {"name": "t", "description": "d" * 5_001}, "'description' exceeds"),
    ("POST", "registered-models/rename", {"name": "a"}, "Missing value for required parameter 'new_name'"),
    (
        "GET",
        "registered-models/search",
        {"max_results": 1001},
        "Invalid value \"1001\" for parameter 'max_results' supplied:  Hint: Value was of type 'str'",
    ),
    ("GET", "registered-models/search", {"max_results": 0}, "must be a positive integer"),
    ("GET", "registered-models/search", {"filter": "size = 'x'"}, "Invalid attribute key 'size'"),
    ("GET", "registered-models/search", {"filter": "metrics.a > 1"}, "Invalid entity type 'metrics'"),
    ("GET", "registered-models/search", {"filter": "name > 'x'"}, "Invalid comparator for attribute: >"),
    ("GET", "registered-models/search", {"filter": "name = x"}, "not quoted"),
    (
        "GET",
        "registered-models/search",
        {"filter": "tags.a IN ('x')"},
        "Expected a quoted string value for tag (e.g. 'my-value'). Got value ('x')",
    ),
    ("GET", "registered-models/search", {"filter": "tags.a IS NULL"}, "not supported for registered model search"),
    ("GET", "registered-models/search", {"filter": "name = 'x' OR name = 'y'"}, "Invalid clause(s) in filter string: OR"),
    ("GET", "registered-models/search", {"filter": "size = true"}, "Invalid clause(s) in filter string: size, =, true"),
    ("GET", "model-versions/search", {"filter": "run_id IN ("}, "Invalid clause(s) in filter string: run_id, IN, ("),
    ("GET", "model-versions/search", {"filter": "run_id IN (,)"}, "but got ill-formed list"),
    ("GET", "model-versions/search", {"filter": "run_id IN ('a',,'b')"}, "but got ill-formed list"),
    ("GET", "model-versions/search", {"filter": "run_id IN ('a', 2)"}, "but got different type in list"),
    ("GET", "registered-models/search", {"order_by": "creation_timestamp"}, "Invalid order by key 'creation_timestamp'"),
    ("GET", "registered-models/search", {"order_by": ["name", "name DESC"]}, "duplicate fields"),
    ("GET", "registered-models/search", {"page_token": "!"}, "Invalid page token"),
    ("GET", "model-versions/search", {"filter": "source_path IN ('a')"}, "Only ['name', 'run_id'] attributes support"),
    ("GET", "model-versions/search", {"filter": "version_number = 1.5"}, "Invalid value for numeric attribute 'version_number'"),
    ("GET", "model-versions/search", {"filter": "version_number LIKE '1'"}, "Invalid comparator for attribute version_number: LIKE"),
    ("GET", "model-versions/search", {"max_results": 200_001}, 'Invalid value "200001"'),
    ("GET", "model-versions/get", {"name": "a", "version": "x"}, "'version' must be an integer, got 'x'"),
    ("POST", "registered-models/alias", {"name": "a", "alias": "Latest", "version": "1"}, "alias name (case insensitive) is reserved"),
    ("POST", "registered-models/alias", {"name": "a", "alias": "v12", "version": "1"}, "Version alias name 'v12' is reserved"),
    ("POST", "registered-models/alias", {"name": "a", "alias": "a b", "version": "1"}, "Invalid alias name: 'a b'"),
    ("POST", "model-versions/transition-stage", {"name": "a", "version": "1", "stage": "Dev"}, "Invalid Model Version stage: Dev."),
    (
        "POST",
        "model-versions/transition-stage",
        {"name": "a", "version": "1", "stage": "None", "archive_existing_versions": True},
        "because 'None' is not an Active stage",
    ),
]


async def test_what_cannot_be_is_refused_in_words(world):
    for method, path, body, message in BAD:
        status, code, told = await world.refused(method, path, **body)
        assert (status, code) == (400, "INVALID_PARAMETER_VALUE"), (path, body)
        assert message in told


MISSING = [
    ("GET", "registered-models/get", {}),
    ("PATCH", "registered-models/update", {"description": "x"}),
    ("DELETE", "registered-models/delete", {}),
    ("POST", "registered-models/rename", {"new_name": "nothing-2"}),
    ("POST", "registered-models/get-latest-versions", {}),
    ("POST", "registered-models/set-tag", {"key": "a", "value": "b"}),
    ("DELETE", "registered-models/delete-tag", {"key": "a"}),
    ("POST", "registered-models/alias", {"alias": "a", "version": "1"}),
    ("DELETE", "registered-models/alias", {"alias": "a"}),
    ("GET", "registered-models/alias", {"alias": "a"}),
    ("POST", "model-versions/create", {"source": "s3://bucket/m"}),
    ("PATCH", "model-versions/update", {"version": "1"}),
    ("POST", "model-versions/transition-stage", {"version": "1", "stage": "Staging"}),
    ("DELETE", "model-versions/delete", {"version": "1"}),
    ("GET", "model-versions/get", {"version": "99999999999"}),
    ("GET", "model-versions/get-download-uri", {"version": "1"}),
    ("POST", "model-versions/set-tag", {"version": "1", "key": "a"}),
    ("DELETE", "model-versions/delete-tag", {"version": "1", "key": "a"}),
]


async def test_what_is_not_there_is_404(world):
    for method, path, body in MISSING:
        status, code, message = await world.refused(method, path, name="nothing", **body)
        assert (status, code) == (404, "RESOURCE_DOES_NOT_EXIST"), (path, body)
        assert "not found" in message


async def _found(world, **request):
    return [model["name"] for model in (await world.ask("GET", "registered-models/search", **request)).get("registered_models", [])]


async def test_a_name_that_is_too_long_is_refused_when_it_is_taken_and_not_found_when_it_is_looked_up(world, name):
    long = "n" * 257
    for path, body in (("create", {"name": long}), ("rename", {"name": name, "new_name": long})):
        assert (await world.refused("POST", f"registered-models/{path}", **body))[0] == 400, path
    for method, path, body in (
        ("GET", "registered-models/get", {}),
        ("PATCH", "registered-models/update", {"description": "d"}),
        ("DELETE", "registered-models/delete", {}),
        ("POST", "registered-models/set-tag", {"key": "a", "value": "b"}),
        ("GET", "registered-models/alias", {"alias": "a"}),
        ("GET", "model-versions/get", {"version": "1"}),
        ("POST", "model-versions/create", {"source": "s3://bucket/m"}),
    ):
        assert (await world.refused(method, path, name=long, **body))[:2] == (404, "RESOURCE_DOES_NOT_EXIST"), path


async def test_names_are_found_by_name_and_tag_in_the_order_asked_for(world, name):
    for suffix in ("b", "a", "C"):
        await world.model(f"{name}-{suffix}")
    await world.ask("POST", "registered-models/set-tag", name=f"{name}-a", key="team space", value="Search")
    mine = f"name LIKE '{name}-%'"
    assert await _found(world, filter=mine) == [f"{name}-C", f"{name}-a", f"{name}-b"]
    assert await _found(world, filter=mine, order_by=["name DESC"]) == [f"{name}-b", f"{name}-a", f"{name}-C"]
    assert await _found(world, filter=f"name ILIKE '{name.upper()}-C'") == [f"{name}-C"]
    assert await _found(world, filter=f"name LIKE '{name.upper()}-%'") == []
    assert await _found(world, filter=f"name IN ('{name}-a', '{name}-x')") == [f"{name}-a"]
    assert await _found(world, filter=f"{mine} AND tags.`team space` ILIKE 'sea%' and name != '{name}-b'") == [f"{name}-a"]
    await world.ask("PATCH", "registered-models/update", name=f"{name}-b", description="newest")
    assert (await _found(world, filter=mine, order_by=["last_updated_timestamp DESC"]))[0] == f"{name}-b"


async def test_pages_follow_each_other_without_gap_and_end_without_token(world, name):
    for number in range(5):
        await world.model(f"{name}-{number}")
    seen, token = [], None
    while True:
        page = await world.ask(
            "GET", "registered-models/search", filter=f"name LIKE '{name}-%'", max_results=2, **({"page_token": token} if token else {})
        )
        seen += [model["name"] for model in page["registered_models"]]
        token = page.get("next_page_token")
        if token is None:
            break
    assert seen == [f"{name}-{number}" for number in range(5)]


async def test_tags_are_set_replaced_and_taken_back(world, name):
    await world.model(name)
    for value in ("1", "2"):
        await world.ask("POST", "registered-models/set-tag", name=name, key="a", value=value)
    assert (await world.ask("GET", "registered-models/get", name=name))["registered_model"]["tags"] == [{"key": "a", "value": "2"}]
    for _ in range(2):
        await world.ask("DELETE", "registered-models/delete-tag", name=name, key="a")
    assert "tags" not in (await world.ask("GET", "registered-models/get", name=name))["registered_model"]
