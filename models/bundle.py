"""Opening a bundle: check every byte, then prove that this machine gives the golden answers.

A bundle is a folder that is written beside its place, checked, and renamed into it:

    manifest.json   model.onnx   tokenizer.json   golden.jsonl   README.md   SHA256SUMS

and since 1.1.1 card.json, the card of README.md as programs read it. A large graph has its weights
in files beside it, weights-1.bin and so on. A cascade (`models/cascade.py`) is opened as one too.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from upstander.models.card import CardFile
from upstander.models.cascade import CASCADE, CASCADE_CONTENTS, CascadeManifest
from upstander.models.cascade_scorer import CascadeScorer
from upstander.models.checksums import CHECKSUMS, sha256_of, write_checksums
from upstander.models.contents import (
    CARD,
    CONTENTS,
    is_cascade,
    read_cascade,
    read_manifest,
    stage_folder,
    staged_manifest,
    verify,
    verify_own,
)
from upstander.models.errors import BundleCorrupt, BundleExists, BundleMismatch
from upstander.models.manifest import Manifest
from upstander.models.score import STAGES, Stage
from upstander.models.scorer import Scorer

__all__ = [
    "CARD",
    "CHECKSUMS",
    "CONTENTS",
    "Bundle",
    "GoldenRow",
    "flatten",
    "open_bundle",
    "read_golden",
    "read_manifest",
    "self_test",
    "sha256_of",
    "verify",
    "write_bundle",
    "write_cascade",
]


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
    card: the model card as JSON (`upstander.models.card.CardFile`); None if there is none.
    cascade: of a cascade, with the bundles that it names as `stages`; its manifest, scorer and card
        are then those of the base under its own name, as far as that answers.
    """

    path: Path
    manifest: Manifest
    sha256: str
    scorer: Scorer
    golden_difference: float
    card: bytes | None = None
    cascade: CascadeManifest | None = None
    stages: "Mapping[Stage, Bundle]" = field(default_factory=dict)

    @property
    def graph(self) -> Path | None:
        """The file of the graph; None of a cascade, which has two elsewhere."""
        return self.path / "model.onnx" if self.cascade is None else None


def open_bundle(path: Path) -> Bundle:
    """Check every file of the bundle at `path`, load it, and reproduce its golden scores.

    Raises a BundleError that names the file: BundleMissing, BundleCorrupt, BundleUnknown or
    BundleMismatch.
    """
    sha256 = verify_own(path)
    if is_cascade(path):
        return _open_cascade(path, sha256)
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


def _open_cascade(path: Path, sha256: str) -> Bundle:
    """Open both stages, each of which proves itself by its own golden scores."""
    cascade = read_cascade(path)
    stages = {name: open_bundle(stage_folder(path, getattr(cascade, name))) for name in STAGES}
    student, base = stages["student"], stages["base"]
    manifest = staged_manifest(path, cascade, student.manifest, base.manifest)
    scorer = CascadeScorer(
        student.scorer,
        base.scorer,
        manifest,
        cascade.bounds,
        cascade.base_cost,
        cascade.ensemble,
    )
    difference = max(stage.golden_difference for stage in stages.values())
    return Bundle(path, manifest, sha256, scorer, difference, base.card, cascade, stages)


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
    structured_card: CardFile | None = None,
) -> Bundle:
    """Write a bundle beside `destination`, open it as a server would, and rename it into place.

    card: as Markdown. structured_card: the same for programs.

    Raises BundleExists if there is a bundle already: a version is written once.
    """
    contents = [*CONTENTS, *manifest.weights]

    def write(folder: Path) -> None:
        shutil.copyfile(model, folder / "model.onnx")
        for name in manifest.weights:
            shutil.copyfile(model.with_name(name), folder / name)
        shutil.copyfile(tokenizer, folder / "tokenizer.json")
        (folder / "README.md").write_text(card, encoding="utf-8")
        (folder / "manifest.json").write_text(
            manifest.model_dump_json(indent=2) + "\n", encoding="utf-8"
        )
        (folder / "golden.jsonl").write_text(
            "".join(row.model_dump_json() + "\n" for row in golden), encoding="utf-8"
        )
        if structured_card is not None:
            (folder / CARD).write_text(
                structured_card.model_dump_json(indent=2, by_alias=True, exclude_none=True) + "\n",
                encoding="utf-8",
            )
            contents.append(CARD)

    return _write(destination, write, contents)


def write_cascade(destination: Path, cascade: CascadeManifest, card: str) -> Bundle:
    """The same of a cascade; the bundles that it names must be where they are looked for."""

    def write(folder: Path) -> None:
        (folder / "README.md").write_text(card, encoding="utf-8")
        (folder / CASCADE).write_text(cascade.model_dump_json(indent=2) + "\n", encoding="utf-8")

    return _write(destination, write, CASCADE_CONTENTS)


def _write(destination: Path, write: Callable[[Path], None], contents: Sequence[str]) -> Bundle:
    """contents: names of what is written, read once it is."""
    if destination.exists():
        raise BundleExists(f"{destination} exists: raise the version, or remove the folder")
    destination.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{destination.name}-", dir=destination.parent))
    try:
        unfinished.chmod(0o755)
        write(unfinished)
        write_checksums(unfinished, contents)
        opened = open_bundle(unfinished)
        os.rename(unfinished, destination)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return replace(opened, path=destination)
