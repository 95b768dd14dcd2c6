"""Provenance of a report: versions, machine, bundle and data."""

import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

from upstander.models.cores import usable_cores
from upstander.models.manifest import Manifest

_PACKAGES: Final = ("upstander", "onnxruntime", "tokenizers", "numpy", "scikit-learn", "scipy")


@dataclass(frozen=True, slots=True)
class Provenance:
    """command: as it was given. versions: package to version."""

    command: str
    made: str
    model: Mapping[str, str]
    operating_point: str
    versions: Mapping[str, str]
    machine: str


def provenance(manifest: Manifest, sha256: str, operating_point: str) -> Provenance:
    """Of this process."""
    command = ["upstander", *sys.argv[1:]] if Path(sys.argv[0]).stem != "pytest" else ["pytest"]
    return Provenance(
        command=shlex.join(command),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        model={"name": manifest.name, "version": manifest.version, "sha256": sha256},
        operating_point=operating_point,
        versions={"python": platform.python_version()}
        | {name: metadata.version(name) for name in _PACKAGES},
        machine=f"{platform.machine()}, {usable_cores()} cores",
    )
