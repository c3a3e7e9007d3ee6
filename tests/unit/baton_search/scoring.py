"""Scoring in the search: from the intake desk to sales, to a track, or aside; then only information."""

from typing import Any, NamedTuple

from tests.unit.baton_search.cast import Cast, Event, Reaction


class Local(NamedTuple):
    """What scoring knows of the lead."""

    custody: Any
    seq: int = 0
    fast: int = 0
    mql: bool = False
    aside: bool = False


class Scoring:
    """Reacts by the rules under test."""

    def __init__(self, rules: Any, cast: Cast) -> None:
        self.rules, self.cast = rules, cast

    def start(self) -> Local:
        return Local(self.rules.Custody())

    def timers(self, local: Local) -> tuple[Event, ...]:
        return ()

    def react(self, local: Local, event: Event) -> Reaction:
        reaction: Reaction = getattr(self, f"_{event.kind}")(local, event)
        return reaction

    def _captured(self, local: Local, event: Event) -> Reaction:
        opened = self.rules.hear_open(local.custody, event.handover)
        if opened is None:
            return Reaction(local)
        known = Local(opened, event.seq, event.fast, event.hot)
        if event.why == "denied":
            return self._move(known, self.rules.to_privacy(opened, self.cast.privacy))
        if event.why in ("was no lead", "set aside"):
            aside = known._replace(mql=False, aside=event.why == "set aside")
            return self._move(aside, self.rules.move(opened, self.cast.desk))
        if not event.hot:
            return self._move(known, self.rules.move(opened, self.cast.new))
        custody, handover = self.rules.offer(opened)
        if event.why == "somebody else's":
            said = Event("set_aside", handover, event.seq, event.fast)
            return Reaction(known._replace(custody=custody, mql=False, aside=True), (said,))
        said = Event("qualified", handover, event.seq, event.fast, True)
        return Reaction(known._replace(custody=custody), (said,))

    def _move(self, known: Local, passed: Any) -> Reaction:
        custody, handover = passed
        said = Event("not_qualified", handover, known.seq, known.fast, known.mql)
        return Reaction(known._replace(custody=custody), (said,))

    def _activity(self, local: Local, event: Event) -> Reaction:
        if local.custody.standing in ("none", "ended"):
            return Reaction(local)
        mql = (local.mql or event.hot) and not local.aside
        fast = max(local.fast, event.fast)
        after = local._replace(seq=max(local.seq, event.seq), fast=fast, mql=mql)
        return Reaction(after, (Event("scored", seq=after.seq, fast=fast, hot=mql),))

    def _facts(self, local: Local, event: Event) -> Reaction:
        """It became an MQL by what is known of its company: no activity, nothing for ingest to count."""
        return self._activity(local, event._replace(seq=local.seq, hot=True))

    def _cools(self, local: Local, event: Event) -> Reaction:
        if local.custody.standing in ("none", "ended") or not local.mql:
            return Reaction(local)
        return Reaction(local._replace(mql=False), (Event("cooled", seq=local.seq),))

    def _taken(self, local: Local, event: Event) -> Reaction:
        answered = self.rules.hear_answer(local.custody, event.handover)
        return Reaction(local if answered is None else local._replace(custody=answered))

    def _ended(self, local: Local, ending: str) -> Reaction:
        return ended(self.rules, local, Local, ending)

    def _erased(self, local: Local, event: Event) -> Reaction:
        return self._ended(local, "erased")

    def _won(self, local: Local, event: Event) -> Reaction:
        return self._ended(local, "won")

    def _closed(self, local: Local, event: Event) -> Reaction:
        return self._ended(local, "closed")

    def _merged(self, local: Local, event: Event) -> Reaction:
        return absorbed(self.rules, local, Local)


def absorbed(rules: Any, local: Any, forget: Any) -> Reaction:
    """What each custodian does on `lead.merged`: the journey ends, and who answered for it says so."""
    over = rules.absorb(local.custody)
    if over is None:
        return Reaction(local)
    custody, remains = over
    across = () if remains is None else (Event("absorbed", remains=remains),)
    wrong = _ended_twice(local)
    if across and local.custody.standing not in ("holding", "offering"):
        wrong = "IT SAYS WHAT BECAME OF A LEAD THAT WAS NOT ITS OWN"
    return Reaction(forget(custody), across=across, wrong=wrong)


def ended(rules: Any, local: Any, forget: Any, ending: str) -> Reaction:
    """What each custodian does when the journey is over: it forgets."""
    custody = rules.hear_tombstone(local.custody, ending)
    return Reaction(local) if custody is None else Reaction(forget(custody), wrong=_ended_twice(local))


def _ended_twice(local: Any) -> str:
    return "IT ENDS TWICE" if local.custody.standing == "ended" else ""
