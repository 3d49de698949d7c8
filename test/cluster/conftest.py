"""A stack whose orchestrator runs in the cluster, with its artifacts in an S3 on moto."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from workspace import activate_stack  # before zenml
from object_store import KEYS, object_store  # noqa: I001
from zenml.enums import StackComponentType
from zenml.utils import source_utils

HOST = os.environ["ZENML_TEST_HOST"]

source_utils.set_custom_source_root(str(Path(__file__).parent))


@pytest.fixture(scope="session", autouse=True)
def stack() -> Iterator[str]:
    """The name of the active stack."""
    orchestrator = {"incluster": True, "kubernetes_namespace": "pipelines", "service_account_name": "orchestrator"}
    with object_store(HOST, "runs") as url:
        yield activate_stack(
            {
                StackComponentType.ORCHESTRATOR: ("kubernetes", orchestrator),
                StackComponentType.ARTIFACT_STORE: (
                    "s3",
                    {"path": "s3://runs", **KEYS, "client_kwargs": {"endpoint_url": url}},
                ),
                StackComponentType.CONTAINER_REGISTRY: ("default", {"uri": "localhost"}),
                StackComponentType.IMAGE_BUILDER: ("local", {}),
            }
        )
