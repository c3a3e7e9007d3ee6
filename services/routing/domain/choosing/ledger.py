"""What the debt ledger is told: who has a lead from now on, and whose turn is given back, and why."""

from services.routing.domain.choosing.place import Place
from services.routing.domain.model import Handoff, RoutedLead, TurnTaken
from services.routing.domain.scene import Scene
from services.routing.domain.turns.tally import Entry, Kind
from shared.agreement import Reason


def given(lead: RoutedLead, place: Place, scene: Scene) -> None:
    """A person has the lead, or is asked to take it over; a queue is nobody's share."""
    if place.holder.kind == "rep":
        worth = scene.agreement.worth_of(place.team, scene.facts(lead))
        entry = _entry(place.kind, place.team, place.holder.name, lead, place.note, scene, worth)
        scene.bench.give(entry, place.claim)


def turn_taken(lead: RoutedLead) -> TurnTaken | None:
    """The turn with which a lead came to whoever has it; None, if it came otherwise."""
    receipt, holder = lead.receipt, lead.custody.holder
    if receipt is None or holder is None or receipt.team is None or holder.name not in receipt.turn:
        return None
    return TurnTaken(receipt.team, holder.name, tuple(receipt.turn), receipt.worth)


def turn_asked(offer: Handoff) -> TurnTaken | None:
    """The turn with which a lead was offered to an account executive; None, if it was no matter of turns."""
    receipt = offer.receipt
    if receipt.team is None or offer.to not in receipt.turn:
        return None
    return TurnTaken(receipt.team, offer.to, tuple(receipt.turn), receipt.worth)


def give_back(turn: TurnTaken | None, lead: RoutedLead, reason: str, scene: Scene) -> None:
    """It was no lead to be had: the turn did not count."""
    if turn is not None:
        entry = _entry("credit", turn.team, turn.person, lead, reason, scene, turn.worth)
        scene.bench.give_back(entry, turn.among)


def is_no_lead(reason: Reason) -> bool:
    """Whether a reason says that the lead was not what it should be: bad data, or no lead at all."""
    return reason.ends is not None or reason.returns == "when_repaired"


def _entry(
    kind: Kind, team: str, person: str, lead: RoutedLead, reason: str, scene: Scene, worth: int
) -> Entry:
    return Entry(
        team=team,
        person=person,
        kind=kind,
        at=scene.now,
        day=scene.day_of(person),
        lead=scene.lead,
        paced=lead.position is not None,
        score=lead.story.score,
        reason=reason,
        worth=worth,
    )
