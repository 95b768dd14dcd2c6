"""A template: a text with a blank, or a text without one, which makes a single case."""

import re
from dataclasses import dataclass
from typing import Final

BLANK: Final = re.compile(r"\{([A-Za-z]+)\}")


@dataclass(frozen=True, slots=True)
class CaseTemplate:
    """mechanism and form are "" where nothing is dehumanized.

    only: names of the groups that it is for; empty for all.
    skip: categories of which it would say something else.
    group: the plural of the group that a text without a blank names, or "".
    world: the blank takes world groups instead of those of groups.toml.
    literal: the text has no blank, and braces in it are part of it.
    """

    id: str
    cell: str
    text: str
    expected: bool
    mechanism: str = ""
    form: str = ""
    lower: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    group: str = ""
    world: bool = False
    literal: bool = False

    @property
    def blank(self) -> str:
        """What fills it: a form of a group, or a list of fillers.toml."""
        (blank,) = {found[1].lower() for found in BLANK.finditer(self.text)}
        return blank

    @property
    def pieces(self) -> list[str]:
        """What stands before, between and after the blanks."""
        return [self.text] if self.literal else BLANK.split(self.text)[::2]

    def filled(self, words: str) -> str:
        """The text with `words` in its blank, with a capital where the blank has one."""

        def fill(blank: re.Match[str]) -> str:
            return words[0].upper() + words[1:] if blank[1][0].isupper() else words

        text = BLANK.sub(fill, self.text)
        return text.lower() if self.lower else text
