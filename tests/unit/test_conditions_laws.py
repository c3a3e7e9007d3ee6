"""Laws of the `when` language, tried on conditions and facts that nobody thought of."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.agreement.conditions.generate import each_that_holds, first_that_holds
from shared.agreement.conditions.nodes import All, AnyOf, Node, Not, Test, implies
from shared.agreement.conditions.vocabulary import VOCABULARY, Kind
from shared.agreement.conditions.when import condition

pytestmark = pytest.mark.slow

TEXTS = st.sampled_from(
    ["US", "us", "VP Sales", "mvp", "head", "a\tb", "é", "ß", "I\u0307", "", " "]
) | st.text(max_size=9)
NUMBERS = st.integers(-5, 5) | st.floats(allow_nan=True) | st.sampled_from([2**70, -(2**70)])
VALUES = (
    st.none() | st.booleans() | NUMBERS | TEXTS | st.datetimes() | st.binary(max_size=3) | st.lists(TEXTS)
)
NAMES = ("country", "title", "company.employees", "score", "email.is_free", "captured.at", "grade")
FACTS = st.dictionaries(st.sampled_from([*NAMES, "now"]), VALUES)


def kind_of(name: str) -> Kind:
    return VOCABULARY[name].kind


words = st.lists(
    st.text(min_size=1, max_size=4).filter(lambda text: re.sub(r"[\W_]", "", text) != ""), min_size=1
)
TESTS = st.one_of(
    st.builds(lambda o, v: Test("country", Kind.TEXT, o, tuple(v)), st.sampled_from(["is", "in"]), words),
    st.builds(
        lambda o, v: Test("title", Kind.TEXT, o, tuple(v)),
        st.sampled_from(["has_word", "contains", "starts_with"]),
        words,
    ),
    st.builds(
        lambda n, o, v: Test(n, Kind.NUMBER, o, (v,)),
        st.sampled_from(["company.employees", "score"]),
        st.sampled_from(["is", "at_least", "at_most", "above", "below"]),
        st.integers(-5, 5),
    ),
    st.builds(lambda v: Test("email.is_free", Kind.TRUTH, "is", v), st.booleans()),
    st.builds(
        lambda n, o: Test(n, kind_of(n), o, None),
        st.sampled_from(NAMES),
        st.sampled_from(["known", "missing"]),
    ),
)
NODES = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


def plainly(node: Node, facts: dict[str, object]) -> bool:
    """The language once more, as slowly and plainly as it can be said."""
    match node:
        case All(parts):
            return all(plainly(part, facts) for part in parts)
        case AnyOf(parts):
            return any(plainly(part, facts) for part in parts)
        case Not(part):
            return not plainly(part, facts)
        case Test():
            return plain_test(node, facts.get(node.name))
    raise AssertionError(node)


def plain_test(test: Test, value: object) -> bool:
    there = value is not None and not (isinstance(value, str) and value.strip() == "")
    if test.operator in ("known", "missing"):
        return there is (test.operator == "known")
    if not there:
        return False
    if test.kind is Kind.TRUTH:
        return isinstance(value, bool) and value is test.operand
    operands = test.operand if isinstance(test.operand, tuple) else ()
    if test.kind is Kind.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool) and plain_number(test, value)
    return isinstance(value, str) and any(plain_text(test.operator, value, str(part)) for part in operands)


def plain_number(test: Test, value: float) -> bool:
    if value in (float("inf"), float("-inf")):
        return False
    [operand] = [float(part) for part in test.operand] if isinstance(test.operand, tuple) else []
    return {
        "is": value == operand,
        "at_least": value >= operand,
        "at_most": value <= operand,
        "above": value > operand,
        "below": value < operand,
    }[test.operator]


def plain_text(operator: str, value: str, part: str) -> bool:
    if operator == "has_word":
        return f" {' '.join(split_words(part))} " in f" {' '.join(split_words(value))} "
    value, part = value.strip().casefold(), part.strip().casefold()
    return {
        "is": value == part,
        "in": value == part,
        "contains": part in value,
        "starts_with": value.startswith(part),
    }[operator]


def split_words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c if re.fullmatch(r"[^\W_]", c) else " " for c in folded).split(" ") if folded else []


@given(NODES, FACTS)
def test_the_generated_function_says_what_the_language_says(node: Node, facts: dict[str, object]) -> None:
    assert condition(node).holds(facts) is plainly(node, facts)


@given(st.lists(NODES, max_size=5), FACTS)
def test_a_section_answers_as_its_rules_do_one_by_one(nodes: list[Node], facts: dict[str, object]) -> None:
    held = tuple(index for index, node in enumerate(nodes) if condition(node).holds(facts))
    assert each_that_holds(nodes)(facts) == held
    assert first_that_holds(nodes)(facts) == (held[0] if held else -1)


@given(NODES, FACTS)
def test_no_facts_make_a_condition_or_its_sentence_fail(node: Node, facts: dict[str, object]) -> None:
    rule = condition(node)
    said = rule.sentence(facts)
    assert said
    assert said.isprintable()
    assert rule.holds(facts) is not condition(Not(node)).holds(facts)


@given(NODES, NODES, FACTS)
def test_what_is_called_implied_does_hold(narrow: Node, wide: Node, facts: dict[str, object]) -> None:
    both = All((narrow, wide))
    assert implies(both, wide)
    assert implies(wide, AnyOf((narrow, wide)))
    if implies(narrow, wide) and condition(narrow).holds(facts):
        assert condition(wide).holds(facts)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_of_the_file_becomes_code(word: str, value: str) -> None:
    hostile = f'"""; raise SystemExit #{word}\'"\\\n{{}}'
    rule = condition(
        All((Test("title", Kind.TEXT, "contains", (hostile,)), Test(hostile, Kind.TEXT, "is", (word,))))
    )
    assert rule.holds.__globals__["__builtins__"] == {}
    assert not rule.holds({"title": value})
    assert rule.holds({"title": hostile, hostile: word}) is (word.strip() != "")


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)), st.integers(1, 10**9))
def test_within_is_an_age(at: datetime, now: datetime, seconds: int) -> None:
    rule = condition(Test("captured.at", Kind.INSTANT, "within", timedelta(seconds=seconds)))
    assert rule.holds({"captured.at": at, "now": now}) is (now - at <= timedelta(seconds=seconds))
