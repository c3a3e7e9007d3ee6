"""A replay asks anew for all that a score came from: also for instants, and for the fast lane."""

from datetime import timedelta
from typing import Final

import pytest
from msgspec.structs import replace

from services.scoring.domain.replay import differences, replayed
from shared.agreement import load_text
from shared.contracts.ingest import LeadMerged, LeadUpdated
from shared.contracts.values import Person
from shared.testing.leads import NOON, activity, captured, lead_id, recorded
from tests.unit.scoring_lead import AGREEMENT, TEXT, Told

LANES: Final = load_text(
    TEXT.replace(
        "[{name: asked for a demo,",
        "[{name: called, when: {activity.type: called, title: known}}, {name: asked for a demo,",
    )
)
BY_WHEN: Final = load_text(
    TEXT.replace(
        "      - {name: decision maker",
        "      - {name: fresh, when: {captured.at: {within: 30s}}, points: 40}\n"
        "      - {name: decision maker",
    )
)


def test_a_rule_that_looks_at_when_a_lead_was_captured_is_replayed_to_the_microsecond() -> None:
    told = Told(BY_WHEN)
    told.hear(captured(), at=NOON + timedelta(microseconds=142613))
    told.hear(recorded(2), at=NOON + timedelta(seconds=30, microseconds=142613))
    told.hear(recorded(3), at=NOON + timedelta(seconds=30, microseconds=142614))
    assert [sum(point.name == "fresh" for point in kept.receipt.fit) for kept in told.kept] == [1, 1, 0]
    for kept in told.kept:
        assert differences(kept.receipt, replayed(kept, told.lead, told.agreement)) == []


@pytest.mark.parametrize("at", ["2026-13-01", "noon", "", "2026-11-27", 7])
def test_an_instant_that_can_not_be_read_any_more_is_a_difference(at: str | int) -> None:
    told = Told(BY_WHEN)
    told.hear(captured())
    [kept] = told.kept
    altered = replace(kept, receipt=replace(kept.receipt, facts={**kept.receipt.facts, "captured.at": at}))
    line, *_ = differences(altered.receipt, replayed(altered, told.lead, BY_WHEN))
    assert line.startswith("'fresh' was +40")
    assert line.endswith("it is not there")


@pytest.mark.parametrize("lane", ["asked for a damo", None])
def test_a_fast_lane_that_was_altered_is_noticed(lane: str | None) -> None:
    told = Told()
    told.hear(captured(first=activity(1, "demo_requested")), recorded(2))
    first, second = told.kept
    for kept, fast in ((first, None), (first, first), (second, first)):
        altered = replace(kept, receipt=replace(kept.receipt, fast_lane=lane))
        assert differences(kept.receipt, replayed(kept, told.lead, AGREEMENT, fast)) == []
        assert differences(altered.receipt, replayed(altered, told.lead, AGREEMENT, fast)) == [
            f"the fast lane was {lane or 'none'}; it is asked for a demo"
        ]


def test_a_fast_lane_that_came_so_late_that_it_was_folded_out_at_once_is_taken_as_it_was_said() -> None:
    told = Told()
    told.hear(captured(), *(recorded(seq) for seq in range(3, 12)))
    told.hear(recorded(2, "demo_requested", at=NOON - timedelta(days=3000)))
    kept = told.kept[-1]
    assert (kept.fast_seq, kept.without, kept.receipt.fast_lane) == (2, (2,), "asked for a demo")
    assert differences(kept.receipt, replayed(kept, told.lead, AGREEMENT)) == []


def test_a_fast_lane_that_nobody_took_is_noticed() -> None:
    told = Told()
    told.hear(captured())
    [kept] = told.kept
    altered = replace(kept, receipt=replace(kept.receipt, fast_lane="asked for a demo"))
    [line] = differences(altered.receipt, replayed(altered, told.lead, AGREEMENT))
    assert line == "the fast lane was asked for a demo; it is none"


def test_the_newest_lane_counts_however_late_an_older_one_comes() -> None:
    told = Told(LANES)
    told.hear(captured(), recorded(3, "called"), recorded(2, "demo_requested"))
    assert (told.lead.fast_lane, told.lead.fast_seq) == ("called", 3)


def test_a_lane_is_replayed_by_what_was_known_when_it_was_taken() -> None:
    told = Told(LANES)
    nobody = LeadUpdated(person=Person(country="PT"), email=captured().email, company=captured().company)
    told.hear(captured(), recorded(2, "called"), nobody, recorded(3, "called"), recorded(4, "demo_requested"))
    assert [kept.receipt.fast_lane for kept in told.kept] == [None, "called", "called", "asked for a demo"]
    taken = {kept.receipt.number: kept for kept in told.kept}
    for kept in told.kept:
        again = replayed(kept, told.lead, LANES, taken.get(kept.fast_at or 0))
        assert differences(kept.receipt, again) == []


def test_the_lane_of_a_lead_that_was_merged_into_it_is_taken_as_it_was_said() -> None:
    mine, others = Told(), Told()
    others.hear(captured(first=activity(1, "demo_requested")), LeadMerged(survivor=lead_id("older")))
    assert others.united is not None
    mine.hear(captured())
    mine.unite(others.united)
    mine.hear(recorded(2))
    assert [kept.receipt.fast_lane for kept in mine.kept[1:]] == ["asked for a demo"] * (len(mine.kept) - 1)
    for kept in mine.kept:
        assert differences(kept.receipt, replayed(kept, mine.lead, AGREEMENT)) == []
