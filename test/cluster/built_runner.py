"""A pipeline whose runner's image the server has built: run by itself, on a server that builds images."""

import json
import os
import subprocess

from workspace import ended, until  # before zenml
from pipelines import doubling  # noqa: I001
from zenml.client import Client
from zenml.models import PipelineRunResponse, PipelineSnapshotResponse

NAMESPACE = os.environ["ZENML_TEST_NAMESPACE"]


def jobs_of(component: str) -> list[dict]:
    selector = f"app.kubernetes.io/component={component}"
    command = ["kubectl", "get", "jobs", "--namespace", NAMESPACE, "--selector", selector, "--output", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["items"]


def image_of(job: dict) -> str:
    return job["spec"]["template"]["spec"]["containers"][0]["image"]


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
