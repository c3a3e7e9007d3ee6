"""What a new version of the agreement drops although leads are held there: a track or a desk."""

from services.recycle.store.leads import count_by_holder
from shared.agreement import Agreement
from shared.runtime.tx import Tx


def still_held(tx: Tx, new: Agreement) -> list[str]:
    """A sentence for each track and desk that is not in the new version and holds leads."""
    there = {"track": new.tracks.keys(), "desk": new.desks.keys()}
    return [
        f"it drops the {kind} '{name}', which still holds {count} lead{'s' if count > 1 else ''}: keep it "
        "until they are gone"
        for kind, name, count in count_by_holder(tx)
        if name not in there[kind]
    ]
