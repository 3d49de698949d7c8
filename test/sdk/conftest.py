"""One SDK client per test session, connected to the server under test.

The environment is prepared before ``zenml`` is imported: the SDK reads it on import. Nothing of the user's own
ZenML configuration is read or written: configuration and local artifact store lie in a temporary folder.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from workspace import PASSWORD, SERVER_URL, USER  # before zenml
from zenml.client import Client  # noqa: I001
from zenml.models import ProjectResponse
from zenml.utils import source_utils

SERVER = {"url": SERVER_URL, "user": USER, "password": PASSWORD}

# Steps, hooks and dynamic pipelines are loaded again by the name of their module, seen from this folder.
source_utils.set_custom_source_root(str(Path(__file__).parent))


def unique(prefix: str) -> str:
    """A name that no other test and no earlier session uses."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def next_second() -> None:
    """Wait until what is created from now on sorts after what was: the database keeps whole seconds."""
    time.sleep(1.1)


@pytest.fixture(scope="session")
def server() -> dict[str, str]:
    """URL, user and password of the server under test."""
    return SERVER


@pytest.fixture(scope="session")
def client() -> Client:
    """The client that all tests share: a login costs the server a password hash."""
    return Client()


@pytest.fixture(scope="module", autouse=True)
def project(client: Client, request: pytest.FixtureRequest) -> Iterator[ProjectResponse]:
    """A project for one test module, active while its tests run and deleted with all it holds afterwards."""
    name = unique(request.module.__name__.replace("test_", "").replace("_", "-"))
    created = client.create_project(name=name, description="the SDK suite's own")
    client.set_active_project(created.id)
    yield created
    client.set_active_project("default")
    client.delete_project(created.name)


@pytest.fixture(scope="session")
def log_in() -> Callable[[str, str], requests.Session]:
    """Log in over plain HTTP as somebody else; the session returned carries the bearer token."""

    def _log_in(username: str, password: str) -> requests.Session:
        session = requests.Session()
        answer = session.post(
            f"{SERVER['url']}/api/v1/login", data={"username": username, "password": password}, timeout=30
        )
        answer.raise_for_status()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return session

    return _log_in
