"""Who fills in forms in the demo: names, titles, companies and countries, drawn with seeded dice."""

from dataclasses import dataclass
from random import Random
from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGLISH: Final = _words(
    "Ada Alan Amy Ben Cara Chloe Dana Dylan Emma Ethan Fiona Grace Henry Iris Jack June Kai Leah Liam "
    "Maeve Mark Nina Noah Olive Owen Paula Quinn Rose Ruth Sam Sara Theo Tess Uma Victor Wendy Zoe"
)
SPANISH: Final = _words(
    "Alba Andrés Carmen Diego Elena Gael Inés Iván Javier Lucía Marta Mateo Paula Rosa Sergio"
)
LAST: Final = _words(
    "Abbott Baker Castro Dalton Egan Fischer Garcia Hughes Ito Jensen Keller Lopez Moore Novak Okafor "
    "Patel Quist Reyes Silva Tanaka Ueda Vargas Weber Xu Young Zeller"
)
SPANISH_LAST: Final = _words(
    "Álvarez Blanco Cano Díaz Flores Gil Herrera León Molina Núñez Ortiz Peña Ramos Soto"
)
BUYERS: Final = (
    "CEO",
    "CTO",
    "VP Sales",
    "VP Operations",
    "Head of Marketing",
    "Head of IT",
    "Director of Procurement",
    "Chief Revenue Officer",
    "Owner",
)
OTHERS: Final = (
    "Sales Manager",
    "Marketing Specialist",
    "Developer",
    "Analyst",
    "Student",
    "Consultant",
    "Office Manager",
)
INDUSTRIES: Final = ("software", "finance", "manufacturing", "retail", "education", "health")
COMPANIES: Final = _words(
    "Northwind Aster Bluepeak Cobalt Driftwood Ember Fernway Granite Harbor Ironbark Juniper Kestrel "
    "Lumen Meridian Nimbus Orchard Pinnacle Quarry Redwood Saltline Tideway Umbra Vantage Willow Yarrow "
    "Zephyr"
)
ENDINGS: Final = ("Labs", "Systems", "Foods", "Logistics", "Bank", "Works")
COUNTRIES: Final = ("US", "US", "US", "GB", "GB", "DE", "FR", "PT", "NL", "CA")
SPANISH_COUNTRIES: Final = ("ES", "MX", "CO", "AR", "CL")
FREE_MAIL: Final = ("gmail.com", "outlook.com", "yahoo.com")
SIZES: Final = (8, 25, 60, 120, 240, 500, 900, 1500, 4000, 12000)
_PLAIN: Final = str.maketrans("áéíóúñÁÉÍÓÚÑ", "aeiounAEIOUN")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may become a lead. `consent` is what they tick, if they tick anything."""

    first_name: str
    last_name: str
    email: str
    title: str
    phone: str | None
    country: str
    language: str
    company: str
    employees: int
    industry: str
    consent: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def draw_person(dice: Random, number: int) -> Person:
    """The `number`-th person of this world. Their address is theirs alone."""
    spanish = dice.random() < 0.2
    first = dice.choice(SPANISH if spanish else ENGLISH)
    last = dice.choice(SPANISH_LAST if spanish else LAST)
    company = f"{dice.choice(COMPANIES)} {dice.choice(ENDINGS)}"
    host = f"{company.lower().replace(' ', '-')}.example"
    if dice.random() < 0.15:
        host = dice.choice(FREE_MAIL)
    handle = f"{first}.{last}{number}".translate(_PLAIN).lower()
    return Person(
        first_name=first,
        last_name=last,
        email=f"{handle}@{host}",
        title=dice.choice(BUYERS) if dice.random() < 0.6 else dice.choice(OTHERS),
        phone=phone_of(number) if dice.random() < 0.5 else None,
        country=dice.choice(SPANISH_COUNTRIES if spanish else COUNTRIES),
        language="es" if spanish else "en",
        company=company,
        employees=dice.choice(SIZES),
        industry=dice.choice(INDUSTRIES),
        consent=dice.choices(("granted", "", "denied"), (75, 21, 4))[0],
    )


def phone_of(number: int) -> str:
    """The `number`-th person's own line."""
    return f"+1 212 555 {number % 10000:04d}"
