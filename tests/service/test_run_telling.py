"""`baton run` tells a rep by e-mail, the rep clicks, and the CRM hears of it; nothing of that is in a log."""

import asyncio
import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import Running, start
from tests.service.other_side import OtherSide, other_side
from tests.service.telling_place import Mailbox, mail_server, posted

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]
ROSTER = "person,name,teams,notify\nbob@acme.example,Bob,inside,mailto:bob@acme.example\n"
LEAD: dict[str, Any] = {
    "email": "ana@northwind.example",
    "first_name": "Ana",
    "consent": "granted",
    "activity": {"type": "demo_requested"},
}


def settings(box: Mailbox, crm: OtherSide) -> dict[str, str]:
    return {
        "BATON_ALLOW_PRIVATE_DESTINATIONS": "true",
        "BATON_ROUTING_PUBLIC_URL": "https://baton.acme.example",
        "BATON_ROUTING_SMTP_HOST": "127.0.0.1",
        "BATON_ROUTING_SMTP_PORT": str(box.port),
        "BATON_ROUTING_SMTP_TLS": "none",
        "BATON_ROUTING_SMTP_FROM": "baton@acme.example",
        "BATON_ROUTING_CRM_URL": crm.url,
    }


async def test_from_the_lead_to_the_click_to_the_crm(tmp_path: Path) -> None:
    async with mail_server() as box, other_side() as crm:
        running = await asyncio.to_thread(start, tmp_path / "data", **settings(box, crm))
        try:
            roster = {"content": ROSTER, "headers": {"Content-Type": "text/csv"}}
            assert (await asyncio.to_thread(running.call, "POST", "/v1/roster", **roster)).is_success
            await asyncio.to_thread(_send, running)
            await _until(lambda: bool(box.got))
            link = _link(box, "Accept")
            async with httpx.AsyncClient(base_url=running.instance.url) as browser:
                assert (await browser.get(link)).status_code == 200
                assert "The lead is yours" in (await browser.post(link)).text
                assert "used before" in (await browser.post(link)).text
            await _until(lambda: [m["type"] for m in posted(crm)] == ["lead.assigned", "lead.accepted"])
        finally:
            await asyncio.to_thread(running.stop, signal.SIGTERM)
    logged = (running.data / "log").read_text()
    assert link not in logged
    assert "northwind" not in logged


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # What changes is in another process.
            await asyncio.sleep(0.05)


def _send(running: Running) -> None:
    keys = json.loads((running.data / "own-keys.json").read_text())
    headers = {"Authorization": f"Bearer {keys['source']}"}
    answer = httpx.post(f"{running.instance.url}/v1/leads", headers=headers, json=LEAD)
    assert answer.status_code == 202


def _link(box: Mailbox, label: str) -> str:
    text = box.got[0].get_body(("plain",))
    assert text is not None
    found = re.search(rf"^{label}: https://baton\.acme\.example(/a/\S+)", text.get_content(), re.MULTILINE)
    assert found is not None
    return found[1]
