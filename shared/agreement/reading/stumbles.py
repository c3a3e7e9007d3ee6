"""What YAML itself stumbles over, in words for who writes an agreement and not a parser."""

import math
import re
from collections.abc import Sequence
from typing import Final

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from shared.agreement.reading.problems import Problem

_IN_QUOTES: Final = "a text that begins with {} stands in quotes"
_ONE_TOO_MANY: Final = "this '{}' closes nothing that is open: there is one too many"
_SAID: Final = (
    (r"unacceptable|special characters", "a sign that is no text stands here; remove it"),
    (r"character '\\t' that cannot start", "a tab stands here; YAML wants blanks"),
    (r"character ['\"](.)['\"] that cannot start", _IN_QUOTES),
    (r"a block scalar", _IN_QUOTES.format("| or >")),
    (r"scanning an (?:alias|anchor)|undefined alias", _IN_QUOTES.format("* or &")),
    (r"(?:scanning|parsing) an? tag", _IN_QUOTES.format("!")),
    (r"scanning a directive", _IN_QUOTES.format("%")),
    (r"mapping keys are not allowed", _IN_QUOTES.format("?")),
    (
        r"sequence entries are not allowed",
        f"a list begins on a line of its own, and {_IN_QUOTES.format('- and a blank')}",
    ),
    (
        r"unknown escape character|escape sequence of",
        "in double quotes a backslash means something else; use single quotes",
    ),
    (r"could not find expected ':'", "a colon and a blank are missing after this name"),
    (r"block node expected the node content, but found '([]}])'", _ONE_TOO_MANY),
    (r"found '<stream end>'", "a brace or bracket that opens before is never closed"),
    (
        r"'<document start>'",
        "this does not go on with what the file begins with: indent both alike, and close no brace before "
        "this",
    ),
    (r"single document|document end", "'---' and '...' stand between files: an agreement is one"),
    (r"expected the node content, but found '(.+?)'", "a value is missing before this '{}'"),
)
_COLON: Final = "a second colon in one line; put the entry in braces, {name: …, when: …}, or a text in quotes"


def stumbled(error: YAMLError | RecursionError, text: str, file: str) -> list[Problem]:
    """YAML stops at its first error; what seldom comes alone is named in all lines."""
    line, column = _place(error, text)
    merged = _lines_like(r"(<{7}|={7}|>{7})( |$)", text, file, "this line is left from a merge; settle it")
    tabbed = _lines_like(r" *\t", text, file, "a tab indents this line; YAML wants spaces")
    if merged:
        return merged
    if any(problem.line == line for problem in tabbed):
        return tabbed
    return [Problem(file, line, column, f"this is not readable as YAML: {_reason(error, text)}")]


def _place(error: YAMLError | RecursionError, text: str) -> tuple[int, int]:
    """Where somebody should look: where a quote or a name begins, where anything else went wrong."""
    if isinstance(error, MarkedYAMLError):
        began = _is_unclosed(error) or "could not find expected ':'" in str(error.problem)
        mark = error.context_mark if began else error.problem_mark
        return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    before = text[: error.position] if isinstance(error, ReaderError) else ""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _lines_like(pattern: str, text: str, file: str, message: str) -> list[Problem]:
    return [
        Problem(file, number, 1, message)
        for number, line in enumerate(text.splitlines(), start=1)
        if re.match(pattern, line) and line.strip()
    ]


def _is_unclosed(error: MarkedYAMLError) -> bool:
    """Whether a quote goes on to the end of the file: then the place where it opens says more."""
    return "quoted scalar" in str(error.context) and "end of stream" in str(error.problem)


def _reason(error: YAMLError | RecursionError, text: str) -> str:
    if isinstance(error, RecursionError):
        return "too many brackets or braces lie in each other"
    if not isinstance(error, MarkedYAMLError):
        return _in_words(str(error))
    problem = str(error.problem or "")
    if _is_unclosed(error):
        return "the quote that opens here is never closed"
    if (sign := re.search(r"or '([]}])'", problem)) and error.context_mark is not None:
        opens = "brace" if sign[1] == "}" else "bracket"
        began = error.context_mark.line + 1
        return f"the {opens} that opens in line {began} is not closed before this, or a comma is missing"
    if error.problem_mark is not None and "mapping values are not allowed" in problem:
        return _colon(text.splitlines(), error.problem_mark.line, error.problem_mark.column)
    if error.problem_mark is not None and "expected <block end>" in problem:
        return _out_of_place(text.splitlines(), error.problem_mark.line, error.problem_mark.column)
    return _in_words(" ".join(f"{error.context or ''} {problem}".split()))


def _in_words(found: str) -> str:
    """What is known of an error, or else what YAML says."""
    for pattern, words in _SAID:
        if known := re.search(pattern, found):
            return words.format(*known.groups())
    return found.splitlines()[0]


def _colon(lines: Sequence[str], line: int, column: int) -> str:
    """A second colon in a line, or the first in one that begins too far to the right."""
    if re.search(r":\s", lines[line][:column]) or not line:
        return _COLON
    return "this begins further to the right than what it can stand beside, and the line above has a value"


def _out_of_place(lines: Sequence[str], line: int, column: int) -> str:
    """Something closes too often or early; or how far this is indented, and what it could stand beside."""
    if (sign := lines[line][column : column + 1]) in ("}", "]"):
        return _ONE_TOO_MANY.format(sign)
    if lines[line][:column].strip():
        return "this does not go on with what stands before it: a brace or a quote closes too early"
    beside: list[str] = []
    open_until = math.inf
    for above in range(line - 1, -1, -1):
        written = lines[above].lstrip(" ")
        blanks = len(lines[above]) - len(written)
        if written and not written.startswith("#") and blanks < open_until:
            open_until = blanks
            beside.append(f"{blanks} (line {above + 1})")
            if blanks == column:
                return _of_another_kind(written, above + 1)
    return f"this begins after {column} blanks; what it can stand beside begins after {' or '.join(beside)}"


def _of_another_kind(beside: str, line: int) -> str:
    """An entry of a list stands beside a name, or the other way round."""
    if beside.startswith("- "):
        return f"the list that line {line} goes on with has entries that begin with '- ', and this does not"
    return f"this '- ' begins an entry of a list, and stands beside a name (line {line}): indent it further"
