"""Models and their versions: stages, numbers, links to artifacts and runs."""

from typing import Annotated

import pytest
from zenml import (
    ArtifactConfig,
    Model,
    get_step_context,
    link_artifact_to_model,
    pipeline,
    save_artifact,
    step,
)
from zenml.client import Client
from zenml.enums import ArtifactType, ModelStages
from zenml.exceptions import EntityExistsError

from conftest import unique


@step(enable_cache=False)
def train() -> Annotated[int, ArtifactConfig(name="weights", artifact_type=ArtifactType.MODEL)]:
    assert get_step_context().model.name
    return 9


@step(enable_cache=False)
def evaluate(weights: int) -> Annotated[float, "score"]:
    return weights / 10


@pipeline(enable_cache=False)
def training() -> None:
    evaluate(train())


def test_a_run_links_itself_and_its_artifacts_to_a_version(client: Client) -> None:
    name = unique("linked")
    run = training.with_options(model=Model(name=name, description="a model", license="MIT", tags=["t1"]))()
    model = client.get_model(name)
    assert (model.description, model.license) == ("a model", "MIT")
    version = client.get_model_version(name)
    assert [tag.name for tag in version.tags] == ["t1"]
    assert (version.number, version.name, version.stage) == (1, "1", None)
    assert client.get_pipeline_run(run.id).model_version.id == version.id
    assert version.pipeline_run_ids == {run.name: run.id}
    assert version.get_artifact("weights").load() == 9
    assert version.get_model_artifact("weights").id == run.steps["train"].output.id
    assert version.get_data_artifact("score").load() == 0.9
    assert version.get_data_artifact("weights") is None
    links = client.list_model_version_artifact_links(model_version_id=version.id)
    assert {link.artifact_version.id for link in links} == {
        run.steps["train"].output.id,
        run.steps["evaluate"].output.id,
    }
    runs = client.list_model_version_pipeline_run_links(model_version_id=version.id)
    assert [link.pipeline_run.id for link in runs] == [run.id]
    assert [item.id for item in client.list_pipeline_runs(model_version_id=version.id)] == [run.id]

    again = training.with_options(model=Model(name=name, version="1"))()
    assert set(client.get_model_version(name, 1).pipeline_run_ids.values()) == {run.id, again.id}
    training.with_options(model=Model(name=name))()
    assert client.get_model_version(name, "latest").number == 2
    assert client.get_model(name).latest_version_name == "2"


def test_versions_are_numbered_named_and_staged(client: Client) -> None:
    model = client.create_model(unique("staged"), description="old", ethics="fair", limitations="none")
    first = client.create_model_version(model.id)
    second = client.create_model_version(model.name, name="candidate", description="second", tags=["x"])
    assert [(item.number, item.name) for item in (first, second)] == [(1, "1"), (2, "candidate")]
    with pytest.raises(EntityExistsError):
        client.create_model_version(model.id, name="candidate")

    client.update_model_version(model.name, "1", stage=ModelStages.PRODUCTION)
    assert client.get_model_version(model.name, "production").id == first.id
    with pytest.raises(RuntimeError, match="production"):
        client.update_model_version(model.name, "candidate", stage=ModelStages.PRODUCTION)
    client.update_model_version(model.name, "candidate", stage=ModelStages.PRODUCTION, force=True)
    assert client.get_model_version(model.name, ModelStages.PRODUCTION).id == second.id
    assert client.get_model_version(model.name, 1).stage == "archived"
    assert [item.number for item in client.list_model_versions(model=model.id, stage="archived")] == [1]
    assert [item.number for item in client.list_model_versions(model=model.name, sort_by="desc:number")] == [2, 1]

    renamed = client.update_model_version(model.id, "candidate", name="winner", description="third")
    assert (renamed.name, renamed.description) == ("winner", "third")
    assert client.get_model_version(model.id, "winner").id == second.id


def test_artifacts_are_linked_and_unlinked_by_hand(client: Client) -> None:
    model = client.create_model(unique("by-hand"))
    version = client.create_model_version(model.id)
    kept, dropped = save_artifact(1, unique("kept")), save_artifact(2, unique("dropped"))
    for artifact in (kept, dropped):
        link_artifact_to_model(artifact, Model(name=model.name, version=version.name))
    read = client.get_model_version(model.id, version.id)
    assert set(read.data_artifact_ids) == {kept.name, dropped.name}
    client.delete_model_version_artifact_link(version.id, dropped.id)
    assert set(client.get_model_version(model.id, version.id).data_artifact_ids) == {kept.name}
    assert client.get_artifact_version(dropped.id).load() == 2
    assert [item.id for item in client.list_artifact_versions(model_version_id=version.id)] == [kept.id]
    client.delete_all_model_version_artifact_links(version.id, only_links=True)
    assert client.get_model_version(model.id, version.id).data_artifact_ids == {}


def test_models_are_updated_listed_and_deleted(client: Client) -> None:
    name = unique("updated")
    model = client.create_model(name, audience="all")
    with pytest.raises(EntityExistsError):
        client.create_model(name)
    client.update_model(name, name=f"{name}-new", use_cases="many", trade_offs="few", save_models_to_registry=False)
    read = client.get_model(f"{name}-new")
    assert (read.id, read.audience, read.use_cases, read.trade_offs) == (model.id, "all", "many", "few")
    assert read.save_models_to_registry is False
    assert [item.id for item in client.list_models(name=f"contains:{name}")] == [model.id]
    version = client.create_model_version(model.id)
    client.delete_model_version(version.id)
    with pytest.raises(KeyError):
        client.get_model_version(model.id, 1)
    client.create_model_version(model.id)
    client.delete_model(model.id)
    with pytest.raises(KeyError):
        client.get_model(model.id)
    assert client.list_model_versions(model=model.id).total == 0
