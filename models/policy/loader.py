"""Reading policy files, with line numbers in errors."""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from upstander.models.errors import UpstanderError
from upstander.models.policy.checks import problems_of
from upstander.models.policy.document import Policy
from upstander.models.shipped import SHIPPED_POLICIES

Place = tuple[str | int, ...]

_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]\]?")
_KEY: Final = re.compile(r"\s*([\w-]+)\s*=")
_MAX_BYTES: Final = 1_000_000


class PolicyError(UpstanderError):
    """A policy that cannot be used; one line a problem."""


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """A policy, its file byte for byte, and the SHA-256 of that in hexadecimal."""

    policy: Policy
    document: bytes
    sha256: str
    path: Path


def policy_file(given: Path) -> Path:
    """The file of a policy that a person named: as it was named, or the shipped one of that id."""
    shipped = SHIPPED_POLICIES / f"{given}.toml"
    is_id = given.parent == Path() and not given.is_file()
    return shipped if is_id and shipped.is_file() else given


def read_policy(path: Path) -> ReadPolicy:
    """The policy of a file. Raises PolicyError, which names the lines."""
    try:
        content = path.read_bytes()
    except OSError as error:
        shipped = ", ".join(sorted(one.stem for one in SHIPPED_POLICIES.glob("*.toml")))
        raise PolicyError(
            f"{path}: cannot be read: {error.strerror}; give a TOML file or the id of a shipped "
            f"policy: {shipped}"
        ) from error
    return parse_policy(content, path)


def parse_policy(
    content: bytes, path: Path, context: Mapping[str, bool] | None = None
) -> ReadPolicy:
    """The policy of a file's bytes. path: what it is called in errors. Raises PolicyError.

    context: `RECORDED` for one that decided once.
    """
    if len(content) > _MAX_BYTES:
        raise PolicyError(f"{path}: over a megabyte: too long for a policy")
    try:
        text = content.decode()
        raw = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PolicyError(f"{path}:{line}: not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise PolicyError(f"{path}:{line}: not TOML: {what}") from error
    try:
        policy = Policy.model_validate(raw, context=context)
    except ValidationError as error:
        problems = [_problem(one) for one in error.errors(include_url=False)]
    else:
        problems = problems_of(policy)
    if problems:
        lines = sorted((line_of(text, place), _words(place, what)) for place, what in problems)
        raise PolicyError("\n".join(f"{path}:{line}: {what}" for line, what in lines))
    return ReadPolicy(policy, content, hashlib.sha256(content).hexdigest(), path)


def line_of(text: str, place: Place) -> int:
    """The line where a key of a TOML file stands, or its table if the key is absent; from 1.

    place: keys, and after the name of an array of tables which of them, such as `rules, 1, label`.
    """
    table: list[str | int] = []
    seen: dict[str, int] = {}
    best, depth, within = 1, 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if within:  # a string of several lines
            within = "" if within in line else within
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        here: Sequence[str | int] = ()
        if header:
            name = header[2]
            table = [name]
            if header[1] == "[[":
                seen[name] = seen.get(name, -1) + 1
                table.append(seen[name])
            here = table
        elif key:
            here = [*table, key[1]]
            for quotes in ('"""', "'''"):
                if line.count(quotes) == 1:
                    within = quotes
        if len(here) > depth and tuple(here) == place[: len(here)]:
            best, depth = number, len(here)
    return best


def _problem(error: ErrorDetails) -> tuple[Place, str]:
    place = error["loc"]
    if error["type"] == "policy":
        context = error["ctx"]
        return (*place, context["field"]), context["message"]
    what = "unknown field" if error["type"] == "extra_forbidden" else error["msg"]
    return place, what[:1].lower() + what[1:]


def _words(place: Place, what: str) -> str:
    named = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
    return f"{named}: {what}" if named else what
