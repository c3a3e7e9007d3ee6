"""What is called impossible is impossible: no lead that anybody can think of fulfils it."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.agreement.conditions.nodes import All, AnyOf, Node, Not, Test
from shared.agreement.conditions.possible import can_hold, sorts_of_leads
from shared.agreement.conditions.vocabulary import GRADES, Kind
from shared.agreement.conditions.when import condition
from tests.unit.test_conditions_laws import NODES, TESTS, TEXTS

NUMBERS = [half / 2 for half in range(-16, 17)]
LEADS = st.fixed_dictionaries(
    {"score": st.integers(0, 8), "grade": st.sampled_from(GRADES)},
    optional={
        "country": TEXTS,
        "title": TEXTS,
        "company.employees": st.sampled_from(NUMBERS),
        "email.is_free": st.booleans(),
        "captured.at": st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    },
)


@given(NODES, st.lists(TESTS, max_size=2), LEADS)
def test_what_a_lead_fulfils_is_possible(wanted: Node, unwanted: list[Node], lead: dict[str, object]) -> None:
    if condition(wanted).holds(lead) and not any(condition(node).holds(lead) for node in unwanted):
        assert can_hold([wanted], unwanted)


def text(operator: str, *operands: str, name: str = "country") -> Test:
    return Test(name, Kind.TEXT, operator, operands)


TITLES = ("Foo", "foo", "foo bar", " FOO ", "Weiß", "WEISS")
OF_TITLES = [
    *(text(o, v, name="title") for o in ("is", "has_word", "contains", "starts_with") for v in TITLES),
    *(text("matches", v, name="title") for v in ("(?-i)foo", "^foo$", "bar", "^weiß$", "S")),
]


@pytest.mark.parametrize("unwanted", [True, False])
def test_what_one_of_these_titles_fulfils_is_possible(unwanted: bool) -> None:
    for one, other in product(OF_TITLES, OF_TITLES):
        both = All((one, Not(other))) if unwanted else All((one, other))
        if any(map(condition(both).holds, ({"title": title} for title in TITLES))):
            assert can_hold([both])
            assert can_hold([one], [other]) if unwanted else can_hold([one, other])


def number(operator: str, operand: float) -> Test:
    return Test("company.employees", Kind.NUMBER, operator, (operand,))


COMPARED = st.builds(
    number, st.sampled_from(["is", "at_least", "at_most", "above", "below"]), st.integers(-5, 5)
)
NODES_OF_NUMBERS = st.recursive(
    COMPARED,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(NODES_OF_NUMBERS)
def test_of_numbers_what_is_called_possible_is_possible(node: Node) -> None:
    leads = [{}, *({"company.employees": value} for value in NUMBERS)]
    assert can_hold([node]) == any(condition(node).holds(lead) for lead in leads)


@pytest.mark.parametrize(
    ("wanted", "unwanted", "possible"),
    [
        ([text("is", "US"), text("is", "DE")], [], False),
        ([text("is", "US"), text("in", "DE", "us")], [], True),
        ([text("is", "US"), text("contains", "d")], [], False),
        ([text("is", "Foo"), text("matches", "(?-i)foo")], [], True),
        ([text("is", "foo")], [text("matches", "(?-i)foo")], True),
        ([text("is", "Weiß")], [text("matches", "^weiß$")], True),
        ([text("is", "US"), text("is", "DE"), text("matches", "US")], [], False),
        ([text("has_word", "vp"), text("has_word", "head")], [text("contains", "x")], True),
        ([Test("country", Kind.TEXT, "known", None)], [Test("country", Kind.TEXT, "missing", None)], True),
        ([Not(Test("country", Kind.TEXT, "known", None)), text("starts_with", "a")], [], False),
        (
            [text("is", "customer", name="account.relation")],
            [text("is", "partner", name="account.relation")],
            True,
        ),
        (
            [Test("account.relation", Kind.TEXT, "known", None)],
            [text("in", "prospect", "customer", "partner", name="account.relation")],
            False,
        ),
        (
            [Test("captured.at", Kind.INSTANT, "within", timedelta(days=1))],
            [Test("captured.at", Kind.INSTANT, "within", timedelta(days=7))],
            False,
        ),
        (
            [Test("email.is_free", Kind.TRUTH, "is", True), Test("email.is_free", Kind.TRUTH, "is", False)],
            [],
            False,
        ),
    ],
)
def test_what_contradicts_itself_is_not_possible(
    wanted: list[Node], unwanted: list[Node], possible: bool
) -> None:
    assert can_hold(wanted, unwanted) is possible


def test_what_is_too_much_to_try_is_taken_to_be_possible() -> None:
    names = ("name", "title", "region", "phone", "source", "campaign")
    many: list[Node] = [text("contains", f"{name}{n}", name=name) for name in names for n in range(4)]
    assert sorts_of_leads(many) is None
    assert can_hold(many)
    assert sorts_of_leads([text("contains", str(n)) for n in range(13)]) is None
    values = [text("is", f"a{n}") for n in range(1_000)]
    assert sorts_of_leads([*values, *(text("matches", str(n)) for n in range(11))], ["country"]) is None
