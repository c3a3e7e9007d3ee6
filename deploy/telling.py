"""Settings about messages and links that are right one by one and wrong together: each a sentence."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from services.routing.settings import Settings
from shared.runtime.addresses import is_surely_private

_DAY: Final = 24
"""Hours."""


def telling_contradictions(settings: Settings, *, inbox_keep_days: int, private: bool) -> Iterator[str]:
    """What does not go together in how others are told. `private`: private addresses may be called."""
    yield from _links(settings, inbox_keep_days)
    yield from _mail(settings)
    yield from _crm(settings, private=private)
    token = settings.slack_token.get_secret_value() if settings.slack_token else "xoxb-"
    if not token.startswith("xoxb-"):
        yield "BATON_ROUTING_SLACK_TOKEN is not a bot's, which begins with xoxb-: Slack will refuse it"


def _links(settings: Settings, inbox_keep_days: int) -> Iterator[str]:
    if settings.public_url and not settings.secrets:
        yield "BATON_ROUTING_PUBLIC_URL is set and BATON_ROUTING_LINK_SECRETS is not: messages have no links"
    parts = urlsplit(settings.public_url)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        yield "BATON_ROUTING_PUBLIC_URL is not https: whoever is on the way can read links, and use them"
    if settings.link_hours >= inbox_keep_days * _DAY:
        yield (
            f"BATON_ROUTING_LINK_HOURS ({settings.link_hours}) is not less than BATON_INBOX_KEEP_DAYS "
            f"({inbox_keep_days} days): a link could be used again once it is forgotten that it was used"
        )


def _mail(settings: Settings) -> Iterator[str]:
    if not settings.smtp_host:
        for name in ("user", "password", "from"):
            if getattr(settings, f"smtp_{name}"):
                yield (
                    f"BATON_ROUTING_SMTP_{name.upper()} is set and BATON_ROUTING_SMTP_HOST is not: no mail "
                    "is sent"
                )
        return
    if not settings.smtp_from:
        yield "BATON_ROUTING_SMTP_HOST is set and BATON_ROUTING_SMTP_FROM is not: no mail is sent"
    if bool(settings.smtp_user) != (settings.smtp_password is not None):
        yield "of BATON_ROUTING_SMTP_USER and BATON_ROUTING_SMTP_PASSWORD only one is set: set both, or none"
    if settings.smtp_password is not None and settings.smtp_tls == "none":
        yield "BATON_ROUTING_SMTP_TLS is none: the password goes over the line as it is; set starttls or tls"


def _crm(settings: Settings, *, private: bool) -> Iterator[str]:
    if settings.crm_secret is not None and not settings.crm_url:
        yield "BATON_ROUTING_CRM_SECRET is set and BATON_ROUTING_CRM_URL is not: no CRM is told anything"
    if settings.crm_url and settings.crm_secret is None:
        yield "BATON_ROUTING_CRM_URL is set and BATON_ROUTING_CRM_SECRET is not: it can not know who calls"
    if settings.crm_url and not private and is_surely_private(urlsplit(settings.crm_url).hostname or ""):
        yield (
            "BATON_ROUTING_CRM_URL is a private address, and BATON_ALLOW_PRIVATE_DESTINATIONS is false: it "
            "will never be called"
        )
