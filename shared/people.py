"""An address names a person: letters of another case name nobody else."""

from collections.abc import Callable, Iterable


def same(one: str, other: str) -> bool:
    """Whether both name one person."""
    return one.casefold() == other.casefold()


def spelled_as(written: Iterable[str]) -> Callable[[str], str]:
    """How somebody's address is written here: so, or as the first of these that names them; else as given."""
    known = dict.fromkeys(written)
    first: dict[str, str] = {}
    for address in known:
        first.setdefault(address.casefold(), address)
    return lambda address: address if address in known else first.get(address.casefold(), address)
