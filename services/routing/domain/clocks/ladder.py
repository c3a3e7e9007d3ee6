"""What the agreement says of each clock: how long, in whose time, and the rungs on which it ends."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Final

from services.routing.domain.clocks.hours import Time, days_of_work, hours_of
from services.routing.domain.model import Clock, ClockName, Counts, Do, RoutedLead, Rung
from services.routing.domain.scene import Scene
from shared.agreement import Policy
from shared.terms import Stage

SILENCE_AFTER: Final = timedelta(hours=24)
"""How long after the arbiter's time a dispute may lie before the deputy has the lead."""
_UNSET: Final = datetime.max.replace(tzinfo=UTC)
"""The instant of a rung of a clock that does not run yet."""
_ORDER: Final[tuple[Do, ...]] = ("remind", "breach", "give out", "reassign", "escalate", "lapse", "silence")
_ONLY_TOLD: Final[tuple[Do, ...]] = ("remind", "breach")


def agreed(name: ClockName, lead: RoutedLead, scene: Scene) -> Clock | None:
    """This clock of this lead, not running yet; None if the agreement of now knows none."""
    return _AGREED[name](lead, scene)


def _accept(lead: RoutedLead, scene: Scene) -> Clock | None:
    policy = _policy(lead, scene)
    used = lead.series if policy.on_reassign == "what_is_left" else timedelta(0)
    # Nobody is given a lead that is late already: if nothing is left, the time starts anew.
    used = used if used < policy.accept_within else timedelta(0)
    rungs = _rungs(policy, policy.accept_within, lead, before=lead.series - used)
    return _reps("accept", policy, policy.accept_within, lead, scene, rungs, used)


def _touch(lead: RoutedLead, scene: Scene) -> Clock | None:
    policy = _policy(lead, scene)
    rungs = _rungs(policy, policy.touch_within, lead)
    return _reps("touch", policy, policy.touch_within, lead, scene, rungs)


def tried_enough(lead: RoutedLead, scene: Scene) -> bool:
    """Whether no more attempts are wanted of the rep."""
    wanted = _policy(lead, scene).attempts
    return wanted is None or lead.attempts >= wanted.at_least or lead.stage is Stage.SQL


def _attempts(lead: RoutedLead, scene: Scene) -> Clock | None:
    policy = _policy(lead, scene)
    if policy.attempts is None or tried_enough(lead, scene):
        return None
    within = days_of_work(policy.attempts.within, _theirs(policy, lead, scene))
    rungs = _rungs(policy, within, lead, only=_ONLY_TOLD)
    return _reps("attempts", policy, within, lead, scene, rungs)


def _next_step(lead: RoutedLead, scene: Scene) -> Clock | None:
    policy = _policy(lead, scene)
    if policy.next_step_within is None:
        return None
    rungs = _rungs(policy, policy.next_step_within, lead, only=_ONLY_TOLD)
    return _reps("next_step", policy, policy.next_step_within, lead, scene, rungs)


def _queue(lead: RoutedLead, scene: Scene) -> Clock | None:
    """Its deputy is told, and after as long again the team's lead answers."""
    team = scene.team_of(lead)
    first: Do = "give out" if lead.waiting else "breach"
    rungs = (_rung(first, team.queue_within), _rung("escalate", 2 * team.queue_within, "lead"))
    # Nobody has it yet, so nobody's own hours count: its team is open, or it is not.
    counts: Counts = "always" if _policy(lead, scene).clock == "always" else "any_open"
    name = f"queue of {team.name}"
    return _clock("queue", name, team.queue_within, scene, rungs, counts=counts, whose=team.name)


def _handoff(lead: RoutedLead, scene: Scene) -> Clock | None:
    """An account executive answers in time, or the offer lapses."""
    within = scene.agreement.hand_off.accept_within if scene.agreement.hand_off is not None else None
    if lead.handoff is None or within is None:
        return None
    counts = _policy(lead, scene).clock
    whose = lead.handoff.team if counts == "any_open" else lead.handoff.to
    rungs = (_rung("breach", within), _rung("lapse", within))
    return _clock("handoff", "hand-off", within, scene, rungs, counts=counts, whose=whose)


def _dispute(lead: RoutedLead, scene: Scene) -> Clock | None:
    """The arbiter rules in time, or, a day later, silence decides."""
    within = scene.agreement.dispute_within
    rungs = (_rung("breach", within), _rung("silence", within + SILENCE_AFTER))
    return _clock("dispute", "arbiter", within, scene, rungs)


_AGREED: Final[dict[ClockName, Callable[[RoutedLead, Scene], Clock | None]]] = {
    "accept": _accept,
    "touch": _touch,
    "attempts": _attempts,
    "next_step": _next_step,
    "queue": _queue,
    "handoff": _handoff,
    "dispute": _dispute,
}


def _policy(lead: RoutedLead, scene: Scene) -> Policy:
    return scene.agreement.policy_for(scene.facts(lead))


def _reps(
    name: ClockName,
    policy: Policy,
    within: timedelta,
    lead: RoutedLead,
    scene: Scene,
    rungs: Iterable[Rung],
    used: timedelta = timedelta(0),
) -> Clock:
    """A clock of whoever has the lead."""
    whose = _whose(policy, lead, scene)
    return _clock(name, policy.name, within, scene, rungs, counts=policy.clock, whose=whose, used=used)


def _whose(policy: Policy, lead: RoutedLead, scene: Scene) -> str:
    holder = lead.custody.holder
    assert holder is not None, "a rep has it"
    return scene.team_of(lead).name if policy.clock == "any_open" else holder.answers


def _theirs(policy: Policy, lead: RoutedLead, scene: Scene) -> Time:
    return hours_of(policy.clock, _whose(policy, lead, scene), scene.bench, scene.agreement)


def _rungs(
    policy: Policy,
    within: timedelta,
    lead: RoutedLead,
    *,
    only: tuple[Do, ...] = _ORDER,
    before: timedelta = timedelta(0),
) -> tuple[Rung, ...]:
    """The ladder of a policy. `before`: what the reps before this one used, which counts for escalation."""
    return _climbed(policy, within, _ONLY_TOLD if lead.fallback else only, before)


@lru_cache(maxsize=1024)
def _climbed(policy: Policy, within: timedelta, kept: tuple[Do, ...], before: timedelta) -> tuple[Rung, ...]:
    rungs = [_rung("breach", within)]
    for step in policy.ladder:
        after = _share(within, step.at)
        # Nobody loses a lead before their own time is up, however long others had it before.
        rungs.append(_rung(step.do, max(within, after - before) if step.do == "escalate" else after, step.to))
    return _in_order(rung for rung in rungs if rung.do in kept)


def _in_order(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    return tuple(sorted(rungs, key=lambda rung: (rung.after, _ORDER.index(rung.do))))


def _rung(do: Do, after: timedelta, to: str | None = None) -> Rung:
    return Rung(_UNSET, do, to, after)


def _clock(
    name: ClockName,
    policy: str,
    within: timedelta,
    scene: Scene,
    rungs: Iterable[Rung],
    *,
    counts: Counts = "always",
    whose: str = "",
    used: timedelta = timedelta(0),
) -> Clock:
    ahead = tuple(rung for rung in rungs if rung.after > used)
    whose = whose if counts != "always" else ""
    return Clock(name, policy, scene.now, scene.now, ahead, within, used, counts=counts, whose=whose)


def _share(within: timedelta, at: Fraction) -> timedelta:
    return within * at.numerator // at.denominator
