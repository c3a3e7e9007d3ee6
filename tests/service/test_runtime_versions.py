"""A version takes over at one instant, for all processes of a service, and never changes afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.agreement import Agreement, AgreementInvalid
from shared.agreement.versions import read_versions
from shared.runtime.shelf import Shelf
from shared.runtime.takeover import VersionsRefused, look_once, plan, refusals
from shared.runtime.tx import Tx
from shared.runtime.versions import NOTICE, VALID, Kept, NotInForceHere, parted
from shared.testing.leads import NOON
from tests.service.toy import Toy
from tests.service.versions_place import VersionsPlace, decides_by, versions_at

pytestmark = pytest.mark.slow

YESTERDAY, SOON, LATER = timedelta(days=-1), timedelta(seconds=20), timedelta(seconds=60)
SECOND, MOMENT = timedelta(seconds=1), timedelta(microseconds=1)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[VersionsPlace]:
    with versions_at(database_url, tmp_path) as found:
        yield found


async def reload(place: VersionsPlace, toy: Toy) -> None:
    """What a process does when it is told to read the files again."""
    shelf = toy.service.agreements.shelf
    found = shelf.read()
    await plan(toy.service, found)
    shelf.keep(found)
    await look_once(toy.service)


async def test_the_first_version_is_in_force_at_once(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    toy = await place.start()
    assert await decides_by(toy) == "starter@1"


async def test_a_version_takes_over_at_its_instant_in_every_process(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    place.write(2, SOON)
    toys = [await place.start(), await place.start()]
    await place.pass_time(SOON - SECOND, *toys)
    assert [await decides_by(toy) for toy in toys] == ["starter@1", "starter@1"]
    place.clock.advance(SECOND - MOMENT)
    assert [await decides_by(toy) for toy in toys] == ["starter@1", "starter@1"]
    place.clock.advance(MOMENT)  # Nobody has looked meanwhile: all know it beforehand.
    assert [await decides_by(toy) for toy in toys] == ["starter@2", "starter@2"]


async def test_what_is_meant_for_the_past_takes_over_when_all_can_know_it(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    told, untold = await place.start(), await place.start()
    place.write(2, timedelta(seconds=-1))
    await reload(place, told)
    for second in range(9):
        if second % 3 == 2:  # As seldom as it may without asking in its transactions.
            await look_once(untold.service)
        assert await decides_by(told) == await decides_by(untold)
        place.clock.advance(SECOND)
    assert await decides_by(told) == "starter@2"


async def test_a_process_that_did_not_look_looks_before_it_decides(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    file = place.write(2, SOON)
    text = file.read_text()
    file.unlink()
    asleep = await place.start()
    file.write_text(text)
    await place.start()
    place.clock.advance(SOON + NOTICE + NOTICE)
    asleep.service.agreements.shelf.keep(read_versions(place.folder))
    await look_once(place.toys[1].service)
    place.clock.advance(NOTICE)
    assert await decides_by(asleep) == "starter@2"
    assert VALID < NOTICE


async def test_without_the_file_a_process_stops_until_it_is_there(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    poor = await place.start()
    file = place.write(2, SOON)
    rich = await place.start()
    text = file.read_text()
    file.unlink()
    await place.pass_time(SOON, rich, poor)
    assert await decides_by(rich) == "starter@2"
    with pytest.raises(NotInForceHere, match=r"starter@2 is in force since .* has no file of it"):
        await decides_by(poor)
    file.write_text(text)
    await place.pass_time(timedelta(seconds=12), poor)
    assert await decides_by(poor) == "starter@2"


async def test_the_file_of_what_is_coming_is_looked_for_before_it_comes(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    poor = await place.start()
    place.write(2, timedelta(days=1))
    await place.start()
    assert poor.service.agreements.shelf.by_name.keys() == {"starter@1"}
    await look_once(poor.service)
    assert poor.service.agreements.shelf.by_name.keys() == {"starter@1", "starter@2"}


def test_a_version_is_ahead_in_force_or_former() -> None:
    planned = Kept("planned", "", NOON, None, None, None)
    first, second, third = (replace(planned, takes_over_at=NOON + n * SECOND) for n in (1, 3, 5))
    rows = [second, planned, third, first]
    assert parted(rows, NOON + 4 * SECOND) == ([third], [second, first])
    assert parted(rows, NOON + 5 * SECOND) == ([], [third, second, first])
    assert parted(rows, NOON) == ([third, second], [first]), "the first is in force before its instant too"
    assert parted([], NOON) == ([], [])


async def test_what_was_in_force_can_not_be_changed(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    await place.start()
    file = place.write(1, YESTERDAY, half_life="15d")
    with pytest.raises(VersionsRefused) as refused:
        await place.start()
    [reason] = refused.value.reasons
    line = 1 + next(n for n, text in enumerate(file.read_text().splitlines()) if "half_life: 15d" in text)
    assert reason.startswith(f"{file}: starter@1 was agreed and took over on 2026-")
    assert f"line {line} is " in reason
    assert "give the new content another version" in reason


def with_one_name_twice(file: Path) -> None:
    """What yesterday's checks let pass: a fast lane and points for engagement under one name."""
    file.write_text(file.read_text().replace("name: demo request", "name: asked for a demo"))


async def test_what_took_over_goes_on_when_checks_become_stricter(place: VersionsPlace) -> None:
    with_one_name_twice(place.write(1, YESTERDAY))
    with pytest.raises(AgreementInvalid, match="'asked for a demo' is already in line"):
        await place.start()
    found = read_versions(place.folder)
    by_yesterdays = [replace(one, agreement=replace(one.agreement, objections=())) for one in found]
    await plan(place.toys[0].service, by_yesterdays)
    toy = await place.start()
    assert await decides_by(toy) == "starter@1"
    place.write(2, SOON)
    await reload(place, toy)
    await place.pass_time(SOON + SECOND, toy)
    assert await decides_by(toy) == "starter@2"


async def test_what_is_new_is_refused_by_todays_checks(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    toy = await place.start()
    with_one_name_twice(place.write(2, SOON))
    with pytest.raises(AgreementInvalid, match="names differ"):
        await refusals(toy.service, Shelf([], place.folder).read())
    with pytest.raises(AgreementInvalid, match="names differ"):
        await reload(place, toy)
    await place.pass_time(SOON + SECOND, toy)
    assert await decides_by(toy) == "starter@1"


async def test_what_is_still_to_come_may_be_changed(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    place.write(2, SOON)
    toy = await place.start()
    place.write(2, LATER, half_life="15d")
    await reload(place, toy)
    await place.pass_time(SOON + SECOND, toy)
    assert await decides_by(toy) == "starter@1"
    await place.pass_time(LATER, toy)
    assert await decides_by(toy) == "starter@2"


async def test_what_is_meant_to_be_over_never_takes_over(place: VersionsPlace) -> None:
    place.write(2, YESTERDAY)
    await place.start()
    place.write(1, YESTERDAY * 2)
    toy = await place.start()
    await place.pass_time(NOTICE * 2, toy)
    assert await decides_by(toy) == "starter@2"


async def test_what_is_dated_before_what_is_in_force_is_refused_by_name(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    toy = await place.start()
    file = place.write(2, YESTERDAY * 365)
    versions = read_versions(place.folder)
    [reason] = await refusals(toy.service, versions)
    assert reason.startswith(f"{file}: starter@2 is meant from 2025-")
    assert "before starter@1" in reason
    assert "give it a later effective_from" in reason
    with pytest.raises(VersionsRefused, match="starter@2 is meant from"):
        await plan(toy.service, versions)
    place.write(2, SOON)
    await reload(place, toy)
    await place.pass_time(SOON + SECOND, toy)
    assert await decides_by(toy) == "starter@2"


async def test_what_is_to_come_can_not_be_dated_before_what_is_in_force(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    place.write(2, LATER)
    place.write(3, SOON)  # As an undo is: newer, and before what was planned already.
    toy = await place.start()
    await place.pass_time(SOON + SECOND, toy)
    assert await decides_by(toy) == "starter@3"
    place.write(2, YESTERDAY * 2)
    with pytest.raises(VersionsRefused, match="starter@2 is meant from"):
        await reload(place, toy)


async def test_what_lay_beside_the_first_is_history_whatever_its_name(place: VersionsPlace) -> None:
    former = place.write(3, YESTERDAY * 2)
    former.write_text(former.read_text().replace("agreement: starter", "agreement: before"))
    place.write(2, YESTERDAY)
    place.write(4, YESTERDAY * 3)  # As an undo is, where what was planned before it took over after it.
    for _ in range(2):
        assert await decides_by(await place.start()) == "starter@2"


async def test_the_first_gives_way_to_what_is_meant_from_before_it(place: VersionsPlace) -> None:
    place.write(1, LATER * 9)
    toy = await place.start()
    assert await decides_by(toy) == "starter@1", "the first is in force at once"
    place.write(2, SOON)
    await reload(place, toy)
    await place.pass_time(SOON + SECOND, toy)
    assert await decides_by(toy) == "starter@2"
    await place.pass_time(LATER * 9, toy)
    assert await decides_by(toy) == "starter@2"


async def test_what_follows_is_done_once_whoever_is_first(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    place.write(2, SOON)
    followed: list[str] = []
    toys = [await place.start(), await place.start()]
    for toy in toys:
        toy.service.on_agreement = lambda tx: followed.append(tx.agreement.ref)
    await place.pass_time(SOON + SECOND, *toys)
    assert followed == ["starter@2"]


async def test_who_dies_on_the_way_is_followed_by_another(place: VersionsPlace) -> None:
    place.write(1, YESTERDAY)
    place.write(2, SOON)
    toys = [await place.start(), await place.start()]
    await place.pass_time(SOON - SECOND, toys[0])
    done: list[str] = []
    toys[1].service.on_agreement = lambda tx: done.append(tx.agreement.ref)
    await place.pass_time(SECOND * 2, toys[1])
    assert (await decides_by(toys[1]), done) == ("starter@2", ["starter@2"])


async def test_what_drops_a_holder_of_leads_is_refused_and_held_up(place: VersionsPlace) -> None:
    held = ["the team 'inside' still holds 3 leads"]

    def still_held(tx: Tx, new: Agreement) -> list[str]:
        return list(held) if new.version == 2 else []

    place.write(1, YESTERDAY)
    toy = await place.start()
    toy.service.still_held = still_held
    place.write(2, SOON)
    versions = Shelf([], place.folder).read()
    assert await refusals(toy.service, versions) == [f"starter@2 can not take over: {held[0]}"]
    await reload(place, toy)
    await place.pass_time(SOON + SECOND, toy)
    assert await decides_by(toy) == "starter@1"
    held.clear()
    await place.pass_time(timedelta(seconds=70), toy)
    assert await decides_by(toy) == "starter@2"


async def test_what_is_overtaken_at_once_holds_up_nothing(place: VersionsPlace) -> None:
    """An undo of what other services have taken lies beside it, in the service that has refused it too."""
    place.write(1, YESTERDAY)
    toy = await place.start()
    toy.service.still_held = lambda _, new: ["it holds leads"] if new.version == 2 else []
    place.write(2, -SECOND)
    assert await refusals(toy.service, Shelf([], place.folder).read()) != []
    place.write(3, timedelta(0))
    assert await refusals(toy.service, Shelf([], place.folder).read()) == []
    await reload(place, toy)
    await place.pass_time(SOON, toy)
    assert await decides_by(toy) == "starter@3"
    place.write(4, SOON * 9)
    assert await refusals(toy.service, Shelf([], place.folder).read()) == []
