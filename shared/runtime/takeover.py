"""How a version of the agreement takes over: planned, announced, in force; once for all processes."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, Final

from sqlalchemy import Row, Select, Table, select, update

from shared.agreement import AgreementInvalid
from shared.agreement.versions import Version, due, what_changed
from shared.db.bulk import insert
from shared.db.dialect import choosing, locked
from shared.db.prepared import fetch
from shared.runtime import metrics
from shared.runtime.leases import take_turn
from shared.runtime.log import logger
from shared.runtime.service import Agreements, Service
from shared.runtime.tx import Tx
from shared.runtime.versions import NOTICE, Kept, announced, coming, meant_from, parted

LOOK_S: Final = 1.0
"""How often each process looks what is announced."""
AGAIN: Final = timedelta(seconds=60)
"""How long a version that is held up waits before it tries again to take over."""
READ_AGAIN: Final = timedelta(seconds=10)
"""How long a process that has no file of a version waits before it looks for one again."""
_TURN: Final = "agreement"
"""Whoever has it plans."""
_FILES: Final = "files"
"""What may not be tried again at once, beside each version by its name."""


class VersionsRefused(Exception):
    """These versions can not be taken: each reason is a sentence that says what to do."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__("; ".join(self.reasons))


async def plan(service: Service, versions: Sequence[Version]) -> None:
    """Let the service's database know of these versions; the first of all is in force at once.

    Raises VersionsRefused for one that has been announced and is another now, and AgreementInvalid with the
    objections to what is new. Safe to repeat.
    """
    await service.tx(lambda tx: _plan(tx, versions), under=versions[0].agreement)


async def refusals(service: Service, versions: Sequence[Version]) -> list[str]:
    """Why the service can not take these versions now: one has changed, or what one drops holds leads.

    Raises AgreementInvalid with the objections to what is new.
    """
    return await service.tx(lambda tx: _refusals(service, tx, versions), under=versions[0].agreement)


async def look_once(service: Service) -> int:
    """See what is announced, and take the steps that are due. Returns how many were taken."""
    versions = service.agreements
    if not versions.shelf.versions:
        return 0
    rows = await _learn(service, versions)
    if await _find_missing(service, versions, rows):
        rows = await _learn(service, versions)
    now, done = service.clock.now(), 0
    for row in _due(rows, now):
        version = versions.shelf.get(row.ref, row.fingerprint)
        if version is not None and versions.may_try(row.ref, now):
            done += await service.tx(partial(_step, service, version=version), under=version.agreement)
    if done:
        await _learn(service, versions)
    return done


async def _learn(service: Service, versions: Agreements) -> list[Kept]:
    now = service.clock.now()
    return await service.database.read(lambda conn: versions.learn(conn, now))


async def _find_missing(service: Service, versions: Agreements, rows: Sequence[Kept]) -> bool:
    """Read the files again if a version is in force or coming that this process does not have."""
    now = service.clock.now()
    ahead, come = parted(rows, now)
    wanted = [*ahead, *come[:1], *coming(rows)]
    missing = [row for row in wanted if versions.shelf.get(row.ref, row.fingerprint) is None]
    if not missing or not versions.may_try(_FILES, now):
        return False
    versions.try_again(_FILES, now + READ_AGAIN)
    try:
        found = await asyncio.to_thread(versions.shelf.read)
        await plan(service, found)
    except (AgreementInvalid, VersionsRefused) as wrong:
        logger(service.name).error("no file of a version", version=missing[0].ref, error=str(wrong)[:2000])
        return False
    versions.shelf.keep(found)
    return True


# ---- planning


def _plan(tx: Tx, versions: Sequence[Version]) -> None:
    rows = _take_turn(tx)
    refused = [*_changed(rows, versions), *_in_vain(rows, versions)]
    if refused:
        raise VersionsRefused(refused)
    first = due(versions, tx.now) if not any(row.takes_over_at for row in rows.values()) else None
    candidates = _candidates(rows, versions, first)
    _refuse_objected(candidates)
    # What lies beside the first and is over is known too: whatever is brought later and is not, is new.
    known = versions if first is not None else candidates
    new = [version for version in known if version.ref not in rows]
    if new:
        insert(tx.conn, tx.tables.agreements, [_row(tx, one, is_first=one is first) for one in new])
    for version in candidates:
        if version.ref in rows:
            _update(tx, version.ref, **_content(version), held_up=None)


def _refusals(service: Service, tx: Tx, versions: Sequence[Version]) -> list[str]:
    rows = _take_turn(tx)
    candidates = _candidates(rows, versions, None)
    _refuse_objected(candidates)
    held = [
        f"{version.ref} can not take over: {what}"
        for version in _not_overtaken(candidates, tx.now)
        for what in service.still_held(tx, version.agreement)
    ]
    return [*_changed(rows, versions), *_in_vain(rows, versions), *held]


def _not_overtaken(candidates: Sequence[Version], now: datetime) -> list[Version]:
    """Of all that is due by now, only the newest is announced."""
    by_instant = sorted(candidates, key=lambda one: one.agreement.effective_from)
    due_by_now = sum(one.agreement.effective_from - NOTICE <= now for one in by_instant)
    return by_instant[max(due_by_now - 1, 0) :]


def _refuse_objected(candidates: Iterable[Version]) -> None:
    """What is agreed already goes on as it is, also when checks have become stricter since."""
    if objections := [problem for one in candidates for problem in one.agreement.objections]:
        raise AgreementInvalid(objections)


def _take_turn(tx: Tx) -> dict[str, Row[Any]]:
    """All rows; nobody else plans until this transaction ends."""
    take_turn(tx, _TURN)
    return {row.ref: row for row in fetch(tx.conn, _versions_of(tx.tables.agreements), {})}


@cache
def _versions_of(agreements: Table) -> Select[Any]:
    return choosing(locked(select(agreements).order_by(agreements.c.ref)))


def _candidates(
    rows: Mapping[str, Row[Any]], versions: Sequence[Version], first: Version | None
) -> list[Version]:
    """What is new, or planned with another content. What was meant to end before now is history."""
    newest = [_meant_from(row) for row in rows.values() if row.takes_over_at is not None]
    newest += [first.agreement.effective_from] if first is not None else []
    ahead = [one for one in versions if not newest or one.agreement.effective_from >= max(newest)]
    return [version for version in ahead if _is_new(rows, version)]


def _is_new(rows: Mapping[str, Row[Any]], version: Version) -> bool:
    row = rows.get(version.ref)
    return row is None or (row.takes_over_at is None and row.fingerprint != version.fingerprint)


def _meant_from(row: Row[Any]) -> datetime:
    return meant_from(row.effective_from, row.takes_over_at)


def _in_vain(rows: Mapping[str, Row[Any]], versions: Sequence[Version]) -> Iterator[str]:
    """What is brought and would never be in force. Earlier ones may lie beside it, and are history."""
    newest = max(
        (row for row in rows.values() if row.takes_over_at is not None), key=_meant_from, default=None
    )
    if newest is None:
        return
    since = _meant_from(newest)
    for version in versions:
        meant, row = version.agreement.effective_from, rows.get(version.ref)
        was_coming = row is not None and row.effective_from >= since
        if meant < since and _is_new(rows, version) and (was_coming or not _is_earlier(version, newest.ref)):
            yield (
                f"{version.file}: {version.ref} is meant from {meant:%Y-%m-%d %H:%M} UTC on, before "
                f"{newest.ref}, which counts from {since:%Y-%m-%d %H:%M} UTC on, so it would never take "
                "over: give it a later effective_from, or take the file away"
            )


def _is_earlier(version: Version, ref: str) -> bool:
    name, _, number = ref.rpartition("@")
    return version.agreement.name == name and version.agreement.version < int(number)


def _changed(rows: Mapping[str, Row[Any]], versions: Sequence[Version]) -> Iterator[str]:
    for version in versions:
        row = rows.get(version.ref)
        if row is not None and row.takes_over_at is not None and row.fingerprint != version.fingerprint:
            since, changed = row.takes_over_at, what_changed(row.text, row.lists, version)
            yield (
                f"{version.file}: {version.ref} was agreed and took over on {since:%Y-%m-%d %H:%M} UTC, and "
                f"has changed since: {changed}; put that back, and give the new content another version"
            )


def _row(tx: Tx, version: Version, *, is_first: bool) -> dict[str, Any]:
    takes_over_at = tx.now if is_first else None
    steps = {"takes_over_at": takes_over_at, "took_over_at": None, "held_up": None}
    return {"ref": version.ref, **_content(version), **steps}


def _content(version: Version) -> dict[str, Any]:
    return {
        "fingerprint": version.fingerprint,
        "text": version.text,
        "lists": dict(version.agreement.list_fingerprints),
        "effective_from": version.agreement.effective_from,
    }


# ---- steps


def _due(rows: Sequence[Kept], now: datetime) -> list[Kept]:
    """Whose next step is due: to be announced, or, when its instant has come, what follows from it."""
    to_follow = [row for row in announced(rows) if row.has_come(now) and not row.is_done]
    soon = [row for row in coming(rows) if row.effective_from - NOTICE <= now]
    return [*reversed(to_follow), *soon[:1]]


def _step(service: Service, tx: Tx, *, version: Version) -> int:
    row = _take_turn(tx).get(version.ref)
    if row is None or row.fingerprint != version.fingerprint:
        return 0
    now = service.clock.now()  # Waiting for the turn took time, and the notice begins now.
    if row.takes_over_at is None:
        return _announce(service, tx, version, now)
    if row.took_over_at is not None or row.takes_over_at > now:
        return 0
    _update(tx, version.ref, took_over_at=now)
    service.on_agreement(tx)
    tx.afterwards.append(lambda: logger(tx.service).info("agreement in force", agreement=version.ref))
    return 1


def _announce(service: Service, tx: Tx, version: Version, now: datetime) -> int:
    held = service.still_held(tx, version.agreement)
    if not held:
        takes_over_at = max(version.agreement.effective_from, now + NOTICE)
        _update(tx, version.ref, takes_over_at=takes_over_at, held_up=None)
        return 1
    _update(tx, version.ref, held_up="; ".join(held))
    service.agreements.try_again(version.ref, now + AGAIN)
    tx.afterwards.append(partial(_say_held_up, tx.service, version.ref, held))
    return 0


def _say_held_up(service: str, ref: str, held: Sequence[str]) -> None:
    metrics.agreements_refused.labels(service).inc()
    logger(service).warning("agreement held up", agreement=ref, why="; ".join(held))


def _update(tx: Tx, ref: str, **values: Any) -> None:
    agreements = tx.tables.agreements
    tx.conn.execute(update(agreements).where(agreements.c.ref == ref).values(**values))
