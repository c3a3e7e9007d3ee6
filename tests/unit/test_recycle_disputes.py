"""A dispute as recycle follows it: opened when the arbiter is asked, ruled, left to silence, or moot."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shared.baton import Holder
from shared.contracts.ingest import LeadErased
from shared.contracts.recycle import DisputeOpened, DisputeRuled
from shared.contracts.routing import LeadAssigned, LeadRejected
from shared.contracts.values import Deadline
from shared.testing.leads import NOON, captured, lead_id
from tests.unit.recycle_lead import RECEIPT, RITA, Told, assigned, given_up, scored

QUEUE = Holder("queue", "inside", "ines@acme.example")
RULED_BY = NOON + timedelta(hours=48)
COO = "coo@acme.example"


def rejected(follows: Any = "dispute", reason: str = "not-per-definition") -> LeadRejected:
    return LeadRejected(by="rita@acme.example", reason=reason, what_follows=follows, note="a student")


def disputed(number: int = 3) -> LeadAssigned:
    due = Deadline(name="dispute", due_at=RULED_BY, policy="arbiter")
    return replace(assigned(number, QUEUE, kind="move", why="disputed"), deadlines=(due,))


def opened() -> Told:
    told = Told()
    told.hear(captured(), scored(1, 82), assigned(2, why="new"), rejected(), disputed())
    return told


@pytest.mark.parametrize(("follows", "reason"), [("dispute", "not-per-definition"), ("merge", "duplicate")])
def test_a_no_that_goes_to_the_arbiter_opens_a_dispute_with_what_was_known(follows: str, reason: str) -> None:
    told = Told()
    told.hear(captured(), scored(1, 82), assigned(2, why="new"))
    [said] = told.hear(rejected(follows, reason), disputed())
    assert isinstance(said, DisputeOpened)
    assert (said.by, said.reason, said.note) == ("rita@acme.example", reason, "a student")
    assert (said.arbiter, said.ruled_by) == (COO, RULED_BY)
    assert said.evidence is not None
    assert (said.evidence.agreement, said.evidence.score) == ("recycled@3", RECEIPT)
    assert said.evidence.owner == "ines@acme.example"


def test_what_is_rerouted_or_closed_is_no_dispute() -> None:
    told = Told()
    assert told.hear(captured(), assigned(2, why="new"), rejected("reroute", "wrong-team")) == []
    assert told.hear(assigned(3, kind="move", why="rerouted")) == []


def test_the_arbiter_rules_for_marketing_and_the_rules_route_it() -> None:
    told = opened()
    [ruled] = told.hear(
        replace(assigned(4, kind="move", why="rerouted"), by=COO, note="students buy"),
        replace(assigned(5, kind="move", why="rerouted"), by="rita@acme.example"),
    )
    assert ruled == DisputeRuled(ruling="marketing", by=COO, note="students buy", lead=lead_id())


def test_the_arbiter_rules_for_sales_and_it_is_offered_to_nurture() -> None:
    told = opened()
    offer = replace(given_up("not-per-definition", number=3), by=COO, note="no buyers")
    told.hear(offer)
    assert told.said(DisputeRuled) == [DisputeRuled(ruling="sales", by=COO, note="no buyers", lead=lead_id())]


def test_nobody_rules_and_the_deputy_has_it() -> None:
    [ruled] = opened().hear(
        assigned(4, Holder("rep", "ines@acme.example", "ines@acme.example"), why="escalated")
    )
    assert isinstance(ruled, DisputeRuled)
    assert (ruled.ruling, ruled.by) == ("silence", "ines@acme.example")


@pytest.mark.parametrize(
    "end", [given_up("do-not-contact", number=3), assigned(4, RITA, why="left"), LeadErased()]
)
def test_what_becomes_moot_is_ruled_for_nobody(end: Any) -> None:
    told = opened()
    told.hear(end)
    told.hear(assigned(5, kind="move", why="rerouted"))
    assert told.said(DisputeRuled) == []
    assert told.lead.dispute is None
