"""An SDK client of the server under test, and a stack that the server can run pipelines on.

The stack: orchestrator over SSH on a host of the test's own, artifact store S3 on moto. See docker_host.py.
"""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

SERVER_VARIABLES = ("ZENML_TEST_SERVER_URL", "ZENML_TEST_USER", "ZENML_TEST_PASSWORD")
SERVER_URL, USER, PASSWORD = (os.environ[name] for name in SERVER_VARIABLES)
HOME = Path(tempfile.mkdtemp(prefix="local-runs-"))
if not os.environ.get("ZENML_TEST_KEEP"):
    atexit.register(shutil.rmtree, HOME, ignore_errors=True)

for variable in [name for name in os.environ if name.startswith(("ZENML_", "AWS_")) and name not in SERVER_VARIABLES]:
    del os.environ[variable]
os.environ.update(
    {
        "ZENML_CONFIG_PATH": str(HOME / "config"),
        "ZENML_LOCAL_STORES_PATH": str(HOME / "stores"),
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_ENABLE_RICH_TRACEBACK": "false",
        "ZENML_LOGGING_COLORS_DISABLED": "true",
        "ZENML_STORE_URL": SERVER_URL,
        "ZENML_STORE_USERNAME": USER,
        "ZENML_STORE_PASSWORD": PASSWORD,
    }
)

from docker_host import start_docker_host  # noqa: E402
from zenml.client import Client  # noqa: E402
from zenml.enums import StackComponentType  # noqa: E402
from zenml.models import PipelineRunResponse  # noqa: E402
from zenml.utils import source_utils  # noqa: E402

source_utils.set_custom_source_root(str(Path(__file__).parent))
Client().set_active_project("default")


def until(condition: Callable[[], object], what: str, seconds: float = 90) -> object:
    """Waits for a condition and returns what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.3)
    pytest.fail(f"{what}: not within {seconds} s")


def ended(run_id: uuid.UUID) -> PipelineRunResponse:
    """The run, once it is over."""

    def over() -> PipelineRunResponse | None:
        run = Client().get_pipeline_run(run_id)
        return run if run.status.is_finished else None

    return until(over, f"run {run_id} ends")  # type: ignore[return-value]


@pytest.fixture(scope="session")
def s3() -> str:
    """The address of an S3 that has the bucket `runs`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    import boto3

    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "moto listens", 30)
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=url, **keys).create_bucket(Bucket="runs")
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="session", autouse=True)
def stack(s3: str) -> str:
    """The name of the active stack."""
    port, key = start_docker_host(HOME)
    name = f"remote-{uuid.uuid4().hex[:8]}"
    components = {
        StackComponentType.ORCHESTRATOR: (
            "ssh",
            {
                "hostname": "127.0.0.1",
                "port": port,
                "username": "tester",
                "ssh_private_key": key,
                "verify_host_key": False,
                "remote_workdir": str(HOME / "work"),
                "minimum_free_disk_gb": 0,
            },
        ),
        StackComponentType.ARTIFACT_STORE: (
            "s3",
            {"path": "s3://runs", "key": "key", "secret": "secret", "client_kwargs": {"endpoint_url": s3}},
        ),
        StackComponentType.CONTAINER_REGISTRY: ("default", {"uri": "localhost"}),
        StackComponentType.IMAGE_BUILDER: ("local", {}),
    }
    client = Client()
    for kind, (flavor, configuration) in components.items():
        client.create_stack_component(name=name, flavor=flavor, component_type=kind, configuration=configuration)
    client.create_stack(name=name, components={kind: name for kind in components})
    client.activate_stack(name)
    return name
