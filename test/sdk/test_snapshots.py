"""Named snapshots, runs from them, what these may override, builds, and the records of schedules and repositories."""

from datetime import datetime, timedelta, timezone
from typing import Any

import jsonschema
import pytest
from zenml import pipeline, step
from zenml.client import Client
from zenml.code_repositories import BaseCodeRepository, LocalRepositoryContext
from zenml.code_repositories.base_code_repository import BaseCodeRepositoryConfig
from zenml.config.source import Source
from zenml.exceptions import EntityExistsError
from zenml.models import (
    PipelineBuildRequest,
    PipelineRequest,
    PipelineSnapshotRequest,
    ScheduleRequest,
    ScheduleUpdate,
)

from conftest import unique


@step(enable_cache=False)
def say(word: str) -> str:
    return word


@pipeline(enable_cache=False)
def snapped(word: str = "hello") -> None:
    say(word)


class FolderRepository(BaseCodeRepository):
    """A code repository that needs no service, so that its record can be created through the SDK."""

    @property
    def config(self) -> "FolderRepositoryConfig":
        return FolderRepositoryConfig(**self._config)

    def login(self) -> None:
        assert self.config.url

    def download_files(self, commit: str, directory: str, repo_sub_directory: str | None) -> None:
        raise NotImplementedError

    def get_local_context(self, path: str) -> LocalRepositoryContext | None:
        return None


class FolderRepositoryConfig(BaseCodeRepositoryConfig):
    url: str
    token: str = "none"


def test_a_named_snapshot_is_created_found_and_replaced(client: Client) -> None:
    name = unique("snapshot")
    made = snapped.create_snapshot(name, description="the first", tags=["nightly"])
    read = client.get_snapshot(name, pipeline_name_or_id="snapped")
    assert read.id == made.id
    assert (read.name, read.description) == (name, "the first")
    assert [tag.name for tag in read.tags] == ["nightly"]
    assert read.pipeline.name == "snapped"
    assert set(read.step_configurations) == {"say"}
    assert read.step_configurations["say"].config.parameters == {"word": "hello"}
    assert read.stack.id == client.active_stack_model.id
    assert read.runnable is False
    assert client.get_snapshot(made.id).name == name
    assert client.get_snapshot(str(made.id)[:13]).id == made.id

    with pytest.raises(EntityExistsError):
        snapped.create_snapshot(name)
    replaced = snapped.create_snapshot(name, replace=True)
    assert replaced.id != made.id
    assert client.get_snapshot(name, pipeline_name_or_id="snapped").id == replaced.id
    with pytest.raises(KeyError):
        client.get_snapshot(made.id)


def test_snapshots_are_listed_updated_and_deleted(client: Client) -> None:
    first, second = unique("listed"), unique("listed")
    made = [snapped.create_snapshot(name) for name in (first, second)]
    snapped()
    assert [item.id for item in client.list_snapshots(name=first)] == [made[0].id]
    named = client.list_snapshots(named_only=True, pipeline="snapped", size=100)
    assert {item.id for item in made} <= {item.id for item in named}
    everything = client.list_snapshots(named_only=False, pipeline="snapped", size=100)
    assert everything.total > named.total
    client.update_snapshot(made[0].id, name=f"{first}-new", description="changed", add_tags=["kept"])
    read = client.get_snapshot(made[0].id)
    assert (read.name, read.description, [tag.name for tag in read.tags]) == (f"{first}-new", "changed", ["kept"])
    assert [item.id for item in client.list_snapshots(tags=["kept"])] == [made[0].id]
    client.delete_snapshot(made[1].id)
    with pytest.raises(KeyError):
        client.get_snapshot(made[1].id)


def test_a_snapshot_says_what_its_runs_may_override(client: Client) -> None:
    configured = snapped.with_options(settings={"resources": {"cpu_count": 2}})
    made = client.get_snapshot(configured.create_snapshot(unique("form")).id)
    scope: dict[str, Any] = {
        "project": client.active_project.id,
        "stack": client.active_stack_model.id,
        "pipeline": made.pipeline.id,
    }
    build = client.zen_store.create_build(PipelineBuildRequest(is_local=False, contains_code=True, images={}, **scope))
    request = PipelineSnapshotRequest(
        build=build.id,
        run_name_template="from-a-form",
        pipeline_configuration=made.pipeline_configuration,
        step_configurations=made.step_configurations,
        client_version=made.client_version,
        server_version=made.server_version,
        **scope,
    )
    form = client.get_snapshot(client.zen_store.create_snapshot(request).id, include_config_schema=True)
    assert form.config_template is not None and form.config_schema is not None
    assert form.config_template["run_name"] == "from-a-form"
    assert form.config_template["steps"]["say"]["parameters"] == {"word": "hello"}
    assert form.config_template["settings"] == {"resources": {"cpu_count": 2}}
    definitions = form.config_schema["$defs"]
    assert definitions["say"]["properties"]["parameters"]["properties"]["word"]["type"] == "string"
    assert definitions["say"]["required"] == ["parameters"] and form.config_schema["required"] == ["steps"]
    jsonschema.validate(form.config_template, form.config_schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"steps": {"say": {"parameters": {"word": ["no text"]}}}}, form.config_schema)
    assert client.get_snapshot(form.id).config_schema is None
    assert client.get_snapshot(made.id, include_config_schema=True).config_schema is None


def test_without_a_workload_manager_the_server_runs_no_snapshot(client: Client) -> None:
    made = snapped.create_snapshot(unique("local"))
    with pytest.raises(RuntimeError, match="Running a snapshot is not supported for this server"):
        client.trigger_pipeline(snapshot_name_or_id=made.id)
    assert client.list_pipeline_runs(source_snapshot_id=made.id).total == 0


def test_a_run_lives_as_long_as_the_snapshot_that_it_ran(client: Client) -> None:
    run = snapped(word="kept")
    snapshot = client.get_snapshot(client.get_pipeline_run(run.id).snapshot.id)
    assert snapshot.name is None
    assert snapshot.step_configurations["say"].config.parameters == {"word": "kept"}
    assert [item.id for item in client.list_pipeline_runs(snapshot_id=snapshot.id)] == [run.id]
    assert snapshot.pipeline_configuration.name == "snapped"
    client.delete_snapshot(snapshot.id)
    with pytest.raises(KeyError):
        client.get_snapshot(snapshot.id)
    with pytest.raises(KeyError):
        client.get_pipeline_run(run.id)


def test_schedule_records(client: Client) -> None:
    pipeline_id = client.zen_store.create_pipeline(
        PipelineRequest(name=unique("scheduled"), project=client.active_project.id)
    ).id
    start = datetime(2031, 1, 1, 12, tzinfo=timezone.utc)
    common: dict[str, Any] = {
        "project": client.active_project.id,
        "active": True,
        "orchestrator_id": client.active_stack_model.components["orchestrator"][0].id,
        "pipeline_id": pipeline_id,
    }
    cron = client.zen_store.create_schedule(ScheduleRequest(name=unique("cron"), cron_expression="0 3 * * *", **common))
    interval = client.zen_store.create_schedule(
        ScheduleRequest(
            name=unique("interval"),
            start_time=start,
            end_time=start + timedelta(days=2),
            interval_second=timedelta(hours=6),
            catchup=True,
            **common,
        )
    )
    read = client.get_schedule(interval.name)
    assert read.interval_second == timedelta(hours=6) and read.catchup is True and read.active is True
    assert read.start_time == start.replace(tzinfo=None)
    assert client.get_schedule(cron.id).cron_expression == "0 3 * * *"
    assert {item.id for item in client.list_schedules(pipeline_id=pipeline_id)} == {cron.id, interval.id}
    assert [item.id for item in client.list_schedules(pipeline_id=pipeline_id, interval_second=6 * 3600)] == [
        interval.id
    ]
    # Not `update_schedule`, which asks the orchestrator first: the local one has no schedules.
    client.zen_store.update_schedule(cron.id, ScheduleUpdate(cron_expression="0 4 * * *", active=False))
    read = client.get_schedule(cron.id)
    assert (read.cron_expression, read.active, read.name) == ("0 4 * * *", False, cron.name)
    assert [item.id for item in client.list_schedules(name=cron.name[:-1] + "?")] == []
    with pytest.raises(EntityExistsError):
        client.zen_store.create_schedule(ScheduleRequest(name=cron.name, cron_expression="* * * * *", **common))
    client.delete_schedule(interval.name)
    assert [item.id for item in client.list_schedules(pipeline_id=pipeline_id)] == [cron.id]
    assert client.get_schedule(interval.id, is_archived=True).is_archived is True
    client.delete_schedule(interval.id, soft=False)
    with pytest.raises(KeyError):
        client.get_schedule(interval.id)


def test_code_repository_records(client: Client) -> None:
    name = unique("repository")
    made = client.create_code_repository(
        name,
        config={"url": "https://example.com/x.git", "token": "{{some.secret}}"},
        source=Source.from_import_path(f"{__name__}.FolderRepository"),
        description="ours",
    )
    read = client.get_code_repository(name)
    assert read.id == made.id and read.description == "ours"
    assert read.config == {"url": "https://example.com/x.git", "token": "{{some.secret}}"}
    assert read.source.attribute == "FolderRepository"
    with pytest.raises(EntityExistsError):
        client.create_code_repository(name, config={"url": "y"}, source=made.source)
    client.update_code_repository(name, name=f"{name}-new", config={"token": "other"}, logo_url="https://x/y.png")
    read = client.get_code_repository(made.id)
    assert (read.name, read.config["token"], read.logo_url) == (f"{name}-new", "other", "https://x/y.png")
    assert [item.id for item in client.list_code_repositories(name=f"startswith:{name}")] == [made.id]
    client.delete_code_repository(made.id)
    with pytest.raises(KeyError):
        client.get_code_repository(made.id)
