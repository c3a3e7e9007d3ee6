"""`baton topics`: makes the topics on Kafka, or says what they lack."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.command.failing import NO, Failed, can_not_start

SQLITE = "sqlite:"

if TYPE_CHECKING:
    from deploy.settings import Settings
    from shared.bus.kafka_access import Access
    from shared.bus.kafka_topics import Topics


def topics(
    check: Annotated[bool, typer.Option("--check", help="Only say what is missing or differs.")] = False,
    all_stopped: Annotated[
        bool, typer.Option("--all-stopped", help="I have stopped every process that uses these topics.")
    ] = False,
) -> None:
    """Make the topics of the contracts on the Kafka that BATON_BUS_URL names. Once or again: it is the same.

    The number of partitions of a topic grows only when every event on it has been read and nobody speaks.
    """
    from deploy.access import access_of
    from deploy.problems import CannotStart
    from shared.bus.port import BusUnavailable
    from shared.runtime.log import configure_logs

    try:
        settings = _read_settings()
        access = access_of(settings)
    except CannotStart as wrong:
        raise can_not_start(wrong.problems) from wrong
    configure_logs(settings.log_level)
    if settings.bus_url.startswith(SQLITE):
        print("The embedded bus makes its topics by itself: nothing is to be done.")
        return
    try:
        well = asyncio.run(_bring_into_shape(_topics(settings, access), check, all_stopped))
    except (BusUnavailable, ValueError) as wrong:
        raise Failed(str(wrong)) from wrong
    if not well:
        raise Failed("the topics are not as the settings want them", NO)


def _read_settings() -> "Settings":
    """The settings of this process; what contradicts each other is said.

    Raises CannotStart, also for topics that nobody could write to.
    """
    from deploy.configuration import read_settings
    from deploy.contradictions import topic_contradictions, why_unwritable
    from deploy.environment import refuse_unknown_settings
    from deploy.problems import CannotStart
    from deploy.settings import Settings
    from shared.bus.kafka_cluster import KAFKA
    from shared.runtime.settings import Settings as RuntimeSettings

    refuse_unknown_settings(os.environ)
    settings, runtime = read_settings(Settings), read_settings(RuntimeSettings)
    if "bus_url" not in settings.model_fields_set or not settings.bus_url.startswith((KAFKA, SQLITE)):
        raise CannotStart(
            ["BATON_BUS_URL: expected kafka://HOST:PORT,HOST:PORT, the Kafka that gets the topics"]
        )
    if wrong := why_unwritable(settings):
        raise CannotStart([wrong])
    for sentence in topic_contradictions(settings, runtime.inbox_keep_days):
        typer.echo(f"baton: {sentence}", err=True)
    return settings


def _topics(settings: "Settings", access: "Access") -> "Topics":
    from shared.bus.kafka_cluster import Cluster, servers_of
    from shared.bus.kafka_topics import Topics, TopicSettings

    servers, cluster_id = servers_of(settings.bus_url), settings.bus_cluster_id or None
    cluster = Cluster(servers, settings.bus_partitions, cluster_id, access)
    kept = timedelta(days=settings.topic_kept_days)
    wanted = TopicSettings(settings.topic_copies, settings.topic_copies_in_sync, kept)
    return Topics(cluster, wanted, _readers())


def _readers() -> Mapping[str, Sequence[str]]:
    """For each topic, the services that hear it: a group has its service's name."""
    from services.ingest.app import HEARS as INGEST
    from services.recycle.app import HEARS as RECYCLE
    from services.routing.app import HEARS as ROUTING
    from services.scoring.app import HEARS as SCORING
    from shared.contracts import TOPICS

    heard = {"ingest": INGEST, "scoring": SCORING, "routing": ROUTING, "recycle": RECYCLE}
    return {topic: [service for service, hears in heard.items() if topic in hears] for topic in TOPICS}


async def _bring_into_shape(topics: "Topics", check: bool, all_stopped: bool) -> bool:
    """Say what became of each topic; False if one is not as it should be."""
    from shared.bus.kafka_topics import TooFewCopies, TopicNotDrained

    findings = await topics.find()
    if check:
        lacking = {finding.topic: topics.lacks(finding) for finding in findings}
        _print(lacking)
        return not any(lacking.values())
    try:
        # All before any: topics with different numbers of partitions would suit no process.
        topics.check_copies(findings)
        await topics.check_drained(findings, all_stopped=all_stopped)
    except (TooFewCopies, TopicNotDrained) as refused:
        raise Failed(f"nothing was changed: {refused}", NO) from refused
    for finding in findings:
        _print({finding.topic: await topics.mend(finding)})
    return True


def _print(said: Mapping[str, Sequence[str]]) -> None:
    for topic, sentences in said.items():
        print(f"{topic}: {'; '.join(sentences) or 'as it should be'}")
