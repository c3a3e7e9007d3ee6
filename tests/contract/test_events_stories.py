"""The examples tell stories, and in each story the baton is handed on as the protocol says."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from shared.baton import CUSTODIAN_OF, Handover
from shared.contracts import BY_NAME
from shared.contracts.envelope import Event, decode, decode_envelope
from tests.contract.any_event import EVERY_CONTRACT, EVERY_EXAMPLE, EXAMPLES, document, validator

REPEATS = {"offer", "refuse"}
RAISES = {"move", "take", "close"}


def _handover(contract: type[Event], path: Path) -> Handover | None:
    handover: Handover | None = decode(decode_envelope(path.read_bytes()), contract).event.handover
    return handover


@EVERY_CONTRACT
def test_each_kind_that_a_contract_may_carry_is_shown(contract: type[Event]) -> None:
    found = [_handover(known, path) for known, path in EXAMPLES if known is contract]
    assert {handover.kind for handover in found if handover} == set(contract.TOUCHES)


@EVERY_EXAMPLE
def test_a_handover_names_who_gives_and_who_takes(contract: type[Event], path: Path) -> None:
    handover = _handover(contract, path)
    if handover is None:
        return
    assert (handover.giver is None) == (handover.kind == "open")
    assert (handover.taker is None) == (handover.kind in {"offer", "refuse", "close"})
    assert handover.number >= (2 if handover.kind in RAISES else 1)
    assert handover.number == 1 or handover.kind != "open"


@EVERY_EXAMPLE
def test_only_a_custodian_moves_offers_or_closes(contract: type[Event], path: Path) -> None:
    handover = _handover(contract, path)
    if handover is None or handover.giver is None:
        return
    source = document(path)["source"]
    if handover.kind in {"move", "offer", "close"}:
        assert CUSTODIAN_OF[handover.giver.kind] == source
    if handover.kind == "take":
        assert handover.taker is not None
        assert CUSTODIAN_OF[handover.taker.kind] == source
    if handover.kind in {"take", "refuse"}:
        assert CUSTODIAN_OF[handover.giver.kind] != source


def _stories() -> Iterator[list[Handover]]:
    told = defaultdict(list)
    for contract, path in EXAMPLES:
        handover = _handover(contract, path)
        if handover is not None:
            said = document(path)
            told[said["subject"]].append((said["time"], said["hop"], path.name, handover))
    for lead in sorted(told):
        yield [handover for _, _, _, handover in sorted(told[lead], key=lambda one: one[:3])]


STORIES = [story for story in _stories() if len(story) > 1]


def test_there_are_stories_to_check() -> None:
    assert len(STORIES) >= 5
    assert max(len(story) for story in STORIES) >= 8


@pytest.mark.parametrize("story", STORIES)
def test_the_numbers_of_a_story_are_handed_on(story: list[Handover]) -> None:
    for before, after in pairwise(story):
        # Not every event of a story is published, so there may be holes; but never a step back.
        if after.kind in REPEATS:
            assert after.number >= before.number
        else:
            assert after.kind in RAISES
            assert after.number > before.number
        if after.number - before.number == (after.kind in RAISES):
            assert after.giver == (before.taker or before.giver)
        assert after.rounds >= before.rounds
        assert after.seen >= before.seen


def test_a_handover_of_another_kind_is_not_in_the_schema() -> None:
    contract = BY_NAME["lead.captured.v1"]
    path = next(path for known, path in EXAMPLES if known is contract)
    said = document(path)
    assert validator(contract).is_valid(said)
    said["data"]["handover"]["kind"] = "close"
    assert not validator(contract).is_valid(said)


@EVERY_CONTRACT
def test_a_tombstone_carries_no_handover(contract: type[Event]) -> None:
    assert not (contract.TOMBSTONE and contract.TOUCHES)
