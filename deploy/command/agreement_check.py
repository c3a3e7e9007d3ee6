"""`baton agreement check`: what is wrong, what is doubtful, what can be reached, what is not enforced yet."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.command.asking import JsonOption, print_json
from deploy.command.failing import NO

if TYPE_CHECKING:
    from shared.agreement import Agreement

SourcesOption = Annotated[
    Path | None, typer.Option("--sources", help="The sources that send leads; else the file beside each.")
]


def check(
    files: Annotated[list[Path], typer.Argument(help="Agreements; or a folder of versions, or a pattern.")],
    sources: SourcesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find every problem and doubt, each with file, line and column. Exit code 1 if there is a problem.

    Of a valid one, also the best score that a lead can reach, and the shortest ways to an MQL. Those of a
    folder or pattern must be able to lie side by side too.
    """
    checked = [one for place in files for one in _checked_at(place, sources)]
    if as_json:
        print_json(checked)
    else:
        for one in checked:
            _print(one)
    if any(one["problems"] for one in checked):
        raise typer.Exit(NO)


def _checked_at(place: Path, sources: Path | None) -> list[dict[str, Any]]:
    """Every file at a place; of versions that lie there together, also what is wrong between them."""
    from shared.agreement import AgreementInvalid
    from shared.agreement.versions import files_of, out_of_order, read_versions

    checked = [_checked(file, sources) for file in files_of(place)]
    if checked == [] or (all(one["valid"] for one in checked) and len(checked) > 1):
        try:
            for doubt in out_of_order(read_versions(place)):
                next(one for one in checked if one["file"] == doubt.file)["doubts"].append(asdict(doubt))
        except AgreementInvalid as wrong:
            between = [asdict(problem) for problem in wrong.problems]
            checked.append({"file": str(place), "valid": False, "problems": between})
    return checked


def _checked(file: Path, sources: Path | None) -> dict[str, Any]:
    from deploy.unsourced import unsourced
    from shared.agreement import AgreementInvalid, load, not_enforced_yet

    try:
        found = load(file)
    except AgreementInvalid as wrong:
        return {"file": str(file), "valid": False, "problems": [asdict(p) for p in wrong.problems]}
    return {
        "file": str(file),
        "valid": True,
        "agreement": found.ref,
        "problems": [],
        "doubts": [asdict(doubt) for doubt in (*found.doubts, *unsourced(found, file, sources))],
        **_reach(found),
        "not_enforced_yet": not_enforced_yet(found),
    }


def _reach(found: "Agreement") -> dict[str, Any]:
    from shared.agreement.checks.reach import best_of
    from shared.agreement.checks.ways import shortest_ways

    best = best_of(found.written, found.conditions)
    return {
        "best": {
            "score": best.score,
            "grade": best.grade,
            "fit": best.fit,
            "fit_rules": list(best.fit_rules),
            "engagement": best.engagement,
        },
        "shortest_ways": [str(way) for way in shortest_ways(found)],
    }


def _print(one: dict[str, Any]) -> None:
    from shared.agreement.checks.ways import STEPS_MAX

    for p in one["problems"]:
        print(f"{p['file']}:{p['line']}:{p['column']}: {p['message']}")
    if one["problems"]:
        count = len(one["problems"])
        print(f"{one['file']} is not valid: {count} problem{'s' if count > 1 else ''}.")
        return
    for p in one["doubts"]:
        print(f"{p['file']}:{p['line']}:{p['column']}: warning: {p['message']}")
    print(f"{one['file']} is valid: {one['agreement']}.")
    best = one["best"]
    rules = ", ".join(best["fit_rules"]) or "no rule"
    print(f"  best score: {best['score']}, grade {best['grade']}")
    print(f"    from {best['fit']} fit points ({rules}) and {best['engagement']} of engagement")
    print("  shortest ways to an MQL:")
    for number, way in enumerate(one["shortest_ways"], start=1):
        print(f"    {number}. {way}")
    if not one["shortest_ways"]:
        print(f"    none of at most {STEPS_MAX} steps was found")
    for note in one["not_enforced_yet"]:
        print(f"  not enforced yet: {note}")
