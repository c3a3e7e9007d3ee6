"""Routing in the search: takes, reassigns, waits for rulings, gives up, closes."""

from typing import Any, NamedTuple

from tests.unit.baton_search.cast import REASSIGN_AT_MOST, Cast, Event, Reaction
from tests.unit.baton_search.scoring import absorbed, ended


class Local(NamedTuple):
    """What routing knows. `told`, `told_of`, `breaches`: the truth about reps, apart from the custody."""

    custody: Any
    told: int = 0
    told_of: tuple[str, ...] = ()
    breaches: int = 0
    denied: bool = False
    won: bool = False
    lost: bool = False
    disputed: bool = False
    handoff: Any = None
    declined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Routing:
    """Reacts by the rules under test."""

    def __init__(self, rules: Any, cast: Cast) -> None:
        self.rules, self.cast = rules, cast

    def start(self) -> Local:
        return Local(self.rules.Custody())

    def timers(self, local: Local) -> tuple[Event, ...]:
        due = []
        if local.disputed:
            due.append(Event("silence"))
        if local.handoff is not None:
            due.append(Event("lapses"))
        return tuple(due)

    def react(self, local: Local, event: Event) -> Reaction:
        reaction: Reaction = getattr(self, f"_{event.kind}")(local, event)
        return reaction

    def _next(self, local: Local) -> Any:
        """The rules' choice: the first rep who is there, has not declined, and does not have it already."""
        has_it = local.custody.holder
        for rep in self.cast.reps:
            if rep != has_it and rep.name not in local.left and rep.name not in local.declined:
                return rep
        return self.cast.queue

    # ---- offers and answers

    def _qualified(self, local: Local, event: Event) -> Reaction:
        return self._take(local, event)

    def _set_aside(self, local: Local, event: Event) -> Reaction:
        return self._take(local, event)

    def _returned(self, local: Local, event: Event) -> Reaction:
        return self._take(local._replace(declined=()), event)

    def _take(self, local: Local, event: Event) -> Reaction:
        passed = self.rules.take_offer(local.custody, event.handover, self._next(local))
        if passed is None:
            return Reaction(local)
        told, of = max(local.told, event.seq), tuple(sorted({*local.told_of, *event.merged}))
        return self._settled(self._passed(local._replace(told=told, told_of=of), passed, "taken"))

    def _recycled(self, local: Local, event: Event) -> Reaction:
        answered = self.rules.hear_answer(local.custody, event.handover)
        if answered is None:
            return Reaction(local)
        gone = local._replace(custody=answered, lost=False, disputed=False, handoff=None)
        return Reaction(gone, wrong=lost_sight(answered, event))

    def _refused(self, local: Local, event: Event) -> Reaction:
        passed = self.rules.refused_by_nurture(local.custody, event.handover, self.cast.queue)
        return Reaction(local) if passed is None else self._settled(self._passed(local, passed))

    def _passed(self, local: Local, passed: Any, kind: str = "assigned", why: str = "") -> Reaction:
        custody, handover = passed
        there = local._replace(custody=custody, disputed=False)
        return Reaction(there, (Event(kind, handover, why=why),))

    # ---- what follows from what was heard, once it holds the lead

    def _settled(self, reaction: Reaction) -> Reaction:
        local = reaction.local
        duty = self.rules.routing_must(local.custody, denied=local.denied, won=local.won, lost=local.lost)
        if duty is None:
            return reaction
        said = {"close": local.won, "privacy": local.denied, "lost": local.lost}
        if not said[duty]:
            return reaction._replace(wrong=f"ROUTING ACTS ON WHAT NOBODY SAID: {duty}")
        if duty == "close":
            return reaction.then(self._close(local, "won"))
        reason = "do-not-contact" if duty == "privacy" else "lost"
        return reaction.then(self._give_up(local._replace(lost=False), reason))

    def _give_up(self, local: Local, reason: str) -> Reaction:
        custody, handover = self.rules.offer(local.custody)
        said = Event("disqualified", handover, local.told, why=reason, merged=local.told_of)
        return Reaction(local._replace(custody=custody, disputed=False), (said,))

    def _close(self, local: Local, ending: str) -> Reaction:
        custody, handover = self.rules.close(local.custody, ending)
        return Reaction(Local(custody, left=local.left), (Event(ending, handover),))

    # ---- what ingest and others say

    def _activity(self, local: Local, event: Event) -> Reaction:
        told = max(local.told, event.seq) if local.custody.standing == "holding" else local.told
        return Reaction(local._replace(custody=self.rules.saw(local.custody, event.seq), told=told))

    def _absorbed(self, local: Local, event: Event) -> Reaction:
        of = local.told_of
        if local.custody.standing == "holding":
            of = tuple(sorted({*of, event.why}))
        return Reaction(local._replace(custody=self.rules.knows_of(local.custody, event.why), told_of=of))

    def _consent(self, local: Local, event: Event) -> Reaction:
        return self._settled(Reaction(local._replace(denied=event.why == "denied")))

    def _outcome(self, local: Local, event: Event) -> Reaction:
        if event.why == "won":
            return self._settled(Reaction(local._replace(won=True)))
        return self._settled(Reaction(local._replace(lost=local.custody.ours)))

    def _cooled(self, local: Local, event: Event) -> Reaction:
        """Nobody took it and it lost its score: the queue gives it up."""
        if local.custody.standing != "holding" or local.custody.holder != self.cast.queue:
            return Reaction(local)
        return self._give_up(local, "cooled")

    def _ended(self, local: Local, ending: str) -> Reaction:
        return ended(self.rules, local, lambda custody: Local(custody, left=local.left), ending)

    def _erased(self, local: Local, event: Event) -> Reaction:
        return self._ended(local, "erased")

    def _won(self, local: Local, event: Event) -> Reaction:
        return self._ended(local, "won")

    def _closed(self, local: Local, event: Event) -> Reaction:
        return self._ended(local, "closed")

    def _merged(self, local: Local, event: Event) -> Reaction:
        return absorbed(self.rules, local, lambda custody: Local(custody, left=local.left))

    # ---- what people do, at any time: the rules alone say whether it is too early or too late

    def _accepts(self, local: Local, event: Event) -> Reaction:
        custody = self.rules.acceptance_resets(local.custody)
        return Reaction(local._replace(custody=custody, breaches=0), (Event("accepted"),))

    def _breach(self, local: Local, event: Event) -> Reaction:
        return self._reassigned(local)

    def _wrong_team(self, local: Local, event: Event) -> Reaction:
        name = local.custody.holder.name if local.custody.holder else ""
        return self._reassigned(local._replace(declined=tuple(sorted({*local.declined, name}))))

    def _reassigned(self, local: Local) -> Reaction:
        to, deputy = self._next(local), self.cast.queue
        passed = self.rules.reassign(local.custody, to, deputy=deputy, at_most=REASSIGN_AT_MOST)
        if passed is None:
            kept = local.custody.holder == deputy
            return Reaction(local, wrong="" if kept else "NOBODY ELSE GETS A LEAD THAT WAS LEFT LYING")
        used_up, had_it, has_it = local.breaches >= REASSIGN_AT_MOST, local.custody.holder, passed[0].holder
        wrong = ""
        if used_up and (has_it != deputy or had_it == deputy):
            wrong = "HANDED AROUND WITHOUT END"
        if not used_up and has_it == deputy != to:
            wrong = "THE DEPUTY GETS IT TOO EARLY"
        counted = local if used_up else local._replace(breaches=local.breaches + 1)
        return self._passed(counted, passed, why="" if used_up else "counts")._replace(wrong=wrong)

    def _disputes(self, local: Local, event: Event) -> Reaction:
        passed = self.rules.hand_on(local.custody, self.cast.queue, counts=True)
        moved = self._passed(local._replace(breaches=local.breaches + 1), passed, why="counts")
        return moved._replace(local=moved.local._replace(disputed=True))

    def _ruling(self, local: Local, event: Event) -> Reaction:
        if not local.disputed:
            return Reaction(local)
        if event.why == "sales":
            return self._give_up(local, "not-per-definition")
        return self._passed(local, self.rules.hand_on(local.custody, self._next(local)))

    def _silence(self, local: Local, event: Event) -> Reaction:
        return self._passed(local, self.rules.hand_on(local.custody, self.cast.deputy))

    def _gives_up(self, local: Local, event: Event) -> Reaction:
        return self._give_up(local, event.why)

    def _wins(self, local: Local, event: Event) -> Reaction:
        return self._close(local, "won")

    def _no_lead(self, local: Local, event: Event) -> Reaction:
        return self._close(local, "closed")

    def _leaves(self, local: Local, event: Event) -> Reaction:
        gone = local._replace(left=tuple(sorted({*local.left, event.why})))
        if local.custody.holder is None or local.custody.holder.answers != event.why:
            return Reaction(gone)
        try:
            return Reaction(
                gone._replace(custody=self.rules.answer_for_leaver(local.custody, self.cast.queue))
            )
        except self.rules.NotCustodian:
            return self._passed(gone, self.rules.hand_on(local.custody, self._next(gone)))

    # ---- from the SDR to the account executive

    def _hands_over(self, local: Local, event: Event) -> Reaction:
        holding = local.custody.standing == "holding" and local.custody.holder.kind == "rep"
        return Reaction(local._replace(handoff=local.custody.holder) if holding else local)

    def _executive_accepts(self, local: Local, event: Event) -> Reaction:
        """They may press the button long after the offer was made."""
        if local.handoff is None:
            return Reaction(local)
        giver, had_it = local.handoff, local.custody.holder
        try:
            passed = self.rules.hand_over(local.custody, giver, self.cast.executive)
        except self.rules.NotCustodian:
            return Reaction(local, wrong="A LATE ACCEPTANCE BREAKS ROUTING")
        may = had_it == giver and local.custody.standing == "holding"
        if passed is None:
            return Reaction(local, wrong="A HAND-OVER THAT WAS ACCEPTED DOES NOT HAPPEN" if may else "")
        wrong = "" if may else "TAKEN FROM ONE WHO DID NOT HAND IT OVER"
        return self._passed(local._replace(handoff=None), passed)._replace(wrong=wrong)

    def _lapses(self, local: Local, event: Event) -> Reaction:
        return Reaction(local._replace(handoff=None))


def lost_sight(custody: Any, event: Event) -> str:
    """Whoever gave it away can say who has it now."""
    knows = (custody.number, custody.holder) == (event.handover.number, event.handover.taker)
    return "" if custody.standing != "gone" or knows else "IT DOES NOT KNOW TO WHOM IT GAVE THE LEAD"
