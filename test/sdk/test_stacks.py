"""Stacks, their components, flavors of one's own, and projects."""

import pytest
from zenml.artifact_stores import LocalArtifactStore, LocalArtifactStoreConfig
from zenml.artifact_stores.local_artifact_store import LocalArtifactStoreFlavor
from zenml.client import Client
from zenml.enums import StackComponentType
from zenml.exceptions import EntityExistsError, IllegalOperationError

from conftest import unique
from workspace import HOME

STORE = StackComponentType.ARTIFACT_STORE
ORCHESTRATOR = StackComponentType.ORCHESTRATOR


class ShelfConfig(LocalArtifactStoreConfig):
    shelf: int = 1


class ShelfFlavor(LocalArtifactStoreFlavor):
    """A flavor whose registration needs nothing but the SDK."""

    @property
    def name(self) -> str:
        return "shelf"

    @property
    def config_class(self) -> type[ShelfConfig]:
        return ShelfConfig

    @property
    def implementation_class(self) -> type[LocalArtifactStore]:
        return LocalArtifactStore


def test_the_default_stack_is_there(client: Client) -> None:
    stack = client.get_stack("default")
    assert {kind.value for kind in stack.components} >= {"orchestrator", "artifact_store"}
    assert stack.components[ORCHESTRATOR][0].flavor_name == "local"
    # Not `delete_stack`, which refuses to delete the active stack before it asks the server.
    with pytest.raises(IllegalOperationError, match="default stack cannot be deleted"):
        client.zen_store.delete_stack(stack.id)
    with pytest.raises(IllegalOperationError, match="default stack cannot be modified"):
        client.update_stack("default", name="other")


def test_components_live_and_die(client: Client) -> None:
    name = unique("store")
    path = str(HOME / name)
    made = client.create_stack_component(name, "local", STORE, {"path": path}, labels={"team": "a", "tier": "1"})
    read = client.get_stack_component(STORE, name)
    assert read.id == made.id
    assert (read.flavor_name, read.configuration, read.labels) == ("local", {"path": path}, {"team": "a", "tier": "1"})
    assert client.get_stack_component(STORE, name[:-2]).id == made.id
    with pytest.raises(EntityExistsError):
        client.create_stack_component(name, "local", STORE, {"path": path})
    with pytest.raises(KeyError):
        client.get_stack_component(ORCHESTRATOR, name)

    client.update_stack_component(name, STORE, name=f"{name}-new", labels={"tier": "2", "team": None})
    read = client.get_stack_component(STORE, f"{name}-new")
    assert read.labels == {"tier": "2"} and read.configuration == {"path": path}
    assert [item.id for item in client.list_stack_components(type=STORE, name=f"startswith:{name}")] == [made.id]
    assert made.id in {item.id for item in client.list_stack_components(flavor="local", size=200)}
    client.delete_stack_component(made.id, STORE)
    with pytest.raises(KeyError):
        client.get_stack_component(STORE, made.id)


def test_stacks_live_and_die(client: Client) -> None:
    name = unique("stack")
    store = client.create_stack_component(unique("store"), "local", STORE, {"path": str(HOME / name)})
    orchestrator = client.create_stack_component(unique("orchestrator"), "local", ORCHESTRATOR, {})
    secret = client.create_secret(unique("stack-secret"), {"A": "1"})
    made = client.create_stack(name, {STORE: store.id, ORCHESTRATOR: "default"}, labels={"env": "test"})
    with pytest.raises(EntityExistsError):
        client.create_stack(name, {STORE: store.id, ORCHESTRATOR: "default"})
    client.update_stack(
        name,
        description="mine",
        labels={"env": "prod"},
        component_updates={ORCHESTRATOR: [orchestrator.id]},
        environment={"LEVEL": "3"},
        add_secrets=[secret.id],
    )
    read = client.get_stack(name)
    assert (read.id, read.description, read.labels) == (made.id, "mine", {"env": "prod"})
    assert read.components[ORCHESTRATOR][0].id == orchestrator.id and read.components[STORE][0].id == store.id
    assert read.environment == {"LEVEL": "3"} and read.secrets == [secret.id]
    assert [item.id for item in client.list_stacks(component_id=store.id)] == [made.id]
    assert [item.id for item in client.list_stacks(component=orchestrator.name)] == [made.id]
    assert [item.id for item in client.list_stacks(name=f"endswith:{name[-6:]}")] == [made.id]
    assert client.get_stack(name[:-3]).id == made.id
    with pytest.raises(IllegalOperationError):
        client.delete_stack_component(store.id, STORE)
    client.delete_stack(name, recursive=True)
    with pytest.raises(KeyError):
        client.get_stack(name)
    assert client.list_stack_components(id=f'oneof:["{store.id}", "{orchestrator.id}"]').total == 0


def test_runs_remember_the_stack_they_ran_on(client: Client) -> None:
    from test_static_pipeline import three_steps

    name = unique("used")
    store = client.create_stack_component(unique("store"), "local", STORE, {"path": str(HOME / "stores" / name)})
    stack = client.create_stack(name, {STORE: store.id, ORCHESTRATOR: "default"})
    client.activate_stack(name)
    try:
        run = three_steps(rows=2)
    finally:
        client.activate_stack("default")
    assert client.get_pipeline_run(run.id).stack.id == stack.id
    assert run.steps["ingest"].outputs["raw"][0].uri.startswith(store.configuration["path"])
    assert run.steps["ingest"].outputs["raw"][0].load() == {"row-0": 0, "row-1": 1}
    assert [item.id for item in client.list_pipeline_runs(stack=name)] == [run.id]


def test_a_flavor_of_ones_own(client: Client) -> None:
    made = client.create_flavor(f"{__name__}.ShelfFlavor", STORE)
    try:
        assert (made.name, made.type, made.is_custom, made.integration) == ("shelf", STORE, True, "custom")
        assert made.config_schema["properties"]["shelf"]["default"] == 1
        assert client.get_flavor_by_name_and_type("shelf", STORE).id == made.id
        with pytest.raises(EntityExistsError):
            client.create_flavor(f"{__name__}.ShelfFlavor", STORE)
        component = client.create_stack_component(unique("shelf"), "shelf", STORE, {"path": str(HOME), "shelf": 4})
        assert client.get_stack_component(STORE, component.id).configuration["shelf"] == 4
        with pytest.raises(IllegalOperationError):
            client.delete_flavor("shelf")
        client.delete_stack_component(component.id, STORE)
    finally:
        client.delete_flavor("shelf")
    assert client.list_flavors(name="shelf").total == 0


def test_the_built_in_flavors(client: Client) -> None:
    local = client.get_flavor_by_name_and_type("local", STORE)
    assert local.is_custom is False and local.source.endswith("LocalArtifactStoreFlavor")
    kubernetes = client.get_flavor_by_name_and_type("kubernetes", ORCHESTRATOR)
    assert kubernetes.integration == "kubernetes" and "kubernetes_context" in kubernetes.config_schema["properties"]
    orchestrators = client.get_flavors_by_type(ORCHESTRATOR)
    assert {"local", "local_docker", "kubernetes", "vertex", "sagemaker"} <= {item.name for item in orchestrators}
    assert client.list_flavors(size=200).total >= 63


def test_projects(client: Client) -> None:
    name = unique("project")
    made = client.create_project(name, description="one", display_name="One")
    with pytest.raises(EntityExistsError):
        client.create_project(name, description="again")
    renamed = client.update_project(name, new_name=f"{name}-new", new_display_name="Two", new_description="two")
    read = client.get_project(f"{name}-new")
    assert (read.id, read.display_name, read.description) == (made.id, "Two", "two")
    assert renamed.id == made.id
    assert client.get_project(made.id).name == f"{name}-new"
    assert [item.id for item in client.list_projects(name=f"startswith:{name}")] == [made.id]
    assert "default" in {item.name for item in client.list_projects(size=200)}
    client.delete_project(f"{name}-new")
    with pytest.raises(KeyError):
        client.get_project(made.id)
    with pytest.raises(IllegalOperationError):
        client.delete_project("default")
