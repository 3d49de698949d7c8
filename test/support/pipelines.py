"""The pipelines that are run; a module of their own, which travels through the artifact store."""

import os

from zenml import get_step_context, pipeline, step, wait
from zenml.config import DockerSettings
from zenml.utils.trigger_utils import get_raw_webhook_event, get_upstream_run

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


@step(enable_cache=False)
def hear() -> str:
    event = get_raw_webhook_event()
    return event["body"]["model"] if event else "no event"


@pipeline(settings={"docker": WITHOUT_BUILD})
def hearing():
    hear()


@step(enable_cache=False)
def follow() -> str:
    upstream = get_upstream_run(get_step_context().pipeline_run)
    return upstream.steps["hear"].output.load() if upstream else "nobody"


@pipeline(settings={"docker": WITHOUT_BUILD})
def following():
    follow()
