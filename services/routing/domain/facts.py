"""A lead in the words of the agreement's conditions; what is unknown is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from shared.agreement import Agreement
from shared.contracts.values import Account, Fact, Snapshot

_INSTANTS: Final = ("captured.at", "activity.at")


@dataclass(slots=True)
class Found:
    """A lead's facts and the rules that hold, in one transaction: what foresaw its decision also makes it."""

    _facts: list[tuple[Snapshot, int, dict[str, Any]]] = field(default_factory=list)
    _met: list[tuple[dict[str, Any], tuple[int, ...]]] = field(default_factory=list)

    def facts(self, story: Snapshot, *, rounds: int, now: datetime) -> dict[str, Any]:
        """What `facts_of` says; once for each story."""
        for of_story, of_rounds, facts in self._facts:
            if of_rounds == rounds and of_story == story:
                return facts
        facts = facts_of(story, rounds=rounds, now=now)
        self._facts.append((story, rounds, facts))
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
    """What the rules and policies may ask of a lead that is to be routed."""
    facts = {
        **_person(snapshot),
        **_company(snapshot),
        **_account(snapshot),
        **_judged(snapshot),
        **_newest_activity(snapshot),
        "consent": snapshot.consent.value,
        "interest": snapshot.interest,
        "source": snapshot.source,
        "campaign": snapshot.campaign,
        "captured.via": snapshot.captured_via,
        "captured.at": snapshot.captured_at,
        "round": rounds,
        "now": now,
    }
    return {name: value for name, value in facts.items() if value is not None}


def thawed(facts: Mapping[str, Fact], now: datetime) -> dict[str, Any]:
    """Facts as a receipt keeps them, in the types that conditions ask for."""
    instants = {name: datetime.fromisoformat(str(facts[name])) for name in _INSTANTS if name in facts}
    return {**facts, **instants, "now": now}


def _person(snapshot: Snapshot) -> dict[str, Any]:
    person, email = snapshot.person, snapshot.email
    known = {
        "name": person.name,
        "title": person.title,
        "phone": person.phone,
        "language": person.language,
        "country": person.country,
        "region": person.region,
    }
    if email is None:
        return known
    return known | {
        "email": email.address,
        "email.domain": email.domain,
        "email.is_free": email.free,
        "email.is_disposable": email.disposable,
    }


def _company(snapshot: Snapshot) -> dict[str, Any]:
    company = snapshot.company
    return {
        "company.name": company.name,
        "company.domain": company.domain,
        "company.employees": company.employees,
        "company.industry": company.industry,
        "company.country": company.country,
    }


def _account(snapshot: Snapshot) -> dict[str, Any]:
    account = snapshot.account or Account()
    if snapshot.account is None:
        return {"account": snapshot.company.domain}
    return {
        "account": account.domain or snapshot.company.domain,
        "account.relation": account.relation,
        "account.owner": account.owner,
        "account.manager": account.manager,
        "account.pod": account.pod,
        "account.match": account.match,
        "account.open_opportunity": account.open_opportunity,
        "opportunity.owner": account.opportunity_owner,
    }


def _judged(snapshot: Snapshot) -> dict[str, Any]:
    receipt = snapshot.receipt
    return {
        "segment": snapshot.segment,
        "score": snapshot.score,
        "grade": snapshot.grade or (receipt.grade if receipt else None),
        "fit": receipt.fit_points if receipt else None,
        "engagement": receipt.engagement_points if receipt else None,
        "fast_lane": snapshot.fast_lane,
    }


def _newest_activity(snapshot: Snapshot) -> dict[str, Any]:
    if not snapshot.activities:
        return {}
    newest = snapshot.activities[-1]
    return {
        "activity.type": newest.type,
        "activity.at": newest.at,
        "activity.url": newest.url,
        "activity.asset": newest.asset,
        "activity.campaign": newest.campaign,
        "activity.product": newest.product,
        "activity.source": newest.source,
    }
