"""Plays the week: leads come in, reps do what reps do, messages may fail; then the report is made."""

from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from random import Random
from typing import Final

from deploy.week.journeys import Journeys
from deploy.week.leads import IMPORT_AFTER, WEEK, Lead, imported, over_the_week
from deploy.week.place import Place
from deploy.week.report import Document, document
from deploy.week.reps import Outage, Outside
from deploy.week.script import Script
from shared.runtime.clock import StillClock

SETUP: Final = timedelta(minutes=5)
"""So long before the first lead the roster is there."""
OUTAGE_AFTER: Final = timedelta(hours=38)
"""Messages fail from Tuesday 14:00 UTC on: Europe and America are both at work."""


def play(script: Script) -> Document:
    """The report of a week; the same script gives the same one. Raises RosterInvalid."""
    dice = Random(f"week/{script.seed}")
    began = script.start + OUTAGE_AFTER
    outage = Outage(began, began + script.outage) if script.outage else None
    outside = Outside(Random(f"reps/{script.seed}"), script.habits, outage)
    with closing(Place(script.agreement, StillClock(script.start - SETUP), outside)) as place:
        outside.settle_in(place, script.roster)
        _plan(place, over_the_week(dice, script.leads, script.start))
        if script.monday_import:
            at = script.start + IMPORT_AFTER
            heap = list(imported(dice, script.monday_import, at, script.leads))
            place.world.at(at, lambda: place.take_in(heap, "import"))
        place.world.run_until(script.start + WEEK)
        journeys = Journeys(script.agreement, outside.hours)
        journeys.walk(place.said())
        return document(script, place, outside, journeys)


def _plan(place: Place, leads: Iterable[Lead]) -> None:
    for lead in leads:
        place.world.at(lead.at, lambda lead=lead: place.take_in([lead], "api"))  # type: ignore[misc]  # bound early
