"""A cascade: a student settles what is plainly harmless, and a base answers for the rest."""

import json
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cascades import BASE_COST, HARMLESS, HATEFUL, described

from upstander.models.bundle import (
    Bundle,
    open_bundle,
    read_golden,
    read_manifest,
    verify,
    write_cascade,
)
from upstander.models.cascade import CASCADE, CascadeManifest, highest_bounds
from upstander.models.checksums import CHECKSUMS, write_checksums
from upstander.models.contents import graph_folder
from upstander.models.errors import (
    BundleCorrupt,
    BundleError,
    BundleMissing,
    BundleUnknown,
    TextError,
)
from upstander.models.score import Score

LONG = "The council talked about the bus timetable for an hour. " * 30


def untimed(score: Score, alone: Score) -> Score:
    return replace(score, timings=alone.timings)


def test_the_stage_that_answers_answers_as_it_would_alone(cascade: Bundle) -> None:
    student, base = (cascade.stages[name].scorer for name in ("student", "base"))
    settled, sent_on = cascade.scorer.score(HARMLESS), cascade.scorer.score(HATEFUL)
    assert (settled.stage, sent_on.stage) == ("student", "base")
    for score, alone in ((settled, student.score(HARMLESS)), (sent_on, base.score(HATEFUL))):
        assert replace(score, stage=None, work=alone.work, timings=alone.timings) == alone
    assert sent_on.spans
    assert student.score(HATEFUL).scores != sent_on.scores


def test_whether_a_text_is_settled_is_a_matter_of_its_bounds(cascade: Bundle) -> None:
    assert cascade.cascade is not None
    texts = [row.text for row in read_golden(*_shipped(cascade))]
    stages = set()
    for text in texts:
        said = cascade.stages["student"].scorer.score(text).scores
        is_under = all(said[label] < bound for label, bound in cascade.cascade.bounds.items())
        stage = cascade.scorer.score(text).stage
        assert stage == ("student" if is_under else "base")
        stages.add(stage)
    assert stages == {"student", "base"}


def _shipped(cascade: Bundle) -> tuple[Path, Any]:
    student = cascade.stages["student"]
    return student.path, student.manifest


def test_alone_and_among_others_a_text_gets_the_same_answer(cascade: Bundle) -> None:
    texts = [HARMLESS, HATEFUL, LONG, LONG + HATEFUL, "\N{RAT}", "See https://example.org"]
    alone = [cascade.scorer.score(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        among = list(pool.map(cascade.scorer.score, texts * 2))
    assert [untimed(s, a) for s, a in zip(among, alone * 2, strict=True)] == alone * 2
    together = cascade.scorer.score_all(["", *texts])
    assert isinstance(together[0], TextError)
    for score, own in zip(together[1:], alone, strict=True):
        assert isinstance(score, Score)
        assert untimed(score, own) == own


def test_the_work_of_both_is_counted(cascade: Bundle) -> None:
    student, base = (cascade.stages[name].scorer for name in ("student", "base"))
    text = LONG + HATEFUL
    one, other, both = student.score(text), base.score(text), cascade.scorer.score(text)
    assert other.windows > one.windows > 1  # each cuts for itself
    assert (both.windows, both.tokens) == (other.windows, other.tokens)
    assert both.work.runs == one.windows + other.windows
    assert both.work.cost == one.windows + BASE_COST * other.windows
    assert both.work.tokens == one.tokens + BASE_COST * other.tokens
    settled = cascade.scorer.score(HARMLESS)
    assert (settled.work.runs, settled.work.cost) == (1, 1.0)
    assert settled.work.tokens == settled.tokens


def test_a_stage_can_be_asked_for(cascade: Bundle) -> None:
    for stage, own in cascade.stages.items():
        for text in (HARMLESS, HATEFUL):
            score = cascade.scorer.score_by(stage, text)
            assert score.stage == stage
            assert score.scores == own.scorer.score(text).scores
    assert cascade.scorer.score_by(None, HATEFUL).stage == "base"


def test_what_the_student_settles_is_under_every_threshold_of_either(cascade: Bundle) -> None:
    assert cascade.cascade is not None
    for label, bound in cascade.cascade.bounds.items():
        for own in cascade.stages.values():
            for point in own.manifest.point_names:
                assert bound <= own.manifest.threshold(label, point)


def test_a_bound_may_be_as_high_as_the_thresholds_that_count(cascade: Bundle) -> None:
    student, base = (cascade.stages[name].manifest for name in ("student", "base"))
    for point in ("quiet", "balanced", "watchful"):
        for label, bound in highest_bounds(student, base, point).items():
            assert bound == min(own.threshold(label, point) for own in (student, base))
    with pytest.raises(ValueError, match="has no operating point nothing; it has quiet"):
        highest_bounds(student, base, "nothing")


def test_its_manifest_is_that_of_its_base_under_its_own_name(cascade: Bundle) -> None:
    manifest, base = cascade.manifest, cascade.stages["base"].manifest
    assert (manifest.name, manifest.version) == ("upstander-cascade", "0.0.1")
    assert manifest.operating_points == base.operating_points
    assert manifest.for_stage("base") is manifest.for_stage(None) is manifest
    assert manifest.for_stage("student").name == cascade.stages["student"].manifest.name
    assert "student" not in json.loads(manifest.model_dump_json())
    assert read_manifest(cascade.path) == manifest
    travelled = pickle.loads(pickle.dumps(manifest))  # to the workers of a cluster
    assert travelled.for_stage("student") == cascade.stages["student"].manifest
    assert verify(cascade.path) == cascade.sha256
    assert cascade.graph is None
    student = cascade.stages["student"].path
    assert graph_folder(cascade.path) == graph_folder(student) == student


@pytest.fixture
def copy(cascade: Bundle, tmp_path: Path) -> Path:
    """A copy of the cascade to damage, with its base beside it."""
    base = cascade.stages["base"].path
    shutil.copytree(base, tmp_path / base.parent.name / base.name)
    return Path(shutil.copytree(cascade.path, tmp_path / "upstander-cascade" / "0.0.1"))


def changed(folder: Path, **changes: object) -> None:
    file = folder / CASCADE
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    write_checksums(folder, ["README.md", CASCADE])


def test_another_bundle_in_the_place_of_a_stage_is_refused(copy: Path) -> None:
    base = copy.parent.parent / "stand-in" / "0.0.1"
    (base / "README.md").write_text("# Another card\n")
    write_checksums(base, [file.name for file in base.iterdir() if file.name != CHECKSUMS])
    open_bundle(base)
    for check in (open_bundle, verify, read_manifest):
        with pytest.raises(BundleMissing, match=r"needs stand-in 0\.0\.1 with the SHA-256"):
            check(copy)


def test_a_damaged_stage_is_named(copy: Path) -> None:
    model = copy.parent.parent / "stand-in" / "0.0.1" / "model.onnx"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    for check in (open_bundle, verify):
        with pytest.raises(BundleCorrupt, match=r"stand-in.*model\.onnx does not match"):
            check(copy)


@pytest.mark.parametrize("name", [CASCADE, "README.md", CHECKSUMS])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleMissing, match=name):
        open_bundle(copy)


def test_a_changed_bound_is_found(copy: Path) -> None:
    file = copy / CASCADE
    file.write_text(file.read_text().replace('"hate": 0.', '"hate": 0.1'))
    with pytest.raises(BundleCorrupt, match=r"cascade\.json does not match"):
        open_bundle(copy)


def bounds_of(folder: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads((folder / CASCADE).read_text())["bounds"]
    return found


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"schema_version": 2}, BundleUnknown, "has schema 2"),
        ({"colour": "blue"}, BundleUnknown, "colour"),
        ({"bounds": {"hate": 0.001}}, BundleCorrupt, "bounds must be of the labels"),
        ({"base_cost": 0}, BundleUnknown, "base_cost"),
    ],
)
def test_a_cascade_that_cannot_be_is_refused(
    copy: Path, changes: dict[str, object], error: type[BundleError], words: str
) -> None:
    changed(copy, **changes)
    with pytest.raises(error, match=words):
        open_bundle(copy)


def test_a_bound_over_a_threshold_is_refused(copy: Path) -> None:
    changed(copy, bounds=bounds_of(copy) | {"hate": 0.5})
    with pytest.raises(BundleCorrupt, match="what the student settles could be flagged"):
        open_bundle(copy)


def test_it_is_written_whole_or_not_at_all(bundle: Bundle, cascade: Bundle, tmp_path: Path) -> None:
    made: CascadeManifest = described(bundle, cascade.stages["base"])
    with pytest.raises(BundleMissing, match="put that bundle there"):
        write_cascade(tmp_path / "bundles" / "upstander-cascade" / "0.0.1", made, "# A card\n")
    assert list(tmp_path.rglob("*.json")) == []
