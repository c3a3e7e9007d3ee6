"""What was said earlier fills gaps, and overwrites nothing that was said later.

A name is one fact: a part of an earlier one would contradict it. So is with which company somebody is.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from msgspec.structs import replace

from shared.contracts.values import Company, Person, Value

V = TypeVar("V", bound=Value)
_NAMES: Final = frozenset({"name", "first_name", "last_name"})
_OF_PERSON: Final = [(name, "name" if name in _NAMES else name) for name in Person.__struct_fields__]
_OF_COMPANY: Final = [(name, f"company.{name}") for name in Company.__struct_fields__]

IsOutdated = Callable[[str], bool]
"""Whether what is said of a field, such as `company.employees`, was said before what is known of it."""


def person_of_now(new: Person, old: Person, is_outdated: IsOutdated) -> Person:
    """What `new` says of a person, without what is outdated by what is known."""
    known = _said(old)
    gone = {name for name in _said(new) & known - _NAMES if is_outdated(name)}
    if known & _NAMES and is_outdated("name"):
        gone |= _NAMES
    return _without(new, gone)


def company_of_now(new: Company, old: Company, is_outdated: IsOutdated) -> Company:
    """The same of a company. What was said earlier of another one says nothing of this one."""
    if None not in (old.domain, new.domain) and old.domain != new.domain and is_outdated("company.domain"):
        return Company()
    return _without(new, {name for name in _said(new) & _said(old) if is_outdated(f"company.{name}")})


def when_said(person: Person, company: Company) -> set[str]:
    """Under which names it is kept when this was said."""
    of_person = {key for name, key in _OF_PERSON if getattr(person, name) is not None}
    return of_person | {key for name, key in _OF_COMPANY if getattr(company, name) is not None}


def _without(value: V, gone: set[str]) -> V:
    return replace(value, **dict.fromkeys(gone)) if gone else value


def _said(value: Value) -> set[str]:
    return {name for name in value.__struct_fields__ if getattr(value, name) is not None}
