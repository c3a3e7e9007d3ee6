"""What a plan says of what really came, in all and by source, and on which day the pace falls short."""

from collections import Counter
from datetime import date
from fractions import Fraction

import pytest
from rich.console import Console

from deploy.command.agreement_progress import Progress, Reached, compared
from tests.unit.test_agreement_plan import SHARES, planned

CAME = {"inquiry": 1200, "mql": 180, "sal": 100, "sql": 40, "won": 3}
PLANNED = {
    "inquiry": Fraction(1177),
    "mql": Fraction(177),
    "sal": Fraction(124),
    "sql": Fraction(62),
    "won": Fraction(17, 2),
}
UNTIL = date(2026, 8, 31)
"""The fifteenth day of the plan's leads."""


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        (None, "At this pace the plan is met to its end."),
        (date(2026, 9, 14), "At this pace it falls short on 2026-09-14."),
        (date(2026, 8, 31), "It falls short already, on 2026-08-31."),
    ],
)
def test_the_pace_is_told_in_words(day: date | None, verdict: str) -> None:
    progress = Progress(until=UNTIL, whole=Reached(CAME, PLANNED, Fraction(45, 4), day))
    came, pace = progress.sentences()
    assert came == (
        "By the end of 2026-08-31 there came, of what was planned by then: 1,200 of 1,177 inquiries, "
        "180 of 177 MQLs, 100 of 124 SALs, 40 of 62 SQLs, 3 of 8 deals."
    )
    assert pace == f"The pace is 11.2 MQLs a day. {verdict}"
    assert progress.document()["falls_short_on"] == (day.isoformat() if day else None)


def test_it_says_why_nobody_was_asked() -> None:
    progress = Progress(not_asked="nothing runs in data")
    assert list(progress.sentences()) == ["What really came is not shown: nothing runs in data."]
    assert progress.document() == {"not_asked": "nothing runs in data", "coverage": None}


def test_how_much_of_the_market_there_is_a_lead_of() -> None:
    covered = {"agreement": "acme@1", "companies": 312, "accounts": 12000, "share": 0.026}
    assert list(Progress(coverage=covered).covered()) == [
        "Of the 12,000 accounts in the market there is a lead of 312: 2.6%."
    ]
    assert list(Progress(coverage=covered | {"accounts": None, "share": None}).covered()) == []


def of(**stages: int) -> Counter[str]:
    return Counter(stages)


def by_source() -> Progress:
    """Marketing is far ahead, nobody prospects, partners come through two sources, and one is forgotten."""
    partners = SHARES.replace("partners: 0.1", "partners: {share: 0.1, leads_from: [portal, fair]}")
    came = {
        "marketing": of(inquiry=900, mql=400, sal=90),
        "portal": of(inquiry=10, mql=9),
        "fair": of(inquiry=20, mql=10),
        "newsletter": of(inquiry=5, mql=1),
    }
    lately = {"marketing": of(mql=400), "portal": of(mql=5)}
    return compared(planned((SHARES, partners)), came, lately, 15, UNTIL)


def test_each_source_is_compared_with_its_part_of_the_plan() -> None:
    progress = by_source()
    assert progress.whole is not None
    assert progress.whole.came["mql"] == 420
    mqls = {name: (one.came["mql"], float(one.planned["mql"])) for name, one in progress.sources.items()}
    assert mqls == {
        "marketing": (400, pytest.approx(177 * 650 / 1083)),
        "sales_prospecting": (0, pytest.approx(177 * 325 / 1083)),
        "partners": (19, pytest.approx(177 * 108 / 1083)),
    }
    assert {name: one.falls_short_on for name, one in progress.sources.items()} == {
        "marketing": None,
        "sales_prospecting": UNTIL,
        "partners": date(2026, 9, 2),
    }


def test_leads_that_no_source_of_the_plan_names_are_shown_and_it_says_what_to_do() -> None:
    progress = by_source()
    assert progress.others == {"newsletter": of(inquiry=5, mql=1)}
    assert progress.unnamed() == (
        "No source of the plan has leads from 'newsletter': name that in the `leads_from` of one."
    )


def test_the_table_has_a_row_for_each_source() -> None:
    console = Console(width=200)
    with console.capture() as shown:
        console.print(by_source().by_source())
    rows = [line.split() for line in shown.get().splitlines()]
    assert rows[1][0] == "marketing"
    assert rows[1][4:7] == ["400", "of", "106"]
    assert rows[1][-4:] == ["not", "at", "this", "pace"]
    assert rows[2][-2:] == ["0.0", "already"]
    assert rows[3][-2:] == ["on", "2026-09-02"]
    assert rows[4][:4] == ["from", "newsletter", "5", "1"]


def test_programs_get_the_same() -> None:
    document = by_source().document()
    partners = document["sources"][2]
    assert (partners["source"], partners["came"]["mql"], partners["falls_short_on"]) == (
        "partners",
        19,
        "2026-09-02",
    )
    assert document["of_no_source"] == [
        {"leads_from": "newsletter", "came": {"inquiry": 5, "mql": 1, "sal": 0, "sql": 0, "won": 0}}
    ]


def test_a_plan_without_sources_is_compared_as_a_whole_only() -> None:
    progress = compared(planned((SHARES, "sources: {}")), {"fair": of(mql=9)}, {}, 15, UNTIL)
    assert progress.whole is not None
    assert progress.whole.came["mql"] == 9
    assert (progress.sources, progress.others, progress.by_source()) == ({}, {}, None)
