"""A lead, and one activity, in the words of the agreement's conditions; what is unknown is left out."""

from typing import Any

from services.recycle.domain.model import RecycledLead
from shared.contracts.values import Activity, Email


def facts_of(lead: RecycledLead) -> dict[str, Any]:
    """What is remembered of a lead."""
    snapshot = lead.snapshot
    person, company = snapshot.person, snapshot.company
    return _known(
        {
            "name": person.name,
            "phone": person.phone,
            "title": person.title,
            "language": person.language,
            "country": person.country,
            "region": person.region,
            "postal_code": person.postal_code,
            "company.name": company.name,
            "company.domain": company.domain,
            "account": company.domain,
            "company.employees": company.employees,
            "company.industry": company.industry,
            "company.country": company.country,
            "source": snapshot.source or None,
            "campaign": snapshot.campaign,
            "interest": snapshot.interest,
            "segment": snapshot.segment,
            "grade": snapshot.grade,
            "score": lead.memory.score,
            "captured.via": snapshot.captured_via,
            "captured.at": snapshot.captured_at,
            "consent": lead.consent.value,
            **_email_facts(snapshot.email),
        }
    )


def activity_facts(activity: Activity) -> dict[str, Any]:
    """What is known of an activity."""
    return _known(
        {
            "activity.type": activity.type,
            "activity.at": activity.at,
            "activity.url": activity.url,
            "activity.asset": activity.asset,
            "activity.campaign": activity.campaign,
            "activity.product": activity.product,
            "activity.source": activity.source,
        }
    )


def _email_facts(email: Email | None) -> dict[str, Any]:
    if email is None:
        return {}
    return {
        "email": email.address,
        "email.domain": email.domain,
        "email.is_free": email.free,
        "email.is_disposable": email.disposable,
    }


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}
