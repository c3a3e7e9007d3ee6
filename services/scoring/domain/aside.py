"""Whether a lead is somebody else's, as the agreement says, and whose: asked before its score counts."""

from collections.abc import Sequence
from typing import NamedTuple

from shared.agreement import Agreement, Facts, SetAside, Target
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
    return Whose(
        rule=rule.name,
        desk=rule.hold,
        team=_named("team", rule.to, facts, agreement),
        person=_named("person", rule.to, facts, agreement),
        tell=_person(rule.tell, facts),
        counts_as=rule.counts_as,
    )


def _named(kind: str, target: Target | str | None, facts: Facts, agreement: Agreement) -> str | None:
    """The first person, or the first team, that a target and what stands behind its `else` name."""
    if not isinstance(target, Target):
        return None
    is_person = target.kind == "person"
    value = target.value[0] if isinstance(target.value, tuple) else target.value
    found = _person(value, facts) if is_person else _team(value, facts, agreement)
    if is_person == (kind == "person") and found is not None:
        return found
    return _named(kind, target.otherwise, facts, agreement)


def _person(name: str | None, facts: Facts) -> str | None:
    if name is None or "@" in name:
        return name
    found = facts.get(name)
    return found if isinstance(found, str) and found.strip() else None


def _team(name: str, facts: Facts, agreement: Agreement) -> str | None:
    if name in agreement.teams:
        return name
    found = facts.get(name)
    return found if isinstance(found, str) and found in agreement.teams else None
