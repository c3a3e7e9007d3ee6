"""Versions side by side: which files are read, what can not stand beside another, what changed, an undo."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.agreement import AgreementInvalid
from shared.agreement.undo import InForce, NothingBefore, write_former
from shared.agreement.versions import Version, due, read_versions, what_changed
from shared.testing.leads import NOON
from tests.service.versions_place import version_text

DAY = timedelta(days=1)


def write(folder: Path, name: str, version: int, effective_from: datetime, **changes: str) -> Path:
    file = folder / name
    file.write_text(version_text(version, effective_from, **changes))
    return file


def problems_of(place: Path) -> list[str]:
    with pytest.raises(AgreementInvalid) as invalid:
        read_versions(place)
    return [str(problem) for problem in invalid.value.problems]


def test_a_place_is_a_file_a_folder_or_a_pattern(tmp_path: Path) -> None:
    write(tmp_path, "agreement-2.yaml", 2, NOON + DAY)
    first = write(tmp_path, "agreement.yaml", 1, NOON)
    (tmp_path / "notes.txt").write_text("no agreement")
    refs = [version.ref for version in read_versions(tmp_path)]
    assert refs == ["starter@1", "starter@2"], "by the instant from which they are meant"
    assert [version.ref for version in read_versions(first)] == ["starter@1"]
    (tmp_path / "sources.yaml").write_text("sources: {}")
    assert [version.ref for version in read_versions(tmp_path / "agreement*.yaml")] == refs


def test_what_is_wrong_is_said_of_all_files_at_once(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", 1, NOON, half_life="soon")
    write(tmp_path, "b.yaml", 2, NOON + DAY, half_life="late")
    assert [problem.partition(":")[0] for problem in problems_of(tmp_path)] == [
        str(tmp_path / "a.yaml"),
        str(tmp_path / "b.yaml"),
    ]


def test_a_place_without_any_says_so(tmp_path: Path) -> None:
    [problem] = problems_of(tmp_path)
    assert "there is no agreement here" in problem


def test_two_files_of_one_version_or_one_instant_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", 1, NOON)
    write(tmp_path, "b.yaml", 1, NOON + DAY)
    write(tmp_path, "c.yaml", 3, NOON)
    same, then = problems_of(tmp_path)
    assert f"{tmp_path / 'a.yaml'} is starter@1 too" in same
    assert "starter@1 takes over then too" in then


def test_the_version_that_is_due_is_the_last_before_an_instant_else_the_first(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write(tmp_path, f"{number}.yaml", number, NOON + number * DAY)
    versions = read_versions(tmp_path)
    found = [due(versions, NOON + days * DAY).agreement.version for days in (0, 1, 2.5, 9)]
    assert found == [1, 1, 2, 3]


def changed(folder: Path, was: str, now: str) -> str:
    file = folder / "agreement.yaml"
    file.write_text(now)
    return what_changed(was, {}, read_versions(file)[0])


def test_what_changed_names_the_first_line_and_how_many_more(tmp_path: Path) -> None:
    was = version_text(1, NOON)
    assert "line 1 is new: '# agreed again'" in changed(tmp_path, was, f"# agreed again\n{was}")
    one = changed(tmp_path, was, version_text(1, NOON, half_life="15d"))
    assert "half_life: 15d" in one
    assert "half_life: 14d" in one
    more = changed(tmp_path, was, "#\n" + version_text(1, NOON, half_life="15d"))
    assert more.endswith("(line 1 is new: '#', and 1 more differ)")


def test_what_changed_says_what_that_means_before_it_says_where(tmp_path: Path) -> None:
    was = version_text(1, NOON)
    changes = {"score_at_least: 50": "score_at_least: 45", "cap: 100": "cap: 90", "at: 75%": "at: 80%"}
    now = was.replace("half_life: 14d", "half_life: 15d")
    for old, new in changes.items():
        now = now.replace(old, new, 1)
    assert changed(tmp_path, was, now).startswith("MQL threshold 50 → 45: easier; ")
    assert "; 1 more changes (line " in changed(tmp_path, was, now)
    assert changed(tmp_path, "agreement: [", now).startswith("line 1 is "), "what is not understood"
    refused_now = was.replace("score_at_least: 50", "score_at_least: 100", 1)
    assert changed(tmp_path, refused_now, was).startswith("MQL threshold 100 → 50: easier")


def test_another_list_is_another_content(tmp_path: Path) -> None:
    (tmp_path / "named.csv").write_text("domain\nacme.example\n")
    text = version_text(1, NOON) + "\nlists: {named: named.csv}\n"
    (tmp_path / "agreement.yaml").write_text(text)
    [before] = read_versions(tmp_path)
    (tmp_path / "named.csv").write_text("domain\nother.example\n")
    [after] = read_versions(tmp_path)
    assert before.fingerprint != after.fingerprint
    assert what_changed(before.text, before.agreement.list_fingerprints, after) == "the list named is another"


def test_an_undo_is_the_former_content_as_a_new_version(tmp_path: Path) -> None:
    write(tmp_path, "agreement.yaml", 1, NOON)
    write(tmp_path, "agreement-2.yaml", 2, NOON + DAY, half_life="15d")
    write(tmp_path, "agreement-3.yaml", 3, NOON + 9 * DAY, half_life="16d")
    undone = write_former(tmp_path / "agreement*.yaml", NOON + 2 * DAY)
    assert (undone.ref, undone.former, undone.undone) == ("starter@4", "starter@1", "starter@2")
    assert undone.planned == ("starter@3",)
    newest: Version = due(read_versions(tmp_path), NOON + 2 * DAY)
    assert newest.ref == "starter@4"
    assert newest.agreement.half_life == timedelta(days=14)
    assert "# what marketing and sales agreed" in newest.text.lower(), "comments stay"


def test_what_services_say_is_in_force_is_undone_whatever_the_files_say(tmp_path: Path) -> None:
    write(tmp_path, "agreement.yaml", 1, NOON)
    write(tmp_path, "agreement-2.yaml", 2, NOON + DAY, half_life="15d")
    write(tmp_path, "agreement-3.yaml", 3, NOON + 2 * DAY, half_life="16d")
    write(tmp_path, "agreement-4.yaml", 4, NOON + 3 * DAY, half_life="17d")
    held_up_in_one = [InForce("starter@1", None), InForce("starter@3", "starter@1")]
    undone = write_former(tmp_path, NOON + 9 * DAY, held_up_in_one)
    assert (undone.ref, undone.former, undone.undone) == ("starter@5", "starter@1", "starter@3")
    with pytest.raises(NothingBefore, match=r"starter@7 is in force, and .* has no file of it"):
        write_former(tmp_path, NOON + 9 * DAY, [InForce("starter@7", "starter@3")])


def test_nothing_is_undone_while_something_is_about_to_take_over(tmp_path: Path) -> None:
    write(tmp_path, "agreement.yaml", 1, NOON)
    write(tmp_path, "agreement-2.yaml", 2, NOON + DAY)
    write(tmp_path, "agreement-3.yaml", 3, NOON + 2 * DAY)
    with pytest.raises(NothingBefore, match="starter@3 is about to take over: wait for that"):
        write_former(tmp_path, NOON + 2 * DAY, [InForce("starter@2", "starter@1", "starter@3")])


def test_an_undo_that_can_not_stand_beside_the_others_is_not_left_behind(tmp_path: Path) -> None:
    write(tmp_path, "agreement.yaml", 1, NOON)
    write(tmp_path, "agreement-2.yaml", 2, NOON + DAY)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(AgreementInvalid, match="takes over then too"):
        write_former(tmp_path, NOON + DAY)
    assert sorted(tmp_path.iterdir()) == before


def test_an_undo_never_writes_over_a_file(tmp_path: Path) -> None:
    write(tmp_path, "agreement.yaml", 1, NOON)
    write(tmp_path, "agreement-3.yaml", 2, NOON + DAY)
    with pytest.raises(NothingBefore, match=r"agreement-3\.yaml is there already"):
        write_former(tmp_path, NOON + 2 * DAY)
    assert read_versions(tmp_path)[-1].ref == "starter@2"


def test_without_an_earlier_version_there_is_nothing_to_undo(tmp_path: Path) -> None:
    write(tmp_path, "agreement.yaml", 1, NOON)
    with pytest.raises(NothingBefore, match="has no version before starter@1"):
        write_former(tmp_path, datetime.now(UTC))
