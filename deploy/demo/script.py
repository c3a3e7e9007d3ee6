"""What people do in the demo, and when: forms, visits, second thoughts. Drawn before it begins."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from deploy.demo.people import Person, draw_person, phone_of

POSTING_S: Final = 20.0
"""Over how long people come."""
NEW_UNTIL_S: Final = 16.0
"""The last newcomer; those who come back need time."""
FORGOTTEN_S: Final = 12.0
"""When one of them asks to be forgotten."""
TWICE_EVERY: Final = 100
"""Of so many people one is known by two leads at first."""
SOURCES: Final = ("website", "webinar", "typeform")

What = Literal["form_submitted", "demo_requested", "webinar_attended", "page_viewed", "email_clicked"]
How = Literal["honest", "again", "puzzling", "forged"]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody does at `at_s` seconds, and that a source tells Baton of.

    `how`: `again` is a delivery that came before, `puzzling` says of nobody who it is, `forged` is signed by
    somebody else. `id` is the source's id of the delivery.
    """

    at_s: float
    id: str
    source: str
    what: What
    person: Person
    url: str | None = None
    how: How = "honest"
    newcomer: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that will be posted, in order of time, and who asks to be forgotten, and when."""

    deeds: tuple[Deed, ...]
    newcomers: int
    forgotten: tuple[tuple[float, str], ...]


def write_script(leads: int, dice: Random) -> Script:
    """A script in which `leads` people become leads."""
    deeds: list[Deed] = []
    newcomers = number = 0
    while newcomers < leads:
        number += 1
        twice = number % TWICE_EVERY == TWICE_EVERY // 3 and newcomers + 2 <= leads
        new = list(_twice_the_same(dice, number) if twice else _person(dice, number))
        newcomers += sum(deed.newcomer for deed in new)
        deeds += new
    deeds += _mischief(deeds)
    early = [d for d in deeds if d.newcomer and d.at_s < FORGOTTEN_S / 2 and d.person.email]
    forgotten = tuple((FORGOTTEN_S, deed.person.email) for deed in early[:1])
    in_time = sorted((d for d in deeds if d.at_s <= POSTING_S), key=lambda deed: (deed.at_s, deed.id))
    return Script(tuple(in_time), newcomers, forgotten)


def _person(dice: Random, number: int) -> Iterator[Deed]:
    first = _first(dice, number)
    yield first
    yield from _later(dice, first, number)


def _first(dice: Random, number: int) -> Deed:
    person = draw_person(dice, number)
    source = dice.choices(SOURCES, (60, 15, 25))[0]
    what: What = "webinar_attended" if source == "webinar" else "form_submitted"
    if source != "webinar" and dice.random() < 0.12:
        what = "demo_requested"
    url = "https://acme.example/demo" if what == "demo_requested" else "https://acme.example/guide"
    at_s = NEW_UNTIL_S * dice.random() ** 1.3  # More of them early: their stories can be seen to the end.
    return Deed(at_s, f"d{number}", source, what, person, url, newcomer=True)


def _later(dice: Random, first: Deed, number: int) -> Iterator[Deed]:
    """What the same person does afterwards."""
    pricing = "https://acme.example/pricing"
    if dice.random() < 0.35:
        yield _then(first, dice.uniform(0.5, 3.0), "page_viewed", f"d{number}/look", pricing)
    if dice.random() < 0.45:
        yield _then(first, dice.uniform(8.0, 13.0), "page_viewed", f"d{number}/back", pricing)
    if dice.random() < 0.15:
        yield _then(first, dice.uniform(5.0, 12.0), "email_clicked", f"d{number}/click")
    if dice.random() < 0.06:
        yield _then(first, dice.uniform(9.0, 14.0), "demo_requested", f"d{number}/demo")
    if dice.random() < 0.015:
        second_thoughts = replace(first, person=replace(first.person, consent="denied"))
        yield _then(second_thoughts, dice.uniform(3.0, 8.0), "form_submitted", f"d{number}/no")
    if dice.random() < 0.03:
        yield replace(first, at_s=first.at_s + dice.uniform(0.3, 2.0), how="again", newcomer=False)


def _then(first: Deed, after_s: float, what: What, id: str, url: str | None = None) -> Deed:
    return replace(
        first, at_s=first.at_s + after_s, id=id, source="website", what=what, url=url, newcomer=False
    )


def _twice_the_same(dice: Random, number: int) -> Iterator[Deed]:
    """Two leads, one by e-mail and one by phone, until a third form shows that they are one person."""
    drawn = _first(dice, number)
    both = replace(drawn.person, phone=phone_of(number))
    by_mail = replace(drawn, source="website", what="form_submitted", person=replace(both, phone=None))
    yield by_mail
    yield replace(
        by_mail,
        at_s=by_mail.at_s + 1.0,
        id=f"d{number}/phone",
        source="webinar",
        what="webinar_attended",
        person=replace(both, email=""),
    )
    yield _then(replace(by_mail, person=both), 3.5, "form_submitted", f"d{number}/both")


def _mischief(deeds: list[Deed]) -> list[Deed]:
    """One message that says of nobody who it is, and one by a forger."""
    honest = next((deed for deed in deeds if deed.source == "website"), None)
    if honest is None:
        return []
    nobody = replace(honest.person, email="", phone=None)
    return [
        replace(honest, at_s=9.0, id="puzzle", how="puzzling", person=nobody, newcomer=False),
        replace(honest, at_s=10.0, id="forged", how="forged", newcomer=False),
    ]
