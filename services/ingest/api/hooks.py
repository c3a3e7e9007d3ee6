"""The webhook route, `POST /hooks/{source}`: a plain ASGI function, because FastAPI would triple its cost.

Verify the raw bytes, read them, commit, acknowledge. What is genuine and not understood is parked.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect

from services.ingest import metrics
from services.ingest.api.documents import HookTaken, takes
from services.ingest.api.reception import Reception, as_problem
from services.ingest.domain.signatures import NotGenuine, verify
from services.ingest.domain.sources import Source
from services.ingest.handlers import Arrival, Receipt, arrival_of
from shared.db.database import DatabaseUnavailable
from shared.runtime.clock import Clock
from shared.runtime.door import body_within
from shared.runtime.errors import is_policy_error, reason_of
from shared.runtime.http import Problem
from shared.runtime.problems import PROBLEM_TYPE, problems
from shared.runtime.trace import valid

BODY_MAX: Final = 2 * 1024 * 1024
PREFIX: Final = "/hooks/"
TRACEPARENT_MAX: Final = 64
_OF_KEYS: Final = (403, 422)
"""What is only answered to who has a key, and is told what to mend."""
_TAKES: Final = {
    "parameters": [
        {
            "name": "source",
            "in": "path",
            "required": True,
            "description": "Its name in the file of sources",
            "schema": {"type": "string"},
        }
    ],
    **takes({"description": "As the tool sends it; the file of sources says where what stands"}),
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def create_hooks(
    reception: Reception, sources: Mapping[str, Source], clock: Clock
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The ASGI function for paths under /hooks/."""

    async def hooks(scope: Scope, receive: Receive, send: Send) -> None:
        # Some tools end every address with a slash.
        name = scope["path"].removeprefix(PREFIX).removesuffix("/")
        source = sources.get(name)
        counted = name if source else "unknown"
        try:
            arrival = await _admitted(scope, receive, source, clock)
            receipt = await _taken_in(reception, arrival)
            metrics.webhooks.labels(counted, _outcome(counted, arrival, receipt)).inc()
            await _respond(send, 202, _answer(receipt))
        except ClientDisconnect:  # Before the body was whole: it will come again.
            metrics.webhooks.labels(counted, "hung_up").inc()
        except (Problem, DatabaseUnavailable) as failed:
            problem = as_problem(failed)
            metrics.webhooks.labels(counted, problem.extra.get("reason", str(problem.status))).inc()
            await _respond(send, problem.status, problem.body(), PROBLEM_TYPE, problem.headers)

    return hooks


def describe_hooks(router: APIRouter) -> None:
    """Put the route on the OpenAPI page. What answers is the function that stands in front."""
    failing = problems(
        s401="Not genuine: the signature is missing, wrong or too old",
        s404="No source has this name",
        s413=f"More than {BODY_MAX} bytes",
    )

    @router.post(
        f"{PREFIX}{{source}}",
        status_code=202,
        summary="A webhook of a source, signed with its secret; no key is asked for",
        responses={status: said for status, said in failing.items() if status not in _OF_KEYS},
        openapi_extra=_TAKES,
    )
    async def hook() -> HookTaken:
        """As its kind signs: Standard Webhooks 1.0 (`webhook-id`, `-timestamp`, `-signature`), or Typeform.

        Answered when it is durable. What is genuine and not understood is parked, and answered 202 too.
        """
        raise AssertionError("create_hooks takes every path below this one")


async def _admitted(scope: Scope, receive: Receive, source: Source | None, clock: Clock) -> Arrival:
    if source is None:
        raise Problem(404, "Unknown source", "No source has this name; the file of sources lists them.")
    if scope["method"] != "POST":
        raise Problem(405, "POST only", "Webhooks are posted.", headers={"Allow": "POST"})
    body = await body_within(Request(scope, receive), BODY_MAX)
    now = clock.now()
    verdict = verify(source, scope["headers"], body, now)
    if isinstance(verdict, NotGenuine):
        raise Problem(401, "Not genuine", verdict.text, reason=str(verdict.reason))
    return arrival_of(source, body, verdict.delivery_id, now, valid(_header(scope, b"traceparent")))


async def _taken_in(reception: Reception, arrival: Arrival) -> Receipt:
    try:
        return await reception.take_in(arrival)
    except Problem:
        raise
    except Exception as failed:
        if not is_policy_error(failed):
            raise
        puzzle = reason_of(failed)
    # It is genuine, so somebody waits for an answer: parked, with the reason, like what puzzles us.
    return await reception.take_in(replace(arrival, submission=None, puzzle=puzzle))


def _outcome(source: str, arrival: Arrival, receipt: Receipt) -> str:
    if receipt.repeated:
        return "repeated"
    if receipt.parked:
        return "parked"
    if arrival.submission is None:
        return "ignored"
    metrics.count_fields(source, arrival.submission)
    return "accepted"


def _answer(receipt: Receipt) -> dict[str, Any]:
    answer: dict[str, Any] = {"lead": receipt.lead, "repeated": receipt.repeated}
    return answer | {"parked": receipt.parked} if receipt.parked else answer


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name and len(value) <= TRACEPARENT_MAX:
            return bytes(value).decode("ascii", "replace")
    return None


async def _respond(
    send: Send,
    status: int,
    document: Mapping[str, Any],
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:
    body = json.dumps(document).encode()
    lines = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    lines += [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
