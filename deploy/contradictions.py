"""Settings that are right one by one and wrong together: each a sentence, said when a process starts.

What the files ask for and no setting gives is said too.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from deploy.configuration import AllSettings, Configuration
from deploy.destinations import unknown_destinations
from deploy.settings import Settings
from deploy.telling import telling_contradictions
from shared.bus.kafka_cluster import KAFKA
from shared.bus.kafka_consumer import SESSION_MS
from shared.runtime.addresses import is_surely_private


def contradictions(settings: AllSettings, service: str | None = None) -> list[str]:
    """What does not go together. `service`: the one that this process serves; None if it serves all."""
    found = [*_bus(settings.process, shared=service is not None)]
    if settings.process.bus_url.startswith(KAFKA):
        found += topic_contradictions(settings.process, settings.runtime.inbox_keep_days)
    if service in (None, "recycle"):
        found += [*_auditor(settings), *_destinations(settings)]
    if service in (None, "routing"):
        found += telling_contradictions(
            settings.routing,
            inbox_keep_days=settings.runtime.inbox_keep_days,
            private=settings.process.allow_private_destinations,
        )
    return found


def lacks(configuration: Configuration, service: str) -> Iterator[str]:
    """What the files that a service reads ask for, and nobody has set or made."""
    process, agreement = configuration.settings.process, configuration.agreement
    if not configuration.ring.principals():
        yield (
            f"BATON_KEYS: nobody has a key in {process.keys}, so every call is answered 401; make one with "
            f"`baton keys add NAME --role operator --file {process.keys}`"
        )
    if service != "recycle":
        return
    known = configuration.settings.recycle.destinations
    yield from unknown_destinations(agreement, known, "BATON_RECYCLE_DESTINATIONS")


def _bus(process: Settings, *, shared: bool) -> Iterator[str]:
    if process.bus_url.startswith(KAFKA):
        if process.bus_user and not process.bus_tls:
            yield (
                "BATON_BUS_USER is set and BATON_BUS_TLS is false: whoever is on the way can read what is "
                "said of leads, and with BATON_BUS_SASL=PLAIN the password"
            )
        return
    if shared:
        yield (
            "BATON_BUS_URL names a bus in a file, which only this process can open: no other service hears "
            "it; set kafka://HOST:PORT"
        )
    for name in ("member", "bus_cluster_id", "bus_tls", "bus_user"):
        if getattr(process, name):
            yield f"BATON_{name.upper()} is for Kafka, and BATON_BUS_URL names another bus: it does nothing"


def topic_contradictions(process: Settings, remembered: int) -> Iterator[str]:
    """What does not go together in how topics are kept. `remembered`: for how many days an inbox does."""
    if process.topic_kept_days >= remembered:
        yield (
            f"BATON_TOPIC_KEPT_DAYS ({process.topic_kept_days}) is not less than BATON_INBOX_KEEP_DAYS "
            f"({remembered}): a reader that begins anew parks what its inbox has forgotten"
        )
    if wrong := why_unwritable(process):
        yield wrong
    elif process.topic_copies > 1 and process.topic_copies_in_sync == 1:
        yield (
            "BATON_TOPIC_COPIES_IN_SYNC is 1: a broker that dies takes with it what others had not copied; "
            "set 2"
        )


def why_unwritable(process: Settings) -> str | None:
    """Why a topic that is kept as the settings want it would take no event at all; None if it would."""
    copies, in_sync = process.topic_copies, process.topic_copies_in_sync
    if in_sync <= copies:
        return None
    return (
        f"BATON_TOPIC_COPIES_IN_SYNC ({in_sync}) is more than BATON_TOPIC_COPIES ({copies}): Kafka would "
        f"take no event at all; set BATON_TOPIC_COPIES to at least {in_sync}, which takes as many brokers, "
        f"or BATON_TOPIC_COPIES_IN_SYNC to at most {copies}"
    )


def _auditor(settings: AllSettings) -> Iterator[str]:
    recycle, session_s = settings.recycle, SESSION_MS / 1000
    if settings.process.bus_url.startswith(KAFKA) and recycle.audit_grace_s < session_s:
        yield (
            f"BATON_RECYCLE_AUDIT_GRACE_S ({recycle.audit_grace_s:g}) is less than the {session_s:g} s after "
            "which Kafka gives a dead process's work to another: the auditor will miss owners who are there"
        )
    if recycle.audit_again_after_s < recycle.audit_grace_s:
        yield (
            f"BATON_RECYCLE_AUDIT_AGAIN_AFTER_S ({recycle.audit_again_after_s:g}) is less than "
            f"BATON_RECYCLE_AUDIT_GRACE_S ({recycle.audit_grace_s:g}): the auditor asks again before an "
            "answer can be in the ledger"
        )


def _destinations(settings: AllSettings) -> Iterator[str]:
    for name, tool in settings.recycle.destinations.items():
        if tool.secret is None:
            yield f"the destination '{name}' has no secret: it can not know that a call comes from Baton"
    if settings.process.allow_private_destinations:
        return
    for name, tool in settings.recycle.destinations.items():
        host = urlsplit(tool.url).hostname or ""
        if is_surely_private(host):
            yield (
                f"the destination '{name}' is at the private address {host}, and "
                "BATON_ALLOW_PRIVATE_DESTINATIONS is false: it will never be called"
            )
