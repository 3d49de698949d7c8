"""What a container's file system gives: ZenML's entry points work in `/app`, which is a directory of each process here."""

import os

_makedirs, _chdir = os.makedirs, os.chdir


def _inside(path):
    return os.environ["TEST_APP_DIRECTORY"] if path == "/app" else path


os.makedirs = lambda name, *args, **kwargs: _makedirs(_inside(name), *args, **kwargs)
os.chdir = lambda path: _chdir(_inside(path))
