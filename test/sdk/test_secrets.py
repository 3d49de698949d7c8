"""Secrets: private and public, their values, and how steps get at them."""

import os
from collections.abc import Callable

import pytest
import requests
from zenml import pipeline, step
from zenml.client import Client
from zenml.exceptions import EntityExistsError

from conftest import unique


def test_a_secret_keeps_its_values(client: Client) -> None:
    name = unique("secret")
    made = client.create_secret(name, {"user": "ada", "password": "pä$$ 'quoted'"})
    read = client.get_secret(name)
    assert read.id == made.id and read.private is False
    assert read.secret_values == {"user": "ada", "password": "pä$$ 'quoted'"}
    assert client.get_secret(name[:-3]).id == made.id
    with pytest.raises(EntityExistsError):
        client.create_secret(name, {"a": "b"})
    with pytest.raises(KeyError):
        client.get_secret(name[:-3], allow_partial_name_match=False)
    listed = client.list_secrets(name=name, hydrate=True)
    assert [item.id for item in listed] == [made.id]
    assert all(value is None for value in listed[0].values.values())


def test_values_are_added_changed_and_removed(client: Client) -> None:
    name = unique("changing")
    client.create_secret(name, {"keep": "1", "drop": "2", "change": "3"})
    client.update_secret(name, add_or_update_values={"change": "33", "new": "4"}, remove_values=["drop"])
    assert client.get_secret(name).secret_values == {"keep": "1", "change": "33", "new": "4"}
    client.update_secret(name, new_name=f"{name}-renamed")
    assert client.get_secret(f"{name}-renamed").secret_values["keep"] == "1"
    client.delete_secret(f"{name}-renamed")
    with pytest.raises(KeyError):
        client.get_secret(f"{name}-renamed")
    assert client.list_secrets(name=f"{name}-renamed").total == 0


def test_private_and_public_names_are_spaces_of_their_own(client: Client) -> None:
    name = unique("both")
    public = client.create_secret(name, {"a": "public"})
    private = client.create_secret(name, {"a": "private"}, private=True)
    assert private.private is True and private.id != public.id
    assert client.get_secret(name).id == public.id
    assert client.get_secret(name, private=True).secret_values == {"a": "private"}
    assert client.get_secret(name, private=False).secret_values == {"a": "public"}
    assert client.get_secret_by_name_and_private_status(name, private=True).id == private.id
    assert {item.id for item in client.list_secrets(name=name)} == {public.id, private.id}
    assert [item.id for item in client.list_secrets(name=name, private=True)] == [private.id]
    client.delete_secret(name, private=False)
    with pytest.raises(EntityExistsError):
        client.create_secret(name, {"a": "again"}, private=True)
    client.update_secret(name, private=True, update_private=False)
    assert client.get_secret(name).private is False


def test_anothers_private_secret_is_not_there(
    client: Client, server: dict[str, str], log_in: Callable[[str, str], requests.Session]
) -> None:
    user = client.create_user(unique("snoop"), password="longenough", is_admin=False)
    private = client.create_secret(unique("mine"), {"a": "b"}, private=True)
    public = client.create_secret(unique("ours"), {"a": "b"})
    session = log_in(user.name, "longenough")
    secrets = f"{server['url']}/api/v1/secrets"
    assert session.get(f"{secrets}/{private.id}", timeout=30).status_code == 404
    assert session.put(f"{secrets}/{private.id}", json={"values": {"a": "c"}}, timeout=30).status_code == 404
    assert session.delete(f"{secrets}/{private.id}", timeout=30).status_code == 404
    seen = session.get(secrets, params={"name": f'oneof:["{private.name}", "{public.name}"]'}, timeout=30).json()
    assert [item["id"] for item in seen["items"]] == [str(public.id)]
    assert client.get_secret(private.id).secret_values == {"a": "b"}
    client.delete_user(user.name)


@step(enable_cache=False)
def reads_secret(name: str) -> str:
    return Client().get_secret(name).secret_values["token"] + os.environ["INJECTED"]


def test_steps_read_secrets_and_get_them_as_environment(client: Client) -> None:
    name = unique("in-step")
    client.create_secret(name, {"token": "t0ken", "INJECTED": "-env"})

    @pipeline(enable_cache=False, secrets=[name])
    def with_secret() -> None:
        reads_secret(name)

    run = with_secret()
    assert run.steps["reads_secret"].output.load() == "t0ken-env"
    assert "INJECTED" not in os.environ
    assert "t0ken" not in client.get_pipeline_run(run.id).model_dump_json()
