"""Jigsaw's identity templates (Dixon et al. 2018): a sentence with each of fifty groups."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "jigsaw_bias"
_FILE: Final = "jigsaw_bias_templates/en_sentence_templates.jsonl.gz"
_MAX_TEMPLATES: Final = 10
"""Templates of one family: `name_adj` has 1,440, one for each name and adjective."""

_FAMILIES: Final = {
    family: re.compile(pattern)
    for family, pattern in {
        "am_hate_adj": r"I \S+ (?P<group>.+)",
        "being_adj": r"Being (?P<group>.+) is \S+",
        "name_adj": r"\S+ is a \S+ (?P<group>.+)",
        "verb_adj": r"\S+ (?P<group>.+)",
        "you_are_adj": r"You are a \S+ (?P<group>.+)",
    }.items()
}
"""Families that name a group. `you_occupation` does not."""


def load(folder: Path) -> list[Case]:
    """Up to ten templates of each family, evenly over the sorted ones, each with every group."""
    families: dict[str, dict[str, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for line, row in read_jsonl(folder / _FILE, "template", "toxicity", "phrase"):
        pattern = _FAMILIES.get(row["template"])
        match = pattern.fullmatch(row["phrase"]) if pattern else None
        if match is None:
            continue
        begin, end = match.span("group")
        template = f"{row['phrase'][:begin]}[GROUP]{row['phrase'][end:]}"
        families[row["template"]][template].append(
            Case(
                id=str(line),
                text=row["phrase"],
                label="toxicity",
                expected=row["toxicity"] == "toxic",
                functionality=row["template"],
                target=match["group"],
                template=template,
            )
        )
    return [
        case
        for _, templates in sorted(families.items())
        for template in _evenly(sorted(templates))
        for case in templates[template]
    ]


def _evenly(names: list[str]) -> list[str]:
    if len(names) <= _MAX_TEMPLATES:
        return names
    return [names[index * len(names) // _MAX_TEMPLATES] for index in range(_MAX_TEMPLATES)]
