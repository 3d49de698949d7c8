"""`docker` without containers: `run -d` and `compose up -d` start processes of this machine, `--version` answers.

    docker_processes.py DIRECTORY ARGUMENTS...

The output of each goes to DIRECTORY/containers/NAME.log.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent


def container(name: str, command: list[str], environment: dict[str, str]) -> tuple[list[str], dict[str, str], Path]:
    """What a container's process is started with: a directory of its own stands in for `/app`."""
    containers = DIRECTORY / "containers"
    containers.mkdir(exist_ok=True)
    # A run that is resumed gets a container of the name that its first one had.
    home = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=containers))
    inherited = {key: os.environ[key] for key in ("HOME", "LANG", "PATH", "TMPDIR") if key in os.environ}
    own = {
        "PYTHONPATH": str(FOLDER / "container"),
        "TEST_APP_DIRECTORY": str(home),
        "ZENML_CONFIG_PATH": str(home / "config"),
        "ZENML_LOCAL_STORES_PATH": str(home / "stores"),
        "ZENML_ANALYTICS_OPT_IN": "false",
    }
    program = sys.executable if command[0] == "python" else command[0]
    return [program, *command[1:]], inherited | own | environment, home


def detach(run: list[str], environment: dict[str, str], log: Path) -> None:
    with log.open("ab") as output:
        subprocess.Popen(run, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)


def read_run(arguments: list[str]) -> tuple[str, list[str], dict[str, str]]:
    """The name, command and environment in the arguments of `docker run`."""
    name, entrypoint, environment, rest = "", [], {}, list(arguments)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option == "-d":
            continue
        value = rest.pop(0)
        if option == "--name":
            name = value
        elif option == "--entrypoint":
            entrypoint = [value]
        elif option == "--env-file":
            lines = Path(value).read_text().splitlines()
            environment = dict(line.split("=", 1) for line in lines if line)
    return name, entrypoint + rest[1:], environment


def compose_up() -> None:
    """Starts the services one after the other, in an order in which each comes after those that it depends on."""
    detach([sys.executable, __file__, str(DIRECTORY), "compose-services"], dict(os.environ), DIRECTORY / "compose.log")


def compose_services() -> None:
    services = yaml.safe_load(Path("docker-compose.yml").read_text())["services"]
    ended: dict[str, bool] = {}
    while waiting := [name for name in services if name not in ended]:
        name = next(n for n in waiting if all(before in ended for before in services[n].get("depends_on", {})))
        service = services[name]
        ended[name] = False
        if not all(ended[before] for before in service.get("depends_on", {})):
            continue
        command = [*service["entrypoint"], *service["command"]]
        environment = {key: str(value) for key, value in service["environment"].items()}
        run, environment, home = container(service["container_name"], command, environment)
        with (home / "log").open("ab") as output:
            ended[name] = subprocess.run(run, env=environment, stdout=output, stderr=output, check=False).returncode == 0


if __name__ == "__main__":
    DIRECTORY = Path(sys.argv[1])
    match sys.argv[2:]:
        case ["--version"]:
            print("Docker version 0 (processes)")
        case ["run", *arguments]:
            container_name, to_run, variables = read_run(arguments)
            process, variables, folder = container(container_name, to_run, variables)
            detach(process, variables, folder / "log")
        case ["compose", "up", "-d"]:
            compose_up()
        case ["compose-services"]:
            compose_services()
        case other:
            sys.exit(f"docker: {other} is not known here")
