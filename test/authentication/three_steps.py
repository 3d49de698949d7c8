"""A pipeline of three steps, run by whoever the environment names; prints what came of it as JSON."""

import json

from zenml import pipeline, step
from zenml.client import Client


@step
def one() -> int:
    return 1


@step
def increment(number: int) -> int:
    return number + 1


@step
def show(number: int) -> None:
    print(number)


@pipeline(enable_cache=False)
def three_steps() -> None:
    show(increment(one()))


if __name__ == "__main__":
    client = Client()
    if not client.list_projects(name="work"):
        client.create_project("work", description="")
    client.set_active_project("work")
    outcome = {"user": client.active_user.name}
    try:
        run = client.get_pipeline_run(three_steps().id)
        outcome["status"] = run.status
        outcome["result"] = run.steps["increment"].output.load()
    except Exception as error:  # noqa: BLE001
        outcome["error"] = type(error).__name__
    outcome["runs"] = len(client.list_pipeline_runs())
    print(json.dumps(outcome))
