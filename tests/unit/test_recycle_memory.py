"""What recycle remembers of a lead before scoring has said it, and when it is said again."""

from datetime import timedelta

import pytest

from shared.agreement import load_text
from shared.contracts.ingest import LeadUpdated
from shared.contracts.recycle import LeadReturned
from shared.contracts.values import Person
from shared.testing.leads import captured, recorded
from tests.unit.recycle_lead import TEXT, Told, given_up, not_qualified, scored

DEMO = "{activity.type: demo_requested}"


@pytest.mark.parametrize(("country", "said"), [("PT", [LeadReturned]), ("US", [])])
def test_a_fast_lane_that_asks_for_the_lead_is_known_too(country: str, said: list[type]) -> None:
    lane = f"{{all: [{DEMO}, {{country: {country}}}]}}"
    told = Told(agreement=load_text(TEXT.replace(DEMO, lane)))
    told.hear(captured(), not_qualified())
    assert [type(event) for event in told.hear(recorded(2, "demo_requested"))] == said


def test_what_is_said_again_of_a_person_puts_no_facts_right() -> None:
    told, same = Told(), captured()
    told.hear(same, scored(1, 82), given_up("bad-data"))
    told.delivered(told.lead.custody.number)
    again = LeadUpdated(person=same.person, email=same.email, company=same.company)
    assert told.hear(again) == []
    assert [type(one) for one in told.hear(LeadUpdated(person=Person(name="Ana Sousa")))] == [LeadReturned]


def test_a_capture_that_is_said_again_was_no_later() -> None:
    told, same = Told(), captured()
    told.hear(same)
    before = told.lead
    told.now += timedelta(days=20)
    told.hear(same)
    assert told.lead == before
