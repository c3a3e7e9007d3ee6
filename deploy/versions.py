"""Versions of the agreement in a process: taken in at its start, read again when told, refused as a whole."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.assembly import Part
from deploy.configuration import read_agreements
from deploy.folder import Folder, copy_agreement
from deploy.problems import CannotStart
from shared.agreement import AgreementInvalid, Problem
from shared.agreement.versions import Version, files_of, what_changed
from shared.db.database import DatabaseUnavailable
from shared.runtime import metrics
from shared.runtime.log import logger
from shared.runtime.service import Service
from shared.runtime.shelf import Shelf
from shared.runtime.takeover import VersionsRefused, look_once, plan, refusals
from shared.runtime.versions import NOTICE, NotInForceHere

_WAIT_S: Final = NOTICE.total_seconds() + 1.0
_STEP_S: Final = 0.1


async def adopt(parts: Sequence[Part]) -> None:
    """Let each service's database know of the versions that this process has. Raises CannotStart."""
    objected: set[Problem] = set()
    for part in parts:
        service, versions = part.service, part.service.agreements.shelf.versions
        if versions:
            try:
                await plan(service, versions)
            except VersionsRefused as refused:
                raise CannotStart(refused.reasons) from refused
            except AgreementInvalid as wrong:
                raise CannotStart(str(problem) for problem in wrong.problems) from wrong
            await look_once(service)
            objected.update(*(one.agreement.objections for one in versions))
    for problem in sorted(objected):
        logger("baton").warning("agreed already, and refused in a new version", problem=str(problem))


async def wait_for_force(parts: Sequence[Part]) -> None:
    """Return when every service has the version in force; one that is about to take over is waited for.

    Raises CannotStart if there is none.
    """
    services = [part.service for part in parts]
    for left in reversed(range(round(_WAIT_S / _STEP_S))):
        try:
            for service in services:
                await service.tx(lambda tx: tx.agreement)
            return
        except NotInForceHere as missing:
            if not left:
                raise CannotStart([str(missing)]) from missing
        await asyncio.sleep(_STEP_S)
        for service in services:
            await look_once(service)


async def reload(shelf: Shelf, services: Sequence[Service]) -> None:
    """Read the files again, and let every service know what is new in them; all of it, or nothing.

    Raises AgreementInvalid or VersionsRefused with all that is wrong; then what was agreed goes on.
    """
    found = await asyncio.to_thread(shelf.read)
    reasons = [reason for service in services for reason in await refusals(service, found)]
    if reasons:
        raise VersionsRefused(dict.fromkeys(reasons))
    shelf.keep(found)
    for service in services:
        await plan(service, found)
    for service in services:
        await look_once(service)


async def reload_and_log(shelf: Shelf, services: Sequence[Service]) -> None:
    """The same for who can not be answered: the log says what became of it."""
    log = logger("baton")
    try:
        await reload(shelf, services)
    except AgreementInvalid as wrong:
        count_refused(services)
        log.error("agreement refused", problems=[str(problem) for problem in wrong.problems])
    except VersionsRefused as refused:
        count_refused(services)
        log.error("agreement refused", problems=refused.reasons)
    except DatabaseUnavailable as gone:
        log.error("agreement not read again; do it once more", error=str(gone))
    else:
        log.info("agreement read again", versions=[version.ref for version in shelf.versions])


def count_refused(services: Sequence[Service]) -> None:
    """What was read again can not be taken."""
    for service in services:
        metrics.agreements_refused.labels(service.name).inc()


def change_to(folder: Folder, file: Path) -> None:
    """Put an agreement into a data folder that has one. Raises CannotStart if it could not take over."""
    [new] = read_agreements(file)
    here = read_agreements(folder.agreements) if files_of(folder.agreements) else []
    same = next((version for version in here if version.ref == new.ref), None)
    if same is None and new.agreement.objections:
        raise CannotStart(str(problem) for problem in new.agreement.objections)
    if same is not None:
        _refuse_another(same, new)
    elif here:
        newest = here[-1].agreement
        if new.agreement.effective_from < newest.effective_from:
            raise CannotStart(
                [
                    f"{file}: {new.ref} is meant from {new.agreement.effective_from:%Y-%m-%d} on, before "
                    f"{newest.ref}, which lies in {folder.path}: give it a later effective_from"
                ]
            )
        beside = folder.path / f"agreement-{new.agreement.version}.yaml"
        copy_agreement(file, beside if len(here) > 1 else folder.agreement)


def _refuse_another(here: Version, new: Version) -> None:
    if here.fingerprint != new.fingerprint:
        changed = what_changed(here.text, here.agreement.list_fingerprints, new)
        raise CannotStart(
            [
                f"{new.file}: {new.ref} lies in {here.file} with another content ({changed}): give the new "
                "content a version of its own"
            ]
        )
