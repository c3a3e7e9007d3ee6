"""Ends every test run with a table: which suite ran on which implementation, how many tests, how long."""

import os
from collections import defaultdict
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import pytest

NOTHING_OUTSIDE = "none"
REPORT = "report"  # What a test has to tell people, by record_property, is printed before the table.
NEVER_SKIPPED_IN_CI = {"postgresql": "PostgreSQL", "kafka": "Kafka"}
MARKED = {"kafka": "kafka", "postgres": "postgresql", "sqlite": "sqlite"}
ORDER = ["unit", "contract", "service", "simulation", "chaos", "end_to_end", "servers", "tidy"]
COLUMNS = ["tests", "passed", "failed", "skipped", "gaps", "seconds"]


@dataclass
class Line:
    """One line of the table. A gap is a known one: an expected failure with its reason."""

    outcomes: dict[str, str] = field(default_factory=dict)  # By test; the worst of its phases.
    seconds: float = 0.0

    def count(self, outcome: str) -> int:
        return sum(one == outcome for one in self.outcomes.values())

    def cells(self) -> list[str]:
        counts = [str(self.count(outcome)) for outcome in ("passed", "failed", "skipped", "gaps")]
        return [str(len(self.outcomes)), *counts, f"{self.seconds:.1f}"]


def implementation_of(item: pytest.Item) -> str:
    """What of the outside world a test stood on, by its marker."""
    for marker, implementation in MARKED.items():
        if item.get_closest_marker(marker):
            return implementation
    return NOTHING_OUTSIDE


def suite_of(nodeid: str) -> str:
    """The folder in tests/ that holds the test; a test directly in tests/ is its own suite."""
    parts = PurePosixPath(nodeid.partition("::")[0]).parts
    return parts[1] if len(parts) > 2 else PurePosixPath(parts[-1]).stem


class Suites:
    """Collects the results of every worker, and writes the table."""

    def __init__(self) -> None:
        self.lines: dict[tuple[str, str], Line] = defaultdict(Line)
        self.reports: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        on = next((str(value) for name, value in report.user_properties if name == "on"), NOTHING_OUTSIDE)
        if report.when == "call":
            self.reports += [str(value) for name, value in report.user_properties if name == REPORT]
        line = self.lines[suite_of(report.nodeid), on]
        line.seconds += report.duration
        outcome = "gaps" if hasattr(report, "wasxfail") else str(report.outcome)
        if outcome != "passed":
            line.outcomes[report.nodeid] = outcome
        elif report.when == "call":  # A test that was interrupted in its setup has not passed.
            line.outcomes[report.nodeid] = "passed"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.left_out() and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.lines:
            return
        terminalreporter.ensure_newline()
        for report in self.reports:
            terminalreporter.section("report", sep="-")
            terminalreporter.write_line(report)
        terminalreporter.section("suites", sep="=")
        for row in table(self.lines):
            terminalreporter.write_line(row)
        for name in self.left_out():
            terminalreporter.write_line(f"Tests on {name} were skipped; CI counts that as a failure.")

    def left_out(self) -> list[str]:
        """The servers that CI should have tested on, and did not."""
        skipped = {on for (_, on), line in self.lines.items() if line.count("skipped")}
        return [name for on, name in NEVER_SKIPPED_IN_CI.items() if os.environ.get("CI") and on in skipped]


def table(lines: dict[tuple[str, str], Line]) -> Iterable[str]:
    """The rows, with a sum at the end. Seconds are work, summed over workers."""
    everything = Line()
    rows = [["suite", "runs on", *COLUMNS]]
    for suite, on in sorted(lines, key=_place):
        line = lines[suite, on]
        everything.outcomes |= line.outcomes
        everything.seconds += line.seconds
        rows.append([suite, on, *line.cells()])
    rows.append(["all", "", *everything.cells()])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        names = [cell.ljust(width) for cell, width in zip(row[:2], widths, strict=False)]
        numbers = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join(names + numbers)


def _place(key: tuple[str, str]) -> tuple[int, tuple[str, str]]:
    """Suites in the order of the layout; whatever else there is after them."""
    return (ORDER.index(key[0]) if key[0] in ORDER else len(ORDER)), key


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Runs in the worker: what the test stood on travels with its report."""
    report = yield
    report.user_properties.append(("on", implementation_of(item)))
    return report


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Suites(), "baton-suites")
