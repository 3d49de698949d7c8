"""Triggers that the server fires: an event of a webhook, the end of the run that it started, and a schedule."""

import hashlib
import hmac
import json
import uuid
from datetime import datetime, timezone

import requests
from workspace import SERVER_URL, ended, until
from pipelines import doubling, following, hearing
from zenml.client import Client
from zenml.config.pipeline_run_configuration import PipelineRunConfiguration
from zenml.enums import SourceType
from zenml.models import PipelineRunResponse


def started_by(trigger_id: uuid.UUID) -> PipelineRunResponse:
    """The run that a trigger has started, once it is over."""

    def first() -> PipelineRunResponse | None:
        return next(iter(Client().list_pipeline_runs(trigger_id=trigger_id).items), None)

    done = ended(until(first, f"trigger {trigger_id} starts a run").id)
    assert done.status == "completed", done.get_body().status_reason
    return done


def test_an_event_reaches_a_step_and_the_run_that_follows():
    client = Client()
    webhook = client.create_webhook(name="models", webhook_type="custom")
    built = {"type": "dynamic", "event_type": "built", "filters": {"model": "startswith:m"}}
    on_event = client.create_webhook_trigger(
        name="on-event", webhook=webhook.id, configuration={"target_events": [built]}
    )
    heard = hearing.create_snapshot(name="hearing", replace=True)
    client.attach_trigger_to_snapshot(on_event.id, heard.id)
    on_end = client.create_platform_event_trigger(
        name="on-end",
        source_type=SourceType.PIPELINE,
        source_id=heard.pipeline.id,
        target_events=["run_completed"],
    )
    client.attach_trigger_to_snapshot(on_end.id, following.create_snapshot(name="following", replace=True).id)

    for model in ("another", "m7"):
        body = json.dumps({"model": model}).encode()
        key = webhook.secret.get_secret_value().encode()
        headers = {
            "X-ZenML-Event": "built",
            "X-ZenML-Delivery": f"build-{model}",
            "X-ZenML-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest(),
        }
        address = f"{SERVER_URL}/api/v1/webhooks/custom/{webhook.id}/events"
        assert requests.post(address, data=body, headers=headers, timeout=30).status_code == 202

    first = started_by(on_event.id)
    assert first.steps["hear"].output.load() == "m7"
    second = started_by(on_end.id)
    assert second.steps["follow"].output.load() == "m7"
    assert second.trigger_execution_info.upstream_run_id == first.id
    assert client.list_pipeline_runs(trigger_id=on_event.id).total == 1
    assert client.get_webhook_trigger(on_event.id).snapshot_dispatch_states[heard.id].last_status == "SUCCESS"


def test_a_schedule_starts_its_snapshot():
    client = Client()
    now = datetime.now(timezone.utc)
    schedule = client.create_schedule_trigger(name="now", run_once_start_time=now)
    snapshot = doubling.create_snapshot(name="scheduled", replace=True)
    configuration = PipelineRunConfiguration(steps={"produce": {"parameters": {"number": 4}}})
    # It has come before there was something to run: its time is set anew.
    client.attach_trigger_to_snapshot(schedule.id, snapshot.id, run_configuration=configuration)
    client.update_schedule_trigger(schedule.id, run_once_start_time=datetime.now(timezone.utc))
    assert started_by(schedule.id).steps["double"].output.load() == 8
