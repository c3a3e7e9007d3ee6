"""The three tools that send webhooks in the demo: each has its own words and signs in its own way."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from deploy.demo.script import Deed
from shared.signing import sign_standard_webhook, sign_typeform_webhook

SOURCES_YAML: Final = """\
sources:
  website:
    kind: standard
    secrets: [{website}]
    fields:
      email: data.email
      first_name: data.first_name
      last_name: data.last_name
      title: data.title
      phone: data.phone
      country: data.country
      language: data.language
      company.name: data.company
      company.employees: data.employees
      company.industry: data.industry
      consent: data.consent
      activity.type: type
      activity.at: timestamp
      activity.url: data.url
  webinar:
    kind: standard
    secrets: [{webinar}]
    activity: webinar_attended
    activity_types: {attended: webinar_attended}
    campaign: spring-webinar
    consent: {granted: ["agreed"], denied: ["refused"]}
    fields:
      email: attendee.mail
      first_name: attendee.given
      last_name: attendee.family
      title: attendee.role
      phone: attendee.tel
      country: attendee.where
      language: attendee.speaks
      company.name: organisation.name
      company.employees: organisation.headcount
      company.industry: organisation.sector
      consent: attendee.newsletter
      activity.type: event
      activity.at: at
  typeform:
    kind: typeform
    secrets: [{typeform}]
    activity: form_submitted
    fields:
      title: role
      language: hidden.language
      activity.type: hidden.intent
"""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What each tool signs with."""

    website: str
    webinar: str
    typeform: str

    def settings(self) -> str:
        """The file of sources."""
        return (
            SOURCES_YAML.replace("{website}", self.website)
            .replace("{webinar}", self.webinar)
            .replace("{typeform}", self.typeform)
        )


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request as a tool sends it."""

    path: str
    body: bytes
    headers: dict[str, str]


def webhook(deed: Deed, secrets: Secrets, now: datetime, began: datetime) -> Webhook:
    """The deed in the words of its source, signed now. `began`: when the demo did."""
    document = _WORDS[deed.source](deed, began)
    body = json.dumps(document, ensure_ascii=False).encode()
    secret: str = getattr(secrets, deed.source)
    if deed.how == "forged":
        secret = "whsec_" + "Zm9yZ2VkLWJ5LXNvbWVib2R5LXdpdGhvdXQ="
    if deed.source == "typeform":
        headers = sign_typeform_webhook(body, secret)
    else:
        headers = sign_standard_webhook(deed.id, int(now.timestamp()), body, secret)
    return Webhook(f"/hooks/{deed.source}", body, {"content-type": "application/json", **headers})


def _website(deed: Deed, _: datetime) -> dict[str, Any]:
    who = deed.person
    said = {
        "email": who.email,
        "first_name": who.first_name,
        "last_name": who.last_name,
        "title": who.title,
        "phone": who.phone,
        "country": who.country,
        "language": who.language,
        "company": who.company,
        "employees": who.employees,
        "industry": who.industry,
        "consent": who.consent,
        "url": deed.url,
    }
    if deed.what in ("page_viewed", "email_clicked"):
        said = {"email": who.email, "phone": who.phone if not who.email else None, "url": deed.url}
    return {"type": deed.what, "data": {name: value for name, value in said.items() if value}}


def _webinar(deed: Deed, _: datetime) -> dict[str, Any]:
    who = deed.person
    attendee = {
        "mail": who.email or None,
        "given": who.first_name,
        "family": who.last_name,
        "role": who.title,
        "tel": who.phone,
        "where": who.country,
        "speaks": who.language,
        "newsletter": {"granted": "agreed", "denied": "refused"}.get(who.consent),
    }
    organisation = {"name": who.company, "headcount": f"{who.employees}+", "sector": who.industry}
    return {"event": "attended", "attendee": attendee, "organisation": organisation}


def _typeform(deed: Deed, began: datetime) -> dict[str, Any]:
    who = deed.person
    answers = [
        _answer("email", "email", who.email),
        _answer("first_name", "text", who.first_name),
        _answer("last_name", "text", who.last_name),
        _answer("role", "text", who.title),
        _answer("country", "text", who.country),
        _answer("company_name", "text", who.company),
        _answer("company_employees", "number", who.employees),
        _answer("company_industry", "text", who.industry),
        _answer("consent", "boolean", who.consent == "granted"),
    ]
    if who.phone:
        answers.append(_answer("phone", "phone_number", who.phone.replace(" ", "")))
    form = {
        "form_id": "contact",
        "token": deed.id,
        "submitted_at": began.isoformat(),
        "hidden": {"language": who.language, "intent": deed.what},
        "definition": {"title": "Talk to us"},
        "answers": answers,
    }
    return {"event_id": deed.id, "event_type": "form_response", "form_response": form}


def _answer(ref: str, kind: str, value: object) -> dict[str, Any]:
    return {"type": kind, kind: value, "field": {"ref": ref, "type": kind}}


_WORDS: Final[dict[str, Callable[[Deed, datetime], dict[str, Any]]]] = {
    "website": _website,
    "webinar": _webinar,
    "typeform": _typeform,
}
