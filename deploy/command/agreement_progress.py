"""What really came so far, and the day on which the pace falls short of the plan: asks a running instance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deploy.command.asking import Instance
from deploy.command.failing import NOBODY, Failed

if TYPE_CHECKING:
    from shared.agreement.plan import Plan

PACE_DAYS: Final = 28
"""The pace is that of the last four whole weeks, so that no weekday counts more than another."""

_MEASURED: Final = ("inquiry", "mql", "sal", "sql", "won")
_NAMES: Final = {"inquiry": "inquiries", "mql": "MQLs", "sal": "SALs", "sql": "SQLs", "won": "deals"}


@dataclass(frozen=True, slots=True)
class Progress:
    """Leads by stage from the plan's first day to `until`, what the plan wants by then, and the MQLs a day.

    `not_asked` says why nothing is known; then there is nothing else.
    """

    not_asked: str = ""
    until: date = date.min
    came: Mapping[str, int] | None = None
    planned: Mapping[str, Fraction] | None = None
    per_day: Fraction = Fraction(0)
    falls_short_on: date | None = None

    def document(self) -> dict[str, Any]:
        """For programs."""
        if self.came is None or self.planned is None:
            return {"not_asked": self.not_asked}
        return {
            "until": self.until.isoformat(),
            "came": dict(self.came),
            "planned": {stage: round(float(wanted), 1) for stage, wanted in self.planned.items()},
            "mql_per_day": round(float(self.per_day), 2),
            "falls_short_on": self.falls_short_on.isoformat() if self.falls_short_on else None,
        }

    def sentences(self) -> Iterator[str]:
        """For people."""
        if self.came is None or self.planned is None:
            yield f"What really came is not shown: {self.not_asked}."
            return
        came, planned = self.came, self.planned
        each = (f"{came[stage]:,} of {float(planned[stage]):,.0f} {name}" for stage, name in _NAMES.items())
        yield f"By the end of {self.until} there came, of what was planned by then: {', '.join(each)}."
        yield f"The pace is {float(self.per_day):.1f} MQLs a day. {self._verdict()}"

    def _verdict(self) -> str:
        if self.falls_short_on is None:
            return "At this pace the plan is met to its end."
        if self.falls_short_on <= self.until:
            return f"It falls short already, on {self.falls_short_on}."
        return f"At this pace it falls short on {self.falls_short_on}."


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
    from shared.agreement.plan import falls_short_on, planned_by

    until = min(today - timedelta(days=1), planned.leads_to)  # the last whole day
    if until < planned.leads_from:
        return Progress(not_asked=f"its first lead is wanted on {planned.leads_from}")
    since = max(planned.leads_from, until - timedelta(days=PACE_DAYS - 1))
    came = _came(instance, planned.leads_from, until)
    per_day = Fraction(_came(instance, since, until)["mql"], (until - since).days + 1)
    return Progress(
        until=until,
        came=came,
        planned={stage: planned_by(planned, stage, until) for stage in _MEASURED},
        per_day=per_day,
        falls_short_on=falls_short_on(planned, "mql", came["mql"], per_day, until),
    )


def _came(instance: Instance, first: date, last: date) -> Mapping[str, int]:
    since, until = (datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1)))
    found: Mapping[str, int] = instance.get("/v1/stages", since=since.isoformat(), until=until.isoformat())
    return found
