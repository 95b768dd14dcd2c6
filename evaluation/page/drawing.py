"""Drawing figures as SVG with alternative text."""

import io
from typing import Any, Final

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.sections import Picture

BLUE: Final = "#1f5fa8"
ORANGE: Final = "#c2571a"
GREY: Final = "#6b7280"
_INK: Final = "#1b1f24"
_IN_THE_DARK: Final = {BLUE: "#7db8ec", ORANGE: "#ee8d6a", GREY: "#aab3bd", _INK: "#e8ebee"}

STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",  # text stays text: small, and to be searched
    "svg.hashsalt": "upstander",  # the same picture is the same bytes
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "figure.facecolor": "none",  # the page is the ground, light or dark
    "axes.facecolor": "none",
    **dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), _INK
    ),
}


def interval(axes: Any, place: int, measured: Measured, color: str) -> None:
    """A number as a point on its interval, in the row `place`."""
    axes.plot([measured.low, measured.high], [place, place], color=color, linewidth=1.5)
    axes.plot(measured.value, place, "o", color=color, markersize=4)


def cut(name: str) -> str:
    """A name as long as there is room for."""
    return name if len(name) <= 34 else f"{name[:33]}…"


def picture(figure: Figure, title: str, alt: str) -> Picture:
    """The drawing of a figure."""
    FigureCanvasSVG(figure)
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Title": title})
    return Picture(title, alt, _themed(written.getvalue()))


def _themed(svg: str) -> str:
    """The drawing in the colours of the reader's theme: each colour becomes a variable."""
    for number, color in enumerate(_IN_THE_DARK):
        svg = svg.replace(f": {color}", f": var(--c{number}, {color})")
    dark = "".join(f"--c{n}:{dark};" for n, dark in enumerate(_IN_THE_DARK.values()))
    style = f"<style>@media (prefers-color-scheme: dark){{:root{{{dark}}}}}</style>"
    opened, end, rest = svg.partition("<defs>")
    return f"{opened}{style}{end}{rest}" if end else svg
