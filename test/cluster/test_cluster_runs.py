"""Pipelines that the server starts as Jobs, from the snapshot to the artifact."""

from datetime import datetime, timezone

import pytest
from workspace import ended, until  # before zenml
from pipelines import doubling  # noqa: I001
from zenml.client import Client
from zenml.models import PipelineSnapshotResponse


@pytest.fixture(scope="module")
def snapshot() -> PipelineSnapshotResponse:
    return doubling.create_snapshot(name="doubling", replace=True)


def test_one_call_runs_the_pipeline_to_the_end(snapshot: PipelineSnapshotResponse):
    configuration = {"steps": {"produce": {"parameters": {"number": 21}}}}
    run = Client().trigger_pipeline(snapshot_name_or_id=snapshot.id, run_configuration=configuration)
    assert run.status == "initializing"
    done = ended(run.id, 180)
    assert done.status == "completed", done.get_body().status_reason
    assert done.steps["double"].output.load() == 42
    entries = Client().zen_store.get(f"/runs/{run.id}/logs", params={"source": "runner"})
    assert entries, "the runner's log is empty"


def test_a_schedule_runs_the_pipeline_too(snapshot: PipelineSnapshotResponse):
    client = Client()
    schedule = client.create_schedule_trigger(name="now", run_once_start_time=datetime.now(timezone.utc))
    client.attach_trigger_to_snapshot(schedule.id, snapshot.id)
    # It has come before there was something to run: its time is set anew.
    client.update_schedule_trigger(schedule.id, run_once_start_time=datetime.now(timezone.utc))

    def first():
        return next(iter(client.list_pipeline_runs(trigger_id=schedule.id).items), None)

    done = ended(until(first, "the schedule starts a run").id, 180)
    assert done.status == "completed", done.get_body().status_reason
