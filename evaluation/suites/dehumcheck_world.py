"""DehumCheck's dehumanizing templates about groups of the world: half of them seen, half unseen.

The groups are read from the data folder when the suite is loaded; the texts are in no file.
"""

from pathlib import Path
from typing import Final

from upstander.evaluation.suites.case import Case
from upstander.evaluation.suites.dehumcheck import expand
from upstander.evaluation.suites.dehumcheck.template import BLANK, CaseTemplate
from upstander.evaluation.suites.groups import (
    Form,
    SwapGroup,
    articled,
    draw,
    read_groups,
    with_article,
)
from upstander.models.labels import TARGETS

NAME: Final = "dehumcheck_world"
_EACH: Final = 4
"""Groups of each part in one template."""
_FORMS: Final[dict[str, Form]] = {
    "group": "plural",
    "one": "singular",
    "singular": "singular",
    "adj": "adjective",
}
"""Blank of a template to the form that fills it."""


def load(folder: Path) -> list[Case]:
    """Every positive template with a group in its blank, about four groups of each part.

    The functionality of a case is the part of its group: "seen" or "unseen".
    """
    groups = read_groups(folder)
    return [
        _case(template, group, blank)
        for cell in expand.cells().values()
        for template in cell
        if template.expected and not template.only and (blank := _blank(template)) in _FORMS
        for group in draw(
            [group for group in groups if group.form(_FORMS[blank])],
            template.id,
            _EACH,
            1,
            TARGETS.keys() - set(template.skip),
        )
    ]


def _blank(template: CaseTemplate) -> str:
    """What fills it; "" where it has no blank, or several kinds of them."""
    blanks = set() if template.literal else {name.lower() for name in BLANK.findall(template.text)}
    return blanks.pop() if len(blanks) == 1 else ""


def _case(template: CaseTemplate, group: SwapGroup, blank: str) -> Case:
    """One text. The blank "one" brings its article; before the others one may stand already."""
    words = group.form(_FORMS[blank])
    text = template.filled(with_article(words) if blank == "one" else words)
    if blank != "one" and (begin := text.lower().find(words.lower())) > 0:
        text = articled(text, begin)
    return Case(
        id=f"{template.id}-{group.plural.lower().replace(' ', '_')}",
        text=text,
        label="dehumanization",
        expected=True,
        functionality=group.part,
        target=group.plural,
        categories=frozenset({group.category}),
        mechanism=template.mechanism,
        template=template.id,
        also={"hate": True},
    )
