"""What the agreement asks of whoever gives a lead up: its reason, and all that this reason needs."""

from collections.abc import Iterator, Mapping

from services.routing.domain.model import GivingUp, RoutedLead
from services.routing.domain.scene import Scene
from shared.agreement import Reason
from shared.effects import CommandRefused


def agreed_reason(lead: RoutedLead, why: GivingUp, scene: Scene) -> Reason:
    """What the agreement says of the reason. Raises CommandRefused, which names all that is missing."""
    reason = scene.agreement.reasons.get(why.reason)
    if reason is None:
        raise CommandRefused("invalid", expected("reason", why.reason, scene.agreement.reasons))
    missing = list(_missing(lead, reason, why, scene))
    if missing:
        raise CommandRefused("invalid", f"{why.reason} needs {', and '.join(missing)}")
    return reason


def expected(what: str, found: str, known: Mapping[str, object]) -> str:
    """A word that the agreement does not know, with those that it knows."""
    return f"no {what} is called '{found}' in the agreement; use one of {', '.join(known)}"


def _missing(lead: RoutedLead, reason: Reason, why: GivingUp, scene: Scene) -> Iterator[str]:
    attempts = scene.agreement.policy_for(scene.facts(lead)).attempts
    if reason.needs == "attempts" and attempts is not None and lead.attempts < attempts.at_least:
        yield f"{attempts.at_least} attempts; {lead.attempts} are recorded"
    if reason.needs == "sub_reason" and not why.sub_reason.strip():
        yield "a sub_reason"
    if why.revisit_on is not None and why.revisit_on < scene.now.date():
        yield f"a date that is ahead; {why.revisit_on} is past"
    if reason.returns == "on_date" and why.revisit_on is None:
        yield "a date: give revisit_on"
    elif reason.ask is not None and not _answered(reason.ask, reason, why):
        yield f"an answer to {reason.ask}: give it in answers"


def _answered(asked: str, reason: Reason, why: GivingUp) -> bool:
    """Whatever a reason that returns on a date calls that date, it is given as `revisit_on`."""
    if why.revisit_on is not None and (asked == "revisit_on" or reason.returns == "on_date"):
        return True
    return bool(str(why.answers.get(asked, "")).strip())
