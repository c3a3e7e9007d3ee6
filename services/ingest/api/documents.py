"""What ingest's endpoints take and answer, as their OpenAPI page tells it."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from services.ingest.domain.sources import FIELDS
from shared.runtime.written import Written

SOURCE_NAME: Final = Written(
    r"^[a-z0-9_-]{1,40}$", "a source's name: at most 40 of a-z, 0-9, _ and -, such as fair-2026"
)
ROWS_MAX: Final = 500

_MEANINGS: Final = {
    "name": "Full name, if the parts are not known",
    "title": "Job title",
    "phone": "With country code (+351…), or national if `country` is given",
    "language": "Such as pt or pt-BR",
    "country": "A code such as PT, or the usual name",
    "company": "The company they work for",
    "company.domain": "Or its web address; a work e-mail address tells it too",
    "company.employees": "How many: 120, 11-50 or 1000+",
    "email": "One of email, phone and own_id must say who this is",
    "own_id": "The sender's own id of the person",
    "consent": "granted or denied; anything else is unknown, and changes nothing",
    "interest": "What they are interested in, where the agreement keeps a lead for each interest",
    "source": "Where they came from, such as newsletter; the sender if left out",
    "activity": "What they did; this delivery itself if left out",
    "activity.type": "Such as demo_requested, as the agreement's rules name it",
    "activity.at": "When: 2026-01-05T09:12:44Z; now if left out",
    "activity.own_id": "The sender's own id of the activity",
    "activity.message": "What they wrote, in their own words",
}
_EXAMPLE: Final = {
    "email": "ana@northwind.example",
    "name": "Ana Silva",
    "title": "Operations Director",
    "company": {"name": "Northwind", "employees": "120"},
    "consent": "granted",
    "activity": {"type": "demo_requested"},
}


class Taken(BaseModel):
    """A lead was taken in, durably."""

    lead: str | None = Field(description="The lead's id")
    repeated: bool = Field(description="It came before: nothing was done again")
    own_id: str | None = Field(
        default=None, description="By this GET /v1/leads?own_id=… finds it, if it has an own_id"
    )
    doubts: dict[str, str] = Field(
        default_factory=dict, description="What was left out because nothing could be made of it, by field"
    )


class HookTaken(BaseModel):
    """A webhook was taken in, durably."""

    lead: str | None = Field(description="The lead's id; null if it is parked, or says nothing of a person")
    repeated: bool = Field(description="It came before: nothing was done again")
    parked: str | None = Field(
        default=None, description="Why nothing could be made of it; it is kept until a person has looked"
    )


class ImportIn(BaseModel):
    """Rows of a table."""

    source: Annotated[str, SOURCE_NAME] = Field(
        default="import", description="Whose ids the rows carry, such as fair-2026"
    )
    activity: str = Field(default="imported", max_length=60, description="What it means to be in this table")
    rows: list[dict[str, Any]] = Field(
        min_length=1, max_length=ROWS_MAX, description="Each one a lead, as POST /v1/leads takes it"
    )


class RowOut(BaseModel):
    """What became of one row."""

    row: int = Field(description="Its place in the request, from 0")
    lead: str | None = None
    repeated: bool = Field(default=False, description="It came before: nothing was done again")
    error: str | None = Field(default=None, description="Why it did not go in")


class ImportOut(BaseModel):
    """What became of every row: the good ones went in."""

    rows: list[RowOut]


class Found(BaseModel):
    """The leads that an identity leads to; more than one only where leads are kept per interest."""

    leads: list[str]


class LeadOut(BaseModel):
    """A lead as ingest keeps it."""

    lead: str
    ending: str | None = Field(
        description="How its journey ended: closed, merged, erased; null while it goes on"
    )
    merged_into: str | None = Field(default=None, description="The older lead that turned out to be the same")
    earlier: str | None = Field(default=None, description="The closed lead that this person was before")
    later: str | None = Field(default=None, description="The lead as which this person came again")
    activities: int = 0
    person: dict[str, Any] = {}
    email: str | None = None
    company: dict[str, Any] = {}
    consent: str | None = None
    own_ids: dict[str, str] = Field(default={}, description="Their ids in the sources' own systems")
    said_by: dict[str, str] = Field(default={}, description="Which source said each field")


def lead_schema() -> dict[str, Any]:
    """The schema of a lead in Baton's own field names: a reader of forms, so every plain value is welcome."""
    schema: dict[str, Any] = {"type": "object", "properties": {}, "example": _EXAMPLE}
    for name in FIELDS:
        if name != "delivery_id":  # Here the Idempotency-Key says it.
            _add(schema["properties"], name)
    return schema


def takes(schema: dict[str, Any]) -> dict[str, Any]:
    """For `openapi_extra`: a JSON body that the endpoint reads itself, after it knows who sends it."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _add(properties: dict[str, Any], name: str) -> None:
    group, _, rest = name.partition(".")
    if not rest:
        properties[name] = {"type": ["string", "number", "boolean"], **_said(name)}
        return
    inner = properties.setdefault(group, {"type": "object", **_said(group), "properties": {}})
    inner["properties"][rest] = {"type": ["string", "number", "boolean"], **_said(name)}


def _said(name: str) -> dict[str, str]:
    return {"description": _MEANINGS[name]} if name in _MEANINGS else {}
