"""What every test may use: real databases, and the table at the end of the run."""

import gc

from hypothesis import settings

from shared.runtime.garbage import look_rarely

pytest_plugins = ["tests.servers.fixtures", "tests.suites"]

# No deadline: how long an example takes says more about the machine than about the law.
settings.register_profile("baton", deadline=None, print_blob=True)
settings.load_profile("baton")


def pytest_collection() -> None:
    gc.disable()  # What is imported and collected stays: there is nothing to find.


def pytest_collection_finish() -> None:
    gc.enable()
    look_rarely()
