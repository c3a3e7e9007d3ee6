"""What a test run promises: its servers end with it, and it never hides that one of them was left out."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tidy import tree

pytestmark = pytest.mark.slow

A_RUN = """
import sys
from tests.servers import keeper
folder = keeper.open_run()
print(folder, getattr(keeper, sys.argv[1])(), flush=True)
input()
"""
LEFT_OUT = """
import pytest

@pytest.mark.postgres
def test_left_out():
    pytest.skip("not today")

@pytest.mark.kafka
def test_left_out_too():
    pytest.skip("not today")

@pytest.mark.sqlite
@pytest.mark.xfail(reason="known")
def test_known_gap():
    assert False

def test_fine():
    pass
"""


def _gone(folder: Path) -> bool:
    until = time.monotonic() + 10
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return not folder.exists()


POSTGRES = pytest.param(
    "postgres_address",
    "postgres/cluster/postmaster.pid",
    "postgresql://postgres@127.0.0.1:",
    marks=pytest.mark.postgres,
)
KAFKA = pytest.param("kafka_address", "kafka/kafka/broker.pid", "127.0.0.1:", marks=pytest.mark.kafka)


@pytest.mark.parametrize(("server_address", "pid_file", "begins"), [POSTGRES, KAFKA])
def test_a_run_that_is_killed_leaves_no_server_behind(
    request: pytest.FixtureRequest, server_address: str, pid_file: str, begins: str
) -> None:
    if server_address == "kafka_address":
        request.getfixturevalue("kafka_server")  # Or a reason to skip.
    with subprocess.Popen(
        [sys.executable, "-c", A_RUN, server_address],
        cwd=tree.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        folder, address = run.stdout.readline().split()
        server = int((Path(folder) / pid_file).read_text().split("\n")[0])
        os.kill(server, 0)
        assert address.startswith(begins)
        run.send_signal(signal.SIGKILL)
    assert _gone(Path(folder))
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


def _run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.suites"]')
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  kafka: x\n  postgres: x\n  sqlite: x\n")
    (folder / "tests" / "unit").mkdir(parents=True)
    (folder / "tests" / "unit" / "test_left_out.py").write_text(LEFT_OUT)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "PYTEST_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(folder)],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(tree.ROOT), **environment},
        capture_output=True,
        text=True,
    )


def test_the_table_counts_each_suite_on_what_it_ran(tmp_path: Path) -> None:
    done = _run(tmp_path)
    lines = [line.split()[:7] for line in done.stdout.splitlines()]
    assert ["unit", "none", "1", "1", "0", "0", "0"] in lines
    assert ["unit", "sqlite", "1", "0", "0", "0", "1"] in lines
    assert ["unit", "postgresql", "1", "0", "0", "1", "0"] in lines
    assert ["unit", "kafka", "1", "0", "0", "1", "0"] in lines
    assert done.returncode == 0


@pytest.mark.parametrize("server", ["PostgreSQL", "Kafka"])
def test_ci_takes_no_skipped_server_for_an_answer(tmp_path: Path, server: str) -> None:
    done = _run(tmp_path, CI="true")
    assert done.returncode == 1
    assert f"Tests on {server} were skipped; CI counts that as a failure." in done.stdout


def _without_java(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one test on Kafka where neither Java nor Maven can be found."""
    test = "tests/contract/test_bus.py::test_publishing_nothing_is_no_error[kafka]"
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("CI", "BATON_", "PYTEST_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-p", "no:xdist", test],
        cwd=tree.ROOT,
        env={**inherited, "PATH": str(folder), **environment},
        capture_output=True,
        text=True,
    )


def test_without_java_tests_on_kafka_say_in_a_line_what_to_install(tmp_path: Path) -> None:
    done = _without_java(tmp_path)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert "install Java 17 or newer (Debian: openjdk-17-jre-headless)" in line
    assert done.returncode == 0


def test_ci_does_not_do_without_kafka(tmp_path: Path) -> None:
    done = _without_java(tmp_path, CI="true")
    assert "CI does not do without Kafka." in done.stdout
    assert done.returncode == 1
