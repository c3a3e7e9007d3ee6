"""Acme, the company of the large example: its agreement in a running Baton, its reps, its nurture tool."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from deploy.folder import Folder, new_secret
from shared.runtime.keys import KeyRing
from shared.terms import Role
from tests.running import Running, start

AGREEMENT: Final = Path("agreements/large/agreement.yaml")
PATIENCE_S: Final = 15.0
REPS: Final = {
    "ed": "enterprise",
    "amy": "amer",
    "eva": "emea",
    "aki": "apac",
    "hana": "pod-industry",
    "filip": "pod-finance",
    "mark": "pod-industry",
    "olga": "pod-finance",
    "pia": "pod-finance",
}


@dataclass(slots=True)
class Acme:
    """What a marketer, a rep and the CRM do there, over HTTP, and what became of it."""

    running: Running
    keys: dict[str, str] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)

    def crm_says(self, domain: str, **account: str) -> None:
        """The CRM tells of a company, and scoring has heard it."""
        answer = self.running.call("PUT", f"/v1/accounts/{domain}", json=account)
        assert answer.status_code == 202, answer.text
        self.running.wait_until(
            "/v1/accounts", lambda found: any(one["domain"] == domain for one in found["accounts"])
        )

    def comes(self, email: str, activity: str | dict[str, str] = "form_submitted", **known: Any) -> str:
        """A lead, captured; returns its id."""
        did = {"type": activity} if isinstance(activity, str) else activity
        sent = {"email": email, "consent": "granted", "activity": did, **known}
        answer = self.running.call("POST", "/v1/leads", json=sent)
        assert answer.status_code == 202, answer.text
        lead: str = answer.json()["lead"]
        return lead

    def tells(self, lead: str, what: str, by: str | None = None, **said: Any) -> dict[str, Any]:
        """Somebody says something of a lead: a rep by name, else the operator."""
        headers = {"Authorization": f"Bearer {self.keys[by]}"} if by else {}
        answer = self.running.call("POST", f"/v1/leads/{lead}/{what}", json=said, headers=headers)
        assert answer.is_success, answer.text
        done: dict[str, Any] = answer.json()
        return done

    def with_(self, lead: str, kind: str, name: str) -> list[str]:
        """Return the lead's story in words, as soon as that track, desk, queue or rep answers for it."""
        wanted = {"kind": kind, "name": f"{name}@acme.example" if kind == "rep" else name}
        self.running.wait_until(
            f"/v1/leads/{lead}/owner",
            lambda found: {part: found["holder"][part] for part in wanted} == wanted,
            timeout_s=PATIENCE_S,
        )
        return self.story(lead)

    def rep_of(self, lead: str) -> str:
        """The name of the rep who has it, as soon as one has: who it is depends on who had how many today."""
        found = self.running.wait_until(
            f"/v1/leads/{lead}/owner",
            lambda found: found["holder"]["kind"] == "rep",
            timeout_s=PATIENCE_S,
        )
        return str(found["holder"]["name"]).partition("@")[0]

    def story(self, lead: str) -> list[str]:
        """Every sentence of its story."""
        return [
            line["sentence"] for line in self.running.call("GET", f"/v1/leads/{lead}/story").json()["lines"]
        ]

    def rule(self, lead: str) -> str:
        """The rule that decided who of sales has it, and how."""
        found = self.running.wait_until(f"/v1/leads/{lead}/assignment", lambda one: one["receipt"])
        return [line for line in found["receipt"] if " matched: " in line][-1]

    def acknowledges(self, lead: str) -> None:
        """The nurture tool calls back, as soon as it is asked."""
        number = self.running.call("GET", f"/v1/leads/{lead}/owner").json()["number"]
        ends_at = time.monotonic() + PATIENCE_S
        path, said = f"/v1/nurture/{lead}/acknowledge", {"number": number}
        headers = {"Authorization": f"Bearer {self.keys['mautic']}"}
        while not (answer := self.running.call("POST", path, json=said, headers=headers)).is_success:
            assert time.monotonic() < ends_at, answer.text
            time.sleep(0.05)

    def hears(self, person: str, action: str, lead: str) -> dict[str, Any]:
        """What a rep was told of a lead, as soon as it was."""
        ends_at = time.monotonic() + PATIENCE_S
        while True:
            for one in list(self.told):
                if (one.get("person"), one.get("action"), one.get("lead")) == (
                    f"{person}@acme.example",
                    action,
                    lead,
                ):
                    return one
            assert time.monotonic() < ends_at, f"{person} was told only {self.told[-5:]}"
            time.sleep(0.05)


@contextmanager
def acme(data: Path) -> Iterator[Acme]:
    """Runs until the end of the block."""
    with _outside() as (url, told):
        _write(data, url)
        running = start(data, "--agreement", str(AGREEMENT), BATON_ALLOW_PRIVATE_DESTINATIONS="true")
        try:
            ring = KeyRing(Folder(data).keys)
            keys = {name: ring.add(name, Role.REP, person=f"{name}@acme.example") for name in REPS}
            keys["mautic"] = ring.add("mautic", Role.MARKETING)
            yield Acme(running, keys, told)
        finally:
            running.stop()


def _write(data: Path, url: str) -> None:
    data.mkdir(parents=True)
    folder = Folder(data)
    rows = [f"{name}@acme.example,{name.title()},{team},{url}/reps" for name, team in REPS.items()]
    folder.roster.write_text("\n".join(["person,name,teams,notify", *rows]) + "\n")
    folder.destinations.write_text(
        f"reps: {{secret: {new_secret()}}}\n"
        f"destinations: {{mautic: {{url: {url}/mautic, secret: {new_secret()}}}}}\n"
    )


@contextmanager
def _outside() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Reps and the nurture tool: they take every call; what reps are told is kept."""
    import json

    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/reps":
                told.append(json.loads(body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: the test looks at what arrived."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", told
        finally:
            server.shutdown()
            thread.join()
