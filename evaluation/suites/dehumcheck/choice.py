"""Which groups a template takes: in turn, so that all are used about equally."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from upstander.evaluation.suites.dehumcheck.groups import CaseGroup, every_group, groups
from upstander.evaluation.suites.dehumcheck.template import CaseTemplate
from upstander.models.labels import TARGETS

EACH: Final = 6
"""Cases of a template of version 1: half of the categories, so that two in a row see all."""
_SEEN_EACH: Final = 2


class Choice:
    """The groups of one cell's templates, of those in groups.toml."""

    def __init__(self, offset: int) -> None:
        self._used: dict[str, int] = defaultdict(lambda: offset)

    def groups(self, place: int, template: CaseTemplate) -> Iterator[CaseGroup]:
        """One group of each of six categories; all of `only` where the template has it."""
        if template.only:
            yield from (group for group in groups() if group.name in template.only)
            return
        categories = list(TARGETS)
        start = place * EACH + place // 2
        turned = categories[start % len(categories) :] + categories[: start % len(categories)]
        chosen = 0
        for category in turned:
            fitting = [
                group
                for group in groups()
                if group.categories[0] == category and template.blank in group.forms
            ]
            if category in template.skip or not fitting or chosen == EACH:
                continue
            chosen += 1
            yield fitting[self._used[category] % len(fitting)]
            self._used[category] += 1


class WorldChoice:
    """The world groups of all the templates that take them, one cell after the other.

    A template takes one group whose names training must not use and two that it may use, so
    that both kinds meet the same sentences.
    """

    def __init__(self) -> None:
        world = [group for group in every_group() if group.world]
        self._unseen = [group for group in world if group.unseen]
        self._seen = [group for group in world if not group.unseen]
        self._turn = 0

    def groups(self) -> Iterator[CaseGroup]:
        """The groups of the next template."""
        yield self._unseen[self._turn % len(self._unseen)]
        for step in range(_SEEN_EACH):
            yield self._seen[(self._turn * _SEEN_EACH + step) % len(self._seen)]
        self._turn += 1
