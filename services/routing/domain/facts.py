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
    """A lead's facts and the rules that hold, in one transaction: what foresaw its decision also makes it."""

    _facts: list[tuple[Snapshot, int, dict[str, Any]]] = field(default_factory=list)
    _met: list[tuple[dict[str, Any], tuple[int, ...]]] = field(default_factory=list)

    def facts(self, story: Snapshot, *, rounds: int, now: datetime) -> dict[str, Any]:
        """Those of `facts_of`, found once for each story."""
        same = ((of, facts) for of, round_, facts in self._facts if round_ == rounds and of == story)
        of_story, facts = next(same, (None, {}))
        if of_story is None:
            facts = facts_of(story, rounds=rounds, now=now)
        if of_story is not story:
            # The newest comes first: whoever asks again mostly asks for that one, and no story is compared.
            self._facts.insert(0, (story, rounds, facts))
        return facts

    def rules_met(self, facts: dict[str, Any], agreement: Agreement) -> tuple[int, ...]:
        """The rules of routing that hold; once for each of the facts found here."""
        for of_facts, met in self._met:
            if of_facts is facts:
                return met
        met = agreement.rules_met(facts)
        self._met.append((facts, met))
        return met


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
