"""The JSON Schema of an agreement, from the models and the vocabulary: with it, an editor helps to write one.

What needs two places to be judged, such as whether a team is there, only `check` can say.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import NullableSchema, WithDefaultSchema

from shared.agreement.conditions.operands import ALTERNATIVES_MAX, PATTERN_MAX
from shared.agreement.conditions.operators import SUGAR, suiting
from shared.agreement.conditions.vocabulary import ALIASES, GRADES, JUDGED, NOT_KNOWN, VOCABULARY, Kind, Word
from shared.agreement.written import AgreementFile
from shared.agreement.written.common import DURATION_PATTERN

Schema: TypeAlias = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_WITH_ALTERNATIVES: Final = ("has_word", "contains", "starts_with")
_OWN_SPELLING: Final = {name: name for name in VOCABULARY}
_PRESENCE: Final[Schema] = {"enum": ["known", "missing"]}
_OF_KIND: Final[Mapping[Kind, Schema]] = {
    Kind.TEXT: {"type": "string", "minLength": 1},
    Kind.NUMBER: {"type": "number"},
    Kind.TRUTH: {"type": "boolean"},
    Kind.GRADE: {"enum": list(GRADES)},
}


def schema() -> Schema:
    """The schema of the whole file."""
    of_file = _with_conditions(AgreementFile.model_json_schema(schema_generator=_AsWritten))
    conditions = {name: _condition(name, not_known) for name, not_known in NOT_KNOWN.items()}
    words = {_part(word): _test(word) for word in VOCABULARY.values()}
    defs = {**of_file.pop("$defs"), **conditions, **words}
    return {"$schema": _DIALECT, **of_file, "$defs": dict(sorted(defs.items()))}


class _AsWritten(GenerateJsonSchema):
    """What may stand in the file: an absent value is left out of it, never written as null."""

    def nullable_schema(self, schema: NullableSchema) -> Schema:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: WithDefaultSchema) -> Schema:
        described = super().default_schema(schema)
        if described.get("default", ...) is None:
            del described["default"]
        return described

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _with_conditions(described: Any) -> Any:
    """The same, with the description of a condition, or the words, wherever they may stand."""
    match described:
        case {"condition": str(sort)}:
            return {"$ref": f"#/$defs/{sort}"}
        case {"words": str(sort)}:
            return {"enum": _words(sort)}
        case dict():
            return {name: _with_conditions(inner) for name, inner in described.items()}
        case list():
            return [_with_conditions(inner) for inner in described]
        case _:
            return described


def _words(sort: str) -> list[str]:
    """The words that hold text, or for which a sort of condition may ask, in every spelling."""
    if sort == "text":
        known = {name for name, word in VOCABULARY.items() if word.kind is Kind.TEXT} - JUDGED
    else:
        known = VOCABULARY.keys() - NOT_KNOWN[sort]
    return [spelt for spelt, name in {**_OWN_SPELLING, **ALIASES}.items() if name in known]


def _condition(name: str, not_known: frozenset[str]) -> Schema:
    """A mapping of names of the vocabulary to tests, with `all`, `any` and `not` of the same."""
    inner = {"$ref": f"#/$defs/{name}"}
    several = {"type": "array", "items": inner, "minItems": 1}
    words = {spelt: VOCABULARY[word] for spelt, word in {**_OWN_SPELLING, **ALIASES}.items()}
    short = {spelt: (VOCABULARY[word], operator) for spelt, (word, operator) in SUGAR.items()}
    names = {
        spelt: {"description": word.meaning, "$ref": f"#/$defs/{_part(word)}"}
        for spelt, word in words.items()
        if word.name not in not_known
    }
    return {
        "description": "Every entry must hold. Of a missing value nothing holds.",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            "all": {"description": "Each of these must hold.", **several},
            "any": {"description": "At least one of these must hold.", **several},
            "not": {"description": "This must not hold.", **inner},
            **names,
            **{
                spelt: {"description": word.meaning, **_operand(operator, word)}
                for spelt, (word, operator) in short.items()
                if word.name not in not_known
            },
        },
    }


def _test(word: Word) -> Schema:
    """What may stand behind a name: a value, known or missing, or operators."""
    operators = {operator: _operand(operator, word) for operator in suiting(word.kind)}
    choices = [
        *([_value(word)] if word.kind in _OF_KIND else []),
        _PRESENCE,
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": operators,
        },
    ]
    return {"anyOf": choices}


def _part(word: Word) -> str:
    """The name of its description; words without values of their own share that of their kind."""
    return word.name if word.values or word.shape else word.kind.name.lower()


def _operand(operator: str, word: Word) -> Schema:
    """What may stand behind an operator."""
    several = {"type": "array", "minItems": 1, "maxItems": ALTERNATIVES_MAX}
    match operator:
        case "known" | "missing":
            return {"type": "boolean"}
        case "within":
            return {"type": "string", "pattern": DURATION_PATTERN}
        case "matches":
            return {"type": "string", "minLength": 1, "maxLength": PATTERN_MAX}
        case "in":
            return {**several, "items": _value(word)}
        case "is":
            return _value(word)
        case _ if operator in _WITH_ALTERNATIVES:
            return {"anyOf": [_OF_KIND[Kind.TEXT], {**several, "items": _OF_KIND[Kind.TEXT]}]}
        case _:
            return _OF_KIND[word.kind]


def _value(word: Word) -> Schema:
    """A value that the word can have. Case does not matter, so a pattern takes either."""
    if word.values:
        letters = ("".join(f"[{c.upper()}{c}]" for c in value) for value in word.values)
        in_any_case = {"type": "string", "pattern": f"^({'|'.join(letters)})$"}
        return {"anyOf": [{"enum": list(word.values)}, in_any_case]}
    if word.shape:
        return {"type": "string", "pattern": f"^({re.sub('a-z', 'A-Za-z', word.shape)})$"}
    return _OF_KIND[word.kind]
