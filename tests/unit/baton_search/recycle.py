"""Recycle in the search: asks a track, takes, refuses, remembers signals, and gives the lead back."""

from typing import Any, NamedTuple

from tests.unit.baton_search.cast import Cast, Event, Reaction
from tests.unit.baton_search.routing import lost_sight
from tests.unit.baton_search.scoring import absorbed, ended


class Local(NamedTuple):
    """What recycle knows. From `heard` on: the truth about signals and returns, apart from what rules use."""

    custody: Any
    memory: Any
    denied: bool = False
    won: bool = False
    hot: bool = False
    reason: str = ""
    ripe: bool = False
    first: bool = False
    asked: int = 0
    heard: int = 0
    heard_fast: int = 0
    giver_knew: int = 0
    giver_knew_of: tuple[str, ...] = ()
    absorbed: tuple[tuple[str, int, bool], ...] = ()
    returns: int = 0
    returns_at_most: int = 1


class Recycle:
    """Reacts by the rules under test."""

    def __init__(self, rules: Any, cast: Cast) -> None:
        self.rules, self.cast = rules, cast

    def start(self, returns_at_most: int) -> Local:
        return Local(self.rules.Custody(), self.rules.Memory(), returns_at_most=returns_at_most)

    def timers(self, local: Local) -> tuple[Event, ...]:
        if local.asked:
            return (Event("lapses"),)
        if local.custody.standing == "holding" and local.custody.holder.kind == "track" and not local.ripe:
            return (Event("ripens"),)
        return ()

    def react(self, local: Local, event: Event) -> Reaction:
        reaction: Reaction = getattr(self, f"_{event.kind}")(local, event)
        return reaction

    # ---- it comes

    def _not_qualified(self, local: Local, event: Event) -> Reaction:
        remembered = self._with_signals(local, event)
        custody = self.rules.hear_move(local.custody, event.handover)
        if custody is None:
            remains = self.rules.absorb_late(local.custody, event.handover)
            across = () if remains is None else (Event("absorbed", remains=remains),)
            return Reaction(local, across=across)
        here = remembered._replace(custody=custody, first=True, ripe=True, giver_knew=event.seq)
        return self._settled(Reaction(here))

    def _disqualified(self, local: Local, event: Event) -> Reaction:
        custody = self.rules.hear_offer(local.custody, event.handover)
        if custody is None:
            return Reaction(local)
        asked = local._replace(
            custody=custody,
            reason=event.why,
            first=False,
            ripe=False,
            giver_knew=event.seq,
            giver_knew_of=event.merged,
        )
        if event.why == "do-not-contact":
            return self._settled(self._taken_by(asked, self.rules.take(custody, self.cast.privacy)))
        settled = self._settled(Reaction(asked))
        if settled.said:
            return settled
        number = settled.local.custody.number
        wrong = "A TRACK IS ASKED THOUGH CONSENT IS DENIED" if local.denied else ""
        asking = settled.local._replace(asked=number)
        return settled.then(Reaction(asking, (Event("ask", seq=number),), wrong=wrong))

    def _track(self, local: Local) -> Any:
        used_up = self.rules.rounds_used_up(local.custody, local.returns_at_most)
        return self.cast.last if used_up else self.cast.keep_warm

    def _acknowledges(self, local: Local, event: Event) -> Reaction:
        """The tool says that it has it: perhaps late, perhaps in answer to an earlier question."""
        track = self._track(local)
        try:
            passed = self.rules.acknowledge(local.custody, event.seq, track)
        except self.rules.NotCustodian:
            return Reaction(local, wrong="A LATE ACKNOWLEDGEMENT BREAKS RECYCLE")
        if passed is None:
            in_time = local.asked == event.seq
            return Reaction(local, wrong="AN ACKNOWLEDGEMENT IN TIME IS TOO LATE" if in_time else "")
        wrong = ""
        if local.asked != event.seq:
            wrong = "A LATE ACKNOWLEDGEMENT TAKES THE LEAD"
        elif (track == self.cast.last) != (local.returns >= local.returns_at_most):
            wrong = "ROUNDS ARE MISCOUNTED"
        return self._settled(Reaction(local, wrong=wrong).then(self._taken_by(local, passed)))

    def _lapses(self, local: Local, event: Event) -> Reaction:
        custody, handover = self.rules.lapse(local.custody, self.cast.desk)
        if handover.kind == "take":
            return self._settled(self._taken_by(local, (custody, handover)))
        return Reaction(local._replace(custody=custody, asked=0), (Event("refused", handover),))

    def _taken_by(self, local: Local, passed: Any) -> Reaction:
        custody, handover = passed
        nurtured = local.denied and handover.taker.kind == "track"
        wrong = "NURTURED THOUGH CONSENT IS DENIED" if nurtured else ""
        after = local._replace(custody=custody, asked=0)
        return Reaction(after, (Event("recycled", handover),), wrong=wrong)

    def _taken(self, local: Local, event: Event) -> Reaction:
        return self._assigned(local, event)

    def _assigned(self, local: Local, event: Event) -> Reaction:
        answered = self.rules.hear_answer(local.custody, event.handover)
        if answered is None:
            return Reaction(local)
        return Reaction(local._replace(custody=answered), wrong=lost_sight(answered, event))

    # ---- what it remembers

    def _with_signals(self, local: Local, event: Event) -> Local:
        seq, fast = max(local.heard, event.seq), max(local.heard_fast, event.fast)
        memory = self.rules.Memory(seq=seq, fast_seq=fast, absorbed=local.memory.absorbed)
        return local._replace(memory=memory, heard=seq, heard_fast=fast, hot=event.hot)

    def _activity(self, local: Local, event: Event) -> Reaction:
        # Whether it is hot or fast is for scoring to say.
        told = event._replace(hot=local.hot, fast=0)
        return self._settled(Reaction(self._with_signals(local, told)))

    def _scored(self, local: Local, event: Event) -> Reaction:
        return self._settled(Reaction(self._with_signals(local, event)))

    def _qualified(self, local: Local, event: Event) -> Reaction:
        return self._scored(local, event)

    def _set_aside(self, local: Local, event: Event) -> Reaction:
        return self._scored(local, event)

    def _cooled(self, local: Local, event: Event) -> Reaction:
        return Reaction(local._replace(hot=False))

    def _absorbed(self, local: Local, event: Event) -> Reaction:
        number, holder = event.remains
        one = self.rules.Absorbed(lead=event.why, number=number, holder=holder)
        memory = self.rules.remember_absorbed(local.memory, one)
        truth = {lead: (lead, known, worked) for lead, known, worked in local.absorbed}
        if number > truth.get(event.why, (event.why, 0, False))[1]:
            truth[event.why] = (event.why, number, holder.kind in ("rep", "queue"))
        return self._settled(Reaction(local._replace(memory=memory, absorbed=tuple(truth.values()))))

    def _consent(self, local: Local, event: Event) -> Reaction:
        told = local._replace(denied=event.why == "denied")
        sheltered = local.custody.standing == "holding" and local.custody.holder == self.cast.privacy
        if told.denied or not sheltered:
            return self._settled(Reaction(told))
        # The cause has ceased: from the desk to a track.
        return self._settled(self._taken_by(told, self.rules.move(local.custody, self.cast.keep_warm)))

    def _outcome(self, local: Local, event: Event) -> Reaction:
        return self._settled(Reaction(local._replace(won=local.won or event.why == "won")))

    def _ripens(self, local: Local, event: Event) -> Reaction:
        return self._settled(Reaction(local._replace(ripe=True)))

    # ---- the end

    def _ended(self, local: Local, ending: str) -> Reaction:
        return ended(self.rules, local, self._forget, ending)

    def _forget(self, custody: Any) -> Local:
        return Local(custody, self.rules.Memory())

    def _erased(self, local: Local, event: Event) -> Reaction:
        return self._ended(local, "erased")

    def _won(self, local: Local, event: Event) -> Reaction:
        return self._ended(local, "won")

    def _closed(self, local: Local, event: Event) -> Reaction:
        return self._ended(local, "closed")

    def _merged(self, local: Local, event: Event) -> Reaction:
        return absorbed(self.rules, local, self._forget)

    # ---- what follows from what it remembers, whenever it was heard

    def _settled(self, reaction: Reaction) -> Reaction:
        local = reaction.local
        privacy = self.cast.privacy
        duty = self.rules.recycle_must(local.custody, privacy, denied=local.denied, won=local.won)
        if duty is not None and not {"close": local.won, "privacy": local.denied}[duty]:
            return reaction._replace(wrong=f"RECYCLE ACTS ON WHAT NOBODY SAID: {duty}")
        if duty == "close":
            custody, handover = self.rules.close(local.custody, "won")
            return reaction.then(Reaction(self._forget(custody), (Event("won", handover),)))
        if duty == "privacy":
            passed = self.rules.to_privacy(local.custody, privacy)
            return self._settled(reaction.then(self._taken_by(local, passed)))
        return reaction.then(self._judged(local))

    def _judged(self, local: Local) -> Reaction:
        never = local.reason == "no-fit" and not local.first
        back = self.rules.comes_back(
            local.custody,
            local.memory,
            wanted=local.hot,
            ripe=local.ripe,
            rounds_at_most=local.returns_at_most,
            first_time=local.first,
            never=never,
            due=local.reason == "bad-timing",
        )
        if not back:
            return Reaction(local)
        wrong = "" if may_return(local) else "GIVEN BACK WITHOUT A REASON"
        custody, handover = self.rules.offer_back(local.custody, local.memory, first_time=local.first)
        merged = tuple(sorted({lead for lead, _, _ in local.absorbed} | set(local.giver_knew_of)))
        why = "for the first time" if local.first else ""
        said = Event("returned", handover, local.heard, local.heard_fast, why=why, merged=merged)
        returns = local.returns if local.first else local.returns + 1
        return Reaction(local._replace(custody=custody, returns=returns), (said,), wrong=wrong)


def may_return(local: Local) -> bool:
    """The agreement's truth, from what the last holder knew: is there a reason to give the lead back?"""
    holder = local.custody.holder
    if holder is None or holder.kind != "track":
        return False
    merged = [worked for lead, _, worked in local.absorbed if lead not in local.giver_knew_of]
    if local.reason == "no-fit" and not local.first:
        return any(merged)
    if local.heard_fast > local.giver_knew or any(merged):
        return True
    if local.first:
        return local.hot
    if not local.ripe or local.returns >= local.returns_at_most:
        return False
    new = local.heard > local.giver_knew or bool(merged)
    return local.reason == "bad-timing" or (local.hot and new)
