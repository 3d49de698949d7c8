"""Pipelines that the server starts as Jobs, from the snapshot to the artifact."""

import os
import subprocess
import uuid
from datetime import datetime, timezone

import pytest
from workspace import ended, until  # before zenml
from jobs import container_of, jobs_of  # noqa: I001
from pipelines import asking, doubling
from zenml.client import Client
from zenml.models import PipelineSnapshotResponse, PipelineSnapshotRunRequest


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
    assert len(begun_in_log(run.id)) == 1


def begun_in_log(run_id: uuid.UUID) -> list[str]:
    """What runners of a run log once its orchestrator has it: a line each."""
    entries = Client().zen_store.get(f"/runs/{run_id}/logs", params={"source": "runner"})
    return [entry["message"] for entry in entries if "kubectl -n pipelines logs job/" in entry["message"]]


def test_a_run_of_a_schedule_that_pauses_is_resumed_by_a_job_of_its_own():
    client = Client()
    schedule = client.create_schedule_trigger(name="now", run_once_start_time=datetime.now(timezone.utc))
    client.attach_trigger_to_snapshot(schedule.id, asking.create_snapshot(name="asking", replace=True).id)
    # It has come before there was something to run: its time is set anew.
    client.update_schedule_trigger(schedule.id, run_once_start_time=datetime.now(timezone.utc))

    def paused():
        return next(iter(client.list_pipeline_runs(trigger_id=schedule.id, status="paused").items), None)

    run = until(paused, "the schedule starts a run, which pauses", 180)
    (condition,) = client.list_run_wait_conditions(pipeline_run=run.id, status="pending", hydrate=True)
    client.resolve_run_wait_condition(condition.id, resolution="continue", result=20)
    done = ended(run.id, 180)
    assert done.status == "completed", done.get_body().status_reason
    assert done.steps["double"].output.load() == 42
    assert ["--resume" in container_of(job)["args"] for job in jobs_of("runner", run.id)] == [False, True]
    assert len(begun_in_log(run.id)) == 2


def kubectl(*args: str) -> None:
    subprocess.run(["kubectl", "--namespace", os.environ["ZENML_TEST_NAMESPACE"], *args], check=True)


def test_a_dry_run_says_what_is_in_the_way(snapshot: PipelineSnapshotResponse):
    path, params = f"/pipeline_snapshots/{snapshot.id}/runs", {"dry_run": "true"}

    def dry_run() -> dict:
        return Client().zen_store.post(path, body=PipelineSnapshotRunRequest(), params=params)

    def errors() -> list[str]:
        return [finding["problem"] for finding in dry_run()["findings"] if finding["severity"] == "error"]

    assert dry_run()["ready"], errors()
    kubectl("create", "quota", "no-jobs", "--hard=count/jobs.batch=0")
    try:
        # The API server learns of a quota a moment later.
        [error] = until(errors, "the quota is in the way")
        assert error.startswith(f"The namespace {os.environ['ZENML_TEST_NAMESPACE']} takes no Job: exceeded quota: no-jobs")
        assert not dry_run()["ready"]
    finally:
        kubectl("delete", "quota", "no-jobs")


def test_the_logs_of_the_runs_are_there_after_their_pods_are_gone():
    client = Client()

    def logs() -> dict:
        runs = client.list_pipeline_runs(status="completed").items
        paths = {run.id: f"/runs/{run.id}/logs" for run in runs}
        entries = {run: client.zen_store.get(path, params={"source": "runner"}) for run, path in paths.items()}
        return {run: [entry["message"] for entry in of_run] for run, of_run in entries.items()}

    before = logs()
    assert before and all(before.values()), before
    # Returns once the pods are gone, too.
    kubectl("delete", "jobs", "--all", "--cascade=foreground")
    assert logs() == before
