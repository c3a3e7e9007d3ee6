"""What recycle remembers of a lead before scoring has said it."""

import pytest

from shared.agreement import load_text
from shared.contracts.recycle import LeadReturned
from shared.testing.leads import captured, recorded
from tests.unit.recycle_lead import TEXT, Told, not_qualified

DEMO = "{activity.type: demo_requested}"


@pytest.mark.parametrize(("country", "said"), [("PT", [LeadReturned]), ("US", [])])
def test_a_fast_lane_that_asks_for_the_lead_is_known_too(country: str, said: list[type]) -> None:
    lane = f"{{all: [{DEMO}, {{country: {country}}}]}}"
    told = Told(agreement=load_text(TEXT.replace(DEMO, lane)))
    told.hear(captured(), not_qualified())
    assert [type(event) for event in told.hear(recorded(2, "demo_requested"))] == said
