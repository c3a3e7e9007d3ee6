"""What routing does when a clock runs out: remind, breach, reassign, escalate, and let a stalled lead go."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, assert_never

from msgspec.structs import replace

from services.routing.domain.choosing.assign import again, announced, hand_on
from services.routing.domain.choosing.choose import anew, deputy_in_person
from services.routing.domain.choosing.place import Place
from services.routing.domain.clocks.hours import of_others
from services.routing.domain.clocks.of_lead import as_a_new_row, progressed
from services.routing.domain.clocks.spent import spent_on
from services.routing.domain.clocks.waiting import resumed, told
from services.routing.domain.model import Clock, Do, RoutedLead, Rung
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps import handoff, meeting, part
from services.routing.domain.words import heard_of, instant, tell
from shared import baton
from shared.baton import Holder
from shared.contracts.clocks import DeadlineBreached, DeadlineReminded
from shared.effects import Decision, FiredTimer, Say, nothing

LET_IT_BREACH: Final = "let its clock run out"
WAS_OFF_SHIFT: Final = "was off shift while its clock ran"
COULD_NOT_BE_TOLD: Final = "could not be told"
WHILE_DOWN: Final = "had it while Baton was not running"
SEEN_WITHIN: Final = timedelta(seconds=10)
"""Baton that runs sees a clock run out sooner than that."""


def fire(lead: RoutedLead, timer: FiredTimer, scene: Scene) -> Routed:
    """The decision on a due timer. It is moot unless the lead still waits for just this one."""
    if lead.waits.get(timer.purpose) != timer.due_at:
        return nothing(lead)
    match timer.purpose:
        case "stalled":
            return _stalled(lead, scene)
        case "meeting":
            return meeting.begins(lead, scene)
        case "snooze":
            return resumed(lead, "the time is over", scene)
        case "untold":
            return _never_told(lead, scene)
    return _climb(lead, scene)


def _never_told(lead: RoutedLead, scene: Scene) -> Routed:
    """Somebody else gets it, and nobody is blamed; whoever has it as a last resort keeps it."""
    if lead.handoff is not None:
        without = replace(lead, declined={**lead.declined, lead.handoff.to: COULD_NOT_BE_TOLD})
        instead = handoff.asked_instead(without, COULD_NOT_BE_TOLD, scene)
        return instead if instead.effects else told(lead, scene)
    if lead.accepted or lead.fallback:
        return told(lead, scene)
    let_go = replace(lead, declined={**lead.declined, _answers(lead): COULD_NOT_BE_TOLD})
    return again(let_go, "reassigned", scene)


def _stalled(lead: RoutedLead, scene: Scene) -> Routed:
    if not lead.holding or lead.dispute is not None:
        return nothing(replace(lead, stalled_at=None))
    return part.stalled(lead, lead.progress_at or scene.now, scene)


def _climb(lead: RoutedLead, scene: Scene) -> Routed:
    """Each clock in the order in which they came due, unless one before it moved the lead."""
    due = [(at, clock) for clock in lead.ticking if (at := clock.next_at) is not None and at <= scene.now]
    decision = nothing(lead)
    for _, clock in sorted(due, key=lambda one: one[0]):
        if clock in decision.state.clocks:
            decision = decision.then(_climb_one(decision.state, clock, scene))
    # What was missed is said once, by what was done instead.
    return Decision(replace(decision.state, missed=()), decision.effects)


def _climb_one(lead: RoutedLead, clock: Clock, scene: Scene) -> Routed:
    """Do what is due. After a sleep several rungs may be: the latest that still makes sense is taken."""
    due = [rung for rung in clock.rungs if rung.at <= scene.now]
    left = replace(clock, rungs=clock.rungs[len(due) :])
    lead = replace(lead, clocks=tuple(left if one is clock else one for one in lead.clocks))
    acts = [rung for rung in due if rung.do not in ("remind", "breach")]
    if not acts and due[-1].do == "remind":
        return _reminded(lead, clock, scene)
    taken, acted = _latest_that_makes_sense(lead, clock, due, acts, scene)
    # A queue is late when it could not be given out in time, also if nobody was there to try.
    given_out = taken is not None and taken.do == "give out"
    if given_out or not {"breach", "give out"} & {rung.do for rung in due}:
        return acted
    late = replace(lead, missed=_missed(due, taken))
    return _breached(late, clock, scene, taken.do if taken else None).then(acted)


def _latest_that_makes_sense(
    lead: RoutedLead, clock: Clock, due: Sequence[Rung], acts: Sequence[Rung], scene: Scene
) -> tuple[Rung | None, Routed]:
    for rung in reversed(acts):
        done = _act(replace(lead, missed=_missed(due, rung)), clock, rung, scene)
        if done.effects:
            return rung, done
    return None, nothing(replace(lead, missed=_missed(due, None)))


def _missed(due: Sequence[Rung], taken: Rung | None) -> tuple[str, ...]:
    """What was due before the step that is taken, is not done any more, and why."""
    last = taken or due[-1]
    return tuple(
        f"{rung.do}, due {instant(rung.at)}: it was not done by {instant(last.at)}, when {last.do} was due"
        for rung in due[: due.index(last)]
        if rung.do != "breach" and rung.at < last.at
    )


def _act(lead: RoutedLead, clock: Clock, rung: Rung, scene: Scene) -> Routed:
    match rung.do:
        case "reassign":
            return _reassigned(lead, clock, scene)
        case "escalate":
            return (
                _queue_escalated(lead, scene)
                if clock.name == "queue"
                else _escalated(lead, clock, rung, scene)
            )
        case "give out":
            return give_out(lead, scene)
        case "lapse":
            assert lead.handoff is not None, "its clock runs"
            return handoff.refused(lead, lead.handoff.to, "no answer in time", scene)
        case "silence":
            note = "the arbiter did not rule in time"
            return hand_on(progressed(lead, scene), deputy_in_person(lead, scene, note), "escalated", scene)
        case "remind" | "breach":
            raise AssertionError(f"a {rung.do} is said, and nothing is done by it")
        case _:
            assert_never(rung.do)


def _reminded(lead: RoutedLead, clock: Clock, scene: Scene) -> Routed:
    who = _answers(lead)
    messages = tell(who, "reminded", lead, scene)
    told, no_address = heard_of(who, messages)
    event = DeadlineReminded(deadline=clock.deadline, owner=who, told=told, no_address=no_address)
    return Decision(lead, (Say(event), *messages))


def _breached(lead: RoutedLead, clock: Clock, scene: Scene, follows: Do | None) -> Routed:
    who = _late(lead, clock, scene)
    of_team = of_others(clock, who, scene.now, scene.bench, scene.agreement)
    messages = tell(who, "breached", lead, scene)
    told, no_address = heard_of(who, messages)
    event = DeadlineBreached(
        deadline=clock.deadline,
        owner=who,
        off_shift=_off_shift(who, clock, scene),
        outage=_unseen(clock, scene),
        late_by_s=int((scene.now - clock.due_at).total_seconds()),
        spent=spent_on(clock, lead, scene.now, of_team),
        what_follows=follows or "",
        missed=lead.missed,
        told=told,
        no_address=no_address,
    )
    return Decision(lead, (Say(event), *messages))


def _late(lead: RoutedLead, clock: Clock, scene: Scene) -> str:
    """Who has let the clock run out."""
    if clock.name == "dispute":
        return scene.agreement.parties.arbiter.person
    return lead.handoff.to if lead.handoff is not None else _answers(lead)


def _off_shift(person: str, clock: Clock, scene: Scene) -> bool:
    """Whether they were off shift for some of the time that ran out: then it is their team that is late."""
    return bool(of_others(clock, person, min(clock.due_at, scene.now), scene.bench, scene.agreement))


def _unseen(clock: Clock, scene: Scene) -> bool:
    """Whether its time ran out while nobody was there to see it, and perhaps nobody to hear a yes."""
    ran_out = (rung.at for rung in clock.rungs if rung.do in ("breach", "give out"))
    return any(at + SEEN_WITHIN <= scene.now for at in ran_out)


def _reassigned(lead: RoutedLead, clock: Clock, scene: Scene) -> Routed:
    return again(_let_go(lead, clock, scene), "reassigned", scene, counts=True)


def _let_go(lead: RoutedLead, clock: Clock, scene: Scene) -> RoutedLead:
    """It does not go back to whoever has it now."""
    why_not = LET_IT_BREACH if lead.untold_since is None else COULD_NOT_BE_TOLD
    if _off_shift(_answers(lead), clock, scene):
        why_not = WAS_OFF_SHIFT
    elif _unseen(clock, scene):
        why_not = WHILE_DOWN
    return replace(lead, declined={**lead.declined, _answers(lead): why_not})


def _escalated(lead: RoutedLead, clock: Clock, rung: Rung, scene: Scene) -> Routed:
    team, let_go = scene.team_of(lead), _let_go(lead, clock, scene)
    if rung.to == "deputy":
        person = named = scene.first_available(team.deputy, besides=let_go.declined)
    else:
        named = team.lead if rung.to in (None, "lead") else rung.to
        person = scene.or_stand_in(named, team, besides=let_go.declined)
    if person == _answers(lead):
        return nothing(lead)
    note = f"nobody in {team.name} took it in time"
    if person != named:
        note = f"{note}; {person} stands in for {named}"
    place = Place(Holder("rep", person, person), team.name, note=note, fallback=True)
    return hand_on(as_a_new_row(let_go), place, "escalated", scene)


def _queue_escalated(lead: RoutedLead, scene: Scene) -> Routed:
    """It stays in the queue, and is given out like before; the team's lead answers for it from now on."""
    team = scene.team_of(lead)
    person = scene.or_stand_in(team.lead, team, besides=lead.declined)
    if _answers(lead) == person:
        return nothing(lead)
    custody, handover = baton.hand_on(lead.custody, Holder("queue", team.name, person))
    moved = replace(lead, custody=custody, why="escalated", clocks=())
    decision = announced(moved, handover, "escalated", scene)
    return (
        decision
        if not lead.waiting
        else Decision(moved, (*decision.effects, *tell(person, "escalated", moved, scene)))
    )


def give_out(lead: RoutedLead, scene: Scene) -> Routed:
    """A waiting lead goes to whoever can take it now; if nobody can, nothing happens."""
    if not lead.holding or not lead.waiting:
        return nothing(lead)
    place = anew(lead, scene)
    if not place.waiting:
        return hand_on(lead, place, "released", scene)
    if place.again_at is not None:
        scene.bench.look_again(scene.team_of(lead).name, place.again_at)
    return nothing(lead)


def _answers(lead: RoutedLead) -> str:
    holder = lead.custody.holder
    assert holder is not None, "a clock runs only for a lead that somebody holds"
    return holder.answers
