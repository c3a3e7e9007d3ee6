"""Says in one sentence what the models found wrong, with the nearest known word."""

import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from shared.agreement.reading.source import Path
from shared.unknown import expected_one_of, quoted

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list, [a, b] or entries that each begin with '- '",
    "dict_type": "a mapping of names to entries",
    "model_type": "a mapping, {name: value}",
    "model_attributes_type": "a mapping, {name: value}",
    "destination": "{team: name} or {person: address}",
    "too_short": "at least one entry",
    "string_too_short": "some text",
}

_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "above"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "below"),
}

_WHY_NEEDED = {
    "deputy": "who answers for the team's queue",
    "owner": "who answers for the leads there",
    "lead": "to whom a breach escalates",
    "parties": "who signs for marketing and sales",
    "arbiter": "who settles what the two cannot",
    "when": "to which leads it applies",
    "tracks": "who nurtures what is not worked",
}


def message_for(error: ErrorDetails, root: type[BaseModel]) -> str:
    """What is wrong, as the end of a line that already names file, line and column."""
    name = str(error["loc"][-1]) if error["loc"] else ""
    kind, found, context = _kind(error["type"], name), error.get("input"), error.get("ctx", {})
    match kind:
        case "missing":
            why = f" ({_WHY_NEEDED[name]})" if name in _WHY_NEEDED else ""
            return f"`{name}` is missing here{why}; add it"
        case "extra_forbidden":
            fields = fields_at(root, error["loc"][:-1])
            return f"expected a field of this section, {expected_one_of(fields, name)}"
        case "literal_error":
            return f"expected one of the words known here, {expected_one_of(_words(context), found)}"
        case "expected":
            return str(context["message"])
        case "value_error":
            return error["msg"].removeprefix("Value error, ")
        case "string_pattern_mismatch":
            return f"expected a three-letter currency code such as USD, found {quoted(found)}"
        case "string_too_long":
            return f"expected at most {context['max_length']} characters, found {len(str(found))}"
    return _type_or_bound(kind, found, context, error["msg"])


def _kind(kind: str, name: str) -> str:
    return "destination" if name in ("to", "else") and kind.startswith("model_") else kind


def _type_or_bound(kind: str, found: object, context: Mapping[str, Any], otherwise: str) -> str:
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"expected a number {words} {context[bound]:g}, found {quoted(found)}"
    if kind == "too_short" or found in ([], {}):
        return f"expected {_EXPECTED.get(kind, 'something')}, found none"
    if kind in _EXPECTED:
        plain = "; write it in digits, without signs and separators" if _is_separated(kind, found) else ""
        return f"expected {_EXPECTED[kind]}, found {quoted(found)}{plain}"
    return f"{otherwise}; found {quoted(found)}"


def _is_separated(kind: str, found: object) -> bool:
    is_number = kind.startswith(("int", "float"))
    return is_number and isinstance(found, str) and re.fullmatch(r"\W?[\d., ']*\d", found) is not None


def _words(context: Mapping[str, object]) -> list[str]:
    return re.findall(r"'([^']+)'", str(context.get("expected", "")))


def fields_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The names that the mapping at `path` may have, as they are written in the file."""
    annotation: object = model
    for step in path:
        annotation = _below(annotation, step)
    found = _model_in(annotation)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _below(annotation: object, step: int | str) -> object:
    """The annotation one step down; steps that only name an alternative stay where they are."""
    model = _model_in(annotation)
    if model is not None and not _is_collection(annotation):
        by_name = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        return by_name.get(str(step), annotation)
    inner = [argument for argument in typing.get_args(annotation) if _model_in(argument) is not None]
    return inner[-1] if inner else annotation


def _is_collection(annotation: object) -> bool:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated or origin in (typing.Union, types.UnionType):
        return any(_is_collection(argument) for argument in typing.get_args(annotation))
    return origin in (list, dict, tuple)


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model that an annotation is or holds, if any."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    held = (_model_in(argument) for argument in typing.get_args(annotation))
    return next((model for model in held if model is not None), None)


def path_in_file(loc: tuple[int | str, ...]) -> Path:
    """Where the models found it, without the marker that they add for the name of an entry."""
    return loc[:-1] if loc and loc[-1] == "[key]" else loc
