"""Mailboxes in SQL: how much each person was told lately, and what is held back for a digest."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from services.routing.domain.digest import Mailbox
from services.routing.tables import mailboxes
from shared.db.bulk import insert_or_skip, upsert
from shared.db.dialect import among, locked
from shared.db.prepared import fetch

_BOXES: Final = locked(
    select(mailboxes).where(among(mailboxes.c.person, "persons")).order_by(mailboxes.c.person)
)
_box = msgspec.json.Decoder(Mailbox)


def lock_mailboxes(conn: Connection, persons: Iterable[str], now: datetime) -> dict[str, Mailbox]:
    """Lock these people's boxes, in order, as the last locks of a transaction. One who has none gets one."""
    names = sorted(set(persons))
    insert_or_skip(conn, mailboxes, [{"person": name, "box": None} for name in names])
    rows = fetch(conn, _BOXES, {"persons": names})
    return {row.person: Mailbox(now) if row.box is None else _box.decode(row.box) for row in rows}


def save_mailboxes(conn: Connection, boxes: Mapping[str, Mailbox]) -> None:
    """Write them back."""
    rows = [{"person": person, "box": msgspec.json.encode(box)} for person, box in sorted(boxes.items())]
    upsert(conn, mailboxes, rows, update=[mailboxes.c.box])
