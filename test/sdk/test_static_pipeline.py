"""A static pipeline of three steps: what the run, its steps, artifacts and metadata read back as."""

from typing import Annotated

import pytest
from zenml import log_metadata, pipeline, step
from zenml.client import Client
from zenml.enums import ArtifactType, ExecutionStatus, StackComponentType
from zenml.exceptions import IllegalOperationError
from zenml.models import PipelineRunResponse

from conftest import next_second, unique


@step(enable_cache=False)
def ingest(rows: int) -> Annotated[dict[str, int], "raw"]:
    """Make rows."""
    print("ingest prints this line")
    log_metadata({"rows": rows, "source": "generated"})
    return {f"row-{number}": number for number in range(rows)}


@step(enable_cache=False)
def split(data: dict[str, int]) -> tuple[Annotated[dict[str, int], "even"], Annotated[int, "odd_count"]]:
    even = {name: value for name, value in data.items() if value % 2 == 0}
    log_metadata({"share": 0.5, "nested": {"depth": 2, "tags": ["a", "b"]}}, artifact_name="even", infer_artifact=True)
    return even, len(data) - len(even)


@step(enable_cache=False)
def report(even: dict[str, int], odd_count: int, factor: float = 1.5) -> str:
    log_metadata({"verdict": "good"}, infer_artifact=True)
    return f"{sum(even.values()) * factor}/{odd_count}"


@pipeline(enable_cache=False)
def three_steps(rows: int = 4) -> None:
    even, odd_count = split(ingest(rows))
    report(even, odd_count)


@pytest.fixture(scope="module")
def run(project: object) -> PipelineRunResponse:
    started = three_steps.with_options(run_name=unique("first"))(rows=6)
    assert started is not None
    return started


def test_the_run_reads_back_completed(client: Client, run: PipelineRunResponse) -> None:
    read = client.get_pipeline_run(run.id)
    assert read.status == ExecutionStatus.COMPLETED
    assert read.name == run.name and read.name.startswith("first-")
    assert read.index == 1
    assert read.in_progress is False
    assert read.pipeline.name == "three_steps"
    assert read.user.name == client.active_user.name
    assert read.project_id == client.active_project.id
    assert read.stack.name == client.active_stack_model.name
    assert read.start_time <= read.end_time
    assert read.exception_info is None
    assert read.config.name == "three_steps"
    assert read.config.parameters == {"rows": 6}
    assert read.config.enable_cache is False
    assert read.schedule is None and read.build is None and read.model_version is None
    assert read.client_environment["python_version"] == read.orchestrator_environment["python_version"]
    assert read.snapshot.is_dynamic is False


def test_the_steps_read_back_in_full(client: Client, run: PipelineRunResponse) -> None:
    steps = client.get_pipeline_run(run.id).steps
    assert set(steps) == {"ingest", "split", "report"}
    for name, read in steps.items():
        assert read.name == name
        assert read.status == ExecutionStatus.COMPLETED
        assert read.version == 1
        assert read.pipeline_run_id == run.id
        assert read.start_time <= read.end_time
        assert read.original_step_run_id is None
    assert steps["ingest"].config.parameters == {"rows": 6}
    assert steps["ingest"].docstring == "Make rows."
    assert "ingest prints this line" in steps["ingest"].source_code
    assert steps["report"].config.parameters == {"factor": 1.5}
    assert steps["ingest"].spec.upstream_steps == []
    assert steps["split"].spec.upstream_steps == ["ingest"]
    assert set(steps["report"].spec.upstream_steps) == {"split"}
    assert steps["split"].parent_step_ids == [steps["ingest"].id]
    assert steps["report"].parent_step_ids == [steps["split"].id]
    assert set(steps["split"].outputs) == {"even", "odd_count"}


def test_the_artifacts_load_and_carry_their_lineage(client: Client, run: PipelineRunResponse) -> None:
    steps = client.get_pipeline_run(run.id).steps
    raw = steps["ingest"].outputs["raw"][0]
    assert raw.load() == {f"row-{number}": number for number in range(6)}
    assert steps["split"].outputs["even"][0].load() == {"row-0": 0, "row-2": 2, "row-4": 4}
    assert steps["split"].outputs["odd_count"][0].load() == 3
    assert steps["report"].output.load() == "9.0/3"

    assert steps["split"].inputs["data"][0].id == raw.id
    assert steps["split"].inputs["data"][0].input_type == "step_output"
    assert {name: inputs[0].id for name, inputs in steps["report"].inputs.items()} == {
        "even": steps["split"].outputs["even"][0].id,
        "odd_count": steps["split"].outputs["odd_count"][0].id,
    }
    read = client.get_artifact_version(raw.id)
    assert read.version == "1" and read.name == "raw" and read.artifact.name == "raw"
    assert read.artifact.has_custom_name is True
    assert read.type == ArtifactType.BASE
    assert steps["split"].outputs["odd_count"][0].type == ArtifactType.DATA
    assert read.save_type == "step_output"
    assert read.producer_step_run_id == steps["ingest"].id
    assert read.producer_pipeline_run_id == run.id
    assert read.run.id == run.id and read.step.id == steps["ingest"].id
    assert read.data_type.attribute == "dict"
    assert read.materializer.attribute == "BuiltInContainerMaterializer"
    store = client.active_stack_model.components[StackComponentType.ARTIFACT_STORE][0]
    assert read.artifact_store_id == store.id
    output = steps["report"].output
    assert output.artifact.has_custom_name is False and output.name == "three_steps::report::output"
    assert {version.id for version in run.artifact_versions} == {
        version.id for read_step in steps.values() for versions in read_step.outputs.values() for version in versions
    }


def test_metadata_of_steps_and_artifacts_reads_back_typed(client: Client, run: PipelineRunResponse) -> None:
    steps = client.get_pipeline_run(run.id).steps
    assert steps["ingest"].run_metadata["rows"] == 6
    assert steps["ingest"].run_metadata["source"] == "generated"
    even = client.get_artifact_version(steps["split"].outputs["even"][0].id).run_metadata
    assert even["share"] == 0.5
    assert even["nested"] == {"depth": 2, "tags": ["a", "b"]}
    assert even["storage_size"] > 0 and even["length"] == 3
    assert client.get_artifact_version(steps["report"].output.id).run_metadata["verdict"] == "good"


def test_the_logs_of_a_step_read_back(client: Client, run: PipelineRunResponse) -> None:
    ingest_step = client.get_pipeline_run(run.id).steps["ingest"]
    records = {record.source: record for record in ingest_step.log_collection}
    assert set(records) == {"prepare_step", "step"}
    store = client.active_stack.log_store
    messages = [entry.message for entry in store.fetch(records["step"], limit=1000).items]
    assert any("ingest prints this line" in message for message in messages)
    assert records["step"].artifact_store_id == ingest_step.outputs["raw"][0].artifact_store_id
    assert {record.source for record in client.get_pipeline_run(run.id).log_collection} == {"client"}


def test_the_server_refuses_logs_that_lie_on_the_client(client: Client, run: PipelineRunResponse) -> None:
    step_id = client.get_pipeline_run(run.id).steps["ingest"].id
    with pytest.raises(IllegalOperationError, match="local artifact store cannot be accessed from the server"):
        client.zen_store.get(f"/steps/{step_id}/logs", params={"source": "step"})
    with pytest.raises(KeyError, match="No logs found for source .*nowhere"):
        client.zen_store.get(f"/steps/{step_id}/logs", params={"source": "nowhere"})


def test_a_second_run_counts_up_and_follows_on(client: Client, run: PipelineRunResponse) -> None:
    next_second()
    second = three_steps(rows=2)
    assert second.index == 2
    assert second.pipeline.id == run.pipeline.id
    assert second.steps["ingest"].outputs["raw"][0].version == "2"
    assert second.name.startswith("three_steps-")
    read = client.get_pipeline("three_steps")
    assert read.id == run.pipeline.id
    assert read.latest_run_id == second.id and read.latest_run_status == ExecutionStatus.COMPLETED
    assert [item.id for item in read.runs] == [second.id, run.id]
    assert read.last_run.id == second.id and read.last_successful_run.id == second.id


def test_the_graph_of_the_run(client: Client, run: PipelineRunResponse) -> None:
    dag = client.zen_store.get(f"/runs/{run.id}/dag")
    by_type: dict[str, set] = {}
    for node in dag["nodes"]:
        by_type.setdefault(node["type"], set()).add(node["name"])
    assert by_type["step"] == {"ingest", "split", "report"}
    assert {"raw", "even", "odd_count"} <= by_type["artifact"]
    assert dag["status"] == "completed"
    names = {node["node_id"]: (node["type"], node["name"]) for node in dag["nodes"]}
    edges = {(names[edge["source"]], names[edge["target"]]) for edge in dag["edges"]}
    assert (("step", "ingest"), ("artifact", "raw")) in edges
    assert (("artifact", "raw"), ("step", "split")) in edges
    assert (("artifact", "even"), ("step", "report")) in edges
