"""A lead that is to be routed, in the words of the agreement's conditions."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from shared.agreement import Agreement
from shared.agreement.facts import facts_of_story
from shared.contracts.values import Snapshot


@dataclass(slots=True)
class Found:
    """What was found out of a lead last, in one transaction: what foresaw its decision also makes it."""

    _of: tuple[Snapshot, int] | None = None
    _facts: dict[str, Any] = field(default_factory=dict)
    _met: tuple[dict[str, Any], tuple[int, ...]] | None = None

    def facts(self, story: Snapshot, *, rounds: int, now: datetime) -> dict[str, Any]:
        """Those of `facts_of`; found anew only if the story or the round is another."""
        of = story, rounds
        if of != self._of:
            self._facts = facts_of(story, rounds=rounds, now=now)
        self._of = of
        return self._facts

    def rules_met(self, facts: dict[str, Any], agreement: Agreement) -> tuple[int, ...]:
        """The rules of routing that hold; asked anew only if these are other facts."""
        if self._met is None or self._met[0] is not facts:
            self._met = facts, agreement.rules_met(facts)
        return self._met[1]


def facts_of(snapshot: Snapshot, *, rounds: int, now: datetime) -> dict[str, Any]:
    """What rules and policies may ask of a lead that is to be routed."""
    facts = facts_of_story(snapshot)
    facts["round"], facts["now"] = rounds, now
    return facts


@lru_cache(maxsize=8)
def asked_by(agreement: Agreement) -> frozenset[str]:
    """What a decision may ask of a lead: rules and whom they name, paces, policies, the account's owner.

    Of what sets a lead aside only whom it names: whether it holds, scoring has said.
    """
    hand_offs = agreement.hand_off.rules if agreement.hand_off is not None else ()
    rules = (*agreement.routing_rules, *hand_offs)
    conditions = [rule.condition for rule in rules]
    conditions += [pace.condition for pace in agreement.paces]
    conditions += [value.condition for value in agreement.values]
    conditions += [policy.condition for policy in agreement.policies]
    named = {"account.owner"}
    asides = agreement.sections.set_aside.choices
    targets = [rule.to for rule in rules]
    targets += [aside.to for aside in asides if aside.to is not None]
    named |= {rule.tell for rule in rules if rule.tell is not None}
    named |= {name for to in targets for one in to.in_turn for name in one.names}
    return frozenset(name for one in conditions for name in one.names) | named
