"""Tells people by e-mail, through the mail server that the settings name."""

import asyncio
from dataclasses import dataclass
from typing import Final, Literal

import aiosmtplib

from services.routing.domain.telling.letter import Letter
from services.routing.domain.telling.mail import mail
from shared.runtime.service import Answer, DueErrand

TIMEOUT_S: Final = 15.0
"""For all of it: connecting, encrypting, handing over."""
NO_SERVER: Final = "there is no mail server: set BATON_ROUTING_SMTP_HOST and BATON_ROUTING_SMTP_FROM"
_COULD_NOT: Final = (aiosmtplib.SMTPException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Mailer:
    """One mail server. `tls`: from the start, after STARTTLS, or none."""

    host: str
    port: int
    sender: str
    user: str | None = None
    password: str | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"

    async def send(self, to: str, letter: Letter, errand: DueErrand) -> Answer:
        """One attempt. Never raises for what the server does."""
        if not self.host or not self.sender:
            return Answer(False, NO_SERVER)
        try:
            message = mail(letter, sender=self.sender, to=to, key=errand.key, at=errand.written_at)
            async with asyncio.timeout(TIMEOUT_S):
                await aiosmtplib.send(
                    message,
                    hostname=self.host,
                    port=self.port,
                    username=self.user,
                    password=self.password,
                    use_tls=self.tls == "tls",
                    start_tls=self.tls == "starttls",
                    timeout=None,
                )
        except TimeoutError:
            return self._answer(f"no answer within {TIMEOUT_S:g} s")
        except _COULD_NOT as failed:
            return self._answer(_plain(failed), final=_for_ever(failed))
        return Answer(True, "taken by the mail server", server=self._server)

    def _answer(self, detail: str, *, final: bool = False) -> Answer:
        return Answer(False, f"{self._server}: {detail}", final=final, server=self._server)

    @property
    def _server(self) -> str:
        return f"{self.host}:{self.port}"


def _for_ever(failed: Exception) -> bool:
    """Whether the server will never take this message; what may be mended or passes is tried again."""
    if isinstance(failed, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in failed.recipients)
    return isinstance(failed, aiosmtplib.SMTPDataError) and failed.code >= 500


def _plain(failed: Exception) -> str:
    # What a server says may name the mailbox: its number is enough.
    code = getattr(failed, "code", None)
    if isinstance(failed, aiosmtplib.SMTPRecipientsRefused) and failed.recipients:
        code = failed.recipients[0].code
    return f"{type(failed).__name__}{f' {code}' if code else ''}"
