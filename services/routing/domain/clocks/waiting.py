"""Time that is not the rep's: they wait for the lead, or Baton could not tell them that they have it."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from services.routing.domain.clocks.of_lead import meets, stalls_at
from services.routing.domain.clocks.running import is_over, runs, stopped, time_of, used_up, with_aside
from services.routing.domain.clocks.spent import over_at
from services.routing.domain.model import Clock, RoutedLead, Snooze, with_chapter
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.words import instant
from shared.agreement import Agreement
from shared.agreement.prose.words import length
from shared.contracts.clocks import DeadlineMoved, LeadResumed, LeadSnoozed
from shared.effects import CommandRefused, Decision, Say, nothing


def snoozed(lead: RoutedLead, by: str, until: datetime, reason: str, scene: Scene) -> Routed:
    """The rep waits for the lead: their clocks stand still. Raises CommandRefused beyond what is agreed."""
    if lead.handoff is not None:
        raise CommandRefused("wrong stage", f"it is offered to {lead.handoff.to}; wait for their answer")
    if lead.meeting is not None and meets(lead):
        begins = instant(lead.meeting.starts_at)
        raise CommandRefused(
            "wrong stage", f"a meeting is ahead: nothing stalls before {begins}; wait after it"
        )
    if until <= scene.now:
        raise CommandRefused("invalid", f"{instant(until)} is past; give an instant that is ahead")
    awake = _ended(lead, scene)
    at_most = scene.agreement.snooze_at_most
    latest = scene.now + may_wait(lead, scene.now, scene.agreement)
    if until > latest:
        raise CommandRefused(
            "invalid",
            f"a rep waits for a lead for {length(at_most)} at most, all in all; for this one until "
            f"{instant(latest)}: give an earlier instant, or give the lead back",
        )
    of = time_of(scene)
    waits = replace(
        with_chapter(awake, scene.now, by, f"waits until {instant(until)}", reason),
        clocks=tuple(stopped(clock, scene.now, of) for clock in awake.clocks),
        snooze=Snooze(scene.now, until, reason),
        stalled_at=stalls_at(awake, until, scene),
    )
    return Decision(waits, (Say(LeadSnoozed(by=by, until=until, reason=reason)),))


def may_wait(lead: RoutedLead, now: datetime, agreement: Agreement) -> timedelta:
    """For how long a rep may still wait for it."""
    return max(timedelta(0), agreement.snooze_at_most - lead.snoozed - _waited(lead.snooze, now))


def _waited(snooze: Snooze | None, now: datetime) -> timedelta:
    return timedelta(0) if snooze is None else over_at(snooze, now) - snooze.since


def resumed(lead: RoutedLead, because: str, scene: Scene) -> Routed:
    """The waiting is over, and the rep's clocks go on. Nothing happens if nobody waits."""
    if lead.snooze is None:
        return nothing(lead)
    quiet_from = over_at(lead.snooze, scene.now)
    awake = replace(_ended(lead, scene), stalled_at=stalls_at(lead, quiet_from, scene))
    return Decision(awake, (Say(LeadResumed(because=because, deadlines=awake.deadlines)),))


def _ended(lead: RoutedLead, scene: Scene) -> RoutedLead:
    if lead.snooze is None:
        return lead
    over, waited = over_at(lead.snooze, scene.now), _waited(lead.snooze, scene.now)
    of = time_of(scene)
    running = (runs(with_aside(clock, "lead", waited), over, of) for clock in lead.clocks)
    return replace(lead, snooze=None, snoozed=lead.snoozed + waited, clocks=tuple(running))


def untold(lead: RoutedLead, since: datetime) -> RoutedLead:
    """Whoever answers for it could not be told, since that instant: from there on it is not their time."""
    return lead if lead.untold_since is not None else replace(lead, untold_since=since)


def told(lead: RoutedLead, scene: Scene) -> Routed:
    """They know of it now: every deadline of theirs moves by the time for which they did not."""
    if lead.untold_since is None:
        return nothing(lead)
    since, still = lead.untold_since, lead.untold
    clocks = tuple(_without_untold(c, since, scene) if c.name in still else c for c in lead.clocks)
    moved = [
        Say(DeadlineMoved(deadline=new.deadline, was_due_at=old.due_at, because="the rep had not been told"))
        for old, new in zip(lead.clocks, clocks, strict=True)
        if new.due_at != old.due_at
    ]
    return Decision(replace(lead, clocks=clocks, untold_since=None), tuple(moved))


def _without_untold(clock: Clock, since: datetime, scene: Scene) -> Clock:
    if clock.since is None or is_over(clock):
        return clock
    of, begin = time_of(scene), max(since, clock.since)
    used = used_up(clock, begin, of)
    aside = with_aside(clock, "system", scene.now - begin)
    return runs(replace(aside, used=used), scene.now, of)
