"""A pipeline whose runner's image the server has built: run by itself, on a server that builds images."""

import os

from workspace import ended, until  # before zenml
from jobs import container_of, jobs_of  # noqa: I001
from pipelines import doubling
from zenml.client import Client
from zenml.models import PipelineRunResponse, PipelineSnapshotResponse


def image_of(job: dict) -> str:
    return container_of(job)["image"]


def trigger(snapshot: PipelineSnapshotResponse, number: int) -> PipelineRunResponse:
    configuration = {"steps": {"produce": {"parameters": {"number": number}}}}
    return Client().trigger_pipeline(snapshot_name_or_id=snapshot.id, run_configuration=configuration)


def test_runs_go_through_with_an_image_that_is_built_once():
    snapshot = doubling.create_snapshot(name="doubling-built", replace=True)
    done = ended(trigger(snapshot, 3).id, 240)
    assert done.status == "completed", done.get_body().status_reason
    assert done.steps["double"].output.load() == 6
    [first] = jobs_of("runner")
    assert image_of(first).startswith(f"{os.environ['ZENML_TEST_REGISTRY_NAME']}/zenml-runner:")
    trigger(snapshot, 4)
    until(lambda: len(jobs_of("runner")) == 2, "the second runner")
    assert {image_of(job) for job in jobs_of("runner")} == {image_of(first)}
    [builder] = jobs_of("builder")
    assert builder["metadata"]["annotations"]["zenml.io/image"] == image_of(first)
