"""The report of a week as one page that stands by itself: pictures are SVG, nothing is fetched or run."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any, Final

from deploy.week.report import CLOCK_COLUMNS, Document, clock_cells

BAR_MAX: Final = 380
ROW: Final = 34
_STYLE: Final = """\
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; max-width: 52rem; margin: 2rem auto }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top }
td:nth-child(n+3), th:nth-child(n+3) { text-align: right }
svg text { font: 13px system-ui, sans-serif }
.share { fill: #9aa5b1 }
.given { fill: #2f6fde }
"""


def page(found: Document, summary: Iterable[str]) -> str:
    """The page, in HTML. `summary`: the sentences that it begins with."""
    title = escape(f"{found['agreement']}, {found['from'][:10]} to {found['until'][:10]}")
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            f"<title>{title}</title><style>\n{_STYLE}</style></head><body>",
            "<h1>A week</h1>",
            *(f"<p>{escape(sentence)}</p>" for sentence in summary),
            "<p>In the pictures what somebody should have by turn is grey, what they had is blue.</p>",
            *(part for team in found["teams"] if team["given"] for part in _team(team)),
            "<h2>Clocks</h2>",
            _table(CLOCK_COLUMNS, map(clock_cells, found["clocks"])),
            "</body></html>\n",
        )
    )


def _team(team: dict[str, Any]) -> Iterator[str]:
    yield f"<h2>Team {escape(team['team'])}</h2>"
    yield f"<p>{escape(team['turn'].capitalize())}. {team['given']:,} given.</p>"
    for name, words in (("queue", "waited in the queue"), ("paced", "waited for their release")):
        if (stays := team[name])["leads"]:
            why = f": {stays['why_still']}" if stays.get("why_still") else ""
            said = f"{stays['leads']:,} {words}; {stays['still']:,} still do{why}."
            yield f"<p>{escape(said)}</p>"
    yield _picture(team)
    whys = [f"{member['person']}: {line}" for member in team["members"] for line in member["why"]]
    if whys:
        yield f"<ul>{''.join(f'<li>{escape(why)}</li>' for why in whys)}</ul>"


def _picture(team: dict[str, Any]) -> str:
    """For each member their share above what they had."""
    members = team["members"]
    most = max(1.0, *(member[what] for member in members for what in ("share", "worth")))
    bars = "".join(_bars(place, member, most) for place, member in enumerate(members))
    label = escape(f"Team {team['team']}: shares above, what was given by turn below")
    size = f'viewBox="0 0 740 {ROW * len(members)}" width="100%"'
    return f'<svg {size} role="img" aria-label="{label}">{bars}</svg>'


def _bars(place: int, member: dict[str, Any], most: float) -> str:
    top = place * ROW
    drawn = f'<text x="0" y="{top + 19}">{escape(member["person"])}</text>'
    for side, value, y in (("share", member["share"], top + 3), ("given", member["worth"], top + 16)):
        width = round(max(0.0, value) / most * BAR_MAX, 1)
        drawn += f'<rect class="{side}" x="250" y="{y}" width="{width}" height="12"/>'
        drawn += f'<text x="{256 + width}" y="{y + 11}">{value:,}</text>'
    return drawn


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
