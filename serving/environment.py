"""Environment variables: unknown names are reported, earlier names of settings still work."""

import difflib
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final

from upstander.serving.settings import RENAMED, Settings

_PREFIX: Final = "UPSTANDER_"
_OTHERS: Final = frozenset({"DATA", "URL", "KEY"})
"""Variables of other commands and of the client."""


def unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """A line for each variable that begins like a setting and has no effect."""
    known = {name.upper() for name in Settings.model_fields}
    for variable in sorted(environment):
        name = variable.removeprefix(_PREFIX)
        if name == variable or name in known or name in _OTHERS or name.lower() in RENAMED:
            continue
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {_PREFIX}{close[0]}?" if close else "remove it"
        yield f"{variable} is no setting and has no effect: {hint}"


def use_current_names(
    flags: dict[str, Any], environment: MutableMapping[str, str]
) -> Iterator[str]:
    """Have settings under the names of an earlier version count, and a line for each of them.

    flags: those that were given. Both are changed; what is there under its name now stays.
    """
    for old, new in RENAMED.items():
        variable, current = f"{_PREFIX}{old.upper()}", f"{_PREFIX}{new.upper()}"
        if old in flags:
            flags.setdefault(new, flags.pop(old))
            before, now = (f"--{name.replace('_', '-')}" for name in (old, new))
            yield f"{before} is now {now}: the old name goes with the next version"
        if variable in environment:
            environment.setdefault(current, environment[variable])
            yield f"{variable} is now {current}: the old name goes with the next version"
