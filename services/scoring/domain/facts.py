"""A lead, and one activity, in the words of the agreement's conditions; what is unknown is left out."""

from datetime import datetime
from typing import Any, Final

from services.scoring.domain.model import ScoredLead
from shared.agreement import Agreement, Facts, instant
from shared.contracts.values import Account, Activity, Email

_INSTANTS: Final = ("captured.at",)


def facts_of(lead: ScoredLead, agreement: Agreement, now: datetime) -> dict[str, Any]:
    """What rules may ask of a lead at an instant, but for its activities: who it is, and its segment."""
    facts = _who(lead, now)
    segment = agreement.segment_of(facts)
    return facts if segment is None else {**facts, "segment": segment}


def _who(lead: ScoredLead, now: datetime) -> dict[str, Any]:
    person, company = lead.person, lead.company
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
        "source": lead.source,
        "campaign": lead.campaign,
        "interest": lead.interest,
        "captured.via": lead.captured_via,
        "captured.at": lead.captured_at,
        "account": lead.account_domain,
        "consent": lead.consent.value,
        "now": now,
    }
    if lead.email is not None:
        facts |= _email(lead.email)
    if lead.account is not None:
        facts |= _account(lead.account)
    return {name: value for name, value in facts.items() if value is not None}


def thawed(kept: Facts, at: datetime) -> dict[str, Any]:
    """The facts that a receipt has kept, as rules met them at that instant: it keeps instants as text.

    What can not be read as one stays as it is.
    """
    instants = {name: instant(kept[name]) or kept[name] for name in _INSTANTS if name in kept}
    return {**kept, **instants, "now": at}


def activity_facts(activity: Activity) -> dict[str, Any]:
    """What rules may ask of one activity."""
    facts = {
        "activity.type": activity.type,
        "activity.at": activity.at,
        "activity.url": activity.url,
        "activity.asset": activity.asset,
        "activity.campaign": activity.campaign,
        "activity.product": activity.product,
        "activity.source": activity.source,
    }
    return {name: value for name, value in facts.items() if value is not None}


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
