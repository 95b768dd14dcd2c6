"""The section that compares a suite with the published decisions of another system."""

from upstander.evaluation.anchor import Anchor, Beside
from upstander.evaluation.page.sections import Section, Table, short
from upstander.evaluation.page.words import functionality_in_words


def beside(anchor: Anchor) -> Section:
    """A table: macro-F1, and accuracy by functionality, of both."""
    title = f"{anchor.suite} beside the {anchor.system}"
    rows = [
        _row("all cases, macro-F1", anchor.macro_f1),
        *(
            _row(functionality_in_words(anchor.suite, name), numbers)
            for name, numbers in anchor.functionalities.items()
        ),
    ]
    words = (
        f"Verdicts of the {anchor.system} that others published, on the same cases, beside "
        f"{anchor.label} of this bundle at its own threshold. Each row but the first is the "
        "accuracy of a functionality."
    )
    return Section(
        f"beside-{anchor.suite}",
        title,
        [words],
        tables=[Table(title, ("what", "this bundle", anchor.system, "rows"), rows)],
    )


def _row(name: str, numbers: Beside) -> list[str]:
    return [name, short(numbers.ours), short(numbers.theirs), f"{numbers.ours.rows:,}"]
