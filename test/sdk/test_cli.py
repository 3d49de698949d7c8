"""The ``zenml`` command: log-in with an API key and through the device flow, and what it lists."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from zenml import pipeline, step
from zenml.client import Client
from zenml.models import ServiceAccountResponse

from conftest import unique

COMMAND = [sys.executable, "-c", "from zenml_cli import cli; cli()"]
LONGEST = 300
"""Seconds after which a command hangs; a busy machine takes more than one minute to import the SDK."""


@step(enable_cache=False)
def only_step() -> int:
    return 1


@pipeline(enable_cache=False)
def listed_pipeline() -> None:
    only_step()


def environment(home: Path) -> dict[str, str]:
    """A client of its own: no store in the environment (``zenml login`` refuses it), no browser."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZENML_")}
    return {
        **kept,
        "ZENML_CONFIG_PATH": str(home / "config"),
        "ZENML_LOCAL_STORES_PATH": str(home / "stores"),
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_LOGGING_COLORS_DISABLED": "true",
        "NO_COLOR": "1",
        "COLUMNS": "400",
        "BROWSER": "true",
        "PYTHONUNBUFFERED": "1",
    }


def zenml(home: Path, *arguments: str, answer: str = "") -> str:
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment(home),
        input=answer,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, f"zenml {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def rows(home: Path, *arguments: str) -> list[dict[str, str]]:
    done = subprocess.run(
        [*COMMAND, *arguments, "--output=json"],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=True,
    )
    start = done.stdout.index("{")
    return json.loads(done.stdout[start:])["items"]


@pytest.fixture(scope="module")
def account(client: Client, project: object) -> Iterator[ServiceAccountResponse]:
    made = client.create_service_account(unique("cli"))
    yield made
    client.delete_service_account(made.id)


def test_login_with_an_api_key_then_lists_then_logout(
    client: Client, server: dict[str, str], account: ServiceAccountResponse, tmp_path: Path
) -> None:
    run = listed_pipeline()
    key = client.create_api_key(account.id, "cli").key
    out = zenml(
        tmp_path, "login", server["url"], "--api-key", "--project", client.active_project.name, answer=f"{key}\n"
    )
    assert "using an API key" in out
    status = zenml(tmp_path, "status")
    assert f"Connected to a remote ZenML server: `{server['url']}`" in status
    assert f"The active user is: '{account.name}'" in status
    assert f"The active project is: '{client.active_project.name}'" in status
    assert "Server status: 'available'" in status
    stacks = {row["name"]: row for row in rows(tmp_path, "stack", "list")}
    assert "default" in stacks
    runs = rows(tmp_path, "pipeline", "runs", "list")
    assert [(row["id"], row["run_name"]) for row in runs] == [(str(run.id), run.name)]
    assert "Logged out" in zenml(tmp_path, "logout", "--clear")
    assert server["url"] not in zenml(tmp_path, "status").split("Using configuration")[0]


def test_a_wrong_api_key_is_refused(server: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "login", server["url"], "--api-key"],
        env=environment(tmp_path),
        input="ZENKEY_bm9uc2Vuc2U=\n",
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode != 0
    assert "error decoding API key" in done.stdout + done.stderr


def read_verification_url(process: "subprocess.Popen[str]") -> str:
    """The address that the command asks its user to open, read from what it prints."""
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        match = re.search(r"https?://\S+/devices/verify\S+", line)
        if match:
            return match.group(0)
    raise AssertionError("no verification address in: " + "".join(lines))


def test_the_device_flow(
    client: Client, server: dict[str, str], log_in: Callable[[str, str], requests.Session], tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "login", server["url"]],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(90, process.kill)
    watchdog.start()
    try:
        url = read_verification_url(process)
        device_id = re.search(r"device_id=([0-9a-f-]{36})", url).group(1)
        user_code = re.search(r"user_code=([^&\s]+)", url).group(1)
        browser = log_in(server["user"], server["password"])
        device_url = f"{server['url']}/api/v1/devices/{device_id}"
        assert browser.get(device_url, timeout=30).status_code == 404
        shown = browser.get(device_url, params={"user_code": user_code}, timeout=30).json()
        assert (shown["id"], shown["body"]["status"]) == (device_id, "pending")
        wrong = {"user_code": "wrong", "trusted_device": True}
        assert browser.put(f"{device_url}/verify", json=wrong, timeout=30).status_code >= 400
        right = {"user_code": user_code, "trusted_device": True}
        verified = browser.put(f"{device_url}/verify", json=right, timeout=30)
        assert verified.status_code == 200 and verified.json()["body"]["status"] == "verified"
        rest = process.stdout.read()
        assert process.wait() == 0, rest
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()

    status = zenml(tmp_path, "status")
    assert f"The active user is: '{server['user']}'" in status
    device = client.get_authorized_device(device_id)
    assert device.status == "active" and device.trusted_device is True
    assert device.zenml_version == "0.98.0" and device.last_login is not None
    assert [item.id for item in client.list_authorized_devices(status="active", id=device_id)] == [device.id]
    client.update_authorized_device(device_id, locked=True)
    assert client.get_authorized_device(device_id).status == "locked"
    refused = subprocess.run(
        [*COMMAND, "stack", "list"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert refused.returncode != 0
    client.delete_authorized_device(device_id)
    with pytest.raises(KeyError):
        client.get_authorized_device(device_id)
