"""Pipelines that the server starts through its local workload manager, from the snapshot to the artifact."""

import pytest
from workspace import ended, until
from pipelines import asking, doubling, failing
from zenml.client import Client
from zenml.models import PipelineSnapshotResponse


@pytest.fixture(scope="module")
def snapshot() -> PipelineSnapshotResponse:
    return doubling.create_snapshot(name="doubling", replace=True)


def test_runs_to_the_end_with_other_parameters(snapshot: PipelineSnapshotResponse):
    configuration = {"steps": {"produce": {"parameters": {"number": 21}}}}
    run = Client().trigger_pipeline(snapshot_name_or_id=snapshot.id, run_configuration=configuration, synchronous=False)
    assert run.status == "initializing"
    done = ended(run.id)
    assert done.status == "completed", done.get_body().status_reason
    assert done.steps["double"].output.load() == 42
    entries = Client().zen_store.get(f"/runs/{run.id}/logs", params={"source": "runner"})
    assert any("Submitted pipeline to 127.0.0.1" in entry["message"] for entry in entries)


def test_a_replay_takes_over_what_it_skips(snapshot: PipelineSnapshotResponse):
    first = ended(Client().trigger_pipeline(snapshot_name_or_id=snapshot.id).id)
    replay = Client().replay_pipeline_run(first.id, run_configuration={"steps_to_skip": ["produce"]})
    done = ended(replay.id)
    assert done.status == "completed", done.get_body().status_reason
    assert done.original_run is not None and done.original_run.id == first.id
    assert done.steps["produce"].status == "skipped"
    assert done.steps["double"].output.load() == 2


def test_a_step_that_fails_ends_the_run():
    run = Client().trigger_pipeline(snapshot_name_or_id=failing.create_snapshot(name="failing", replace=True).id)
    assert ended(run.id).status == "failed"


def test_a_paused_run_goes_on_when_it_is_answered():
    snapshot = asking.create_snapshot(name="asking", replace=True)
    client = Client()
    run = client.trigger_pipeline(snapshot_name_or_id=snapshot.id, run_configuration={"parameters": {"number": 20}})
    until(lambda: client.get_pipeline_run(run.id).status == "paused", "the run pauses")
    (condition,) = client.list_run_wait_conditions(pipeline_run=run.id, status="pending", hydrate=True)
    client.resolve_run_wait_condition(condition.id, resolution="continue", result=1)
    assert client.get_pipeline_run(run.id).status != "paused"
    done = ended(run.id)
    assert done.status == "completed", done.get_body().status_reason
    assert done.steps["double"].output.load() == 42
