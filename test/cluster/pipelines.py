"""The pipelines that are run; a module of their own, which travels through the artifact store."""

import os

from zenml import pipeline, step
from zenml.config import DockerSettings

# Nothing is built: the code comes from the artifact store, and the image was made beforehand.
WITHOUT_BUILD = DockerSettings(
    parent_image=os.environ.get("ZENML_TEST_IMAGE", "localhost/none"),
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
