"""The numbers of experiments: given once, whatever became of the experiment."""

from registry.garbage.store import delete_experiment
from registry.imports.store import put_experiment
from registry.imports.types import Experiment
from registry.runs.experiment_store import insert_experiment


async def test_the_number_of_an_experiment_that_is_removed_for_good_is_never_given_again(metadata_any):
    def made(name: str):
        return lambda connection: insert_experiment(connection, "default", name, "", "mlflow-artifacts:", 1)

    def imported(number: int):
        told = Experiment(
            experiment_id=str(number),
            name=f"imported {number}",
            artifact_location="",
            lifecycle_stage="active",
            creation_time=1,
            last_update_time=1,
        )
        return lambda connection: put_experiment(connection, told, None)

    first, second, third = [await metadata_any.run(made(name)) for name in ("first", "second", "third")]
    for number in (third, second):
        await metadata_any.run(lambda connection, number=number: delete_experiment(connection, number))
    fourth = await metadata_any.run(made("fourth"))
    assert fourth == third + 1
    assert await metadata_any.run(imported(second)) > fourth, "an experiment that comes from elsewhere is given none of them either"
    assert await metadata_any.run(imported(100)) == 100
    assert await metadata_any.run(made("after it")) == 101
    for number in (101, 100, first):
        await metadata_any.run(lambda connection, number=number: delete_experiment(connection, number))
    assert await metadata_any.run(imported(7)) > 101
    assert await metadata_any.run(made("the last")) > 102
