"""Words that have no place in the tree, and addresses that only one machine would understand."""

import re

from tests.tidy import exceptions, tree

# Put together here, so that this file does not find itself.
LATER = re.compile(
    "|".join(rf"\b{first}{second}\b" for first, second in [("TO", "DO"), ("FIX", "ME"), ("XX", "X")])
)
ONE_MACHINE = re.compile(rf"(?<![\w.:/-])/({'|'.join(['work', 'root', 'home'])})/")
INSTALLING = [".lock", ".toml", ".cfg"]
INSTALLERS = {"Makefile", "Dockerfile", "run"}
ADDRESS = re.compile(r"\w://|--(extra-)?index-url|--find-links|--trusted-host|-i\s+http")
VAGUE = re.compile(r"(^|_)(utils?|helpers?|manager|info)(_|$)")
VAGUE_CLASS = re.compile(r"\w(Manager|Service|Helper|Utils?|Info)$")


def test_nothing_is_left_for_later_in_the_code() -> None:
    found = [line for path in tree.texts() for line in tree.findings(LATER, path)]
    assert found == [], "do it, or say in an issue that it is not done"


def test_no_path_of_one_machine_is_written_down() -> None:
    found = [line for path in tree.texts() for line in tree.findings(ONE_MACHINE, path)]
    assert found == [], "name it from the root of the project, or take it as an argument"


def test_no_registry_is_named_where_things_are_installed() -> None:
    installing = [p for p in tree.texts() if p.suffix in INSTALLING or p.name in INSTALLERS]
    found = [line for path in installing for line in tree.findings(ADDRESS, path)]
    assert found == [], "where packages come from is the business of the machine that installs"


def test_names_say_what_a_thing_is() -> None:
    files = [tree.name(path) for path in tree.python() if VAGUE.search(path.stem)]
    assert files == [], "name these after what they are about"


def test_no_class_is_named_after_being_a_class() -> None:
    pattern = re.compile(r"^class (\w+)")
    named = [
        f"{tree.name(path)}: {found[1]}"
        for path in tree.python()
        for line in tree.read(path).splitlines()
        if (found := pattern.match(line)) and VAGUE_CLASS.search(found[1])
    ]
    assert named == sorted(exceptions.VAGUE_CLASSES), "say what it is"
