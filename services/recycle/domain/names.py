"""Names of people, teams, tracks and desks, as the ledger keeps them."""

from typing import Final

from shared.baton import Holder
from shared.texts import clean, fits

NAME_MAX: Final = 200


def plain_holder(holder: Holder | None) -> Holder | None:
    """The holder by names that are searched for in columns. Nearly all are plain as they are."""
    if holder is None or (fits(holder.name, NAME_MAX) and fits(holder.answers, NAME_MAX)):
        return holder
    return Holder(holder.kind, clean(holder.name, NAME_MAX), clean(holder.answers, NAME_MAX))
