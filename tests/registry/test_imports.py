"""Storing what an import sends, on each metadata database."""

import pytest

from registry.errors import InvalidParameterValue
from registry.imports.moves import Moves, is_kept, local_path
from registry.imports.service import ImportService
from registry.imports.types import Experiment, RegisteredModel, Version
from registry.runs.experiment_messages import CreateExperiment, GetExperiment
from registry.runs.experiments import ExperimentService


def experiment(number: str, name: str, location: str = "mlflow-artifacts:/9") -> Experiment:
    stage = {"lifecycle_stage": "active", "creation_time": 1, "last_update_time": 2}
    return Experiment(experiment_id=number, name=name, artifact_location=location, **stage)


async def test_numbers_of_experiments_stay_where_they_are_free_and_go_on_after_them(metadata_any):
    service, experiments = ImportService(metadata_any, None, None, None, None), ExperimentService(metadata_any)
    placed = await service.experiments([experiment("0", "Default"), experiment("40", "forty"), experiment("41", "bucket", "s3://b/41")])
    assert placed.experiments == {"0": "0", "40": "40", "41": "41"}
    made = (await experiments.create(CreateExperiment(name="new"))).experiment_id
    assert made == "42"
    again = await service.experiments([experiment("40", "forty"), experiment("42", "also forty-two"), experiment("x", "no number")])
    assert again.experiments["40"] == "40" and again.experiments["42"] not in {"40", "41", "42"} and again.experiments["x"].isdigit()
    found = (await experiments.get(GetExperiment(experiment_id=again.experiments["42"]))).experiment
    assert found.artifact_location == f"mlflow-artifacts:/{found.experiment_id}"
    assert (await experiments.get(GetExperiment(experiment_id="41"))).experiment.artifact_location == "s3://b/41"


def model(tags: dict[str, str], stage: str = "None") -> RegisteredModel:
    text = {"mlflow.prompt.text": "Hi {{name}}"} if tags else {}
    version = Version(
        version=4, stage=stage, description="", source="s", storage_location="", run_id="", run_link="", created_by="", created_at=1,
        updated_at=1, tags=text,
    )  # fmt: skip
    return RegisteredModel(name="fox", description="", created_at=1, updated_at=1, tags=tags, aliases={"live": 4}, versions=[version])


async def test_a_name_that_is_a_models_here_and_a_prompts_there_is_refused_whole(metadata_any):
    service = ImportService(metadata_any, None, None, None, None)
    for _ in range(2):
        await service.registered_models([model({})])
    with pytest.raises(InvalidParameterValue, match="is that of a model here, and of a prompt"):
        await service.registered_models([model({"mlflow.prompt.is_prompt": "true"})])
    with pytest.raises(InvalidParameterValue, match="allowed are: None, Staging"):
        await service.registered_models([model({}, "Review")])


@pytest.mark.parametrize(
    ("uri", "kept", "path"),
    [
        ("/home/me/mlruns/1", False, "/home/me/mlruns/1"), ("file:///home/a%20b", False, "/home/a b"), ("C:\\mlruns", False, "C:\\mlruns"),
        ("mlflow-artifacts:/1", False, None), ("s3://bucket/x", True, None), ("gs://bucket/x", True, None), ("./mlruns/1", False, "./mlruns/1"),
    ],
)  # fmt: skip
def test_files_on_a_disk_move_and_those_in_a_bucket_stay(uri, kept, path):
    assert (is_kept(uri), local_path(uri)) == (kept, path)


def test_a_uri_follows_the_root_of_its_owner_and_no_other():
    moves = Moves()
    moves.add("r1", "/mlruns/1/r1/artifacts", "mlflow-artifacts:/5/r1/artifacts")
    assert moves.follow("/mlruns/1/r1/artifacts/model", "r1") == "mlflow-artifacts:/5/r1/artifacts/model"
    assert moves.follow("/mlruns/1/r1/artifacts-of-another", "r1") == "/mlruns/1/r1/artifacts-of-another"
    assert moves.follow("/mlruns/1/r1/artifacts/model", "r2") == "/mlruns/1/r1/artifacts/model"
