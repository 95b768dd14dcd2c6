"""The suites, with one template of each cell of DehumCheck: an evaluation in seconds."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from upstander.evaluation.suites import SUITES
from upstander.evaluation.suites.case import Case

TEMPLATES = 1


def first_templates(load: Callable[[Path], list[Case]]) -> Callable[[Path], list[Case]]:
    def few(data: Path) -> list[Case]:
        kept: dict[str, set[str]] = defaultdict(set)
        found = []
        for case in load(data):
            own = kept[case.functionality]
            if case.template in own or len(own) < TEMPLATES:
                own.add(case.template)
                found.append(case)
        return found

    return few


FEW_CASES = MappingProxyType(
    {
        name: first_templates(load) if name.startswith("dehumcheck") else load
        for name, load in SUITES.items()
    }
)
