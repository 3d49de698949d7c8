"""The Jobs that the server under test has made."""

import json
import os
import subprocess
import uuid


def jobs_of(component: str, run_id: uuid.UUID | None = None) -> list[dict]:
    """The runners or builders, of one run or all: the oldest first."""
    selector = f"app.kubernetes.io/component={component}" + (f",zenml.io/run-id={run_id}" if run_id else "")
    which = ["--namespace", os.environ["ZENML_TEST_NAMESPACE"], "--selector", selector]
    command = ["kubectl", "get", "jobs", *which, "--sort-by", "metadata.creationTimestamp", "--output", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["items"]


def container_of(job: dict) -> dict:
    return job["spec"]["template"]["spec"]["containers"][0]
