"""Runs a pipeline of three steps with the SDK and prints the run's name: what the dashboard is then asked to show."""

from zenml import pipeline, step


@step
def load() -> int:
    return 20


@step
def double(number: int) -> int:
    return 2 * number


@step
def report(number: int) -> str:
    return f"the number is {number}"


@pipeline(name="three_steps", enable_cache=False)
def three_steps() -> None:
    report(double(load()))


if __name__ == "__main__":
    run = three_steps()
    print(f"run {run.name}")
