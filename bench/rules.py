"""How fast thirty rules are asked: by the function that is made of them, and written by hand in Python.

    python -m bench.rules

The rules are those of an agreement's fit, with all kinds of operators. Both ways are given the same leads,
must give the same answers, and take turns; each figure is the median of all turns, CPU of one core.
"""

import random
import re
import sys
from collections.abc import Callable, Mapping
from itertools import compress
from statistics import median
from time import process_time
from typing import Any, Final

from shared.agreement import Agreement, load_text

LEADS: Final = 20_000
TURNS: Final = 9
ENOUGH: Final = 100_000
"""Leads a second that the generated function must do, and of the hand-written one's at least half."""

Facts = Mapping[str, Any]
Ask = Callable[[Facts], tuple[int, ...]]

_RULES: Final = (
    "{title: {has_word: [ceo, cto, cmo, vp, chief]}}",
    "{title: {has_word: [director, head]}}",
    "{title: {has_word: [manager, lead]}}",
    "{title: {has_word: [engineer, developer]}}",
    '{title: {matches: "sen(ior)?"}}',
    "{title: missing}",
    "{company.industry: {in: [software, finance, manufacturing]}}",
    "{company.industry: {in: [retail, health]}}",
    "{company.industry: education}",
    "{company.employees: {at_least: 1000}}",
    "{company.employees: {at_least: 100}}",
    "{company.employees: {below: 20}}",
    "{company.employees: missing}",
    "{company.name: known}",
    "{company.name: {contains: bank}}",
    "{company.domain: {starts_with: www}}",
    "{country: US}",
    "{country: {in: [DE, AT, CH]}}",
    "{country: {in: [PT, ES, FR, IT]}}",
    "{all: [{country: US}, {company.employees: {at_least: 500}}]}",
    "{any: [{language: es}, {country: {in: [ES, MX, AR]}}]}",
    "{not: {language: en}}",
    "{email.is_free: true}",
    "{email.is_disposable: true}",
    "{email.domain: {in: [rival.example, other.example]}}",
    "{source: website}",
    "{source: {in: [webinar, trade-show]}}",
    "{campaign: {starts_with: spring}}",
    "{captured.via: import}",
    "{consent: granted}",
)


def agreement() -> Agreement:
    """An agreement with thirty rules of fit."""
    points = "\n".join(
        f"      - {{name: rule {n}, when: {when}, points: 5}}" for n, when in enumerate(_RULES, 1)
    )
    return load_text(f"""
agreement: rules
version: 1
effective_from: 2026-01-01T00:00:00Z
parties: {{marketing: m@acme.example, sales: s@acme.example, arbiter: {{person: a@acme.example}}}}
definitions: {{mql: {{score_at_least: 30}}}}
scoring:
  fit:
    points:
{points}
routing:
  teams: [{{name: inside, lead: i@acme.example, deputy: i@acme.example}}]
  rules: [{{name: rest, to: {{team: inside}}}}]
recycle: {{tracks: {{new: {{owner: m@acme.example}}}}}}
""")


def leads(number: int) -> list[dict[str, Any]]:
    """Leads as scoring asks about them, always the same."""
    dice = random.Random(1)
    choices: dict[str, tuple[Any, ...]] = {
        "title": ("VP Sales", "Head of IT", "Senior Engineer", "Office manager", "Student", None),
        "company.industry": ("software", "Finance", "retail", "education", "mining", None),
        "company.employees": (3, 40, 150, 800, 5000, None),
        "company.name": ("Northwind", "First Bank", "Harbour Logistics", None),
        "company.domain": ("northwind.example", "first.example", "harbour.example", None),
        "country": ("US", "DE", "PT", "ES", "MX", "SE", None),
        "language": ("en", "es", "de", None),
        "email.domain": ("northwind.example", "rival.example", "mail.example"),
        "email.is_free": (True, False),
        "email.is_disposable": (True, False, False, False),
        "source": ("website", "webinar", "crm"),
        "campaign": ("spring-25", "autumn", None),
        "captured.via": ("form", "import", "api"),
        "consent": ("granted", "unknown"),
    }
    drawn = ({name: dice.choice(values) for name, values in choices.items()} for _ in range(number))
    return [{name: value for name, value in lead.items() if value is not None} for lead in drawn]


def main() -> int:
    """Prints what both ways do in a second; exit code 1 if the generated function is not fast enough."""
    facts, ways = leads(LEADS), {"generated": agreement().sections.fit.each, "by hand": by_hand}
    if any(ways["generated"](lead) != ways["by hand"](lead) for lead in facts):
        raise AssertionError("the two ways differ: the rules written by hand are not those of the agreement")
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, ask in ways.items():
            taken[name].append(_seconds(ask, facts))
    a_second = {name: LEADS / median(seconds) for name, seconds in taken.items()}
    for name, number in a_second.items():
        print(f"{name:10} {number:10,.0f} leads/s, {1e6 / number:5.2f} µs a lead of {len(_RULES)} rules")
    share = a_second["generated"] / a_second["by hand"]
    print(f"the generated function does {share:.0%} of what the one by hand does")
    return 0 if a_second["generated"] >= ENOUGH and share >= 0.5 else 1


def _seconds(ask: Ask, facts: list[dict[str, Any]]) -> float:
    began = process_time()
    for lead in facts:
        ask(lead)
    return process_time() - began


# ---- the same by hand, as somebody would write it who minds case, blanks and what is missing

_WORD: Final = re.compile(r"[^\W_]+")
_SENIOR: Final = re.compile(r"sen(ior)?", re.IGNORECASE)
_PLACES: Final = range(len(_RULES))


def by_hand(facts: Facts) -> tuple[int, ...]:
    """The rules that hold, by their places."""
    get = facts.get
    title, industry, country = _text(get("title")), _text(get("company.industry")), _text(get("country"))
    company, domain, campaign = (
        _text(get("company.name")),
        _text(get("company.domain")),
        _text(get("campaign")),
    )
    employees, language, source = get("company.employees"), _text(get("language")), _text(get("source"))
    words = set(_WORD.findall(title))
    holds = (
        not words.isdisjoint(("ceo", "cto", "cmo", "vp", "chief")),
        not words.isdisjoint(("director", "head")),
        not words.isdisjoint(("manager", "lead")),
        not words.isdisjoint(("engineer", "developer")),
        _SENIOR.search(title),
        not title,
        industry in ("software", "finance", "manufacturing"),
        industry in ("retail", "health"),
        industry == "education",
        employees is not None and employees >= 1000,
        employees is not None and employees >= 100,
        employees is not None and employees < 20,
        employees is None,
        company,
        "bank" in company,
        domain.startswith("www"),
        country == "us",
        country in ("de", "at", "ch"),
        country in ("pt", "es", "fr", "it"),
        country == "us" and employees is not None and employees >= 500,
        language == "es" or country in ("es", "mx", "ar"),
        language != "en",
        get("email.is_free") is True,
        get("email.is_disposable") is True,
        _text(get("email.domain")) in ("rival.example", "other.example"),
        source == "website",
        source in ("webinar", "trade-show"),
        campaign.startswith("spring"),
        _text(get("captured.via")) == "import",
        _text(get("consent")) == "granted",
    )
    return tuple(compress(_PLACES, holds))


def _text(value: Any) -> str:
    return value.strip().casefold() if isinstance(value, str) else ""


if __name__ == "__main__":
    sys.exit(main())
