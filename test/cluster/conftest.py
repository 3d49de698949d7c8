"""A stack whose orchestrator runs in the cluster, with its artifacts in an S3 on moto. The server keeps logs there, too."""

import os
from collections.abc import Iterator

import pytest
from workspace import activate_stack  # before zenml
from object_store import object_store  # noqa: I001


@pytest.fixture(scope="session", autouse=True)
def stack() -> Iterator[str]:
    """The name of the active stack."""
    orchestrator = {"incluster": True, "kubernetes_namespace": "pipelines", "service_account_name": "orchestrator"}
    host, port = os.environ["ZENML_TEST_HOST"], int(os.environ["ZENML_TEST_STORE_PORT"])
    with object_store(host, "runs", "logs", port=port) as url:
        yield activate_stack("kubernetes", orchestrator, url)
