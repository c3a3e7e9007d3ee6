"""Renders a condition as a sentence for receipts: "title has the word 'vp' — VP Marketing"."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, TypeAlias, cast

from shared.agreement.conditions.generate import accepted_texts, whether_it_holds
from shared.agreement.conditions.nodes import All, Always, AnyOf, Facts, Node, Not, Test
from shared.agreement.conditions.readings import known, number, text, truth, without_signs, words
from shared.agreement.conditions.vocabulary import Kind
from shared.agreement.reading.durations import written_duration

Sentence: TypeAlias = Callable[[Facts], str]

SHOWN_MAX: Final = 80
"""How many characters of a met value a receipt repeats; values come from outside and may be long."""

_MET: Final = " — "
"""Between what is compared with and what was met."""

_SEVERAL_MAX: Final = 8
_KEPT_MAX: Final = 256
_COMPARED: Final = {
    "at_least": "is at least",
    "at_most": "is at most",
    "above": "is above",
    "below": "is below",
}
_QUOTED: Final = {
    "has_word": ("has the word", "has one of the words"),
    "contains": ("contains", "contains one of"),
    "starts_with": ("starts with", "starts with one of"),
    "matches": ("matches", "matches one of"),
}
_SEVERAL: Final = {"has_word": "has the words", "contains": "contains", "starts_with": "starts with"}


def in_words(node: Node, *, whole: bool = False) -> str:
    """A condition as a sentence, without any value; what is compared with is cut short unless `whole`."""
    match node:
        case Always():
            return "always"
        case All(parts):
            return " and ".join(_bracketed(part, in_words(part, whole=whole)) for part in parts)
        case AnyOf(parts):
            return " or ".join(_bracketed(part, in_words(part, whole=whole)) for part in parts)
        case Not(part):
            return f"not ({in_words(part, whole=whole)})"
        case Test():
            return f"{node.name} {_phrase(node, whole=whole)}"


def sentence_of(node: Node, *, denied: bool = False) -> Sentence:
    """A function that renders a condition with the values it met; of "any" only what held, if any did.

    `denied`: it stands in a `not`.
    """
    match node:
        case Always():
            return lambda facts: "always"
        case All(parts):
            rendered = [(part, sentence_of(part, denied=denied)) for part in parts]
            return lambda facts: " and ".join(
                _bracketed(part, render(facts), denied=denied) for part, render in rendered
            )
        case AnyOf(parts):
            return _any_sentence(parts, denied=denied)
        case Not(part):
            inner = sentence_of(part, denied=True)
            return lambda facts: f"not ({inner(facts)})"
        case Test():
            return _test_sentence(node)


def shown(value: object) -> str:
    """A value from outside as a receipt repeats it: one line, not too long; 'unknown' if there is none."""
    if not known(value):
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    said = str(value)[: SHOWN_MAX * 4]
    if not said.isprintable():
        said = "".join(c if c.isprintable() else " " for c in said)
    line = " ".join(said.split())
    return line if len(line) <= SHOWN_MAX else line[: SHOWN_MAX - 1] + "…"


def _any_sentence(parts: tuple[Node, ...], *, denied: bool) -> Sentence:
    rendered = [(part, whether_it_holds(part), sentence_of(part, denied=denied)) for part in parts]

    def render(facts: Facts) -> str:
        held = [(part, say) for part, holds, say in rendered if holds(facts)]
        said = held or [(part, say) for part, _, say in rendered]
        return " or ".join(_bracketed(part, say(facts), denied=denied) for part, say in said)

    return render


def _test_sentence(test: Test) -> Sentence:
    name, phrase = test.name, f"{test.name} {_phrase(test)}"
    is_exactly, met = _exactly(test), _met(test)

    def of_value(value: object) -> str:
        if is_exactly(value):
            return f"{name} is {_as_value(shown(value))}"
        if test.operator == "missing" and not known(value):
            return phrase
        return f"{met(value) or phrase}{_MET}{shown(value)}"

    # Leads resemble each other: most have the country, the title or the source that another one had.
    of_like, of_none = lru_cache(_KEPT_MAX, typed=True)(of_value), of_value(None)

    def render(facts: Facts) -> str:
        value = facts.get(name)
        if value is None:
            return of_none
        is_short = len(value) <= SHOWN_MAX if type(value) is str else type(value) in (int, bool)
        return of_like(value) if is_short else of_value(value)

    return render


def _exactly(test: Test) -> Callable[[object], bool]:
    """Whether the comparison was for that very value, so that repeating it would say nothing."""
    if test.operator not in ("is", "in"):
        return lambda value: False
    if test.kind is Kind.TRUTH:
        return lambda value: truth(value) is test.operand
    if test.kind is Kind.NUMBER:
        numbers = cast("tuple[float, ...]", test.operand)
        return lambda value: number(value) in numbers
    texts = accepted_texts(test)
    return lambda value: text(value) in texts


def _met(test: Test) -> Callable[[object], str | None]:
    """For an operator with several alternatives: the phrase with only those that the value met, if any."""
    if test.operator not in _SEVERAL:
        return lambda value: None
    read = words if test.operator == "has_word" else text
    alternatives = [(part, read(part) or "") for part in _looked_for(test)]
    is_met = str.startswith if test.operator == "starts_with" else str.__contains__

    def met(value: object) -> str | None:
        has = read(value)
        held = tuple(part for part, wanted in alternatives if has is not None and is_met(has, wanted))
        if not held:
            return None
        verb = _QUOTED[test.operator][0] if len(held) == 1 else _SEVERAL[test.operator]
        return f"{test.name} {verb} {_listed(held)}"

    return met


def _phrase(test: Test, *, whole: bool = False) -> str:
    match test.operator:
        case "known" | "missing":
            return f"is {test.operator}"
        case "within":
            return f"is within {written_duration(cast(timedelta, test.operand))}"
        case "in_list":
            return f"is in the list {_texts(test)[0]}"
        case "is":
            return f"is {_plain(test, whole=whole)}"
        case "in":
            return f"is one of {_plain(test, whole=whole)}"
        case "has_word" | "contains" | "starts_with" | "matches":
            one, several = _QUOTED[test.operator]
            return f"{one if len(_texts(test)) == 1 else several} {_listed(_looked_for(test), whole=whole)}"
        case _:
            return f"{_COMPARED[test.operator]} {_plain(test, whole=whole)}"


def _plain(test: Test, *, whole: bool) -> str:
    operands = test.operand if isinstance(test.operand, tuple) else (test.operand,)
    if whole:
        texts = (operand if isinstance(operand, str) else shown(operand) for operand in operands)
        return ", ".join(map(_as_value, texts))
    return _cut([_as_value(shown(operand)) for operand in operands])


def _as_value(text: str) -> str:
    """A text that is compared with; what reads like another comparison is quoted."""
    return f"'{text}'" if text.casefold() in ("known", "missing") else text


def _listed(parts: tuple[str, ...], *, whole: bool = False) -> str:
    if whole:
        return ", ".join(f"'{part}'" for part in parts)
    return _cut([f"'{shown(part)}'" for part in parts])


def _cut(parts: list[str]) -> str:
    return ", ".join(parts[:_SEVERAL_MAX]) + (", …" if len(parts) > _SEVERAL_MAX else "")


def _texts(test: Test) -> tuple[str, ...]:
    return cast("tuple[str, ...]", test.operand)


def _looked_for(test: Test) -> tuple[str, ...]:
    """What is looked for in a text: of words, only that, because nothing else of them is compared."""
    return tuple(map(without_signs, _texts(test))) if test.operator == "has_word" else _texts(test)


def _bracketed(part: Node, rendered: str, *, denied: bool = False) -> str:
    """What is joined with others, so that it can not be misread; in a `not` also what names a value."""
    return f"({rendered})" if isinstance(part, All | AnyOf) or (denied and _MET in rendered) else rendered
