"""Users, service accounts and API keys: creation, rotation, what each may log in with."""

from collections.abc import Callable

import pytest
import requests
from zenml.client import Client
from zenml.exceptions import EntityExistsError, IllegalOperationError

from conftest import unique

LogIn = Callable[[str, str], requests.Session]


def login_status(server: dict[str, str], username: str, password: str) -> int:
    form = {"username": username, "password": password}
    return requests.post(f"{server['url']}/api/v1/login", data=form, timeout=30).status_code


def test_users_live_and_log_in(client: Client, server: dict[str, str], log_in: LogIn) -> None:
    name = unique("user")
    made = client.create_user(name, password="first-password", is_admin=False)
    assert made.active is True and made.is_admin is False
    with pytest.raises(EntityExistsError):
        client.create_user(name, password="other-password")
    session = log_in(name, "first-password")
    me = session.get(f"{server['url']}/api/v1/current-user", timeout=30).json()
    assert (me["id"], me["name"], me["body"]["is_service_account"]) == (str(made.id), name, False)
    assert login_status(server, name, "wrong") == 401
    refused = session.post(
        f"{server['url']}/api/v1/users", json={"name": unique("x"), "password": "p" * 8, "is_admin": True}, timeout=30
    )
    assert refused.status_code == 403

    with pytest.raises(IllegalOperationError):
        client.update_user(name, updated_full_name="Full Name", updated_email="a@example.com")
    own = session.put(f"{server['url']}/api/v1/current-user", json={"full_name": "Full Name"}, timeout=30)
    assert own.status_code == 200
    client.update_user(name, updated_is_admin=True)
    read = client.get_user(name)
    assert (read.full_name, read.is_admin) == ("Full Name", True)
    assert client.get_user(name[:-2]).id == made.id
    assert [item.id for item in client.list_users(name=name, active=True)] == [made.id]
    deactivated = client.deactivate_user(name)
    assert deactivated.active is False and deactivated.activation_token
    assert login_status(server, name, "first-password") == 401
    client.delete_user(name)
    with pytest.raises(KeyError):
        client.get_user(name)


def test_a_user_without_password_is_activated(client: Client, server: dict[str, str]) -> None:
    made = client.create_user(unique("invited"))
    assert made.active is False and made.activation_token
    assert login_status(server, made.name, "new-password-1") == 401
    url = f"{server['url']}/api/v1/users/{made.id}/activate"
    wrong = requests.put(url, json={"activation_token": "wrong", "password": "new-password-1"}, timeout=30)
    assert wrong.status_code == 401
    body = {"activation_token": made.activation_token, "password": "new-password-1"}
    assert requests.put(url, json=body, timeout=30).status_code == 200
    assert login_status(server, made.name, "new-password-1") == 200
    assert client.get_user(made.id).active is True
    client.delete_user(made.id)


def test_one_cannot_delete_oneself(client: Client) -> None:
    with pytest.raises(IllegalOperationError):
        client.delete_user(client.active_user.name)


def test_service_accounts(client: Client) -> None:
    name = unique("robot")
    made = client.create_service_account(name, full_name="Robot", description="builds")
    read = client.get_service_account(name)
    assert (read.id, read.description, read.active, read.full_name) == (made.id, "builds", True, "Robot")
    with pytest.raises(EntityExistsError):
        client.create_service_account(name)
    client.update_service_account(name, updated_name=f"{name}-new", description="tests", active=False)
    read = client.get_service_account(made.id)
    assert (read.name, read.description, read.active) == (f"{name}-new", "tests", False)
    assert [item.id for item in client.list_service_accounts(name=f"startswith:{name}", active=False)] == [made.id]
    client.delete_service_account(made.id)
    with pytest.raises(KeyError):
        client.get_service_account(made.id)


def test_api_keys_are_created_rotated_and_switched_off(client: Client, server: dict[str, str], log_in: LogIn) -> None:
    account = client.create_service_account(unique("keyed"))
    made = client.create_api_key(account.id, "ci", description="for CI")
    assert made.key.startswith("ZENKEY_")
    read = client.get_api_key(account.name, "ci")
    assert (read.id, read.description, read.active, read.key) == (made.id, "for CI", True, None)
    with pytest.raises(EntityExistsError):
        client.create_api_key(account.id, "ci")

    session = log_in("", made.key)
    me = session.get(f"{server['url']}/api/v1/current-user", timeout=30).json()
    assert (me["id"], me["body"]["is_service_account"]) == (str(account.id), True)
    assert client.get_api_key(account.id, "ci").last_login is not None

    retained = client.rotate_api_key(account.id, "ci", retain_period_minutes=5)
    assert retained.key != made.key
    assert [login_status(server, "", key) for key in (made.key, retained.key)] == [200, 200]
    final = client.rotate_api_key(account.id, "ci")
    assert [login_status(server, "", key) for key in (made.key, retained.key, final.key)] == [401, 401, 200]
    assert client.get_api_key(account.id, "ci").last_rotated is not None

    client.update_api_key(account.id, "ci", name="ci-2", description="off", active=False)
    assert login_status(server, "", final.key) == 401
    listed = client.list_api_keys(account.id, name="ci-2", active=False)
    assert [(item.id, item.description) for item in client.list_api_keys(account.id, hydrate=True)] == [
        (made.id, "off")
    ]
    assert listed.total == 1
    client.update_api_key(account.id, "ci-2", active=True)
    assert login_status(server, "", final.key) == 200
    client.delete_api_key(account.id, "ci-2")
    assert login_status(server, "", final.key) == 401
    client.delete_service_account(account.id)


def test_what_a_service_account_does_is_its_own(client: Client, server: dict[str, str], log_in: LogIn) -> None:
    account = client.create_service_account(unique("author"))
    session = log_in("", client.create_api_key(account.id, "key").key)
    name = unique("by-robot")
    made = session.post(f"{server['url']}/api/v1/tags", json={"name": name}, timeout=30)
    assert made.status_code == 200
    assert client.get_tag(name).user.id == account.id
    client.delete_tag(name)
    client.delete_service_account(account.id)
    assert session.get(f"{server['url']}/api/v1/current-user", timeout=30).status_code == 401


def test_the_server_says_what_it_is(client: Client, server: dict[str, str]) -> None:
    info = client.zen_store.get_store_info()
    assert str(info.version) == "0.98.0"
    assert info.is_local() is False
    assert requests.get(f"{server['url']}/health", timeout=30).status_code == 200
    assert requests.get(f"{server['url']}/api/v1/current-user", timeout=30).status_code == 401
    settings = client.get_settings()
    assert settings.server_name and settings.active is True
