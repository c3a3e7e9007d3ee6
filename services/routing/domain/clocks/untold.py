"""While Baton can not tell somebody of a lead, their clocks stand still: that time is the system's."""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from services.routing.domain.clocks.waiting import told, untold
from services.routing.domain.model import UNTOLD_MAX, Clock, RoutedLead
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.telling.letter import Action, Message
from services.routing.domain.telling.links import concerned
from services.routing.domain.words import tell
from shared.contracts.values import Deadline
from shared.effects import Decision, nothing
from shared.people import same

FIRST_NEWS: Final = frozenset(["assigned", "handoff offered"])
"""The messages by which somebody learns that a lead is theirs; without them they can not know."""
MOOT_IF_MOVED: Final = FIRST_NEWS | {"reminded", "meeting begins"}
"""The messages that are not so any more, once the lead moved on."""


def to_hear(lead: RoutedLead) -> str | None:
    """Whose clocks run: the rep who holds the lead, or whoever is asked to take it over."""
    holder = lead.custody.holder
    if not lead.holding or holder is None or holder.kind != "rep" or not _theirs(lead):
        return None
    return holder.answers if lead.handoff is None else lead.handoff.to


def could_not(lead: RoutedLead, person: str, action: Action, since: datetime) -> RoutedLead:
    """An attempt to tell `person` failed over every way: what they can not know counts against nobody."""
    if action not in FIRST_NEWS or to_hear(lead) != person:
        return lead
    theirs = _theirs(lead)
    if any(clock.aside.get("system", 0) >= UNTOLD_MAX.total_seconds() for clock in theirs):
        return lead  # Nobody else can have it, and they have stood still for long enough.
    return untold(lead, max(since, min(clock.started_at for clock in theirs)))


def heard_by(person: str, lead: RoutedLead, scene: Scene) -> Routed:
    """This person knows of the lead now; where they are who waited for it, their clocks go on."""
    whose = to_hear(lead)
    return told(lead, scene) if whose is not None and same(person, whose) else nothing(lead)


def undelivered(
    lead: RoutedLead, person: str, action: Action, detail: str, scene: Scene, *, again: bool
) -> Routed:
    """Nobody reached `person`: if the lead is theirs, the deputy is told once, and Baton goes on trying."""
    if person not in concerned(lead):
        return nothing(lead)
    effects = tell(person, action, lead, scene, again=True) if lead.untold_since is not None else ()
    deputy = scene.first_available(scene.team_of(lead).deputy, besides=[person])
    if not again and deputy != person:
        effects = (
            *tell(deputy, "undelivered", lead, scene, f"{person} could not be told: {detail}"),
            *effects,
        )
    return Decision(lead, effects)


def carried(before: RoutedLead, after: RoutedLead) -> RoutedLead:
    """After a decision: that somebody could not be told holds for them and those clocks only."""
    if after.untold_since is None:
        return after
    return after if _begun(before) == _begun(after) else replace(after, untold_since=None)


def is_moot(message: Message, lead: RoutedLead) -> bool:
    """Whether the lead moved on before the message went out, so that it would tell what is not so."""
    return message.action in MOOT_IF_MOVED and message.person not in concerned(lead)


def as_it_stands(message: Message, lead: RoutedLead, now: datetime) -> Message:
    """The message with the deadlines as they are now."""
    return replace(message, deadlines=ahead(lead, now)) if message.person in concerned(lead) else message


def ahead(lead: RoutedLead, now: datetime) -> tuple[Deadline, ...]:
    """The deadlines for whoever is told now: what was the system's time until now is not theirs.

    In working time only the roster knows how far a deadline moves: it is told as it was, if it is ahead.
    """
    by = timedelta(0) if lead.untold_since is None else now - lead.untold_since
    moved = [_later(clock, by) if clock.name in lead.untold else clock for clock in lead.clocks]
    running = sorted((c for c in moved if c.since is not None), key=lambda clock: clock.due_at)
    return tuple(clock.deadline for clock in running if not by or clock.due_at > now)


def _later(clock: Clock, by: timedelta) -> Clock:
    return replace(clock, due_at=clock.due_at + by) if clock.counts == "always" else clock


def _theirs(lead: RoutedLead) -> tuple[Clock, ...]:
    names = lead.names_of_theirs
    return tuple(clock for clock in lead.clocks if clock.name in names)


def _begun(lead: RoutedLead) -> tuple[str | None, frozenset[datetime]]:
    return to_hear(lead), frozenset(clock.started_at for clock in _theirs(lead))
