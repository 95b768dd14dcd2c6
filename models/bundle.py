"""Opening a bundle: check every byte, then prove that this machine gives the golden answers.

A bundle is a folder that is written beside its place, checked, and renamed into it:

    manifest.json   model.onnx   tokenizer.json   golden.jsonl   README.md   SHA256SUMS

and since 1.1.1 card.json, the card of README.md as programs read it.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from models import normaliser
from models.card import ModelCard
from models.errors import BundleCorrupt, BundleExists, BundleMismatch, BundleMissing, BundleUnknown
from models.manifest import SCHEMA_VERSION, Manifest
from models.scorer import Scorer

CHECKSUMS: Final = "SHA256SUMS"
CONTENTS: Final = ("README.md", "golden.jsonl", "manifest.json", "model.onnx", "tokenizer.json")
CARD: Final = "card.json"
"""A file that older bundles lack."""


class GoldenRow(BaseModel):
    """A text and the calibrated probabilities that the shipped graph gave when it was built."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    text: str
    """A text as a caller would send it."""
    scores: dict[str, float]
    """Name of every output of the manifest to its calibrated probability in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle, ready to score.

    sha256: the checksum of SHA256SUMS, and so of every file of the bundle.
    golden_difference: the largest difference from a golden score on this machine.
    card: the model card as JSON (`models.card.ModelCard`); None of a bundle that has none.
    """

    path: Path
    manifest: Manifest
    sha256: str
    scorer: Scorer
    golden_difference: float
    card: bytes | None = None


def open_bundle(path: Path) -> Bundle:
    """Check every file of the bundle at `path`, load it, and reproduce its golden scores.

    Raises a BundleError that names the file: BundleMissing, BundleCorrupt, BundleUnknown or
    BundleMismatch.
    """
    sha256 = verify(path)
    manifest = read_manifest(path)
    golden = read_golden(path, manifest)
    try:
        scorer = Scorer(path / "model.onnx", path / "tokenizer.json", manifest)
        difference = self_test(scorer, golden)
    except BundleMismatch:
        raise
    except Exception as error:  # onnxruntime and tokenizers raise types of their own
        raise BundleCorrupt(
            f"{path}: model.onnx or tokenizer.json cannot be loaded ({type(error).__name__}); "
            "build the bundle again"
        ) from error
    card = (path / CARD).read_bytes() if (path / CARD).is_file() else None
    return Bundle(path, manifest, sha256, scorer, difference, card)


def verify(path: Path) -> str:
    """Check every file against SHA256SUMS and return the SHA-256 of SHA256SUMS itself."""
    if not path.is_dir():
        raise BundleMissing(f"{path} is not a folder: give the folder of a model bundle")
    sums = path / CHECKSUMS
    if not sums.is_file():
        raise BundleMissing(f"{sums} is missing: the bundle was not finished or not copied whole")
    listed = _read_checksums(sums)
    if missing := sorted(set(CONTENTS) - set(listed)):
        raise BundleMissing(f"{sums} does not list {', '.join(missing)}: get the bundle again")
    for name, expected in listed.items():
        file = path / name
        if not file.is_file():
            raise BundleMissing(f"{file} is missing: get the bundle again")
        if sha256_of(file) != expected:
            raise BundleCorrupt(f"{file} does not match {CHECKSUMS}: get the bundle again")
    return sha256_of(sums)


def read_manifest(path: Path) -> Manifest:
    """Read manifest.json; a schema, field or normaliser that we do not know is refused."""
    file = path / "manifest.json"
    try:
        raw = json.loads(file.read_bytes())
        schema = raw["schema_version"]
    except (ValueError, TypeError, KeyError) as error:
        raise BundleCorrupt(f"{file} is not a bundle manifest: get the bundle again") from error
    if schema != SCHEMA_VERSION:
        raise BundleUnknown(
            f"{file} has schema {schema!r}, and this version of upstander reads {SCHEMA_VERSION}: "
            "use the upstander version that wrote the bundle, or a newer one"
        )
    try:
        manifest = Manifest.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the manifest"
        raise BundleUnknown(f"{file}: {where}: {first['msg']}") from error
    if manifest.normaliser != normaliser.VERSION:
        raise BundleUnknown(
            f"{file} needs normaliser {manifest.normaliser}, and this version of upstander has "
            f"{normaliser.VERSION}: use the upstander version that wrote the bundle"
        )
    return manifest


def read_golden(path: Path, manifest: Manifest) -> list[GoldenRow]:
    """Read golden.jsonl and check that it has the rows and outputs that the manifest promises."""
    file = path / "golden.jsonl"
    outputs = {output.name for output in manifest.outputs}
    rows = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = GoldenRow.model_validate_json(line)
        except ValidationError as error:
            raise BundleCorrupt(f"{file}, line {number}: not a golden row") from error
        if set(row.scores) != outputs:
            raise BundleCorrupt(f"{file}, line {number}: its scores are not those of the manifest")
        rows.append(row)
    if len(rows) != manifest.golden.rows:
        raise BundleCorrupt(
            f"{file} has {len(rows)} rows, and the manifest promises {manifest.golden.rows}"
        )
    return rows


def self_test(scorer: Scorer, golden: Sequence[GoldenRow]) -> float:
    """Score the golden texts, which also warms the session; return the largest difference.

    Raises BundleMismatch if it is over the manifest's tolerance.
    """
    tolerance = scorer.manifest.golden.tolerance
    worst = 0.0
    for number, row in enumerate(golden, start=1):
        for name, value in flatten(scorer, row.text).items():
            difference = abs(value - row.scores[name])
            if not difference <= tolerance:  # a NaN is no answer either
                raise BundleMismatch(
                    f"golden.jsonl, line {number}: {name} differs here by {difference:.4f} from "
                    f"the golden score, and {tolerance} is allowed: check the onnxruntime version, "
                    "or export the bundle again on a machine like this one"
                )
            worst = max(worst, difference)
    return worst


def flatten(scorer: Scorer, text: str) -> dict[str, float]:
    """Every output of one text, by name: labels, targets and mechanisms together."""
    score = scorer.score(text)
    return {
        **score.scores,
        **{target.category: target.score for target in score.targets},
        **{mechanism.mechanism: mechanism.score for mechanism in score.mechanisms},
    }


def write_bundle(
    destination: Path,
    *,
    manifest: Manifest,
    model: Path,
    tokenizer: Path,
    golden: Sequence[GoldenRow],
    card: str,
    structured_card: ModelCard | None = None,
) -> Bundle:
    """Write a bundle beside `destination`, open it as a server would, and rename it into place.

    card: as Markdown. structured_card: the same for programs.

    Raises BundleExists if there is a bundle already: a version is written once.
    """
    if destination.exists():
        raise BundleExists(f"{destination} exists: raise the version, or remove the folder")
    destination.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{destination.name}-", dir=destination.parent))
    try:
        unfinished.chmod(0o755)
        shutil.copyfile(model, unfinished / "model.onnx")
        shutil.copyfile(tokenizer, unfinished / "tokenizer.json")
        (unfinished / "README.md").write_text(card, encoding="utf-8")
        (unfinished / "manifest.json").write_text(
            manifest.model_dump_json(indent=2) + "\n", encoding="utf-8"
        )
        (unfinished / "golden.jsonl").write_text(
            "".join(row.model_dump_json() + "\n" for row in golden), encoding="utf-8"
        )
        contents = list(CONTENTS)
        if structured_card is not None:
            (unfinished / CARD).write_text(
                structured_card.model_dump_json(indent=2, by_alias=True, exclude_none=True) + "\n",
                encoding="utf-8",
            )
            contents.append(CARD)
        (unfinished / CHECKSUMS).write_text(
            "".join(f"{sha256_of(unfinished / name)}  {name}\n" for name in sorted(contents)),
            encoding="utf-8",
        )
        open_bundle(unfinished)
        os.rename(unfinished, destination)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return open_bundle(destination)


def sha256_of(file: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_checksums(sums: Path) -> Mapping[str, str]:
    return dict(_checksum_lines(sums))


def _checksum_lines(sums: Path) -> Iterator[tuple[str, str]]:
    # A byte that is not UTF-8 must end in a refusal that names the line, not in a decoding error.
    lines = sums.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or name not in (*CONTENTS, CARD):
            raise BundleCorrupt(f"{sums}, line {number}: not a checksum of a file of the bundle")
        yield name, digest
