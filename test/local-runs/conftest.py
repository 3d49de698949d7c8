"""A stack that the server can run pipelines on from this machine.

Orchestrator over SSH on a host of the test's own, artifact store S3 on moto. See docker_host.py.
"""

from collections.abc import Iterator

import pytest
from workspace import HOME, activate_stack  # before zenml
from docker_host import start_docker_host  # noqa: I001
from object_store import object_store


@pytest.fixture(scope="session", autouse=True)
def stack() -> Iterator[str]:
    """The name of the active stack."""
    orchestrator = start_docker_host(HOME)
    with object_store("127.0.0.1", "runs") as url:
        yield activate_stack("ssh", orchestrator, url)
