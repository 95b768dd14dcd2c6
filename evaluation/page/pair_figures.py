"""The picture of a choice of thresholds."""

from matplotlib import rc_context
from matplotlib.figure import Figure

from upstander.evaluation.page.drawing import BLUE, GREY, ORANGE, STYLE, picture
from upstander.evaluation.page.sections import Picture
from upstander.evaluation.threshold_selection import Choices


def choices_picture(choices: Choices) -> Picture:
    """What is caught of what people look at."""
    with rc_context(STYLE):
        figure = Figure(figsize=(4.8, 3.4), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(
            [flagged for _, flagged, _ in choices.curve],
            [caught for _, _, caught in choices.curve],
            color=BLUE,
            linewidth=1.2,
        )
        for place, choice in enumerate(choices.chosen):
            axes.plot(
                choice.flagged.value, choice.caught.value, "o" if place else "D",
                color=GREY if place else ORANGE, label=choice.name,
            )  # fmt: skip
        axes.legend(frameon=False, fontsize=8)
        axes.set(xlabel="posts flagged a day", ylabel="of them with the label")
        axes.set(xlim=(0, None), ylim=(0, None))
        first = choices.chosen[0]
        return picture(
            figure,
            f"{choices.suite}: what a queue finds",
            f"{first.name}: threshold {first.threshold:.3f}, {first.flagged.value:,.0f} posts "
            f"flagged a day, {first.caught.value:,.0f} of them with the label, and "
            f"{first.lost.value:,.0f} missed.",
        )
