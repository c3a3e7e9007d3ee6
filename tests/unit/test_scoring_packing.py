"""A receipt is kept in few bytes, and comes back as it was."""

from datetime import timedelta
from typing import Final

import msgspec

from services.scoring.domain.model import Kept
from services.scoring.store.packing import packed, unpacked
from shared.contracts.values import Point, RuleTried, ScoreReceipt
from shared.testing.leads import NOON

FIT: Final = Point(name="size", points=30, sentence="company.employees is at least 100 — 120", worth=30)
VISIT: Final = Point(
    name="visit",
    points=10,
    sentence="activity.type is page_viewed",
    worth=-5,
    at=NOON - timedelta(days=3, microseconds=1),
    seq=7,
    activity="page_viewed",
    uncapped=15,
    cap="40 per 7d",
)
WHOLE: Final = Kept(
    receipt=ScoreReceipt(
        agreement="acme@3",
        at=NOON,
        fit=(FIT,),
        engagement=(VISIT, msgspec.structs.replace(VISIT, seq=8)),
        fit_points=30,
        engagement_points=10,
        grade="B",
        score=41,
        missing=("country is unknown",),
        fast_lane="asked for a demo",
        set_aside=RuleTried(name="customer", matched=True, sentence="account.relation is customer"),
        number=3,
        facts={"company.employees": 120, "email.is_free": False, "country": "PT", "title": None, "x": 0.5},
        lists={"rivals": "f00d"},
    ),
    first=2,
    last=9,
    without=(4, 5),
    united=3,
    united_folded=1,
    fast_seq=9,
    fast_at=3,
)


def test_every_field_comes_back_as_it_was() -> None:
    assert unpacked(packed(WHOLE)) == WHOLE


def test_no_field_was_forgotten_here() -> None:
    empty = Kept(ScoreReceipt(agreement="", at=NOON - timedelta(1)), 1, 1)
    for one, other in (
        (WHOLE, empty),
        (WHOLE.receipt, empty.receipt),
        (VISIT, FIT),
    ):
        same = [name for name in one.__struct_fields__ if getattr(one, name) == getattr(other, name)]
        assert not same


def test_a_receipt_with_nothing_in_it_comes_back_too() -> None:
    nothing = Kept(ScoreReceipt(agreement="acme@3", at=NOON), 1, 0)
    assert unpacked(packed(nothing)) == nothing


def test_a_receipt_without_its_lane_is_read_as_one_of_which_it_is_not_known() -> None:
    fields = msgspec.msgpack.decode(packed(WHOLE))
    assert unpacked(msgspec.msgpack.encode(fields[:-2])) == msgspec.structs.replace(
        WHOLE, fast_seq=0, fast_at=None
    )
