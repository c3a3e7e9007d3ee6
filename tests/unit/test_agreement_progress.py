"""What a plan says of what really came, and of the day on which the pace falls short."""

from datetime import date
from fractions import Fraction

import pytest

from deploy.command.agreement_progress import Progress

CAME = {"inquiry": 1200, "mql": 180, "sal": 100, "sql": 40, "won": 3}
PLANNED = {
    "inquiry": Fraction(1177),
    "mql": Fraction(177),
    "sal": Fraction(124),
    "sql": Fraction(62),
    "won": Fraction(17, 2),
}


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        (None, "At this pace the plan is met to its end."),
        (date(2026, 9, 14), "At this pace it falls short on 2026-09-14."),
        (date(2026, 8, 31), "It falls short already, on 2026-08-31."),
    ],
)
def test_the_pace_in_words(day: date | None, verdict: str) -> None:
    progress = Progress("", date(2026, 8, 31), CAME, PLANNED, Fraction(45, 4), day)
    came, pace = progress.sentences()
    assert came == (
        "By the end of 2026-08-31 there came, of what was planned by then: 1,200 of 1,177 inquiries, "
        "180 of 177 MQLs, 100 of 124 SALs, 40 of 62 SQLs, 3 of 8 deals."
    )
    assert pace == f"The pace is 11.2 MQLs a day. {verdict}"
    assert progress.document()["falls_short_on"] == (day.isoformat() if day else None)


def test_why_nobody_was_asked() -> None:
    progress = Progress(not_asked="nothing runs in data")
    assert list(progress.sentences()) == ["What really came is not shown: nothing runs in data."]
    assert progress.document() == {"not_asked": "nothing runs in data"}
