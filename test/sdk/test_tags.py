"""Tags: on runs, pipelines, artifacts, models; cascading and exclusive ones."""

from typing import Annotated

import pytest
from zenml import (
    ArtifactConfig,
    Tag,
    add_tags,
    pipeline,
    remove_tags,
    save_artifact,
    step,
)
from zenml.client import Client
from zenml.enums import ColorVariants, TaggableResourceTypes
from zenml.exceptions import EntityExistsError
from zenml.models import TagResource

from conftest import unique


def names(tags: list[object]) -> list[str]:
    return sorted(tag.name for tag in tags)


@step(enable_cache=False)
def tagged_output() -> Annotated[int, ArtifactConfig(name="tagged_output", tags=["declared"])]:
    add_tags(tags=["inside"], infer_artifact=True)
    add_tags(tags=["from-step"])
    return 1


@pipeline(
    enable_cache=False, tags=["plain", Tag(name="falls-down", cascade=True), Tag(name="only-one", exclusive=True)]
)
def tagged() -> None:
    tagged_output()


def test_tags_of_a_pipeline_reach_run_and_artifacts(client: Client) -> None:
    first, second = tagged(), tagged()
    read = client.get_pipeline_run(second.id)
    assert names(read.tags) == ["falls-down", "from-step", "only-one", "plain"]
    assert names(read.steps["tagged_output"].output.tags) == ["declared", "falls-down", "inside"]
    assert names(client.get_pipeline_run(first.id).tags) == ["falls-down", "from-step", "plain"]
    assert client.get_tag("only-one").exclusive is True
    assert client.get_tag("plain").exclusive is False

    assert {item.id for item in client.list_pipeline_runs(tags=["plain"])} == {first.id, second.id}
    assert [item.id for item in client.list_pipeline_runs(tags=["plain", "only-one"])] == [second.id]
    assert {item.id for item in client.list_pipeline_runs(tags=["startswith:from"])} == {first.id, second.id}
    assert {item.id for item in client.list_pipeline_runs(tags=["notequals:only-one"])} == {first.id, second.id}
    assert client.list_pipeline_runs(tags=["endswith:nobody"]).total == 0
    assert client.list_artifact_versions(tags=["inside", "declared"]).total == 2


def test_tags_come_and_go_on_every_taggable_resource(client: Client) -> None:
    run = tagged()
    artifact = run.steps["tagged_output"].output
    model = client.create_model(unique("tagged-model"), tags=["born"])
    version = client.create_model_version(model.id, name="v1", tags=["version-born"])

    add_tags(tags=["late"], run=run.id)
    add_tags(tags=["late"], pipeline=run.pipeline.id)
    add_tags(tags=["late"], artifact=artifact.artifact.id)
    add_tags(tags=["late"], artifact_version_id=artifact.id)
    client.update_model(model.id, add_tags=["late"])
    client.update_model_version(model.id, version.id, add_tags=["late"], remove_tags=["version-born"])
    assert "late" in names(client.get_pipeline_run(run.id).tags)
    assert names(client.get_pipeline(run.pipeline.id).tags) == ["late"]
    assert names(client.get_artifact(artifact.artifact.id).tags) == ["late"]
    assert "late" in names(client.get_artifact_version(artifact.id).tags)
    assert names(client.get_model(model.id).tags) == ["born", "late"]
    assert names(client.get_model_version(model.id, "v1").tags) == ["late"]

    remove_tags(tags=["late", "plain"], run=run.id)
    remove_tags(tags=["late"], pipeline=run.pipeline.id)
    assert names(client.get_pipeline_run(run.id).tags) == ["falls-down", "from-step", "only-one"]
    assert client.get_pipeline(run.pipeline.id).tags == []
    assert [item.id for item in client.list_models(tags=["late"]) if item.id == model.id] == [model.id]


def test_a_tag_has_a_life_of_its_own(client: Client) -> None:
    name = unique("tag")
    made = client.create_tag(name, color=ColorVariants.RED)
    assert (made.name, made.color, made.exclusive) == (name, ColorVariants.RED, False)
    with pytest.raises(EntityExistsError):
        client.create_tag(name)
    renamed = client.update_tag(name, name=f"{name}-new", color="blue")
    assert renamed.id == made.id and renamed.color == ColorVariants.BLUE
    assert client.get_tag(f"{name}-n").id == made.id
    assert [item.id for item in client.list_tags(name=f"startswith:{name}", color="blue")] == [made.id]
    with pytest.raises(ValueError):
        client.create_tag("0" * 8 + "-0000-4000-8000-" + "0" * 12)
    client.delete_tag(f"{name}-new")
    with pytest.raises(KeyError):
        client.get_tag(made.id)


def test_a_deleted_tag_leaves_its_resources(client: Client) -> None:
    name = unique("gone")
    version = save_artifact(1, unique("kept"), tags=[name])
    assert names(client.get_artifact_version(version.id).tags) == [name]
    client.delete_tag(name)
    assert client.get_artifact_version(version.id).tags == []


def test_an_exclusive_tag_moves_to_the_newest_version(client: Client) -> None:
    name, artifact = unique("latest"), unique("moving")
    client.create_tag(name, exclusive=True)
    first = save_artifact(1, artifact)
    second = save_artifact(2, artifact)
    for version in (first, second):
        client.attach_tag(
            Tag(name=name, exclusive=True),
            [TagResource(id=version.id, type=TaggableResourceTypes.ARTIFACT_VERSION)],
        )
    assert client.get_artifact_version(first.id).tags == []
    assert names(client.get_artifact_version(second.id).tags) == [name]
    client.detach_tag(name, [TagResource(id=second.id, type=TaggableResourceTypes.ARTIFACT_VERSION)])
    assert client.get_artifact_version(second.id).tags == []
    with pytest.raises(ValueError):
        client.attach_tag(name, [TagResource(id=first.artifact.id, type=TaggableResourceTypes.ARTIFACT)])


def test_a_tag_on_two_versions_cannot_become_exclusive(client: Client) -> None:
    name, artifact = unique("shared"), unique("two-versions")
    for value in (1, 2):
        save_artifact(value, artifact, tags=[name])
    with pytest.raises(ValueError):
        client.update_tag(name, exclusive=True)
    assert client.get_tag(name).exclusive is False
