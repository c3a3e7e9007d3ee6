"""How a lead leaves routing: offered to recycle, or closed; also at once, for what was heard before."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from services.routing.domain.choosing.assign import withdrawn
from services.routing.domain.clocks.of_lead import without_clocks
from services.routing.domain.model import GivingUp, RoutedLead, buried
from services.routing.domain.scene import Routed, Scene
from shared import baton
from shared.contracts.routing import (
    BY_CONSENT,
    LeadClosed,
    LeadDisqualified,
    LeadLost,
    LeadStalled,
    LeadWon,
)
from shared.contracts.values import Snapshot
from shared.effects import Decision, Say
from shared.terms import Consent

DO_NOT_CONTACT: Final = "do-not-contact"
NOT_PER_DEFINITION: Final = "not-per-definition"
COOLED: Final = "cooled"
CRM: Final = "crm"
SCORING: Final = "scoring"


def disqualified(lead: RoutedLead, by: str, why: GivingUp, scene: Scene) -> Routed:
    """Not now: offered to recycle with its reason. Until the answer, whoever held it answers."""
    return _given_up(LeadDisqualified, lead, by, why, scene)


def lost(lead: RoutedLead, by: str, why: GivingUp, scene: Scene) -> Routed:
    """The deal is lost: offered to recycle."""
    return _given_up(LeadLost, lead, by, why, scene)


def _given_up(
    event: type[LeadDisqualified | LeadLost], lead: RoutedLead, by: str, why: GivingUp, scene: Scene
) -> Routed:
    offered, handover = _offered(lead, scene)
    said = event(
        handover=handover,
        by=by,
        reason=why.reason,
        sub_reason=why.sub_reason,
        note=why.note,
        revisit_on=why.revisit_on,
        answers=dict(why.answers),
        snapshot=story_of(offered),
    )
    return Decision(offered, (*withdrawn(lead, scene), Say(said)))


def stalled(lead: RoutedLead, since: datetime, scene: Scene) -> Routed:
    """Nobody touches it any more: offered to recycle."""
    offered, handover = _offered(lead, scene)
    said = LeadStalled(handover=handover, since=since, snapshot=story_of(offered))
    return Decision(offered, (*withdrawn(lead, scene), Say(said)))


def won(lead: RoutedLead, by: str, value: str | None, currency: str | None, scene: Scene) -> Routed:
    """Revenue: the journey is over."""
    custody, handover = baton.close(lead.custody, "won")
    event = LeadWon(handover=handover, by=by, value=value, currency=currency)
    return Decision(buried(custody, lead.done), (*withdrawn(lead, scene), Say(event)))


def closed(lead: RoutedLead, by: str, reason: str, note: str, scene: Scene) -> Routed:
    """It was no lead at all: the journey is over."""
    custody, handover = baton.close(lead.custody, "closed")
    event = LeadClosed(handover=handover, by=by, reason=reason, note=note)
    return Decision(buried(custody, lead.done), (*withdrawn(lead, scene), Say(event)))


def settled(decision: Routed, scene: Scene) -> Routed:
    """What was heard while routing could not act is acted on now, in the same transaction."""
    lead, outcome = decision.state, decision.state.outcome
    duty = baton.routing_must(
        lead.custody,
        denied=lead.consent is Consent.DENIED,
        won=outcome is not None and outcome.kind == "won",
        lost=outcome is not None,
    )
    match duty:
        case "close":
            assert outcome is not None, "only what was won is closed here"
            return decision.then(won(lead, CRM, outcome.value, outcome.currency, scene))
        case "privacy":
            return decision.then(disqualified(lead, BY_CONSENT, GivingUp(DO_NOT_CONTACT), scene))
        case "lost":
            return decision.then(lost(replace(lead, outcome=None), CRM, GivingUp("lost"), scene))
        case None:
            return decision


def story_of(lead: RoutedLead) -> Snapshot:
    """The snapshot that goes along: the stage it reached, and what may be done with it."""
    story = replace(lead.story, stage=lead.stage)
    return story if lead.consent is None else replace(story, consent=lead.consent)


def _offered(lead: RoutedLead, scene: Scene) -> tuple[RoutedLead, baton.Handover]:
    custody, handover = baton.offer(lead.custody)
    offered = replace(
        lead,
        custody=custody,
        since=scene.now,
        accepted=False,
        waiting=False,
        fallback=False,
        dispute=None,
        handoff=None,
        snooze=None,
        meeting=None,
        untold_since=None,
    )
    return without_clocks(offered), handover
