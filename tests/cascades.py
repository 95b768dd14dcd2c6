"""A cascade of two small stand-ins: the shipped graph, with other calibrations and windows."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from upstander.models.bundle import (
    Bundle,
    GoldenRow,
    flatten,
    open_bundle,
    write_bundle,
    write_cascade,
)
from upstander.models.cascade import CascadeManifest, StageRecord, highest_bounds
from upstander.models.manifest import Golden, Manifest, Window
from upstander.models.scorer import Scorer

HARMLESS = "The library opens at nine on Sundays."
HATEFUL = "Those refugees are vermin."
BASE_COST = 5.0
GOLDEN = ("Good morning!", HATEFUL)


def with_intercepts(manifest: Manifest, shift: float) -> Manifest:
    """The same, whose every logit is so much higher: another model to whoever looks at scores."""
    changed = {
        kind: tuple(
            output.model_copy(
                update={
                    "calibration": output.calibration.model_copy(
                        update={"intercept": output.calibration.intercept + shift}
                    )
                }
            )
            for output in getattr(manifest, kind)
        )
        for kind in ("labels", "targets", "mechanisms")
    }
    return manifest.model_copy(update=changed)


def with_higher_thresholds(manifest: Manifest) -> Manifest:
    """The same, whose labels are flagged a little later at `balanced`."""
    balanced = manifest.operating_points["balanced"]
    labels = {label.name for label in manifest.labels}
    raised = {
        name: point.model_copy(update={"threshold": min(1.2 * point.threshold, 0.99)})
        for name, point in balanced.items()
        if name in labels
    }
    points = {**manifest.operating_points, "balanced": {**balanced, **raised}}
    return manifest.model_copy(update={"operating_points": points})


def write_stand_in(shipped: Bundle, destination: Path, shift: float) -> Bundle:
    """A bundle of the shipped graph that says and decides otherwise, in smaller windows."""
    manifest = with_higher_thresholds(with_intercepts(shipped.manifest, shift)).model_copy(
        update={
            "name": destination.parent.name,
            "version": destination.name,
            "window": Window(length=32, overlap=8),
            "golden": Golden(rows=len(GOLDEN), tolerance=0.02),
        }
    )
    files = {"model": shipped.path / "model.onnx", "tokenizer": shipped.path / "tokenizer.json"}
    scorer = Scorer(**files, manifest=manifest)
    golden = [GoldenRow(text=text, scores=flatten(scorer, text)) for text in GOLDEN]
    return write_bundle(destination, manifest=manifest, golden=golden, card="# A card\n", **files)


def record_of(bundle: Bundle) -> StageRecord:
    manifest = bundle.manifest
    return StageRecord(name=manifest.name, version=manifest.version, sha256=bundle.sha256)


def described(
    student: Bundle, base: Bundle, bounds: Mapping[str, float] | None = None
) -> CascadeManifest:
    """The cascade of two bundles. bounds: None takes the highest that there may be."""
    return CascadeManifest(
        schema_version=1,
        name="upstander-cascade",
        version="0.0.1",
        description="Made by a test; not for use.",
        student=record_of(student),
        base=record_of(base),
        bounds=dict(bounds or highest_bounds(student.manifest, base.manifest)),
        base_cost=BASE_COST,
        max_lost=0.001,
        measured=(),
    )


@pytest.fixture(scope="session")
def cascade(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The shipped bundle as the student, and a stand-in as the base."""
    bundles = tmp_path_factory.mktemp("bundles")
    base = write_stand_in(bundle, bundles / "stand-in" / "0.0.1", shift=0.4)
    place = bundles / "upstander-cascade" / "0.0.1"
    write_cascade(place, described(bundle, base), "# A cascade\n")
    return open_bundle(place)
