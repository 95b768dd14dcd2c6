"""The chart of the README as SVG: dots with intervals, one row a number, in light or dark."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH = 860
_LEFT = 330
"""Where the scale begins: names stand to the left of it."""
_RIGHT = 40
_ROW = 26
_FONT = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"

THEMES = {
    "light": {
        "text": "#1f2328",
        "muted": "#59636e",
        "grid": "#d1d9e0",
        "ours": "#0969da",
        "theirs": "#bc4c00",
    },
    "dark": {
        "text": "#f0f6fc",
        "muted": "#9198a1",
        "grid": "#3d444d",
        "ours": "#58a6ff",
        "theirs": "#f0883e",
    },
}


@dataclass(frozen=True)
class Dot:
    """A share in [0, 1] with its interval. system: whose it is, a key of the panel's legend."""

    system: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Panel:
    """A group of rows on one scale. rows: name and dots of each. ours: the system in our colour."""

    title: str
    scale: str
    ours: str
    rows: Sequence[tuple[str, Sequence[Dot]]]


def chart(panels: Sequence[Panel], theme: str, title: str) -> str:
    """The chart as an SVG document. title: what it says, for those who do not see it."""
    colours = THEMES[theme]
    parts: list[str] = []
    top = 8
    for panel in panels:
        drawn, top = _panel(panel, colours, top)
        parts += drawn
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img" '
        f'aria-labelledby="title" font-family="{_FONT}" font-size="14">\n'
        f'<title id="title">{escape(title)}</title>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _panel(panel: Panel, colours: dict[str, str], top: int) -> tuple[list[str], int]:
    """Its elements, and where it ends."""
    parts = [_text(0, top + 16, panel.title, colours["text"], weight=600)]
    systems = list(dict.fromkeys(dot.system for _, dots in panel.rows for dot in dots))
    first = top + 36
    if set(systems) != {name for name, _ in panel.rows}:  # else every row says whose it is
        parts += _legend(panel, systems, colours, first)
        first += 24
    last = first + _ROW * len(panel.rows)
    for tenth in range(0, 11, 2):
        x = _x(tenth / 10)
        parts.append(
            f'<line x1="{x:.1f}" y1="{first}" x2="{x:.1f}" y2="{last}" stroke="{colours["grid"]}"/>'
        )
        parts.append(
            _text(x, last + 18, f"{10 * tenth} %", colours["muted"], size=12, anchor="middle")
        )
    for number, (name, dots) in enumerate(panel.rows):
        middle = first + _ROW * number + _ROW / 2
        parts.append(_text(0, middle + 5, name, colours["text"]))
        for dot in dots:
            parts += _dot(dot, middle, colours["ours" if dot.system == panel.ours else "theirs"])
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(_text(middle, last + 38, panel.scale, colours["muted"], size=12, anchor="middle"))
    return parts, last + 56


def _legend(panel: Panel, systems: Sequence[str], colours: dict[str, str], y: int) -> Iterator[str]:
    x = float(_LEFT)
    for system in systems:
        colour = colours["ours" if system == panel.ours else "theirs"]
        yield f'<circle cx="{x + 5:.1f}" cy="{y}" r="5" fill="{colour}"/>'
        yield _text(x + 16, y + 5, system, colours["text"], size=13)
        x += 40 + 7.5 * len(system)


def _dot(dot: Dot, y: float, colour: str) -> Iterator[str]:
    title = f"{dot.system}: {100 * dot.value:.0f} % ({100 * dot.low:.0f} to {100 * dot.high:.0f})"
    yield (
        f'<line x1="{_x(dot.low):.1f}" y1="{y}" x2="{_x(dot.high):.1f}" y2="{y}" '
        f'stroke="{colour}" stroke-width="3" opacity="0.45"/>'
    )
    yield (
        f'<circle cx="{_x(dot.value):.1f}" cy="{y}" r="5.5" fill="{colour}">'
        f"<title>{escape(title)}</title></circle>"
    )


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _text(
    x: float,
    y: float,
    words: str,
    colour: str,
    *,
    size: int = 14,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" '
        f'font-weight="{weight}" text-anchor="{anchor}">{escape(words)}</text>'
    )
