"""Names of another workspace in the database: kept with where they are, found and shown without."""

from collections.abc import Iterator
from contextlib import contextmanager

from registry.runs.experiment_messages import CreateExperiment, GetExperimentByName, SearchExperiments
from registry.workspaces import store
from registry.workspaces.scope import REMOVED, WORKSPACE, scoped


@contextmanager
def inside(workspace: str) -> Iterator[None]:
    token = WORKSPACE.set(workspace)
    try:
        yield
    finally:
        WORKSPACE.reset(token)


async def names(world, path, **asked):
    return [each["name"] for each in (await world.ask("GET", f"{path}/search", **asked)).get(path.replace("-", "_"), [])]


async def test_a_search_looks_into_one_workspace_and_compares_names_as_they_are_said(world, name):
    team = f"team-{name}".lower().replace(" ", "-").replace("_", "-")
    await world.model(name)
    with inside(team):
        for kept in (scoped(name), scoped(f"{name}-b")):
            await world.ask("POST", "registered-models/create", name=kept)
            await world.ask("POST", "model-versions/create", name=kept, source="s3://bucket/m")
        assert await names(world, "registered-models") == [name, f"{name}-b"]
        assert await names(world, "registered-models", order_by="name DESC") == [f"{name}-b", name]
        assert await names(world, "registered-models", filter=f"name = '{name}'") == [name]
        assert await names(world, "registered-models", filter=f"name ILIKE '{name.upper()}-%'") == [f"{name}-b"]
        assert await names(world, "model-versions", filter=f"name='{name}'") == [name]
    told = [event for event in world.told.whole if event.workspace == team and event.payload["name"] == name]
    assert [(event.name, event.key) for event in told] == [
        ("registered_model.created", f"registered_model/{team}/{name}"),
        ("model_version.created", f"registered_model/{team}/{name}"),
    ]
    with inside("default"):
        assert await names(world, "registered-models", filter=f"name LIKE '{name}%'") == [name]
    assert await names(world, "registered-models", filter=f"name LIKE 'team-%{name}'") == [f"{team}/{name}"]


async def test_all_of_a_workspace_moves_or_goes_at_once(world, name):
    for number, remove in enumerate((store.move_to_default, store.remove_contents)):
        team, mine = f"moved-{number}", f"{name}-{number}"
        with inside(team):
            await world.ask("POST", "registered-models/create", name=scoped(mine))
            made = await world.experiments.create(CreateExperiment(name=mine))
        taken = await world.metadata.read(lambda connection, team=team: store.taken_in_default(connection, team))
        elsewhere = {str(each.experiment_id): each.workspace for each in await world.metadata.read(store.experiments_elsewhere)}
        assert not taken and elsewhere[made.experiment_id] == team
        await world.metadata.run(lambda connection, remove=remove, team=team: remove(connection, team))
        with inside("default"):
            left = await names(world, "registered-models", filter=f"name = '{mine}'")
            found = await world.experiments.search(SearchExperiments(max_results=10, filter=f"name = '{mine}'"))
            assert (len(left), len(found.experiments)) == ((1, 1) if remove is store.move_to_default else (0, 0))
    gone = {str(each.experiment_id): each.workspace for each in await world.metadata.read(store.experiments_elsewhere)}
    assert gone[made.experiment_id] == REMOVED  # its number is not given again
    assert (await world.experiments.get_by_name(GetExperimentByName(experiment_name=f"{name}-0"))).experiment.name == f"{name}-0"
