"""By what we know a person again: e-mail address, phone number, a source's own id; each in one spelling."""

from typing import Final, Literal, NamedTuple

from services.ingest.domain.submission import CannotUnderstand, Submission
from shared import mailboxes
from shared.contracts.values import Email

INTEREST_MAX: Final = 200


class Identity(NamedTuple):
    """One way to recognise a lead. Two submissions that share one are about the same lead.

    `interest`: what it is about, where the agreement keeps one lead per person *and* interest.
    """

    kind: Literal["email", "own_id", "phone"]
    value: str
    interest: str = ""

    @property
    def anyhow(self) -> "Identity":
        """The same, whatever the interest: all leads that share it are one person's."""
        return self._replace(interest="") if self.interest else self


def identities(submission: Submission, interest: str | None = None) -> tuple[Identity, ...]:
    """All that identifies the submission's lead, sorted, so that everyone locks them in one order."""
    about = (interest or "").casefold()[:INTEREST_MAX]
    found: list[Identity] = []
    if submission.email:
        found.append(Identity("email", submission.email.address, about))
    if submission.own_id:
        found.append(Identity("own_id", own_id_of(submission.connector, submission.own_id), about))
    if submission.phone_e164:
        found.append(Identity("phone", submission.phone_e164, about))
    return tuple(sorted(found))


def own_id_of(source: str, own_id: str) -> str:
    """A source's own id, qualified by the source: `crm:4821`."""
    return f"{source}:{own_id}"


def email_of(written: str) -> Email:
    """The address in the one spelling that identifies its owner. Raises CannotUnderstand if it is none."""
    try:
        return mailboxes.email_of(written)
    except ValueError as wrong:
        raise CannotUnderstand("email", str(wrong)) from None
