"""What an install of the service brings: every package, and the data files within them.

Used by `notice.py` and `sbom.py`, which say what it is and under which licence. It looks at the
environment that it runs in, which must have at least what serving needs.
"""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parent.parent

_CODE: Final = frozenset({
    ".a", ".c", ".h", ".mako", ".md", ".pxd", ".py", ".pyc", ".pyi", ".pyx", ".rst", ".so",
})  # fmt: skip
"""Endings of what is a package's own work, under its own licence."""

_MIN_BYTES: Final = 20_000
"""Of a file that is data or somebody else's program. Smaller ones are settings and notes."""

_BY_HAND: Final = {
    "flatbuffers": "Apache-2.0",
    "protobuf": "BSD-3-Clause",
    "huggingface-hub": "Apache-2.0",
    "tokenizers": "Apache-2.0",
    "tqdm": "MPL-2.0 AND MIT",
}
"""Licences of packages that name theirs in prose."""

_CLASSIFIERS: Final = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}


_HOMES: Final = ("homepage", "repository", "source", "github", "documentation")

_ASIDE: Final = frozenset({"bin", "tests", "tools", "transformers"})
"""Folders that the image does not have, and programs."""


@dataclass(frozen=True, slots=True)
class Package:
    """One package. licence: as an SPDX expression, or what its author wrote. home: its address."""

    name: str
    version: str
    licence: str
    home: str
    files: Sequence[Path]


def packages() -> list[Package]:
    """What serving needs, by name, without this project itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["serve"]]
    found: dict[str, Distribution] = {}
    waiting = [Requirement(line) for line in declared]
    seen = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if (name, *sorted(wanted.extras)) in seen:
            continue
        seen.add((name, *sorted(wanted.extras)))
        found[name] = distribution(name)
        for line in found[name].requires or ():
            needed = Requirement(line)
            extras = wanted.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(needed)
    return [_package(name, found[name]) for name in sorted(found)]


def _package(name: str, found: Distribution) -> Package:
    metadata: Any = found.metadata
    classifiers = metadata.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")]
    licence = (
        _BY_HAND.get(name)
        or metadata.get("License-Expression")
        or " AND ".join(_CLASSIFIERS[line] for line in named if line in _CLASSIFIERS)
        or (metadata.get("License") or "").partition("\n")[0]
        or "unknown"
    )
    addresses = metadata.get_all("Project-URL") or []
    home = metadata.get("Home-page") or next(
        (line.partition(", ")[2] for line in addresses if line.lower().startswith(_HOMES)),
        f"https://pypi.org/project/{name}/",
    )
    files = [Path(str(file.locate())) for file in found.files or ()]
    return Package(name, found.version, licence, home, [path for path in files if path.is_file()])


def data_files(package: Package) -> Iterator[Path]:
    """Files of a package that are neither its code nor notes about it."""
    for path in package.files:
        if path.suffix in _CODE or any(_is_aside(part) for part in path.parts):
            continue
        if path.stat().st_size >= _MIN_BYTES:
            yield path


def _is_aside(part: str) -> bool:
    """Whether a part of a path is that of notes, of libraries, or of what is not shipped."""
    return part in _ASIDE or part.endswith((".dist-info", ".libs")) or ".so." in part
