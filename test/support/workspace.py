"""An SDK client of the server under test, and what tests of runs wait for.

Import it before anything of `zenml`: it makes the client's configuration a new one.
"""

import atexit
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

SERVER_VARIABLES = ("ZENML_TEST_SERVER_URL", "ZENML_TEST_USER", "ZENML_TEST_PASSWORD")
if missing := [name for name in SERVER_VARIABLES if not os.environ.get(name)]:
    pytest.exit(f"set {', '.join(missing)}: the suite runs against a server that is already up", returncode=4)
SERVER_URL, USER, PASSWORD = (os.environ[name] for name in SERVER_VARIABLES)
SERVER_URL = SERVER_URL.rstrip("/")
HOME = Path(tempfile.mkdtemp(prefix="zenml-suite-"))
if not os.environ.get("ZENML_TEST_KEEP"):
    atexit.register(shutil.rmtree, HOME, ignore_errors=True)

for variable in [name for name in os.environ if name.startswith(("ZENML_", "AWS_")) and "_TEST_" not in name]:
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

from object_store import KEYS  # noqa: E402
from zenml.client import Client  # noqa: E402
from zenml.enums import StackComponentType  # noqa: E402
from zenml.models import PipelineRunResponse  # noqa: E402
from zenml.utils import source_utils  # noqa: E402

# Where `pipelines` lies: what is below travels to where its steps run.
source_utils.set_custom_source_root(str(Path(__file__).parent))
# Decorators with hooks ask the server while their module is imported, within the active project.
Client().set_active_project("default")


def until(condition: Callable[[], object], what: str, seconds: float = 90) -> object:
    """Waits for a condition and returns what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.3)
    pytest.fail(f"{what}: not within {seconds} s")


def ended(run_id: uuid.UUID, seconds: float = 90) -> PipelineRunResponse:
    """The run, once it is over."""

    def over() -> PipelineRunResponse | None:
        run = Client().get_pipeline_run(run_id)
        return run if run.status.is_finished else None

    return until(over, f"run {run_id} ends", seconds)  # type: ignore[return-value]


def activate_stack(flavor: str, orchestrator: dict, store_url: str, name: str | None = None) -> str:
    """Makes a stack the active one: this orchestrator, and the bucket `runs` of an S3. Returns its name."""
    components = {
        StackComponentType.ORCHESTRATOR: (flavor, orchestrator),
        StackComponentType.ARTIFACT_STORE: (
            "s3",
            {"path": "s3://runs", **KEYS, "client_kwargs": {"endpoint_url": store_url}},
        ),
        StackComponentType.CONTAINER_REGISTRY: ("default", {"uri": "localhost"}),
        StackComponentType.IMAGE_BUILDER: ("local", {}),
    }
    name = name or f"remote-{uuid.uuid4().hex[:8]}"
    client = Client()
    for kind, (component_flavor, configuration) in components.items():
        client.create_stack_component(
            name=name, flavor=component_flavor, component_type=kind, configuration=configuration
        )
    client.create_stack(name=name, components={kind: name for kind in components})
    client.activate_stack(name)
    return name
