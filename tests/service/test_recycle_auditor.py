"""The ledger and its auditor: every planted fault makes the figures positive, a whole journey does not."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations

import pytest

from services.recycle import handlers
from shared.baton import Holder
from shared.contracts.recycle import OwnerConfirmed, OwnerMissing, OwnerRestored
from shared.contracts.routing import RepChanged
from shared.testing.leads import NOON, captured, lead_id, recorded
from tests.service.recycle_place import GRACE, Place
from tests.unit.recycle_lead import AGREEMENT, RITA, assigned, given_up, not_qualified, scored

OTTO = Holder("rep", "otto@acme.example", "otto@acme.example")
HIRED = [RepChanged(person=one.answers, active=True) for one in (RITA, OTTO)]
LEFT = RepChanged(person=RITA.answers, active=False, deputy="ines@acme.example")


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    made = Place(database_url)
    await made.hear(*HIRED)
    yield made
    await made.close()


async def figures(place: Place) -> tuple[int, float]:
    summary = await place.read(handlers.summary)
    return summary.leads_without_owner, summary.owner_gap_seconds


async def test_a_whole_journey_leaves_no_gap(place: Place) -> None:
    await place.hear(captured())
    await place.hear(assigned(2, why="new"), given_up())
    await place.call_tools()
    await place.audit()
    assert await figures(place) == (0, 0.0)
    assert await place.said(OwnerMissing) == []
    owners = await place.read(lambda tx: handlers.owners(tx, lead_id()))
    assert [(o.number, o.holder.kind if o.holder else None) for o in owners] == [
        (1, "intake"),
        (2, "rep"),
        (3, "track"),
    ]


async def test_a_custodian_that_swallows_a_move_makes_a_gap(place: Place) -> None:
    await place.hear(captured())
    place.clock.advance(timedelta(seconds=60))
    await place.hear(assigned(3, OTTO))
    assert await figures(place) == (0, 0.0), "it may still be on its way"
    await place.audit()
    without, seconds = await figures(place)
    assert without == 1
    assert seconds >= 60
    [asked] = await place.said(OwnerMissing)
    assert asked.event.custodian == "routing"
    assert asked.event.holder == OTTO
    assert "number 1 is followed by 3" in asked.event.problem


async def test_a_holder_who_left_makes_a_gap(place: Place) -> None:
    await place.hear(captured(), assigned(2, why="new"))
    await place.hear(LEFT)
    await place.audit()
    await place.audit()
    without, seconds = await figures(place)
    assert (without, seconds) == (1, GRACE.total_seconds())
    [missing] = await place.read(handlers.leads_without_owner)
    assert "rita@acme.example" in missing[0].gap.about


async def test_a_holder_who_left_makes_a_gap_although_they_sign_the_agreement(place: Place) -> None:
    sam = AGREEMENT.parties.sales
    await place.hear(RepChanged(person=sam, active=True))
    await place.hear(captured(), assigned(2, Holder("rep", sam, sam), why="new"))
    await place.hear(RepChanged(person=sam, active=False))
    await place.audit()
    await place.audit()
    assert (await figures(place))[0] == 1


async def test_a_lead_captured_without_an_owner_makes_a_gap(place: Place) -> None:
    event = captured()
    await place.hear(type(event)(person=event.person, source="website", activity=event.activity))
    await place.audit()
    await place.audit()
    assert (await figures(place))[0] == 1
    [asked] = await place.said(OwnerMissing)
    assert asked.event.custodian == "scoring"


async def test_a_rep_whom_nobody_knows_makes_a_gap(place: Place) -> None:
    nobody = Holder("rep", "who@acme.example", "who@acme.example")
    await place.hear(captured(), assigned(2, nobody))
    await place.audit()
    assert (await figures(place))[0] == 1
    await place.hear(RepChanged(person=nobody.answers, active=True))
    await place.audit()
    assert (await figures(place))[0] == 0


async def test_whoever_leaves_and_hands_over_in_one_instant_leaves_no_gap(place: Place) -> None:
    await place.hear(captured(), assigned(2, why="new"))
    place.clock.advance(timedelta(seconds=10))
    await place.hear(LEFT, assigned(3, OTTO, kind="move", why="left"))
    await place.audit()
    assert await figures(place) == (0, 0.0)


async def test_a_deputy_answers_for_a_leavers_offer_and_nobody_is_asked(place: Place) -> None:
    await place.hear(captured(), assigned(2, why="new"), given_up("silent"))
    await place.hear(LEFT)
    await place.audit()
    await place.audit()
    assert (await figures(place))[0] == 0


async def test_the_auditor_asks_once_and_again_after_a_while(place: Place) -> None:
    await place.hear(captured(), assigned(3, OTTO))
    await place.audit()
    await place.audit(after=timedelta(seconds=2))
    assert len(await place.said(OwnerMissing)) == 1
    await place.audit(after=timedelta(minutes=5))
    assert len(await place.said(OwnerMissing)) == 2


async def test_the_auditor_never_repairs(place: Place) -> None:
    await place.hear(captured(), assigned(3, OTTO))
    before = await place.read(lambda tx: handlers.owners(tx, lead_id()))
    await place.audit()
    assert await place.read(lambda tx: handlers.owners(tx, lead_id())) == before
    events = {type(one.event).TYPE for one in await place.said(OwnerMissing)}
    assert events == {"owner.missing"}


async def test_the_custodians_word_heals_and_the_gap_stays_on_record(place: Place) -> None:
    await place.hear(captured())
    place.clock.advance(timedelta(seconds=60))
    await place.hear(assigned(3, OTTO))
    await place.audit()
    await place.hear(OwnerConfirmed(number=3, holder=OTTO), topic="baton.routing")
    without, seconds = await figures(place)
    assert without == 0
    assert seconds == 60 + GRACE.total_seconds()
    [restored] = await place.said(OwnerRestored)
    assert restored.event.for_s == seconds
    await place.audit(after=timedelta(minutes=10))
    assert len(await place.said(OwnerMissing)) == 1
    assert (await figures(place))[1] == seconds


async def test_with_one_of_two_faults_healed_it_still_has_no_owner(place: Place) -> None:
    await place.hear(captured(), assigned(3), LEFT)
    await place.audit()
    await place.audit()
    await place.hear(OwnerConfirmed(number=3, holder=RITA), topic="baton.routing")
    assert await place.said(OwnerRestored) == []
    assert (await figures(place))[0] == 1
    await place.hear(assigned(4, OTTO, kind="move", why="put right"))
    assert len(await place.said(OwnerRestored)) == 1


async def test_a_later_move_heals_a_leavers_lead(place: Place) -> None:
    await place.hear(captured(), assigned(2, why="new"), LEFT)
    await place.audit()
    await place.audit()
    assert len(await place.said(OwnerMissing)) == 1
    await place.hear(assigned(3, OTTO, kind="move", why="put right"))
    assert (await figures(place))[0] == 0
    [restored] = await place.said(OwnerRestored)
    assert restored.event.for_s == 2 * GRACE.total_seconds()


async def test_recycle_answers_the_auditor_too(place: Place) -> None:
    await place.hear(captured(), not_qualified(Holder("track", "new", "gone@acme.example")))
    await place.hear(RepChanged(person="gone@acme.example", active=False))
    await place.audit()
    await place.audit()
    assert (await figures(place))[0] == 0
    [owner] = [o for o in await place.read(lambda tx: handlers.owners(tx, lead_id())) if o.to is None]
    assert owner.holder is not None
    assert owner.holder.answers == "maya@acme.example"
    assert len(await place.said(OwnerRestored)) == 1


# ---- in any order


async def test_the_order_between_topics_makes_no_difference(place: Place) -> None:
    said = [
        (captured(), "baton.ingest"),
        (assigned(2, why="new"), "baton.routing"),
        (given_up(), "baton.routing"),
    ]
    for number, order in enumerate(permutations(said)):
        name = f"lead{number}"
        for event, topic in order:
            await place.hear(event, name=name, topic=topic)
            await place.audit(after=timedelta(0))
    await place.audit()
    seen = [
        await place.read(lambda tx, n=n: handlers.owners(tx, lead_id(f"lead{n}")))  # type: ignore[misc]
        for n in range(6)
    ]
    assert all([o.number for o in owners][:2] == [1, 2] for owners in seen)
    assert await figures(place) == (0, 0.0)


async def test_a_hole_waits_until_every_topic_was_read_past_it(place: Place) -> None:
    await place.hear(captured())
    place.clock.advance(timedelta(seconds=60))
    await place.hear(assigned(3, OTTO))
    assert place.service.on_idle is not None
    for _ in range(20):  # Three topics are silent; routing goes on reading what is older than the hole.
        place.clock.advance(timedelta(seconds=10))
        await place.tell(
            recorded(2), name="other", at=place.clock.now() - timedelta(hours=1), topic="baton.scoring"
        )
        await place.turn()
        await place.service.tx(place.service.on_idle)
    assert await figures(place) == (0, 0.0)
    await place.audit()
    assert (await figures(place))[0] == 1


async def test_no_second_counts_before_the_fault_does(place: Place) -> None:
    await place.hear(captured())
    place.clock.advance(timedelta(seconds=60))
    await place.hear(assigned(3, OTTO))
    await place.audit(after=timedelta(seconds=10))
    summary = await place.read(handlers.summary)
    assert summary.as_of == NOON + timedelta(seconds=30)
    assert summary.owner_gap_seconds == 0.0


async def test_after_a_restart_nothing_counts_as_read_before_it_could_be(place: Place) -> None:
    await place.hear(captured())
    place.clock.advance(timedelta(seconds=1))
    await place.hear(assigned(3, OTTO))
    await place.hear(scored(1, 20), OwnerConfirmed(number=1, holder=RITA), name="other")
    await place.hear(OwnerRestored(for_s=1, by="x"), name="other")
    place.clock.advance(timedelta(hours=1))
    place.service = place.restarted()
    assert place.service.on_idle is not None
    await place.service.tx(place.service.on_idle)
    assert (await figures(place))[0] == 0
    await place.audit()
    assert (await figures(place))[0] == 1
