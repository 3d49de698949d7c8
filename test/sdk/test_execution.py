"""What a run goes through: caching, failure, retries, hooks, execution modes, embedded and mapped steps."""

import threading
import time

import pytest
from zenml import pipeline, step, wait
from zenml.client import Client
from zenml.config.retry_config import StepRetryConfig
from zenml.enums import ExecutionMode, ExecutionStatus
from zenml.exceptions import EntityExistsError
from zenml.models import PipelineRunResponse

from conftest import unique

CALLS: list[str] = []


def latest_run(client: Client, pipeline_name: str) -> PipelineRunResponse:
    """By index, not by time: the database keeps the time of creation in whole seconds."""
    return client.list_pipeline_runs(pipeline_name=pipeline_name, sort_by="desc:index", size=1, hydrate=True).items[0]


@step(enable_cache=True)
def base(seed: int) -> int:
    CALLS.append("base")
    return seed * 10


@step(enable_cache=True)
def plus(value: int, more: int) -> int:
    CALLS.append("plus")
    return value + more


@step(enable_cache=False)
def always(value: int) -> int:
    CALLS.append("always")
    return value


@pipeline
def cached(seed: int, more: int = 1) -> None:
    always(plus(base(seed), more))


def test_a_second_run_takes_unchanged_steps_from_the_cache(client: Client) -> None:
    CALLS.clear()
    first = cached(seed=4)
    second = cached(seed=4)
    assert CALLS == ["base", "plus", "always", "always"]
    before, after = client.get_pipeline_run(first.id).steps, client.get_pipeline_run(second.id).steps
    assert {name: read.status for name, read in after.items()} == {
        "base": ExecutionStatus.CACHED,
        "plus": ExecutionStatus.CACHED,
        "always": ExecutionStatus.COMPLETED,
    }
    assert after["base"].original_step_run_id == before["base"].id
    assert after["base"].cache_key == before["base"].cache_key
    assert after["plus"].output.id == before["plus"].output.id
    assert after["plus"].output.producer_pipeline_run_id == first.id
    assert after["always"].inputs["value"][0].id == before["plus"].output.id
    assert after["always"].output.version == "2" and after["always"].output.load() == 41
    assert second.status == ExecutionStatus.COMPLETED
    assert {version.id for version in second.produced_artifact_versions} == {after["always"].output.id}


def test_a_changed_parameter_misses_the_cache_from_there_on(client: Client) -> None:
    cached(seed=5)
    CALLS.clear()
    steps = cached(seed=5, more=7).steps
    assert CALLS == ["plus", "always"]
    assert steps["base"].status == ExecutionStatus.CACHED
    assert steps["plus"].status == ExecutionStatus.COMPLETED and steps["plus"].output.load() == 57


def test_an_expired_cache_is_not_used(client: Client) -> None:
    from zenml.utils.time_utils import utc_now

    first = cached(seed=6)
    client.update_step_run(first.steps["base"].id, cache_expires_at=utc_now())
    assert client.get_run_step(first.steps["base"].id).cache_expires_at is not None
    CALLS.clear()
    assert cached(seed=6).steps["base"].status == ExecutionStatus.COMPLETED
    assert "base" in CALLS


@step(enable_cache=False)
def breaks() -> int:
    raise ValueError("no luck today")


@step(enable_cache=False)
def independent() -> int:
    return 1


@step(enable_cache=False)
def downstream(value: int) -> int:
    return value


@pipeline(enable_cache=False)
def failing() -> None:
    downstream(breaks())


def test_a_failing_step_fails_the_run_and_says_why(client: Client) -> None:
    with pytest.raises(RuntimeError, match="breaks"):
        failing()
    run = latest_run(client, "failing")
    assert run.status == ExecutionStatus.FAILED
    assert run.end_time is not None and run.in_progress is False
    assert set(run.steps) == {"breaks"}
    read = run.steps["breaks"]
    assert read.status == ExecutionStatus.FAILED and read.outputs == {}
    assert "no luck today" in read.exception_info.traceback
    assert client.get_pipeline("failing").latest_run_status == ExecutionStatus.FAILED


@pipeline(enable_cache=False)
def branching() -> None:
    downstream(breaks())
    independent()


@pytest.mark.parametrize(
    ("mode", "others"),
    [(ExecutionMode.FAIL_FAST, {}), (ExecutionMode.CONTINUE_ON_FAILURE, {"independent": ExecutionStatus.COMPLETED})],
)
def test_what_runs_on_after_a_failure(client: Client, mode: ExecutionMode, others: dict[str, ExecutionStatus]) -> None:
    with pytest.raises((RuntimeError, ValueError)):
        branching.with_options(execution_mode=mode)()
    run = latest_run(client, "branching")
    assert run.status == ExecutionStatus.FAILED
    assert run.config.execution_mode == mode
    assert {name: read.status for name, read in run.steps.items()} == {"breaks": ExecutionStatus.FAILED, **others}


@step(enable_cache=False, retry=StepRetryConfig(max_retries=2, delay=0, backoff=0))
def third_time_lucky() -> str:
    CALLS.append("try")
    if CALLS.count("try") < 3:
        raise RuntimeError(f"try {CALLS.count('try')}")
    return "done"


@pipeline(enable_cache=False)
def retrying() -> None:
    third_time_lucky()


def test_a_retried_step_keeps_a_record_of_every_try(client: Client) -> None:
    CALLS.clear()
    run = retrying()
    assert CALLS == ["try", "try", "try"]
    assert run.status == ExecutionStatus.COMPLETED
    read = run.steps["third_time_lucky"]
    assert read.version == 3 and read.status == ExecutionStatus.COMPLETED and read.output.load() == "done"
    tries = client.list_run_steps(pipeline_run_id=run.id, exclude_retried=False, sort_by="asc:version", hydrate=True)
    assert [(item.version, item.status) for item in tries] == [
        (1, ExecutionStatus.RETRIED),
        (2, ExecutionStatus.RETRIED),
        (3, ExecutionStatus.COMPLETED),
    ]
    assert "try 1" in tries[0].exception_info.traceback
    assert client.list_run_steps(pipeline_run_id=run.id, exclude_retried=True).total == 1


def note_success() -> None:
    CALLS.append("success hook")


def note_failure(exception: BaseException) -> None:
    CALLS.append(f"failure hook: {exception}")


@pipeline(enable_cache=False, on_success=note_success, on_failure=note_failure)
def hooked(fail: bool) -> None:
    independent()
    if fail:
        breaks()


def test_hooks_run_and_are_recorded_with_the_step(client: Client) -> None:
    CALLS.clear()
    run = hooked(fail=False)
    assert CALLS == ["success hook"]
    with pytest.raises(RuntimeError):
        hooked(fail=True)
    assert "failure hook: no luck today" in CALLS
    step_run = run.steps["independent"]
    assert step_run.config.success_hook_source.attribute == "note_success"
    assert step_run.config.failure_hook_source.attribute == "note_failure"
    recorded = client.list_hook_invocations(pipeline_run_id=run.id, hydrate=True)
    assert [(item.hook_type, item.status, item.step_run_id) for item in recorded] == [
        ("step_success", ExecutionStatus.COMPLETED, step_run.id)
    ]
    failed = client.list_hook_invocations(pipeline_run_id=latest_run(client, "hooked").id, hook_type="step_failure")
    assert failed.total == 1
    assert client.get_hook_invocation(recorded[0].id).source.endswith("note_success")


@step(enable_cache=False)
def count_to(limit: int) -> list[int]:
    return list(range(1, limit + 1))


@step(enable_cache=False)
def square(value: int) -> int:
    return value * value


@step(enable_cache=False)
def total(values: list[int]) -> int:
    return sum(values)


@pipeline(dynamic=True, enable_cache=False)
def dynamic(limit: int) -> int:
    numbers = count_to(limit)
    if len(numbers.load()) > 2:
        squares = square.map(numbers)
    else:
        squares = [square(1)]
    return total(squares)


def test_a_dynamic_pipeline_decides_its_steps_while_it_runs(client: Client) -> None:
    run = client.get_pipeline_run(dynamic(limit=3).id)
    assert run.status == ExecutionStatus.COMPLETED
    assert run.snapshot.is_dynamic is True
    assert run.config.parameters == {"limit": 3}
    squares = [read for name, read in run.steps.items() if name not in ("count_to", "total")]
    assert sorted(read.output.load() for read in squares) == [1, 4, 9]
    assert run.steps["total"].output.load() == 14
    assert {version.id for version in run.outputs.values()} == {run.steps["total"].output.id}
    assert sorted(item.id for item in run.steps["total"].inputs["values"]) == sorted(read.output.id for read in squares)
    assert len(dynamic(limit=2).steps) == 3


@pipeline(dynamic=True, enable_cache=False)
def dynamic_failing() -> None:
    independent()
    breaks()


def test_a_failing_dynamic_pipeline(client: Client) -> None:
    with pytest.raises((RuntimeError, ValueError), match="no luck today"):
        dynamic_failing()
    run = latest_run(client, "dynamic_failing")
    assert run.status == ExecutionStatus.FAILED
    assert run.steps["independent"].status == ExecutionStatus.COMPLETED
    assert run.steps["breaks"].status == ExecutionStatus.FAILED
    assert "no luck today" in run.exception_info.traceback


@pipeline(dynamic=True, enable_cache=False)
def child(value: int) -> int:
    return square(value)


@pipeline(dynamic=True, enable_cache=False)
def parent() -> None:
    child(3)


def test_a_child_pipeline_is_a_run_of_its_own(client: Client) -> None:
    run = parent()
    assert run.status == ExecutionStatus.COMPLETED
    children = client.list_pipeline_runs(parent_run_id=run.id, hydrate=True)
    assert [item.pipeline.name for item in children] == ["child"]
    assert children[0].root_run_id == run.id and children[0].parent_run.id == run.id
    assert children[0].steps["square"].output.load() == 9
    roots = client.list_pipeline_runs(root_runs_only=True, size=100)
    assert children[0].id not in {item.id for item in roots} and run.id in {item.id for item in roots}


@pipeline(dynamic=True, enable_cache=False)
def asks() -> int:
    return square(wait(schema=int, question="How much?", poll_interval=1, timeout=30, name="amount"))


def test_a_run_waits_until_somebody_answers(client: Client) -> None:
    answered: list[object] = []

    def answer() -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not answered:
            for condition in client.list_run_wait_conditions(status="pending", hydrate=True):
                answered.append(condition)
                client.resolve_run_wait_condition(condition.id, resolution="continue", result=12)
            time.sleep(0.2)

    helper = threading.Thread(target=answer)
    helper.start()
    run = asks()
    helper.join()
    assert run.status == ExecutionStatus.COMPLETED
    assert run.steps["square"].output.load() == 144
    resolved = client.list_run_wait_conditions(pipeline_run=run.id, hydrate=True)
    assert [(item.name, item.question, item.status, item.result) for item in resolved] == [
        ("amount", "How much?", "resolved", 12)
    ]


def test_a_run_name_is_used_once(client: Client) -> None:
    name = unique("once")
    cached.with_options(run_name=name)(seed=1)
    with pytest.raises(EntityExistsError, match=name):
        cached.with_options(run_name=name)(seed=1)
    assert client.list_pipeline_runs(name=name).total == 1


def test_a_deleted_run_takes_its_steps_along(client: Client) -> None:
    run = cached(seed=77)
    step_id: object | None = run.steps["base"].id
    client.delete_pipeline_run(run.id)
    with pytest.raises(KeyError):
        client.get_pipeline_run(run.id)
    with pytest.raises(KeyError):
        client.get_run_step(step_id)


def test_a_deleted_pipeline_takes_its_runs_along(client: Client) -> None:
    run = retrying()
    client.delete_pipeline("retrying")
    assert client.list_pipelines(name="retrying").total == 0
    with pytest.raises(KeyError):
        client.get_pipeline_run(run.id)
