"""Somebody else's JSON becomes a Submission: which of their words is which of ours."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from services.ingest.domain import typeform
from services.ingest.domain.countries import country_code
from services.ingest.domain.identity import email_of
from services.ingest.domain.phones import phone_of
from services.ingest.domain.reading import (
    MESSAGE_MAX,
    TEXT_MAX,
    URL_MAX,
    at_path,
    employees,
    exact_text,
    instant,
    language,
    loose_text,
    read_json,
    word,
)
from services.ingest.domain.sources import Kind, Source
from services.ingest.domain.submission import Act, CannotUnderstand, Ignored, Submission
from shared.contracts.values import Company, Email, Person
from shared.mailboxes import company_domain, registrable

EMAIL_MAX: Final = 254
T = TypeVar("T")

Pick = Callable[[str], object]
"""From the name of one of our fields to what the payload has for it; None where it has nothing."""


def submission_of(
    source: Source, body: bytes, received_at: datetime, delivery_id: str | None = None
) -> Submission | Ignored:
    """What a genuine webhook says. `delivery_id`: the one from its headers. Raises CannotUnderstand."""
    payload = read_json(body)
    if source.kind is Kind.STANDARD:
        return submission_from(source, payload, received_at, delivery_id)
    form = typeform.read(payload)
    if isinstance(form, Ignored):
        return form
    return _submission(source, lambda field: typeform.pick(form, source, field), received_at, delivery_id)


def submission_from(
    source: Source, row: Mapping[str, Any], received_at: datetime, delivery_id: str | None = None
) -> Submission:
    """What an already read JSON object, or one row of a table, says. Raises CannotUnderstand."""
    there = {
        field: at_path(field, row, path) if "." in path else row.get(path)
        for field, path in source.fields.items()
    }
    return _submission(source, there.get, received_at, delivery_id)


class _Reader:
    """Reads fields by their names, and keeps the doubts: texts of which nothing could be made."""

    def __init__(self, pick: Pick) -> None:
        self.pick = pick
        self.doubts: dict[str, str] = {}

    def loose(self, field: str, at_most: int = TEXT_MAX) -> str | None:
        value = self.pick(field)
        return None if value is None else loose_text(field, value, at_most)

    def exact(self, field: str) -> str | None:
        return exact_text(field, self.pick(field))

    def parsed(self, field: str, parse: Callable[[str], T | None], doubt: str) -> T | None:
        text = self.loose(field)
        value = parse(text) if text else None
        if text and value is None:
            self.doubts[field] = doubt
        return value


def _submission(source: Source, pick: Pick, received_at: datetime, delivery_id: str | None) -> Submission:
    read = _Reader(pick)
    email = _email(read)
    country = read.parsed("country", country_code, "is not a country we know: use a code such as PT")
    written_phone = read.loose("phone")
    phone = phone_of(written_phone, country) if written_phone else None
    if written_phone and not phone:
        read.doubts["phone"] = "is not a number that identifies one person: write it as +351 21 000 0000"
    own_id = read.exact("own_id")
    if not (email or phone or own_id):
        raise _nobody(read.doubts)
    return Submission(
        connector=source.name,
        source=read.loose("source") or source.name,
        how=source.how,
        act=_act(read, source, received_at),
        campaign=read.loose("campaign") or source.campaign,
        person=_person(read, phone or written_phone, country),
        email=email,
        company=_company(read, email),
        consent=source.consent.meaning(read.loose("consent") or ""),
        interest=read.loose("interest"),
        own_id=own_id,
        phone_e164=phone,
        delivery_id=delivery_id or read.exact("delivery_id"),
        doubts=tuple(sorted(read.doubts.items())),
    )


def _email(read: _Reader) -> Email | None:
    written = exact_text("email", read.pick("email"), EMAIL_MAX)
    if written is None:
        return None
    try:
        return email_of(written)
    except CannotUnderstand as wrong:
        read.doubts[wrong.field] = wrong.reason
        return None


def _nobody(doubts: Mapping[str, str]) -> CannotUnderstand:
    for field in ("email", "phone"):
        if field in doubts:
            return CannotUnderstand(field, doubts[field])
    return CannotUnderstand(
        "email", "is missing, and so are phone and own_id: one of them must say who this is"
    )


def _person(read: _Reader, phone: str | None, country: str | None) -> Person:
    return Person(
        name=read.loose("name"),
        first_name=read.loose("first_name"),
        last_name=read.loose("last_name"),
        title=read.loose("title"),
        phone=phone,
        language=read.parsed("language", language, "is not a language tag: write it as pt or pt-BR"),
        country=country,
        region=read.loose("region"),
        postal_code=read.loose("postal_code"),
    )


def _company(read: _Reader, email: Email | None) -> Company:
    website = read.parsed("company.domain", registrable, "is not a web address: write it as acme.com")
    return Company(
        name=read.loose("company.name"),
        domain=company_domain(website, email),
        employees=read.parsed(
            "company.employees", employees, "is not a number: write it as 120, 11-50 or 1000+"
        ),
        industry=read.loose("company.industry"),
        country=read.parsed(
            "company.country", country_code, "is not a country we know: use a code such as PT"
        ),
    )


def _act(read: _Reader, source: Source, received_at: datetime) -> Act:
    theirs = read.loose("activity.type")
    ours = source.activity_types.get(theirs) or word(theirs) if theirs else ""
    return Act(
        type=ours or source.activity,
        at=instant("activity.at", read.pick("activity.at"), received_at),
        url=read.loose("activity.url", URL_MAX),
        asset=read.loose("activity.asset"),
        product=read.loose("activity.product"),
        own_id=read.exact("activity.own_id"),
        message=read.loose("activity.message", MESSAGE_MAX),
    )
