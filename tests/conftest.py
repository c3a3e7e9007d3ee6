"""What every test may use: real databases, and the table at the end of the run."""

from hypothesis import settings

pytest_plugins = ["tests.servers.fixtures", "tests.suites"]

# No deadline: how long an example takes says more about the machine than about the law.
settings.register_profile("baton", deadline=None, print_blob=True)
settings.load_profile("baton")
