"""Triggers of all types and webhooks: made, changed, found, put away; signed events."""

import hashlib
import hmac
from datetime import datetime, timedelta, timezone

import pytest
import requests
from zenml.client import Client
from zenml.enums import SourceType, TriggerRunConcurrency
from zenml.exceptions import EntityExistsError, IllegalOperationError
from zenml.models import PipelineRequest

from conftest import unique


def test_schedules(client: Client) -> None:
    name = unique("schedule")
    made = client.create_schedule_trigger(name=name, cron_expression="30 4 1 1 *", max_runs=3)
    assert (made.next_occurrence.month, made.next_occurrence.day, made.next_occurrence.hour) == (1, 1, 4)
    assert made.next_occurrence > datetime.now(timezone.utc).replace(tzinfo=None)
    with pytest.raises(EntityExistsError):
        client.create_schedule_trigger(name=name, cron_expression="30 4 1 1 *")
    with pytest.raises(ValueError):
        client.create_schedule_trigger(name=unique("bad"), cron_expression="every day")

    paused = client.update_schedule_trigger(name, active=False, concurrency=TriggerRunConcurrency.SUBMIT)
    assert (paused.active, paused.next_occurrence, paused.cron_expression) == (False, None, "30 4 1 1 *")
    start = datetime(2040, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    moved = client.update_schedule_trigger(name, active=True, interval=3600, start_time=start)
    assert moved.next_occurrence == datetime(2040, 1, 1, 10)
    assert (moved.cron_expression, moved.interval, moved.max_runs) == (None, 3600, 3)

    assert client.get_schedule_trigger(made.id).name == name
    assert [item.id for item in client.list_schedule_triggers(name=name)] == [made.id]
    client.delete_trigger(made.id)
    assert client.list_schedule_triggers(name=name).total == 0
    with pytest.raises(IllegalOperationError):
        client.delete_trigger(made.id)
    client.create_schedule_trigger(name=name, cron_expression="30 4 1 1 *")


def test_events_of_the_platform(client: Client) -> None:
    pipeline = client.zen_store.create_pipeline(PipelineRequest(name=unique("source"), project=client.active_project.id))
    source = {"source_type": SourceType.PIPELINE, "source_id": pipeline.id}
    made = client.create_platform_event_trigger(name=unique("event"), target_events=["run_failed"], **source)
    assert (made.source_id, made.target_events) == (pipeline.id, ["run_failed"])
    changed = client.update_platform_event_trigger(made.id, target_events=["run_completed", "run_failed"])
    assert changed.target_events == ["run_completed", "run_failed"]
    assert [item.id for item in client.list_platform_event_triggers(name=made.name)] == [made.id]
    with pytest.raises(ValueError):
        client.create_platform_event_trigger(name=unique("event"), target_events=["completed"], **source)
    client.delete_trigger(made.id, soft=False)


def test_webhooks(client: Client, server: dict[str, str]) -> None:
    webhook = client.create_webhook(name=unique("hook"), webhook_type="github")
    secret = webhook.secret.get_secret_value()
    target = {"type": "push", "branch": ["startswith:release/", "main"]}
    made = client.create_webhook_trigger(
        name=unique("pushes"), webhook=webhook.name, configuration={"target_events": [target]}
    )
    assert made.configuration["target_events"][0]["branch"] == target["branch"]
    with pytest.raises(ValueError):
        client.create_webhook_trigger(name=unique("pushes"), webhook=webhook.id, configuration={})
    renamed = client.update_webhook_trigger(made.id, active=False)
    assert (renamed.active, renamed.configuration) == (False, made.configuration)

    def send(key: str, body: bytes = b'{"ref": "refs/heads/main", "repository": {"full_name": "a/b"}}') -> int:
        headers = {
            "X-GitHub-Event": "push",
            "X-Hub-Signature-256": "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest(),
        }
        address = f"{server['url']}/api/v1/webhooks/github/{webhook.id}/events"
        return requests.post(address, data=body, headers=headers, timeout=30).status_code

    assert (send(secret), send("another"), send(secret, b"no JSON")) == (202, 401, 400)
    rotated = client.rotate_webhook_secret(webhook.id).secret.get_secret_value()
    assert (send(secret), send(rotated)) == (401, 202)
    stats = client.get_webhook(webhook.name).stats
    counts = (stats.received_count, stats.accepted_count, stats.auth_failed_count, stats.invalid_payload_count)
    assert counts == (5, 2, 2, 1)

    assert client.list_webhooks(webhook_type="github", name=webhook.name).total == 1
    with pytest.raises(IllegalOperationError):
        client.delete_webhook(webhook.id)
    client.delete_trigger(made.id)
    client.delete_webhook(webhook.id)
    assert client.list_webhooks(name=webhook.name).total == 0
