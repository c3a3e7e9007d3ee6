"""docs/conditions.md: every word and every operator that a condition of the agreement may use."""

from typing import Final

from deploy.pages import WRITTEN, page, table
from shared.agreement.conditions.operators import OPERATORS, SUGAR
from shared.agreement.conditions.vocabulary import ALIASES, NOT_KNOWN, UNSAID, VOCABULARY, Kind, Word

INTRO: Final = """\
A condition is a mapping. Every entry must hold: `{country: US, title: {has_word: [vp, head]}}`. Behind a
name stands a value, which means equality, or `known` or `missing`, or operators, which must all hold.
`{all: […]}`, `{any: […]}` and `{not: {…}}` combine conditions.

- **A value that is missing makes every comparison false**; so `{not: {country: US}}` also holds where the
  country is unknown. Blank text is missing.
- Text is compared without regard to case and to blanks around it.
- A number in quotes is text, and a text without quotes that looks like a number is a number.
- Regular expressions run in RE2, which cannot backtrack: no pattern can hang a service. It knows no
  look-around and no back references. Case does not matter, and a match may lie anywhere in the value: `^` and
  `$` pin it."""

MEANINGS: Final = {
    "is": ("equal; also what a plain value means", "{country: US}"),
    "in": ("equal to one of these", "{country: {in: [US, CA]}}"),
    "in_list": (
        "in the column of its name, or else the first, of a list under `lists`",
        "{account: {in_list: named}}",
    ),
    "at_least": ("this or more; of grades: this or better", "{company.employees: {at_least: 100}}"),
    "at_most": ("this or less; of grades: this or worse", "{score: {at_most: 20}}"),
    "above": ("more than this; of grades: better", "{score: {above: 70}}"),
    "below": ("less than this; of grades: worse", "{grade: {below: B}}"),
    "has_word": (
        "has this word, or one of these, as a whole word; signs are no part of one: `c++` is the word c",
        "{title: {has_word: [vp, chief]}}",
    ),
    "matches": ("a regular expression of at most 500 characters", '{activity.url: {matches: "/pricing"}}'),
    "contains": ("has this text, or one of these, anywhere", "{activity.asset: {contains: guide}}"),
    "starts_with": ("begins with this text, or one of these", "{language: {starts_with: es}}"),
    "known": ("there is a value", "{company.employees: known}"),
    "missing": ("there is none", "{company.employees: missing}"),
    "within": ("not longer ago than this", "{captured.at: {within: 7d}}"),
}
"""What each operator means, and an example."""

_WHERE: Final = {
    "`interests.by`": UNSAID,
    "`market.segments`": NOT_KNOWN["ConditionOnMarket"],
    "`scoring.fit`, `definitions.mql.requires`": NOT_KNOWN["ConditionOnLead"],
    "`market.set_aside`, `definitions.fast_lane`, `scoring.engagement`": NOT_KNOWN["ConditionBeforeScore"],
    "`playbooks`": NOT_KNOWN["ConditionOnPlaybook"],
    "`routing`, `follow_up.policies`, `baton reroute --where`": NOT_KNOWN["ConditionInRouting"],
    "`recycle.return_when`": NOT_KNOWN["ConditionOnReturn"],
}


def conditions() -> str:
    """The page."""
    short = [(f"`{spelt}`", f"`{name}: {{{operator}: …}}`") for spelt, (name, operator) in SUGAR.items()]
    spelt = [(f"`{alias}`", f"`{name}`") for alias, name in ALIASES.items()]
    return page(
        WRITTEN,
        "# Conditions",
        INTRO,
        "## Operators",
        table(("operator", "holds if", "behind", "for example"), map(_operator, OPERATORS)),
        "## Words",
        table(("word", "is", "kind"), [(f"`{w.name}`", w.meaning, _kind(w)) for w in VOCABULARY.values()]),
        "Short forms and other spellings:",
        table(("written", "means"), [*short, *spelt]),
        "## What is not known where",
        "A lead is put into a segment, set aside, scored and routed, in this order; a rule can ask only for "
        "what is known by then, and to whoever asks.",
        table(
            ("in", "these cannot be asked for"),
            [(where, _names(not_known)) for where, not_known in _WHERE.items()],
        ),
    )


def _operator(name: str) -> tuple[str, ...]:
    means, example = MEANINGS[name]
    kinds = ", ".join(kind.value for kind in Kind if kind in OPERATORS[name])
    return f"`{name}`", means, "any word" if OPERATORS[name] >= frozenset(Kind) else kinds, f"`{example}`"


def _kind(word: Word) -> str:
    if word.values:
        return " or ".join(f"`{value}`" for value in word.values)
    return word.shape_meaning or word.kind.value


def _names(not_known: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in VOCABULARY if name in not_known) or "none"
