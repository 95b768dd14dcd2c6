"""The files of a bundle: which there are, and their verification.

The folder of a cascade has no graph, and names two others (`models/cascade.py`).
"""

import json
import re
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from upstander.models import normaliser
from upstander.models.cascade import (
    CASCADE,
    CASCADE_CONTENTS,
    CASCADE_SCHEMA,
    CascadeManifest,
    StagedManifest,
    StageRecord,
    staged,
)
from upstander.models.checksums import CHECKSUMS, check_files, read_checksums, sha256_of
from upstander.models.errors import BundleCorrupt, BundleMissing, BundleUnknown
from upstander.models.manifest import SCHEMA_VERSION, WEIGHTS, Manifest
from upstander.models.score import STAGES
from upstander.models.shipped import BUNDLES
from upstander.models.strict import Strict

CONTENTS: Final = ("README.md", "golden.jsonl", "manifest.json", "model.onnx", "tokenizer.json")
CARD: Final = "card.json"
"""A file that older bundles lack."""

M = TypeVar("M", bound=Strict)


def verify(path: Path) -> str:
    """Check every file against SHA256SUMS and return the SHA-256 of SHA256SUMS itself.

    Of a cascade also those of the bundles that it names.
    """
    sha256 = verify_own(path)
    if is_cascade(path):
        cascade = read_cascade(path)
        for name in STAGES:
            verify(stage_folder(path, getattr(cascade, name)))
    return sha256


def verify_own(path: Path) -> str:
    """Check the files of one folder, as `verify`; not those of what a cascade names."""
    listed = read_checksums(path, _is_known)
    return check_files(path, listed, CASCADE_CONTENTS if CASCADE in listed else CONTENTS)


def _is_known(name: str) -> bool:
    """Whether a bundle may have a file of that name."""
    return name in (*CONTENTS, CARD, CASCADE) or re.match(WEIGHTS, name) is not None


def is_cascade(path: Path) -> bool:
    """Whether a folder is that of a cascade, as its list of files says."""
    return (path / CHECKSUMS).is_file() and CASCADE in read_checksums(path, _is_known)


def read_manifest(path: Path) -> Manifest:
    """Read manifest.json; a schema, field or normaliser that we do not know is refused.

    Of a cascade it is that of its base under the name of the cascade, which knows the student's.
    """
    if is_cascade(path):
        cascade = read_cascade(path)
        student, base = (
            read_manifest(stage_folder(path, getattr(cascade, name))) for name in STAGES
        )
        return staged_manifest(path, cascade, student, base)
    file = path / "manifest.json"
    manifest = _read(file, Manifest, SCHEMA_VERSION)
    if manifest.normaliser != normaliser.VERSION:
        raise BundleUnknown(
            f"{file} needs normaliser {manifest.normaliser}, and this version of upstander has "
            f"{normaliser.VERSION}: use the upstander version that wrote the bundle"
        )
    if manifest.weights:  # else the file of a graph alone would be all that was checked
        listed = read_checksums(path, _is_known)
        if missing := sorted(set(manifest.weights) - set(listed)):
            raise BundleMissing(
                f"{path / CHECKSUMS} does not list {', '.join(missing)}: get the bundle again"
            )
    return manifest


def _read(file: Path, kind: type[M], known: int) -> M:
    """A file of JSON that has a schema. known: the number of the one that is read."""
    try:
        raw = json.loads(file.read_bytes())
        schema = raw["schema_version"]
    except (ValueError, TypeError, KeyError) as error:
        raise BundleCorrupt(f"{file} is not a bundle manifest: get the bundle again") from error
    if schema != known:
        raise BundleUnknown(
            f"{file} has schema {schema!r}, and this version of upstander reads {known}: "
            "use the upstander version that wrote the bundle, or a newer one"
        )
    try:
        return kind.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the manifest"
        raise BundleUnknown(f"{file}: {where}: {first['msg']}") from error


def read_cascade(path: Path) -> CascadeManifest:
    """Read cascade.json; a schema or field that we do not know is refused."""
    return _read(path / CASCADE, CascadeManifest, CASCADE_SCHEMA)


def graph_folder(path: Path) -> Path:
    """Where the graph lies that reads every text: of a cascade the folder of its student."""
    return stage_folder(path, read_cascade(path).student) if is_cascade(path) else path


def staged_manifest(
    path: Path, cascade: CascadeManifest, student: Manifest, base: Manifest
) -> StagedManifest:
    """The manifests of the two bundles as that of the cascade. Raises BundleCorrupt."""
    try:
        return staged(cascade, student, base)
    except ValueError as error:
        raise BundleCorrupt(f"{path / CASCADE}: {error}; make the cascade again") from error


def stage_folder(path: Path, named: StageRecord) -> Path:
    """Where a bundle lies that a cascade names: beside the cascade, or among the shipped ones.

    Raises BundleMissing unless one with the same checksum is there.
    """
    places = [
        folder / named.name / named.version for folder in (path.resolve().parent.parent, BUNDLES)
    ]
    for place in places:
        sums = place / CHECKSUMS
        if sums.is_file() and sha256_of(sums) == named.sha256:
            return place
    looked = " and not in ".join(map(str, dict.fromkeys(places)))
    raise BundleMissing(
        f"{path / CASCADE} needs {named.name} {named.version} with the SHA-256 {named.sha256}, "
        f"which is not in {looked}: put that bundle there"
    )
