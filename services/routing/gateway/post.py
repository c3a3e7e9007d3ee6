"""What calls out, and how an attempt is judged."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.runtime.outgoing import Post
from shared.runtime.service import Answer, DueErrand


async def post_json(
    outgoing: Post,
    url: str,
    document: Mapping[str, Any],
    errand: DueErrand,
    *,
    secret: str | None = None,
    bearer: str | None = None,
) -> Answer:
    """Post a document because of an errand, whose key makes a repeat harmless."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return await outgoing.post(
        url, body, key=errand.key, secret=secret, traceparent=errand.traceparent, bearer=bearer
    )


def together(answers: Sequence[Answer]) -> Answer:
    """What became of one attempt over several ways: one that was delivered is enough.

    Tried again as soon as any of them may be; given up when none is worth another attempt.
    """
    delivered = next((answer for answer in answers if answer.delivered), None)
    if delivered is not None:
        return Answer(True, delivered.detail, server=delivered.server, status=delivered.status)
    waits = [answer.retry_after_s for answer in answers if not answer.final]
    return Answer(
        False,
        "; ".join(answer.detail for answer in answers),
        final=all(answer.final for answer in answers),
        retry_after_s=min((wait for wait in waits if wait is not None), default=None),
        tried=any(answer.tried for answer in answers),
        server=answers[0].server,
        status=answers[0].status,
    )
