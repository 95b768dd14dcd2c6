"""What a cascade is: a student that settles plainly harmless texts, and a base that reads the rest.

A cascade is a folder like that of a bundle, with the files

    cascade.json   README.md   SHA256SUMS

and no graph of its own: it names two bundles that lie where bundles lie, `NAME/VERSION` beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from upstander.models.manifest import Calibration, Manifest, OperatingPoint, Reliability
from upstander.models.operating_points import current_name
from upstander.models.score import Stage
from upstander.models.strict import Name, Probability, Sha256, Strict, Version

CASCADE: Final = "cascade.json"
CASCADE_CONTENTS: Final = ("README.md", CASCADE)
CASCADE_SCHEMA: Literal[1] = 1


class StageRecord(Strict):
    """One of the two bundles."""

    name: Name
    """Name of the bundle."""
    version: Version
    """Version of the bundle."""
    sha256: Sha256
    """SHA-256 of its SHA256SUMS, and so of every byte of it."""


class LostFlags(Strict):
    """What the base would flag, and the student settles, of one category."""

    category: str
    """A label; or a target category, of which are the texts that are flagged for any label."""
    flagged: Annotated[int, Field(ge=0)]
    """Rows that the base flags at its balanced threshold."""
    lost: Annotated[int, Field(ge=0)]
    """Those of them that it never reads, because the student answers."""


class Passed(Strict):
    """What the bounds do to the rows of one split."""

    split: Literal["validation", "calibration"]
    """The bounds were chosen on validation rows, and not on calibration rows."""
    rows: Annotated[int, Field(ge=0)]
    """All rows."""
    sent_on: Annotated[int, Field(ge=0)]
    """Those of them that the base reads."""
    ordinary: Annotated[int, Field(ge=0)]
    """Ordinary posts among the rows."""
    ordinary_sent_on: Annotated[int, Field(ge=0)]
    """Those of them that the base reads."""
    flags: tuple[LostFlags, ...]
    """By category: each label, then each target category."""


class Ensemble(Strict):
    """What both say of a text that is sent on, as one answer.

    Of each output, the mean of the two log-odds, calibrated anew; so it has thresholds of its own.
    Where two networks err on different texts, their mean errs less than either.
    """

    student_share: Annotated[float, Field(gt=0, lt=1)]
    """What the student's log-odds count in the mean."""
    calibrations: dict[str, Calibration]
    """Output to how the mean becomes a probability."""
    operating_points: dict[str, dict[str, OperatingPoint]]
    """As in a manifest, for texts that are sent on."""
    own_thresholds: dict[str, dict[str, Probability]]
    """As in a manifest, for texts that are sent on."""
    reliability: dict[str, tuple[Reliability, ...]]
    """As in a manifest, for texts that are sent on."""


class CascadeManifest(Strict):
    """cascade.json, schema 1.

    The student answers where its probability of every label is under the bound of that label. The
    base answers else, or both of them as an ensemble. Both answer for the same labels, categories
    and mechanisms. No bound is over a threshold of its label that the student, or whatever answers
    else, has at the operating point `unflagged_at`, or at one that flags less.
    """

    schema_version: Literal[1]
    """Which form of cascade.json this is; a reader refuses one that it does not know."""
    name: Name
    """Name of the cascade, by which it answers."""
    version: Version
    """Version of the cascade; one version never changes."""
    description: str
    """What it finds, in a sentence."""
    student: StageRecord
    """The bundle that reads every text."""
    base: StageRecord
    """The bundle that reads what the student does not settle."""
    bounds: dict[str, Probability]
    """Label to the bound of the student's probability."""
    unflagged_at: str = "watchful"
    """At this operating point, and those that flag less, neither bundle flags what is settled."""
    base_cost: Annotated[float, Field(gt=0)]
    """Time of a run of the base over that of the student, by which its work is counted."""
    max_lost: Probability
    """Share of the base's flags that the bounds were allowed to lose, in every category."""
    measured: tuple[Passed, ...]
    """What the bounds do, on the rows they were chosen on and on others."""
    ensemble: Ensemble | None = None
    """How both answer for what is sent on; null where the base alone does."""


class StagedManifest(Manifest):
    """The manifest of a cascade, to whoever scores: that of the base under the cascade's name."""

    student: Annotated[Manifest, Field(exclude=True, repr=False)]
    """That of the student, whose thresholds count where it answered."""

    def for_stage(self, stage: Stage | None) -> Manifest:
        """That of the graph which gave a score."""
        return self.student if stage == "student" else self


def staged(cascade: CascadeManifest, student: Manifest, base: Manifest) -> StagedManifest:
    """The manifests of two bundles as that of the cascade which names them.

    Raises ValueError if the two do not make the cascade that is described.
    """
    if isinstance(student, StagedManifest) or isinstance(base, StagedManifest):
        raise ValueError("a cascade cannot be a stage of another")
    own = {"name": cascade.name, "version": cascade.version, "description": cascade.description}
    refuse_unlike(student, base)
    labels = [label.name for label in base.labels]
    if set(cascade.bounds) != set(labels):
        raise ValueError(f"the bounds must be of the labels {', '.join(labels)}")
    whole = StagedManifest.model_validate(
        {**dict(base), **own, **thresholds_of(cascade.ensemble), "student": student}
    )
    if cascade.ensemble is not None:
        names = [output.name for output in whole.outputs]
        if set(cascade.ensemble.calibrations) != set(names):
            raise ValueError(f"the calibrations of the ensemble must be of {', '.join(names)}")
    highest = highest_bounds(student, whole, cascade.unflagged_at)
    for label, bound in cascade.bounds.items():
        if bound > highest[label]:
            raise ValueError(
                f"the bound of {label}, {bound}, is over a threshold of one of its bundles, "
                f"{highest[label]}: what the student settles could be flagged"
            )
    return whole


def thresholds_of(ensemble: Ensemble | None) -> Mapping[str, Any]:
    """The fields of a manifest that an ensemble has in place of the base; none without one."""
    if ensemble is None:
        return {}
    fields = ("operating_points", "own_thresholds", "reliability")
    return {field: getattr(ensemble, field) for field in fields}


def refuse_unlike(student: Manifest, base: Manifest) -> None:
    """Raise ValueError unless two bundles answer for the same labels, categories and mechanisms."""
    for kind in ("labels", "targets", "mechanisms"):
        one, other = ([o.name for o in getattr(manifest, kind)] for manifest in (student, base))
        if one != other:
            raise ValueError(
                f"{student.name} {student.version} and {base.name} {base.version} have other "
                f"{kind}: {', '.join(one) or 'none'}; {', '.join(other) or 'none'}"
            )


def highest_bounds(
    student: Manifest, base: Manifest, unflagged_at: str = "watchful"
) -> Mapping[str, float]:
    """Label to the lowest of its thresholds, of both bundles.

    unflagged_at: the operating point that flags most of those that count.
    Raises ValueError for one that a bundle has not.
    """
    for manifest in (student, base):
        if not manifest.has_point(unflagged_at):
            raise ValueError(
                f"{manifest.name} {manifest.version} has no operating point {unflagged_at[:64]}; "
                f"it has {', '.join(manifest.point_names)}"
            )
    return {
        label.name: min(
            manifest.threshold(label.name, point)
            for manifest in (student, base)
            for point in _up_to(manifest.point_names, unflagged_at)
        )
        for label in student.labels
    }


def _up_to(points: Sequence[str], last: str) -> Sequence[str]:
    """points: the one that flags least first."""
    return points[: points.index(current_name(last)) + 1]
