"""Metadata logged on runs, steps, artifact versions and model versions: types, overwriting, filters."""

import pytest
from zenml import Model, bulk_log_metadata, log_metadata, pipeline, save_artifact, step
from zenml.client import Client
from zenml.metadata.metadata_types import Uri
from zenml.models import PipelineRunIdentifier, PipelineRunResponse

from conftest import next_second, unique


@step(enable_cache=False)
def logs_itself(level: int) -> int:
    log_metadata({"level": level, "note": "from the step"})
    log_metadata({"accuracy": level / 10}, infer_artifact=True)
    log_metadata({"trained": True}, infer_model=True)
    return level


@pipeline(enable_cache=False)
def logging_pipeline(level: int) -> None:
    logs_itself(level)


def run_with(level: int, model: str) -> PipelineRunResponse:
    run = logging_pipeline.with_options(model=Model(name=model))(level)
    log_metadata({"level": level, "label": f"level {level}"}, run_id_name_or_prefix=run.id)
    return run


def test_metadata_reaches_step_artifact_and_model(client: Client) -> None:
    model = unique("model")
    run = run_with(3, model)
    read = client.get_pipeline_run(run.id)
    assert read.run_metadata["level"] == 3 and read.run_metadata["label"] == "level 3"
    logged = client.get_run_step(read.steps["logs_itself"].id)
    assert {key: logged.run_metadata[key] for key in ("level", "note")} == {"level": 3, "note": "from the step"}
    assert client.get_artifact_version(logged.output.id).run_metadata["accuracy"] == 0.3
    assert client.get_model_version(model, 1).run_metadata == {"trained": True}


def test_every_type_of_value_comes_back_as_it_went(client: Client) -> None:
    version = save_artifact(1, unique("typed"))
    values = {
        "text": "ünïcode ✓",
        "whole": 12345678901,
        "part": 0.1,
        "truth": False,
        "list": [1, "two", [3.0]],
        "map": {"a": {"b": None}},
        "uri": Uri("https://example.com/x"),
    }
    log_metadata(values, artifact_version_id=version.id)
    read = client.get_artifact_version(version.id).run_metadata
    assert {name: read[name] for name in values} == values


def test_the_last_value_of_a_key_counts_and_maps_merge(client: Client) -> None:
    version = save_artifact(1, unique("twice"))
    for value in ("old", "new"):
        log_metadata({"key": value, "map": {value: 1}}, artifact_version_id=version.id)
        next_second()
    read = client.get_artifact_version(version.id).run_metadata
    assert read["key"] == "new"
    assert read["map"] == {"old": 1, "new": 1}


def test_metadata_for_many_at_once(client: Client) -> None:
    runs = [run_with(level, unique("bulk")) for level in (1, 2)]
    bulk_log_metadata({"batch": 7}, pipeline_runs=[PipelineRunIdentifier(id=run.id) for run in runs])
    assert [client.get_pipeline_run(run.id).run_metadata["batch"] for run in runs] == [7, 7]


def test_filters_on_metadata(client: Client) -> None:
    model = unique("filtered")
    runs = {level: run_with(level, model).id for level in (20, 30, 40)}
    marker = unique("marker")
    for run_id in runs.values():
        log_metadata({"marker": marker}, run_id_name_or_prefix=run_id)

    def found(*conditions: str) -> set:
        return {run.id for run in client.list_pipeline_runs(run_metadata=[f"marker:{marker}", *conditions])}

    assert found() == set(runs.values())
    assert found("level:equals:30") == {runs[30]}
    assert found("level:gte:30") == {runs[30], runs[40]}
    assert found("level:lt:30") == {runs[20]}
    assert found("level:notequals:30") == {runs[20], runs[40]}
    assert found("label:startswith:level") == set(runs.values())
    assert found("label:contains:vel 2") == {runs[20]}
    assert found("absent:1") == set()
    versions = client.list_artifact_versions(run_metadata=["accuracy:gte:3"], model=model)
    assert {version.load() for version in versions} == {30, 40}


def test_metadata_for_what_is_not_there_is_refused(client: Client) -> None:
    with pytest.raises(KeyError):
        log_metadata({"a": 1}, artifact_version_id=client.active_project.id)
    with pytest.raises(ValueError):
        log_metadata({"a": 1})
