"""A lead in the words of the agreement's conditions; what is unknown is left out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias

from shared.agreement import Agreement, Target, instant
from shared.contracts.values import Activity, Fact, Snapshot

_INSTANTS: Final = ("captured.at", "activity.at")
Read: TypeAlias = Callable[[Snapshot], Any]


def _newest(read: Callable[[Activity], Any]) -> Read:
    """Something of the last activity."""
    return lambda story: read(story.activities[-1]) if story.activities else None


_READ: Final[dict[str, Read]] = {
    "name": lambda story: story.person.name,
    "title": lambda story: story.person.title,
    "phone": lambda story: story.person.phone,
    "language": lambda story: story.person.language,
    "country": lambda story: story.person.country,
    "region": lambda story: story.person.region,
    "postal_code": lambda story: story.person.postal_code,
    "email": lambda story: story.email and story.email.address,
    "email.domain": lambda story: story.email and story.email.domain,
    "email.is_free": lambda story: story.email and story.email.free,
    "email.is_disposable": lambda story: story.email and story.email.disposable,
    "company.name": lambda story: story.company.name,
    "company.domain": lambda story: story.company.domain,
    "company.employees": lambda story: story.company.employees,
    "company.industry": lambda story: story.company.industry,
    "company.country": lambda story: story.company.country,
    "account": lambda story: (story.account and story.account.domain) or story.company.domain,
    "account.relation": lambda story: story.account and story.account.relation,
    "account.owner": lambda story: story.account and story.account.owner,
    "account.manager": lambda story: story.account and story.account.manager,
    "account.pod": lambda story: story.account and story.account.pod,
    "account.match": lambda story: story.account and story.account.match,
    "account.open_opportunity": lambda story: story.account and story.account.open_opportunity,
    "opportunity.owner": lambda story: story.account and story.account.opportunity_owner,
    "segment": lambda story: story.segment,
    "score": lambda story: story.score,
    "grade": lambda story: story.grade or (story.receipt and story.receipt.grade),
    "fit": lambda story: story.receipt and story.receipt.fit_points,
    "engagement": lambda story: story.receipt and story.receipt.engagement_points,
    "fast_lane": lambda story: story.fast_lane,
    "activity.type": _newest(lambda newest: newest.type),
    "activity.at": _newest(lambda newest: newest.at),
    "activity.url": _newest(lambda newest: newest.url),
    "activity.asset": _newest(lambda newest: newest.asset),
    "activity.campaign": _newest(lambda newest: newest.campaign),
    "activity.product": _newest(lambda newest: newest.product),
    "activity.source": _newest(lambda newest: newest.source),
    "consent": lambda story: story.consent.value,
    "interest": lambda story: story.interest,
    "source": lambda story: story.source,
    "campaign": lambda story: story.campaign,
    "captured.via": lambda story: story.captured_via,
    "captured.at": lambda story: story.captured_at,
}
"""How each word of the agreement is read in a lead's story; its round and the instant are beside it."""


@dataclass(slots=True)
class Found:
    """A lead's facts and the rules that hold, in one transaction: what foresaw its decision also makes it."""

    _facts: list[tuple[Snapshot, int, dict[str, Any]]] = field(default_factory=list)
    _met: list[tuple[dict[str, Any], tuple[int, ...]]] = field(default_factory=list)

    def facts(self, story: Snapshot, *, rounds: int, now: datetime, agreement: Agreement) -> dict[str, Any]:
        """Those of `facts_of` that the agreement may ask for; found once for each story."""
        same = ((of, facts) for of, round_, facts in self._facts if round_ == rounds and of == story)
        of_story, facts = next(same, (None, {}))
        if of_story is None:
            facts = _facts(_reads(agreement), story, rounds, now)
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
    """What the rules and policies of any agreement may ask of a lead that is to be routed."""
    return _facts(tuple(_READ.items()), snapshot, rounds, now)


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
    for rule in rules:
        named |= {rule.tell or "", *_values(rule.to)}
    for aside in agreement.sections.set_aside.choices:
        named |= _values(aside.to) if aside.to is not None else set()
    return frozenset(name for one in conditions for name in one.names) | named


@lru_cache(maxsize=8)
def _reads(agreement: Agreement) -> tuple[tuple[str, Read], ...]:
    asked = asked_by(agreement)
    return tuple((name, read) for name, read in _READ.items() if name in asked)


def _values(target: Target) -> set[str]:
    named = {target.value} if isinstance(target.value, str) else set(target.value)
    return named | (_values(target.otherwise) if isinstance(target.otherwise, Target) else set())


def _facts(
    reads: tuple[tuple[str, Read], ...], story: Snapshot, rounds: int, now: datetime
) -> dict[str, Any]:
    found = {name: value for name, read in reads if (value := read(story)) is not None}
    found["round"], found["now"] = rounds, now
    return found


def thawed(facts: Mapping[str, Fact], now: datetime) -> dict[str, Any]:
    """Facts as a receipt keeps them, in the types that conditions ask for; what can not be read stays."""
    instants = {name: instant(facts[name]) or facts[name] for name in _INSTANTS if name in facts}
    return {**facts, **instants, "now": now}
