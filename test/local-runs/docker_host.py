"""A machine with Docker, as the SSH orchestrator sees it: an SSH server on a free port whose only user may run commands.

There is no Docker where the tests run. The program `docker` that this server's commands find (docker_processes.py) starts what a
container would run as a process, so that ZenML's own orchestrator and steps run unchanged.
"""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import paramiko

FOLDER = Path(__file__).parent


class Files(paramiko.SFTPServerInterface):
    """Writes and reads files; nothing else is asked for."""

    def open(self, path, flags, attr):
        try:
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        handle = paramiko.SFTPHandle(flags)
        handle.filename = path
        writes = flags & (os.O_WRONLY | os.O_RDWR)
        handle.writefile = handle.readfile = os.fdopen(descriptor, "wb" if writes else "rb")
        return handle

    def stat(self, path):
        return paramiko.SFTPAttributes.from_stat(os.stat(path))

    lstat = stat

    def chattr(self, path, attr):
        os.chmod(path, attr.st_mode)
        return paramiko.SFTP_OK


class Host(paramiko.ServerInterface):
    """Lets whoever has the key in and runs their commands."""

    def __init__(self, key: paramiko.PKey, environment: dict[str, str]):
        self.key = key
        self.environment = environment

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if key == self.key else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "publickey"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=self.execute, args=(channel, command.decode()), daemon=True).start()
        return True

    def execute(self, channel, command):
        result = subprocess.run(["/bin/sh", "-c", command], env=self.environment, capture_output=True, check=False)
        channel.sendall(result.stdout)
        channel.sendall_stderr(result.stderr)
        channel.send_exit_status(result.returncode)
        channel.close()


def start_docker_host(directory: Path) -> dict:
    """Starts the host. Returns the configuration of an SSH orchestrator on it."""
    programs = directory / "bin"
    programs.mkdir()
    docker = programs / "docker"
    docker.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FOLDER / "docker_processes.py"}" "{directory}" "$@"\n')
    docker.chmod(0o755)
    key = paramiko.RSAKey.generate(2048)
    environment = {
        name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ
    } | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listener.accept()
            transport = paramiko.Transport(connection)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
            transport.start_server(server=Host(key, environment))

    threading.Thread(target=serve, daemon=True).start()
    key_file = directory / "key"
    key.write_private_key_file(str(key_file))
    return {
        "hostname": "127.0.0.1",
        "port": listener.getsockname()[1],
        "username": "tester",
        "ssh_private_key": key_file.read_text(),
        "verify_host_key": False,
        "remote_workdir": str(directory / "work"),
        "minimum_free_disk_gb": 0,
    }
