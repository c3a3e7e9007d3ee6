"""A letter with everything in it, and one whose every line comes from somebody who means harm."""

from datetime import timedelta
from typing import Final

from services.routing.domain.telling.letter import Button, Letter, Line, Message, letter_of
from services.routing.domain.words import story
from shared.agreement import load_text
from shared.contracts.values import Activity, Company, Deadline, Email, Person, Point, ScoreReceipt, Snapshot
from shared.testing.leads import NOON, lead_id
from tests.unit.test_agreement_defaults import MINIMAL

AGREED: Final = load_text(
    f"""{MINIMAL}
playbooks:
  - {{segment: large, offer: two weeks of trial with onboarding, say: Ask their bank.}}
  - {{offer: two weeks of trial with onboarding, say: Ask who decides., send: [case.pdf, prices.pdf]}}
market: {{segments: [{{name: large, when: {{company.employees: {{at_least: 1000}}}}}}]}}
"""
)
URL: Final = "https://baton.acme.example/a/x.y"
ANA: Final = Snapshot(
    person=Person(name="Ana Silva", title="Operations Director", country="PT", phone="+351 912 345 678"),
    email=Email(address="ana@northwind.example", domain="northwind.example"),
    company=Company(name="Northwind", employees=120, industry="software"),
    playbook="two weeks of trial with onboarding",
    activities=(Activity(seq=1, type="demo_requested", at=NOON, source="website", message="Call me"),),
    receipt=ScoreReceipt(
        agreement="acme@1",
        at=NOON,
        score=72,
        grade="A",
        fit=(Point(name="title", points=80, sentence="", worth=80),),
    ),
)
MESSAGE: Final = Message(
    notify="mailto:bob@acme.example",
    action="assigned",
    lead=lead_id("ana"),
    person="bob@acme.example",
    stage="mql",
    why="new",
    note="",
    number=2,
    deadlines=(Deadline(name="accept", due_at=NOON + timedelta(hours=4), policy="standard"),),
    story=tuple(story(ANA, AGREED)),
    zone="America/New_York",
)
LETTER: Final = letter_of(MESSAGE, [Button("Accept", URL)])
EVIL: Final = "Eve <b>&\"' <!channel> <https://evil.example|click> [a](https://evil.example)"
EVIL_LETTER: Final = Letter(EVIL, (Line(EVIL), Line("a list", URL, "Answer")), EVIL, (Button("Accept", URL),))
