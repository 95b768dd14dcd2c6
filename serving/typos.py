"""Variables that look like settings and are none: nothing else would ever say so."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Final

from upstander.serving.settings import Settings

_PREFIX: Final = "UPSTANDER_"
_OTHERS: Final = frozenset({"DATA", "URL", "KEY"})
"""Variables of other commands and of the client."""


def unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """A line for each variable that begins like a setting and has no effect."""
    known = {name.upper() for name in Settings.model_fields}
    for variable in sorted(environment):
        name = variable.removeprefix(_PREFIX)
        if name == variable or name in known or name in _OTHERS:
            continue
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {_PREFIX}{close[0]}?" if close else "remove it"
        yield f"{variable} is no setting and has no effect: {hint}"
