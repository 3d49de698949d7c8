"""Looking things up by name, id and prefix, and the filter language of the list calls."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from zenml import Model, pipeline, step
from zenml.client import Client
from zenml.exceptions import ZenKeyError
from zenml.models import PipelineRunResponse
from zenml.utils.pagination_utils import depaginate

from conftest import next_second, unique


@step(enable_cache=False)
def one() -> int:
    return 1


@step(enable_cache=False)
def sometimes(fail: bool) -> None:
    if fail:
        raise RuntimeError("asked to")


@pipeline(enable_cache=False)
def alpha() -> None:
    one()


@pipeline(enable_cache=False)
def beta(fail: bool) -> None:
    sometimes(fail)


@pytest.fixture(scope="module")
def runs(client: Client, project: object) -> dict[str, PipelineRunResponse]:
    """Four runs: two of alpha (a second apart, the later with a model), one good and one failed of beta."""
    made = {"first": alpha.with_options(run_name="alpha-first-100%")()}
    next_second()
    made["second"] = alpha.with_options(run_name="alpha-second_x", model=Model(name="filter-model"), tags=["late"])()
    made["good"] = beta.with_options(run_name="Beta-good")(fail=False)
    with pytest.raises(RuntimeError):
        beta.with_options(run_name="Beta-bad")(fail=True)
    made["bad"] = client.get_pipeline_run("Beta-bad")
    return made


def found(client: Client, runs: dict[str, PipelineRunResponse], **filters: object) -> set[str]:
    """The names, as keys of ``runs``, of what a list call with these filters returns."""
    by_id = {run.id: key for key, run in runs.items()}
    return {by_id[item.id] for item in client.list_pipeline_runs(size=50, **filters)}


def test_names_ids_and_prefixes(client: Client, runs: dict[str, PipelineRunResponse]) -> None:
    first = runs["first"].id
    assert client.get_pipeline_run("alpha-first-100%").id == first
    assert client.get_pipeline_run(first).id == first and client.get_pipeline_run(str(first)).id == first
    assert client.get_pipeline_run(str(first)[:13]).id == first
    assert client.get_pipeline_run("alpha-f").id == first
    with pytest.raises(ZenKeyError, match="2"):
        client.get_pipeline_run("alpha-")
    with pytest.raises(KeyError):
        client.get_pipeline_run("alpha-f", allow_name_prefix_match=False)
    with pytest.raises(KeyError):
        client.get_pipeline_run(uuid4())
    with pytest.raises(KeyError):
        client.get_pipeline("gamma")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"first", "second", "good", "bad"}),
        ({"name": "alpha-second_x"}, {"second"}),
        ({"name": "alpha-secondax"}, set()),
        ({"name": "equals:Beta-bad"}, {"bad"}),
        ({"name": "notequals:Beta-bad"}, {"first", "second", "good"}),
        ({"name": "contains:pha-"}, {"first", "second"}),
        ({"name": "contains:100%"}, {"first"}),
        ({"name": "startswith:Beta"}, {"good", "bad"}),
        ({"name": "endswith:-good"}, {"good"}),
        ({"name": 'oneof:["Beta-good", "alpha-second_x", "nobody"]'}, {"good", "second"}),
        ({"name": ["startswith:alpha", "endswith:_x"]}, {"second"}),
        ({"status": "failed"}, {"bad"}),
        ({"status": 'oneof:["failed", "completed"]'}, {"first", "second", "good", "bad"}),
        ({"status": "notequals:completed"}, {"bad"}),
        ({"in_progress": True}, set()),
        ({"pipeline": "alpha"}, {"first", "second"}),
        ({"pipeline_name": "startswith:be"}, {"good", "bad"}),
        ({"pipeline": "beta", "status": "completed"}, {"good"}),
        (
            {"pipeline": "beta", "name": "startswith:alpha", "logical_operator": "or"},
            {"first", "second", "good", "bad"},
        ),
        ({"status": "failed", "name": "alpha-second_x", "logical_operator": "or"}, {"second", "bad"}),
        ({"index": 2}, {"second", "bad"}),
        ({"index": "gt:1"}, {"second", "bad"}),
        ({"index": "lte:1"}, {"first", "good"}),
        ({"tags": ["late"]}, {"second"}),
        ({"model": "filter-model"}, {"second"}),
        ({"stack": "default"}, {"first", "second", "good", "bad"}),
        ({"stack_component": "default", "status": "completed"}, {"first", "second", "good"}),
        ({"stack": "no-such-stack"}, set()),
    ],
)
def test_filters(
    client: Client, runs: dict[str, PipelineRunResponse], filters: dict[str, object], expected: set[str]
) -> None:
    assert found(client, runs, **filters) == expected


def test_filters_on_ids_users_and_times(client: Client, runs: dict[str, PipelineRunResponse]) -> None:
    first, second, bad = runs["first"], runs["second"], runs["bad"]
    assert found(client, runs, id=first.id) == {"first"}
    assert found(client, runs, id=f"startswith:{str(first.id)[:9]}") == {"first"}
    assert found(client, runs, id=f'oneof:["{first.id}", "{bad.id}"]') == {"first", "bad"}
    assert found(client, runs, pipeline_id=first.pipeline.id) == {"first", "second"}
    assert found(client, runs, user=client.active_user.name) == set(runs)
    assert found(client, runs, user=client.active_user.id) == set(runs)
    assert found(client, runs, user="nobody-of-that-name") == set()

    def at(moment: object) -> str:
        return str(moment)[:19]

    assert found(client, runs, created=f"gte:{at(second.created)}") == {"second", "good", "bad"}
    assert found(client, runs, created=f"lt:{at(second.created)}") == {"first"}
    assert found(client, runs, created=f"gt:{at(bad.created + timedelta(hours=1))}") == set()
    assert found(client, runs, created=f"in:{at(first.created)},{at(second.created - timedelta(seconds=1))}") == {
        "first"
    }
    assert found(client, runs, start_time=f"gte:{at(second.start_time)}", status="completed") == {"second", "good"}


def test_order_and_pages(client: Client, runs: dict[str, PipelineRunResponse]) -> None:
    def names(**options: object) -> list:
        return [item.name for item in client.list_pipeline_runs(**options)]

    alphabetical = sorted((run.name for run in runs.values()), key=str.lower)
    assert names(sort_by="asc:name") == alphabetical
    assert names(sort_by="desc:name") == alphabetical[::-1]
    assert names(sort_by="name", page=2, size=3) == alphabetical[3:]
    assert names(sort_by="desc:index", pipeline="alpha") == ["alpha-second_x", "alpha-first-100%"]
    assert names(sort_by="asc:created", pipeline="alpha") == ["alpha-first-100%", "alpha-second_x"]
    page = client.list_pipeline_runs(size=3)
    assert (page.index, page.max_size, page.total_pages, page.total, len(page.items)) == (1, 3, 2, 4, 3)
    assert len({item.id for item in depaginate(client.list_pipeline_runs, size=1)}) == 4
    with pytest.raises(ValueError, match="Invalid page 9"):
        client.list_pipeline_runs(page=9, size=3)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sort_by": "desc:nothing"}, "You can only sort by valid fields of this resource"),
        ({"page": 0}, "greater than or equal to 1"),
        ({"size": 0}, "greater than or equal to 1"),
        ({"size": 10_001}, "less than or equal to 10000"),
        ({"logical_operator": "xor"}, "'or' or 'and'"),
        ({"index": "gt:many"}, "The int filter only works with integer values"),
        ({"created": "gte:yesterday"}, "The datetime filter only works with values in the following format"),
        ({"name": "oneof:a,b"}, "(?i)list.* json|json formatted list"),
    ],
)
def test_the_server_refuses_what_is_asked_wrongly(client: Client, wrong: dict[str, object], said: str) -> None:
    # Not through `list_pipeline_runs`: the SDK would refuse most of these itself.
    with pytest.raises(ValueError, match=said):
        client.zen_store.get("/runs", params={**wrong, "project": str(client.active_project.id)})


def test_a_filter_that_does_not_exist_is_ignored(client: Client, runs: dict[str, PipelineRunResponse]) -> None:
    answer = client.zen_store.get("/runs", params={"project": str(client.active_project.id), "no_such_filter": "x"})
    assert answer["total"] == len(runs)


def test_hydration(client: Client, runs: dict[str, PipelineRunResponse]) -> None:
    lean = client.list_pipeline_runs(name="Beta-good", hydrate=False).items[0]
    full = client.list_pipeline_runs(name="Beta-good", hydrate=True).items[0]
    assert lean.metadata is None and full.metadata is not None
    assert full.config.parameters == {"fail": False}
    assert lean.config.parameters == {"fail": False}


def test_lists_of_steps_artifacts_and_pipelines(client: Client, runs: dict[str, PipelineRunResponse]) -> None:
    steps = client.list_run_steps(pipeline_run_id=runs["bad"].id)
    assert [(item.name, item.status) for item in steps] == [("sometimes", "failed")]
    assert client.list_run_steps(name="one", status="completed").total == 2
    assert client.list_run_steps(name="contains:ome", status="failed").total == 1
    versions = client.list_artifact_versions(pipeline_run="alpha-second_x")
    assert [item.id for item in versions] == [runs["second"].steps["one"].output.id]
    assert [item.id for item in client.list_artifact_versions(model="filter-model")] == [item.id for item in versions]
    assert client.list_artifact_versions(type="DataArtifact", data_type="contains:int").total == 2
    assert client.list_artifacts(has_custom_name=False).total == 1
    assert [item.name for item in client.list_pipelines(sort_by="asc:name")] == ["alpha", "beta"]
    assert [item.name for item in client.list_pipelines(latest_run_status="failed")] == ["beta"]
    assert [item.name for item in client.list_pipelines(sort_by="desc:latest_run")] == ["beta", "alpha"]


def test_an_unknown_id_is_not_found(client: Client) -> None:
    unknown = UUID("00000000-0000-4000-8000-000000000001")
    for get in (
        client.get_pipeline,
        client.get_artifact_version,
        client.get_run_step,
        client.get_model,
        client.get_tag,
    ):
        with pytest.raises(KeyError):
            get(unknown)
    with pytest.raises(KeyError):
        client.get_project(unique("nowhere"))
