"""Typeform's JSON: answers found by the question's ref, hidden fields for where the visitor came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.ingest.domain.sources import Source
from services.ingest.domain.submission import CannotUnderstand, Ignored

HIDDEN: Final = "hidden."
_NOT_SENT: Final = "form_response_partial"
_SENT: Final = "form_response"


@dataclass(frozen=True, slots=True)
class Form:
    """One filled-in form. `by_ref` and `by_type` hold the first answer of each."""

    by_ref: Mapping[str, object]
    by_type: Mapping[str, object]
    hidden: Mapping[str, Any]
    title: object
    token: object
    event_id: object
    submitted_at: object


def read(payload: Mapping[str, Any]) -> Form | Ignored:
    """The form in Typeform's payload; a form that was not sent off is ignored. Raises CannotUnderstand."""
    event = payload.get("event_type", _SENT)
    if event == _NOT_SENT:
        return Ignored("the form was left half-filled")
    if event != _SENT:
        raise CannotUnderstand("event_type", f"is not one we know: {_SENT} is expected here")
    form = _mapping(payload.get(_SENT), _SENT)
    answers = form.get("answers") or []
    if not isinstance(answers, list):
        raise CannotUnderstand(f"{_SENT}.answers", "is not a list of answers")
    by_ref: dict[str, object] = {}
    by_type: dict[str, object] = {}
    for answer in answers:
        _add(_mapping(answer, f"{_SENT}.answers"), by_ref, by_type)
    return Form(
        by_ref=by_ref,
        by_type=by_type,
        hidden=_mapping(form.get("hidden") or {}, f"{_SENT}.hidden"),
        title=_mapping(form.get("definition") or {}, f"{_SENT}.definition").get("title"),
        token=form.get("token"),
        event_id=payload.get("event_id"),
        submitted_at=form.get("submitted_at"),
    )


def pick(form: Form, source: Source, field: str) -> object:
    """What the form has for one of our fields: as the source's settings say, else where it usually stands."""
    path = source.fields.get(field)
    if path is not None:
        found = (
            form.hidden.get(path.removeprefix(HIDDEN)) if path.startswith(HIDDEN) else form.by_ref.get(path)
        )
    else:
        found = form.by_ref.get(field.replace(".", "_"))
    return _usual(form, source, field) if found in (None, "") else found


def _usual(form: Form, source: Source, field: str) -> object:
    where = {
        "email": form.by_type.get("email"),
        "phone": form.by_type.get("phone_number"),
        "source": form.hidden.get("utm_source"),
        "campaign": form.hidden.get("utm_campaign") or source.campaign or form.title,
        "activity.at": form.submitted_at,
        "activity.asset": form.title,
        "activity.own_id": form.token,
        "delivery_id": form.event_id or form.token,
    }
    return where.get(field)


def _add(answer: Mapping[str, Any], by_ref: dict[str, object], by_type: dict[str, object]) -> None:
    kind = answer.get("type")
    if not isinstance(kind, str):
        return
    value = _value(answer.get(kind))
    by_type.setdefault(kind, value)
    question = answer.get("field")
    ref = question.get("ref") if isinstance(question, Mapping) else None
    if isinstance(ref, str):
        by_ref.setdefault(ref, value)


def _value(written: object) -> object:
    """A choice is its label, several are their labels; everything else is what it is."""
    if not isinstance(written, Mapping):
        return written
    labels = written.get("labels")
    if isinstance(labels, list):
        return ", ".join(str(label) for label in labels)
    return written.get("label") or written.get("other")


def _mapping(value: object, field: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise CannotUnderstand(field, "is not an object, as Typeform sends it")
