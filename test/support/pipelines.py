"""The pipelines that are run; a module of their own, which travels through the artifact store."""

import os

from zenml import pipeline, step, wait
from zenml.config import DockerSettings

# Nothing is built: the code comes from the artifact store, and the image was made beforehand or is not looked at.
WITHOUT_BUILD = DockerSettings(
    parent_image=os.environ.get("ZENML_TEST_IMAGE", "localhost/runner:test"),
    skip_build=True,
    allow_including_files_in_images=False,
    allow_download_from_artifact_store=True,
)


@step(enable_cache=False)
def produce(number: int = 1) -> int:
    print(f"produced {number}")
    return number


@step(enable_cache=False)
def double(value: int) -> int:
    return 2 * value


@pipeline(settings={"docker": WITHOUT_BUILD})
def doubling():
    double(produce())


@step(enable_cache=False)
def fail() -> None:
    raise ValueError("as it should")


@pipeline(settings={"docker": WITHOUT_BUILD})
def failing():
    fail()


@pipeline(dynamic=True, enable_cache=False, settings={"docker": WITHOUT_BUILD})
def asking(number: int = 1):
    answer = wait(schema=int, question="How much more?", timeout=1, poll_interval=1, name="more")
    double(produce(number + answer))
