"""A comparison as one page that stands by itself: pictures are SVG, nothing is fetched, no script runs."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from deploy.simulating.report import Document, in_words, moved_in_words

PICTURES: Final = {
    "places": "Where leads go",
    "grades": "Grades",
    "segments": "Segments",
    "fast_lanes": "Fast lanes",
    "set_aside": "Set aside",
}
BAR_MAX: Final = 420
ROW: Final = 34
_STYLE: Final = """\
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; max-width: 52rem; margin: 2rem auto; }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top }
td:nth-child(-n+2) { white-space: nowrap }
svg text { font: 13px system-ui, sans-serif }
.old { fill: #9aa5b1 }
.new { fill: #2f6fde }
"""


def page(found: Document) -> str:
    """The page, in HTML."""
    title = escape(f"{found['old']} → {found['new']}")
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            f"<title>{title}</title><style>\n{_STYLE}</style></head><body>",
            "<h1>What another agreement would change</h1>",
            *(f"<p>{escape(sentence)}</p>" for sentence in in_words(found)),
            "<p>In the pictures the old version is grey, and stands above the new one, which is blue.</p>",
            _picture("MQLs", {"MQLs": found["mqls"]}, found),
            *(picture for what, words in PICTURES.items() for picture in _compared(words, found, what)),
            *_leads("gained", found),
            *_leads("lost", found),
            "</body></html>\n",
        )
    )


def _compared(heading: str, found: Document, what: str) -> Iterator[str]:
    yield _picture(heading, found[what]["totals"], found)
    if found[what]["moved"]:
        yield f"<p>Moved: {escape(moved_in_words(found[what]['moved']))}.</p>"


def _picture(heading: str, totals: dict[str, Any], found: Document) -> str:
    """A pair of bars for each name: the old version's above the new one's."""
    if not totals:
        return ""
    most = max(1, *(number[side] for number in totals.values() for side in ("old", "new")))
    bars = "".join(_bars(place, name, number, most) for place, (name, number) in enumerate(totals.items()))
    label = escape(f"{heading}: {found['old']} above, {found['new']} below")
    size = f'viewBox="0 0 740 {ROW * len(totals)}" width="100%"'
    return f'<h2>{escape(heading)}</h2>\n<svg {size} role="img" aria-label="{label}">{bars}</svg>'


def _bars(place: int, name: str, number: dict[str, int], most: int) -> str:
    top = place * ROW
    drawn = f'<text x="0" y="{top + 19}">{escape(name)}</text>'
    for side, y in (("old", top + 3), ("new", top + 16)):
        width = round(number[side] / most * BAR_MAX, 1)
        drawn += f'<rect class="{side}" x="210" y="{y}" width="{width}" height="12"/>'
        drawn += f'<text x="{216 + width}" y="{y + 11}">{number[side]:,}</text>'
    return drawn


def _leads(what: str, found: Document) -> Iterator[str]:
    if not found[what]:
        return
    yield f"<h2>MQLs {what}: {found['mqls'][what]:,}, the first {len(found[what])}</h2>"
    yield "<table><tr><th>lead</th><th>score</th><th>what it lacks with the other version</th></tr>"
    for lead in found[what]:
        score = f"{lead['old_score']} → {lead['new_score']}"
        cells = (escape(lead["lead"]), score, escape(lead["why"]))
        yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    yield "</table>"
