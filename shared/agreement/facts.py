"""A lead in the words of the agreement's conditions; what is unknown is left out.

Every service asks with these, and adds what it alone knows, such as the round. Which words a section can not
ask for, because whoever asks there does not know them, stands in `vocabulary.py`.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from shared.agreement.conditions.nodes import Facts
from shared.agreement.conditions.readings import instant
from shared.agreement.conditions.vocabulary import VOCABULARY, Kind
from shared.contracts.values import Account, Activity, Company, Email, Fact, Person, Snapshot
from shared.terms import Consent

_INSTANTS: Final = tuple(name for name, word in VOCABULARY.items() if word.kind is Kind.INSTANT)
_PLAIN: Final = (str, int, float, bool)


class Lead(Protocol):
    """What every service knows of a lead."""

    @property
    def person(self) -> Person: ...
    @property
    def email(self) -> Email | None: ...
    @property
    def company(self) -> Company: ...
    @property
    def account(self) -> Account | None: ...
    @property
    def consent(self) -> Consent: ...
    @property
    def interest(self) -> str | None: ...
    @property
    def source(self) -> str: ...
    @property
    def campaign(self) -> str | None: ...
    @property
    def captured_via(self) -> str: ...
    @property
    def captured_at(self) -> datetime | None: ...


def facts_of_lead(lead: Lead) -> dict[str, Any]:
    """Who it is, and where it came from."""
    return _known(_lead(lead))


def facts_of_activity(activity: Activity) -> dict[str, Any]:
    """What it did."""
    return _known(_activity(activity))


def facts_of_story(story: Snapshot) -> dict[str, Any]:
    """All that a snapshot says: the lead, and how far it has come."""
    return {**facts_of_lead(story), **facts_of_progress(story)}


def facts_of_progress(story: Snapshot) -> dict[str, Any]:
    """What it did last, and how it was scored."""
    did = _activity(story.activities[-1]) if story.activities else {}
    return _known({**did, **_score(story)})


def account_domain(company: Company, email: Email | None) -> str | None:
    """The domain by which the CRM knows a company; None for free mail without a company."""
    if company.domain is not None:
        return company.domain.lower()
    return None if email is None or email.free or email.disposable else email.domain.lower()


def frozen(facts: Facts, names: Collection[str]) -> dict[str, Fact]:
    """Those facts as a receipt keeps them: instants as text."""
    return {
        name: value if isinstance(value, _PLAIN) else str(value)
        for name, value in facts.items()
        if name in names
    }


def thawed(kept: Mapping[str, Fact], now: datetime) -> dict[str, Any]:
    """Facts that a receipt has kept, as rules met them at that instant; what can not be read stays."""
    instants = {name: instant(kept[name]) or kept[name] for name in _INSTANTS if name in kept}
    return {**kept, **instants, "now": now}


def _lead(lead: Lead) -> dict[str, Any]:
    person, company, email, account = lead.person, lead.company, lead.email, lead.account
    facts = {
        "name": person.name,
        "title": person.title,
        "phone": person.phone,
        "language": person.language,
        "country": person.country,
        "region": person.region,
        "postal_code": person.postal_code,
        "company.name": company.name,
        "company.domain": company.domain,
        "company.employees": company.employees,
        "company.industry": company.industry,
        "company.country": company.country,
        "account": (account and account.domain) or account_domain(company, email),
        "consent": lead.consent.value,
        "interest": lead.interest,
        "source": lead.source,
        "campaign": lead.campaign,
        "captured.via": lead.captured_via,
        "captured.at": lead.captured_at,
    }
    if email is not None:
        facts |= _email(email)
    if account is not None:
        facts |= _account(account)
    return facts


def _email(email: Email) -> dict[str, Any]:
    return {
        "email": email.address,
        "email.domain": email.domain,
        "email.is_free": email.free,
        "email.is_disposable": email.disposable,
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "account.relation": account.relation,
        "account.owner": account.owner,
        "account.manager": account.manager,
        "account.pod": account.pod,
        "account.match": account.match,
        "account.open_opportunity": account.open_opportunity,
        "opportunity.owner": account.opportunity_owner,
    }


def _activity(activity: Activity) -> dict[str, Any]:
    return {
        "activity.type": activity.type,
        "activity.at": activity.at,
        "activity.url": activity.url,
        "activity.asset": activity.asset,
        "activity.campaign": activity.campaign,
        "activity.product": activity.product,
        "activity.source": activity.source,
    }


def _score(story: Snapshot) -> dict[str, Any]:
    receipt = story.receipt
    return {
        "segment": story.segment,
        "score": story.score,
        "grade": story.grade or (receipt and receipt.grade),
        "fit": receipt and receipt.fit_points,
        "engagement": receipt and receipt.engagement_points,
        "fast_lane": story.fast_lane,
    }


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
