"""What really came so far, and the day on which the pace falls short of the plan: asks a running instance."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from deploy.command.asking import Instance
from deploy.command.failing import NOBODY, Failed

if TYPE_CHECKING:
    from shared.agreement.plan import FromSource, Plan

PACE_DAYS: Final = 28
"""The pace is that of the last four whole weeks, so that no weekday counts more than another."""

_MEASURED: Final = ("inquiry", "mql", "sal", "sql", "won")
_NAMES: Final = {"inquiry": "inquiries", "mql": "MQLs", "sal": "SALs", "sql": "SQLs", "won": "deals"}

Came = Mapping[str, Counter[str]]
"""Leads by where they came from and the stage they reached."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Leads by stage up to a day, what the plan wants by then, and the MQLs a day of the last weeks."""

    came: Mapping[str, int]
    planned: Mapping[str, Fraction]
    per_day: Fraction
    falls_short_on: date | None

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "came": {stage: self.came[stage] for stage in _MEASURED},
            "planned": {stage: round(float(wanted), 1) for stage, wanted in self.planned.items()},
            "mql_per_day": round(float(self.per_day), 2),
            "falls_short_on": self.falls_short_on.isoformat() if self.falls_short_on else None,
        }

    def cells(self, until: date) -> Iterator[str]:
        """A row of the table, but for its name."""
        for stage in _MEASURED:
            yield f"{self.came[stage]:,} of {float(self.planned[stage]):,.0f}"
        yield f"{float(self.per_day):.1f}"
        short = self.falls_short_on
        yield "not at this pace" if short is None else "already" if short <= until else f"on {short}"


@dataclass(frozen=True, slots=True)
class Progress:
    """What came from the plan's first day to the end of `until`, in all and by source of the plan.

    `others` are the leads that no source of the plan names, by where they came from. `coverage`: of how many
    companies there is a lead. `not_asked` says why what came is not known.
    """

    not_asked: str = ""
    until: date = date.min
    whole: Reached | None = None
    sources: Mapping[str, Reached] = field(default_factory=dict)
    others: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    coverage: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """For programs."""
        if self.whole is None:
            return {"not_asked": self.not_asked, "coverage": self.coverage or None}
        return {
            "until": self.until.isoformat(),
            **self.whole.document(),
            "sources": [{"source": name, **one.document()} for name, one in self.sources.items()],
            "of_no_source": [
                {"leads_from": name, "came": {stage: came[stage] for stage in _MEASURED}}
                for name, came in self.others.items()
            ],
            "coverage": self.coverage or None,
        }

    def sentences(self) -> Iterator[str]:
        """For people."""
        if self.whole is None:
            yield f"What really came is not shown: {self.not_asked}."
            return
        came, planned = self.whole.came, self.whole.planned
        each = (f"{came[stage]:,} of {float(planned[stage]):,.0f} {name}" for stage, name in _NAMES.items())
        yield f"By the end of {self.until} there came, of what was planned by then: {', '.join(each)}."
        yield f"The pace is {float(self.whole.per_day):.1f} MQLs a day. {self._verdict(self.whole)}"

    def covered(self) -> Iterator[str]:
        """How much of the market there is a lead of, for people; nothing if the agreement names no size."""
        if self.coverage.get("accounts"):
            companies, accounts, share = (self.coverage[name] for name in ("companies", "accounts", "share"))
            covered = f"there is a lead of {companies:,}: {100 * share:g}%"
            yield f"Of the {accounts:,} accounts in the market {covered}."

    def _verdict(self, whole: Reached) -> str:
        if whole.falls_short_on is None:
            return "At this pace the plan is met to its end."
        if whole.falls_short_on <= self.until:
            return f"It falls short already, on {whole.falls_short_on}."
        return f"At this pace it falls short on {whole.falls_short_on}."

    def by_source(self) -> Table | None:
        """The same for each source of the plan; None if the plan names none, or nobody was asked."""
        if not self.sources:
            return None
        table = Table(box=None)
        table.add_column("came, of what was planned by then", overflow="fold")
        for name in (*_NAMES.values(), "MQLs a day", "falls short"):
            table.add_column(name, justify="right")
        for name, one in self.sources.items():
            table.add_row(name, *one.cells(self.until))
        for name, came in self.others.items():
            cells = (f"{came[stage]:,}" for stage in _MEASURED)
            table.add_row(f"from {name or 'where is not known'}", *cells, style="dim")
        return table

    def unnamed(self) -> str:
        """What to do about leads that no source of the plan names; empty where there are none."""
        names = [f"'{name}'" for name in self.others if name]
        if not names:
            return ""
        return (
            f"No source of the plan has leads from {', '.join(names)}: name that in the `leads_from` of one."
        )


def progress_of(planned: "Plan", data: Path, url: str | None, key: str | None) -> Progress:
    """Asks the instance at `url`, or the one that runs in `data`. Raises Failed if none is at `url`."""
    try:
        with Instance.reach(data, url, key) as instance:
            return _progress(planned, instance, datetime.now(UTC).date())
    except Failed as failed:
        if url is not None or failed.code != NOBODY:
            raise
        return Progress(not_asked=f"no instance was asked, because {failed}")


def _progress(planned: "Plan", instance: Instance, today: date) -> Progress:
    until = min(today - timedelta(days=1), planned.leads_to)  # the last whole day
    coverage = instance.get("/v1/market/coverage")
    if until < planned.leads_from:
        return Progress(not_asked=f"its first lead is wanted on {planned.leads_from}", coverage=coverage)
    since = max(planned.leads_from, until - timedelta(days=PACE_DAYS - 1))
    came, lately = _came(instance, planned.leads_from, until), _came(instance, since, until)
    return replace(compared(planned, came, lately, (until - since).days + 1, until), coverage=coverage)


def compared(planned: "Plan", came: Came, lately: Came, days: int, until: date) -> Progress:
    """The plan beside what came until the end of a day, and what of it came in the last `days`."""
    sources = [source for source in planned.sources if planned.targets.sources]
    named = {origin for source in sources for origin in source.origins}

    def reached(source: "FromSource | None") -> Reached:
        from shared.agreement.plan import falls_short_on, planned_by

        origins = came if source is None else source.origins
        so_far, mqls = _sum(came, origins), _sum(lately, origins)["mql"]
        pace = Fraction(mqls, days)
        return Reached(
            so_far,
            {stage: planned_by(planned, stage, until, source) for stage in _MEASURED},
            pace,
            falls_short_on(planned, "mql", so_far["mql"], pace, until, source),
        )

    return Progress(
        until=until,
        whole=reached(None),
        sources={source.name: reached(source) for source in sources},
        others={name: came[name] for name in sorted(came) if sources and name not in named},
    )


def _sum(came: Came, origins: "Mapping[str, object] | tuple[str, ...]") -> Counter[str]:
    return sum((came[origin] for origin in origins if origin in came), Counter[str]())


def _came(instance: Instance, first: date, last: date) -> Came:
    since, until = (datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1)))
    found = instance.get("/v1/stages", since=since.isoformat(), until=until.isoformat())
    return {one.pop("source"): Counter(one) for one in found["sources"]}
