"""Makes the same snapshots on several servers, and is the machine on which their runs take place until its input ends.

    two_servers.py DIRECTORY URL...    (who logs in: ZENML_TEST_USER, ZENML_TEST_PASSWORD)

Prints a line for each server: the ids of its snapshots by name, as JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "support"))


def create_snapshots(orchestrator: dict, store_url: str) -> dict[str, str]:
    from workspace import activate_stack  # before zenml
    from pipelines import doubling, failing

    activate_stack("ssh", orchestrator, store_url, name="reachable")
    snapshots = {pipeline.name: pipeline.create_snapshot(name=pipeline.name) for pipeline in (doubling, failing)}
    # The same on a machine that nobody reaches.
    activate_stack("ssh", {**orchestrator, "port": 1}, store_url, name="unreachable")
    snapshots["unreachable"] = doubling.create_snapshot(name="unreachable")
    return {name: str(snapshot.id) for name, snapshot in snapshots.items()}


def serve(directory: Path, urls: list[str]) -> None:
    from docker_host import start_docker_host
    from object_store import object_store

    orchestrator = start_docker_host(directory)
    with object_store("127.0.0.1", "runs") as store_url:
        given = json.dumps([orchestrator, store_url])
        for url in urls:
            environment = os.environ | {"ZENML_TEST_SERVER_URL": url}
            client = [sys.executable, __file__, "--snapshots"]
            made = subprocess.run(client, input=given, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            print(made.stdout.splitlines()[-1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    if sys.argv[1] == "--snapshots":
        print(json.dumps(create_snapshots(*json.load(sys.stdin))))
    else:
        serve(Path(sys.argv[1]), sys.argv[2:])
