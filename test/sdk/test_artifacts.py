"""Artifacts outside of pipelines: saving, versions under concurrency, external ones, pruning, visualizations."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import pytest
from zenml import (
    ArtifactConfig,
    ExternalArtifact,
    load_artifact,
    pipeline,
    register_artifact,
    save_artifact,
    step,
)
from zenml.artifacts.utils import load_artifact_visualization
from zenml.client import Client
from zenml.enums import ArtifactSaveType, ArtifactType, StackComponentType
from zenml.exceptions import EntityExistsError
from zenml.types import MarkdownString

from conftest import next_second, unique


@step(enable_cache=False)
def double(value: int) -> Annotated[int, ArtifactConfig(name="doubled", artifact_type=ArtifactType.MODEL)]:
    return value * 2


@step(enable_cache=False)
def loads(name: str) -> int:
    return load_artifact(name) + 1


@pipeline(enable_cache=False)
def from_outside(artifact: str) -> None:
    double(ExternalArtifact(value=21))
    loads(artifact)


def test_external_and_loaded_artifacts_are_inputs_of_their_steps(client: Client) -> None:
    saved = save_artifact(5, unique("saved"))
    run = from_outside(saved.name)
    steps = client.get_pipeline_run(run.id).steps
    external = steps["double"].inputs["value"][0]
    assert external.input_type == "external" and external.load() == 21
    assert external.save_type == ArtifactSaveType.EXTERNAL
    doubled = steps["double"].outputs["doubled"][0]
    assert doubled.type == ArtifactType.MODEL and doubled.load() == 42
    manual = [item for items in steps["loads"].inputs.values() for item in items]
    assert [(item.id, item.input_type) for item in manual] == [(saved.id, "manual")]
    assert steps["loads"].output.load() == 6


@pipeline(enable_cache=False)
def lazily(name: str) -> None:
    version = Client().get_artifact_version(name)
    double(version)
    double(version.run_metadata["weight"], id="of_metadata")


def test_what_a_pipeline_looks_up_is_found_when_its_step_runs(client: Client) -> None:
    saved = save_artifact(30, unique("lazy"), user_metadata={"weight": 4})
    steps = client.get_pipeline_run(lazily(saved.name).id).steps
    assert [(item.id, item.input_type) for item in steps["double"].inputs["value"]] == [(saved.id, "lazy")]
    assert steps["double"].output.load() == 60
    assert steps["of_metadata"].output.load() == 8


def test_a_version_exists_once(client: Client) -> None:
    name = unique("fixed")
    first = save_artifact(1, name, version="fixed")
    with pytest.raises(EntityExistsError, match="fixed"):
        save_artifact(2, name, version="fixed")
    assert client.list_artifact_versions(artifact=name).total == 1
    assert load_artifact(name, "fixed") == 1 and first.save_type == ArtifactSaveType.MANUAL


def test_saved_artifacts_count_their_versions(client: Client) -> None:
    name = unique("counted")
    versions = [save_artifact({"n": number}, name, user_metadata={"n": number}) for number in range(2)]
    next_second()
    versions.append(save_artifact({"n": 2}, name))
    assert [version.version for version in versions] == ["1", "2", "3"]
    assert load_artifact(name) == {"n": 2}
    assert load_artifact(name, version="2") == {"n": 1}
    assert load_artifact(versions[0].id) == {"n": 0}
    assert client.get_artifact_version(name).id == versions[2].id
    assert client.get_artifact_version(name, "1").run_metadata["n"] == 0
    assert client.get_artifact(name).latest_version_name == "3"
    assert client.get_artifact(name).latest_version_id == versions[2].id
    save_artifact(0, name, version="named")
    assert save_artifact(0, name).version == "4"
    listed = client.list_artifact_versions(artifact=name)
    assert sorted(item.version for item in listed) == ["1", "2", "3", "4", "named"]
    assert [
        item.version
        for item in client.list_artifact_versions(artifact=name, version_number="gte:3", sort_by="desc:version_number")
    ] == ["4", "3"]


def test_concurrent_saves_get_different_versions(client: Client) -> None:
    name = unique("raced")
    with ThreadPoolExecutor(max_workers=4) as pool:
        versions = list(pool.map(lambda number: save_artifact(number, name), range(8)))
    assert sorted(int(version.version) for version in versions) == list(range(1, 9))
    assert client.list_artifacts(name=name).total == 1
    assert {version.load() for version in versions} == set(range(8))


def test_a_folder_is_registered_where_it_lies(client: Client) -> None:
    store = client.active_stack.artifact_store
    folder = Path(store.path) / unique("registered")
    folder.mkdir(parents=True)
    (folder / "note.txt").write_text("hello")
    version = register_artifact(str(folder), unique("folder"), artifact_metadata={"files": 1}, tags=["raw"])
    read = client.get_artifact_version(version.id)
    assert read.uri == str(folder) and read.save_type == ArtifactSaveType.PREEXISTING
    assert read.run_metadata["files"] == 1 and [tag.name for tag in read.tags] == ["raw"]
    assert (Path(load_artifact(read.id)) / "note.txt").read_text() == "hello"


def test_artifacts_are_renamed_and_deleted(client: Client) -> None:
    name = unique("renamed")
    version = save_artifact("x", name)
    artifact = client.update_artifact(name, new_name=f"{name}-new", add_tags=["seen"])
    assert client.get_artifact(f"{name}-new").id == artifact.id
    assert client.get_artifact_version(version.id).name == f"{name}-new"
    client.update_artifact_version(version.id, add_tags=["v"], remove_tags=["seen"])
    assert [tag.name for tag in client.get_artifact_version(version.id).tags] == ["v"]
    client.delete_artifact_version(version.id, delete_from_artifact_store=True)
    assert not os.path.exists(version.uri)
    with pytest.raises(KeyError):
        client.get_artifact_version(version.id)
    client.delete_artifact(artifact.id)
    with pytest.raises(KeyError):
        client.get_artifact(artifact.id)


def test_a_used_artifact_stays_and_pruning_takes_the_unused(client: Client) -> None:
    unused = save_artifact(1, unique("unused"))
    used = from_outside(save_artifact(2, unique("used")).name).steps["double"]
    produced = used.output
    with pytest.raises(ValueError, match="used in runs"):
        client.delete_artifact_version(produced.id)
    ids = {version.id for version in client.list_artifact_versions(only_unused=True, size=200)}
    assert unused.id in ids and produced.id not in ids
    try:
        client.prune_artifacts(only_versions=False)
    except RuntimeError as error:
        if "prune_artifact_versions() missing 1 required positional argument" not in str(error):
            raise
        pytest.xfail("the reference implementation 0.98.0 fails on its own call: its router drops the project")
    assert client.list_artifact_versions(only_unused=True).total == 0
    assert client.list_artifacts(name=unused.name).total == 0
    assert client.get_artifact_version(produced.id).load() == 42


@step(enable_cache=False)
def writes_markdown() -> MarkdownString:
    return MarkdownString("# Title")


@pipeline(enable_cache=False)
def visual() -> None:
    writes_markdown()


def test_visualizations_are_recorded(client: Client) -> None:
    version = client.get_artifact_version(visual().steps["writes_markdown"].output.id)
    assert [(item.type, os.path.basename(item.uri)) for item in version.visualizations] == [("markdown", "output.md")]
    assert load_artifact_visualization(version).value == "# Title"
    assert client.active_stack_model.components[StackComponentType.ARTIFACT_STORE][0].id == version.artifact_store_id
