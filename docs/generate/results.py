"""`make results`: the chart and the small tables of README and docs, out of committed JSON.

    PYTHONPATH=docs python -m generate.results [--bench FILE]

What is read: the card of the shipped bundle (`card.json`), `docs/results/policies.json`, which
`python -m generate.measure` writes, and `docs/results/bench.json`, which `make bench` writes. While
there is no file of the benchmark, the chart has no speed: no number is typed in by hand.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from generate.chart import THEMES, Dot, Panel, chart
from generate.tables import table
from upstander.models.shipped import DEFAULT_BUNDLE

ROOT = Path(__file__).parent.parent.parent
RESULTS = ROOT / "docs" / "results"
BENCH = RESULTS / "bench.json"
POLICIES = RESULTS / "policies.json"
PAGES = ("README.md", "docs/good-enough.md", "docs/policies.md", "docs/results.md")
"""Pages with parts between `<!-- results: NAME -->` and `<!-- end -->`."""

_ROWS = {
    "HateCheck, macro-F1": "All cases, macro-F1",
    "HateCheck F3 dehumanization, accuracy": "Hateful: dehumanization",
    "HateCheck F16 hate as a question, accuracy": "Hateful: phrased as a question",
    "HateCheck F20 counter-speech that quotes, accuracy": "Harmless: counter-speech with a quote",
    "HateCheck F21 counter-speech that refers, accuracy": "Harmless: other counter-speech",
    "HateCheck F15 negated hate, accuracy": "Harmless: hate that is negated",
    "HateCheck F18 neutral identity, accuracy": "Harmless: neutral words on a group",
    "HateCheck F19 positive identity, accuracy": "Harmless: kind words on a group",
}
"""Labels of the card to the names of the chart."""

_VALUE = re.compile(r"value: ([\d.]+) \(([\d.]+) to ([\d.]+)\)")
_OURS = f"Upstander {DEFAULT_BUNDLE.name}"
_THEIRS = "Perspective API (its verdicts of 2020)"
_SYSTEMS = ("Upstander", "LitServe", "BentoML")


def goals(card: Path = DEFAULT_BUNDLE / "card.json") -> Mapping[str, tuple[float, float, float]]:
    """Value and interval of every number under Goals, by its label."""
    found = {}
    for field in _fields(json.loads(card.read_text(encoding="utf-8"))):
        if match := _VALUE.search(field.get("value") or ""):
            value, low, high = (float(number) for number in match.groups())
            found[field["label"]] = (value, low, high)
    return found


def _fields(section: Any) -> Iterator[Any]:
    yield from section.get("fields") or ()
    for key in ("sections", "subsections"):
        for inner in section.get(key) or ():
            yield from _fields(inner)


def quality(found: Mapping[str, tuple[float, float, float]]) -> Panel:
    """HateCheck: this bundle beside the verdicts that its authors published for Perspective."""
    rows = []
    for label, name in _ROWS.items():
        theirs = next(
            (
                numbers
                for key, numbers in found.items()
                if "of the Perspective API" in key and key.startswith(label)
            ),
            None,
        )
        if label not in found or theirs is None:
            sys.exit(f"results: {DEFAULT_BUNDLE / 'card.json'} has no number for: {label}")
        rows.append((name, [Dot(_OURS, *found[label]), Dot(_THEIRS, *theirs)]))
    return Panel(
        "Quality: the cases of HateCheck",
        "share of cases that are judged correctly, with 95 % intervals",
        _OURS,
        rows,
    )


def speed(bench: Any) -> Panel:
    """Each server at its best, beside what the machine can do without a server."""
    rows = []
    for name in _SYSTEMS:
        one = next(
            (loads for key, loads in bench["servers"].items() if key.lower() == name.lower()), None
        )
        if one is None:
            continue
        best = max(one.values(), key=lambda load: load["share"]["median"])["share"]
        rows.append((name, [Dot(name, best["median"], best["least"], best["most"])]))
    return Panel(
        "Throughput: the share of what the machine can do without a server",
        f"posts a second over the bare limit, least to most of {bench['rounds']} rounds; "
        f"{bench['cores']} cores of {bench['processor']}",
        "Upstander",
        rows,
    )


def policies_table(measured: Any) -> str:
    """What each shipped policy flags and finds."""

    def cell(policy: str, of: str, times: int) -> str:
        one = measured["policies"][policy][of]
        value, low, high = (times * one[key] for key in ("value", "low", "high"))
        return f"{value:.1f} ({low:.1f} to {high:.1f})"

    rows = (
        (
            f"`{name}`{', the default' if name == measured['default'] else ''}",
            cell(name, "ordinary", 1000),
            cell(name, "dehumanizing", 100),
            cell(name, "hateful", 100),
        )
        for name in measured["policies"]
    )
    return table(
        (
            "policy",
            "flags of 1,000 ordinary posts",
            "finds of 100 dehumanizing posts",
            "finds of 100 hateful posts",
        ),
        rows,
    )


def parts() -> Mapping[str, str]:
    """What stands between the marks of a page, by its name."""
    found = {}
    if POLICIES.is_file():
        found["policies"] = policies_table(json.loads(POLICIES.read_text(encoding="utf-8")))
    return found


def filled(text: str, made: Mapping[str, str]) -> str:
    """A page with the parts that were made; others stay as they are."""

    def part(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- results: {name} -->\n{made[name]}\n<!-- end -->" if name in made else found[0]

    return re.sub(r"<!-- results: (\w+) -->\n.*?<!-- end -->", part, text, flags=re.DOTALL)


def charts(bench: Path) -> Mapping[str, str]:
    """File name to SVG document, for each theme."""
    panels = [quality(goals())]
    title = f"{_OURS} and the Perspective API on HateCheck"
    if bench.is_file():
        panels.append(speed(json.loads(bench.read_text(encoding="utf-8"))))
        title += ", and throughput beside LitServe and BentoML"
    return {f"chart-{theme}.svg": chart(panels, theme, title) for theme in THEMES}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the chart and the parts of the pages."""
    parser = argparse.ArgumentParser(prog="python -m generate.results")
    parser.add_argument("--bench", type=Path, default=BENCH, help="JSON that `make bench` wrote")
    options = parser.parse_args(arguments)
    for name, drawn in charts(options.bench).items():
        (RESULTS / name).write_text(drawn, encoding="utf-8")
    made = parts()
    for name in PAGES:
        page = ROOT / name
        page.write_text(filled(page.read_text(encoding="utf-8"), made), encoding="utf-8")


if __name__ == "__main__":
    main()
