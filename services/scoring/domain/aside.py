"""Whether a lead is somebody else's, as the agreement says: asked before its score counts."""

from collections.abc import Sequence
from typing import NamedTuple

from services.scoring.domain.facts import activity_facts
from shared.agreement import Agreement, Facts, SetAside
from shared.contracts.values import Activity, RuleTried


class Aside(NamedTuple):
    """The rule that sets a lead aside, and what it met."""

    rule: SetAside
    facts: Facts

    @property
    def tried(self) -> RuleTried:
        """The rule and why it holds, in words."""
        return RuleTried(name=self.rule.name, matched=True, sentence=self.rule.condition.sentence(self.facts))


def aside_of(activities: Sequence[Activity], facts: Facts, agreement: Agreement) -> Aside | None:
    """The first rule that sets the lead aside; it may ask for the newest activity too."""
    if not agreement.sets_aside:
        return None
    met = {**facts, **activity_facts(activities[-1])} if activities else facts
    rule = agreement.set_aside_for(met)
    return None if rule is None else Aside(rule, met)
