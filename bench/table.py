"""The table of docs/benchmarks.md: each figure's median and range over the runs, and what was aimed at."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"
BEGIN: Final = "<!-- written by `make bench` -->"
END: Final = "<!-- until here -->"
RATE: Final = "leads/s, webhook to assigned"
CPU: Final = "CPU s for 1,000 leads"
HALF: Final = "at half the rate: "
AIMED_AT: Final = {
    RATE: "at least 2,500",
    CPU: "at most 0.8",
    f"{HALF}acknowledged after ms, p99": "at most 30",
    f"{HALF}assigned after ms, p50": "at most 80",
    f"{HALF}assigned after ms, p99": "at most 250",
}

Figures = dict[str, float]


def table(runs: Mapping[str, Sequence[Figures]]) -> str:
    """Markdown. `runs`: of each place, the figures of each run, by their names in the table."""
    names = dict.fromkeys(name for figures in runs.values() for name in figures[0])
    lines = [["", *runs, "aimed at"], ["---", *("---:" for _ in runs), "---:"]]
    for name in names:
        cells = [_cell([one[name] for one in figures if name in one]) for figures in runs.values()]
        lines.append([name, *cells, AIMED_AT.get(name, "")])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def publish(shown: str, command: str) -> None:
    """Put the table into the document, with the command that made it, the machine, and the day."""
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    made = f"`{command}` · {_machine()} · {datetime.now(UTC):%Y-%m-%d}"
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{made}\n\n{shown}\n{END}{after}")


def _cell(values: Sequence[float]) -> str:
    if not values:
        return ""
    range_ = f" ({_number(min(values))} to {_number(max(values))})" if len(values) > 1 else ""
    return _number(median(values)) + range_


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} cores ({models[0] if models else 'unknown'}), everything on them"
