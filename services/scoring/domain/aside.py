"""Whether a lead is somebody else's, as the agreement says, and whose: asked before its score counts."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.agreement import Agreement, Facts, SetAside, person_named
from shared.agreement.facts import facts_of_activity
from shared.contracts.values import Activity, RuleTried, Whose


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
    met = {**facts, **facts_of_activity(activities[-1])} if activities else facts
    rule = agreement.set_aside_for(met)
    return None if rule is None else Aside(rule, met)


def whose(rule: SetAside, facts: Facts, agreement: Agreement) -> Whose:
    """Whom the rule names: a desk, or a person and a team, as far as they are known."""
    tried = rule.to.in_turn if rule.to is not None else ()
    people = (target.named_person(facts) for target in tried)
    teams = (team for target in tried for team in target.named_teams(facts, agreement.teams))
    return Whose(
        rule=rule.name,
        desk=rule.hold,
        team=next(teams, None),
        person=next(filter(None, people), None),
        tell=person_named(rule.tell, facts),
        counts_as=rule.counts_as,
    )
