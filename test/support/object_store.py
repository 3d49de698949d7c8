"""An S3 that stands on this machine (moto)."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

KEYS = {"key": "key", "secret": "secret"}


@contextmanager
def object_store(host: str, *buckets: str, port: int = 0) -> Iterator[str]:
    """The address of an S3 with these buckets, on a port of `host`: a free one where none is given."""
    with socket.create_server((host, port)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", host, "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    import boto3

    url = f"http://{host}:{port}"
    try:
        wait_for(host, port)
        keys = {"aws_access_key_id": KEYS["key"], "aws_secret_access_key": KEYS["secret"], "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=url, **keys)
        for bucket in buckets:
            client.create_bucket(Bucket=bucket)
        yield url
    finally:
        process.kill()
        process.wait()


def wait_for(host: str, port: int) -> None:
    """Until something listens there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as attempt:
            if attempt.connect_ex((host, port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError(f"nothing listens on {host}:{port}")
