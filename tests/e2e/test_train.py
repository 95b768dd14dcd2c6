"""The whole pipeline on made-up data: from labelled rows to a bundle that a server would open."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

import forked
import onnx
import pytest
import torch
from conftest import until
from safetensors.torch import load_file
from small_base import write_recipe

from upstander.evaluation.suites import SUITES
from upstander.models.bundle import open_bundle, sha256_of
from upstander.models.labels import MECHANISMS, TARGETS
from upstander.models.manifest import Manifest
from upstander.models.scorer import Scorer
from upstander.training.contrast import generate
from upstander.training.pipeline import STEPS
from upstander.training.recipe import load_recipe
from upstander.training.steps.prepare import share_of


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped recipe `tiny`, of an encoder of two layers."""
    return write_recipe(tmp_path_factory.mktemp("recipe"))


def command(recipe: str | Path, data: Path, out: Path, *more: str) -> list[str]:
    return [
        "train", str(recipe), "--data", str(data), "--out",
        str(out / "run"), "--bundles", str(out / "bundles"), *more,
    ]  # fmt: skip


Train = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def train(recipe: Path, made_up: Path) -> Train:
    """Run the recipe into a folder, with more options."""

    def run(out: Path, *more: str) -> subprocess.CompletedProcess[str]:
        return forked.run("train", *command(recipe, made_up, out, *more), timeout=900)

    return run


@pytest.fixture(scope="module")
def trained(train: Train, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished tiny run."""
    out = tmp_path_factory.mktemp("tiny")
    done = train(out)
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "prepare", "encode", "teach", "train", "refine", "calibrate", "export", "evaluate",
        "bundle",
    ]  # fmt: skip
    return out


def begun(trained: Path, out: Path, until: str) -> Path:
    """A run into `out` that finds the first steps of a finished one done."""
    (out / "run").mkdir(parents=True)
    for name in STEPS[: STEPS.index(until) + 1]:
        (out / "run" / name).symlink_to(trained / "run" / name)
    return out


def step(trained: Path, name: str) -> dict[str, object]:
    report: dict[str, object] = json.loads((trained / "run" / name / "step.json").read_text())
    return report


def test_it_ends_in_a_bundle_that_opens(trained: Path) -> None:
    bundle = open_bundle(trained / "bundles/upstander-tiny/0.0.1")
    manifest = bundle.manifest
    assert [label.name for label in manifest.labels] == ["dehumanization", "hate", "toxicity"]
    # The contrast sets speak of every category and are the only ones to name mechanisms.
    assert [target.name for target in manifest.targets] == list(TARGETS)
    assert [mechanism.name for mechanism in manifest.mechanisms] == list(MECHANISMS)
    assert manifest.rationale is not None
    assert 0 < manifest.rationale.threshold < 1
    assert set(manifest.operating_points) == {"quiet", "balanced", "watchful"}
    assert {source.name: source.rows for source in manifest.sources} == {
        **{"dynahate": 160, "hatemoji_build": 140},
        **{"davidson": 60, "contrast": 200},
    }
    assert {source.name: source.files for source in manifest.sources}["contrast"] == {}
    assert {metric.suite for metric in manifest.metrics} >= {
        "hatecheck", "dynahate", "hatemoji", "dehumcheck",
    }  # fmt: skip
    assert len(manifest.parity) == 2


def test_the_bundle_answers_with_mechanisms_and_spans(trained: Path) -> None:
    bundle = open_bundle(trained / "bundles/upstander-tiny/0.0.1")
    text = "\U0001f600  Those people are vermin, says the man next door"
    score = bundle.scorer.score(text)
    assert {mechanism.mechanism for mechanism in score.mechanisms} == set(MECHANISMS)
    assert bundle.manifest.rationale is not None
    for span in score.spans:
        assert 0 <= span.begin < span.end <= len(text)
        assert span.score >= bundle.manifest.rationale.threshold


def test_suites_without_files_are_left_out_and_named(trained: Path) -> None:
    report = step(trained, "evaluate")["report"]
    assert isinstance(report, dict)
    there = {"hatecheck", "dynahate", "dehumcheck", "hatemoji"}
    assert set(report["left_out"]) == set(SUITES) - there


def test_it_learned_something(trained: Path) -> None:
    bundle = open_bundle(trained / "bundles/upstander-tiny/0.0.1")
    hateful = bundle.scorer.score("I want immigrants out of this town for good in the old quarter")
    harmless = bundle.scorer.score(
        "the library has a new shelf of books by women in the old quarter"
    )
    assert hateful.scores["hate"] > harmless.scores["hate"]


def test_the_card_is_filled_in_by_the_run(trained: Path) -> None:
    card = (trained / "bundles/upstander-tiny/0.0.1/README.md").read_text()
    for words in (
        "# upstander-tiny 0.0.1",
        "Uyghur women are no longer baby-making machines.",
        "The case lies",
        "| [dynahate](",
        "Licences that were not verified at their source: dynahate",
        "| contrast | 200 | Apache-2.0 | yes |",
        "The contrast sets that this project makes are 200 of 560 rows (36%).",
        "Then refined: ",
        "75% of the network is new; the mean area went from",
        "fp32 torch, int8 ONNX",
        "derog_dehum_h",
        "### Goals",
        "### Fairness",
        "### Calibration",
        "#### Reliability of `dehumanization`",
        "| denial_of_mind | ",
        "#### dehumcheck: accuracy of `dehumanization` by functionality",
    ):
        assert words in card
    headings = re.findall(r"^## (.+)$", card, re.MULTILINE)
    assert headings[:3] == ["Intended use", "Limits", "Of 1,000 posts"]
    assert headings[-1] == "Checksums"
    assert not re.search(r"\bnan\b", card)


def test_the_card_names_the_goals_that_are_missed(trained: Path) -> None:
    card = (trained / "bundles/upstander-tiny/0.0.1/README.md").read_text()
    goals = json.loads((trained / "run/evaluate/evaluation.json").read_text())["goals"]
    missed = [goal["name"] for goal in goals if goal["met"] is False]
    assert missed  # it learned next to nothing
    assert f"\nMissed: {'; '.join(missed)}.\n" in card
    met = sum(goal["met"] is True for goal in goals)
    judged = sum(goal["must"] is not None for goal in goals)
    assert f"{met} of {judged} are met" in card
    assert judged > met + len(missed)  # the suites without files give no number


def test_no_row_was_lost_on_the_way(trained: Path, recipe: Path) -> None:
    report = step(trained, "prepare")["report"]
    assert isinstance(report, dict)
    kept = sum(sum(rows.values()) for rows in report["rows"].values())
    left_out = sum(report["left_out"].values())
    assert {name: report["rows"]["train"][name] for name in ("davidson", "contrast")} == {
        "davidson": 60,
        "contrast": 200,
    }
    asked = load_recipe(recipe)
    share = asked.sources["contrast"].share
    made = Counter(row.split for row in share_of(generate.examples(), share, asked.seed))
    assert 400 < made["dev"] < made["train"] < 5000
    read = 200 + 200 + 240 + 200 + 200 + 60 + 60 + 200  # what made_up_data writes, file by file
    read += sum(made.values())
    # Every row has a split or a reason. The recipe's limit of 60 can leave 140 of davidson unused,
    # and that of 200 leaves the other contrast sentences for training unused, less those left out.
    unused = read - kept - left_out
    assert made["train"] - 200 - left_out <= unused <= made["train"] - 200 + 140
    held_out = report["rows"]["validation"]["contrast"] + report["rows"]["calibration"]["contrast"]
    assert made["dev"] - left_out <= held_out <= made["dev"]


def test_an_unchanged_run_is_skipped_and_a_changed_one_repeats_only_what_it_touches(
    train: Train, trained: Path, tmp_path: Path
) -> None:
    # What `datasets` leaves behind when somebody filters the prepared rows.
    (trained / "run/prepare/data/train/cache-0123456789abcdef.arrow").write_bytes(b"")
    again = train(trained)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("unchanged, skipped") == 9
    out = begun(trained, tmp_path, "calibrate")
    changed = train(out, "--set", "labels.hate.prior=0.4", "--until", "calibrate")
    *skipped, last = changed.stdout.splitlines()
    assert skipped == [
        f"{name}: unchanged, skipped" for name in ("prepare", "encode", "teach", "train", "refine")
    ]
    assert last.startswith("calibrate: done")


def test_the_network_is_the_mean_of_its_members(trained: Path) -> None:
    folder = trained / "run/train"
    first = load_file(folder / "member-1/model.safetensors")
    second = load_file(folder / "member-2/model.safetensors")
    mean = load_file(folder / "model.safetensors")
    assert any(not torch.equal(first[name], second[name]) for name in first)
    for name, value in mean.items():
        torch.testing.assert_close(value, (first[name] + second[name]) / 2)


def test_the_network_is_blended_with_what_refining_made_of_it(trained: Path) -> None:
    before = load_file(trained / "run/train/model.safetensors")
    refined = load_file(trained / "run/refine/stage-1/model.safetensors")
    blended = load_file(trained / "run/refine/model.safetensors")
    assert any(not torch.equal(before[name], refined[name]) for name in before)
    for name, value in blended.items():
        torch.testing.assert_close(value, 0.25 * before[name] + 0.75 * refined[name])
    report = step(trained, "refine")["report"]
    assert isinstance(report, dict)
    assert 200 <= report["rows"] < 200 + 160 + 140 + 60  # all of contrast and some of the others


def test_a_run_begins_with_the_network_of_another(
    train: Train, trained: Path, tmp_path: Path
) -> None:
    start = trained / "run/train"
    options = ("--continue-from", str(start), "--set", "refine.share=0")
    done = train(begun(trained, tmp_path, "teach"), *options, "--until", "refine")
    assert done.returncode == 0, done.stderr
    assert not list((tmp_path / "run/train").glob("member-*"))
    report = step(tmp_path, "train")["report"]
    assert isinstance(report, dict)
    assert report["continued_from"] == sha256_of(start / "model.safetensors")
    first, second = (
        (folder / "train/model.safetensors").read_bytes()
        for folder in (trained / "run", tmp_path / "run")
    )
    assert first == second
    empty = ("--continue-from", str(tmp_path), "--until", "train")
    none = train(begun(trained, tmp_path / "none", "teach"), *empty)
    assert none.returncode == 1
    assert "is not the folder of a finished training: give RUN/train or RUN/refine" in none.stderr


def test_a_network_learns_from_another_and_around_the_rounding_of_its_graph(
    train: Train, trained: Path, recipe: Path, tmp_path: Path
) -> None:
    # A teacher is looked for beside the run, in a folder with the name of its recipe.
    (tmp_path / "tiny").symlink_to(trained / "run", target_is_directory=True)
    done = train(
        begun(trained, tmp_path, "encode"), "--set", f"distil.teacher={recipe}", "--set",
        "training.members=1", "--set", "training.epochs=0.3", "--set", "refine.quantized=true",
        "--set", "refine.epochs=0.5", "--set", "export.scale=channel", "--until", "export",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    taught = step(tmp_path, "teach")["report"]
    encoded = step(tmp_path, "encode")["report"]
    assert isinstance(taught, dict)
    assert isinstance(encoded, dict)
    assert taught == encoded["train"]
    exported = tmp_path / "run/export"
    manifest = Manifest.model_validate_json((exported / "manifest.json").read_bytes())
    assert manifest.quantization.block == 0
    scorer = Scorer(exported / "model.onnx", exported / "tokenizer.json", manifest)
    assert set(scorer.score("Good morning").scores) == {"dehumanization", "hate", "toxicity"}
    kinds = {node.op_type for node in onnx.load(exported / "model.onnx").graph.node}
    assert "MatMulInteger" in kinds
    assert "MatMulNBits" not in kinds


def test_a_teacher_that_is_not_there_is_named(train: Train, trained: Path, tmp_path: Path) -> None:
    out = begun(trained, tmp_path, "encode")
    refused = train(out, "--set", "distil.teacher=mpnet", "--until", "teach")
    assert refused.returncode == 1
    assert "has no finished teacher: run 'upstander train mpnet --until refine'" in refused.stderr


def test_ctrl_c_leaves_a_run_that_resumes(
    train: Train, trained: Path, recipe: Path, made_up: Path, tmp_path: Path
) -> None:
    slow = (
        "--set", "training.eval_steps=4", "--set", "training.members=1", "--until", "train",
    )  # fmt: skip
    out = begun(trained, tmp_path, "teach")
    folder = tmp_path / "run/train/member-1"
    with TemporaryFile() as said:
        process = forked.start("train", *command(recipe, made_up, out, *slow), stderr=said)
        is_saved = "checkpoint-*/trainer_state.json"
        until(lambda: process.poll() is not None or any(folder.glob(is_saved)), seconds=300)
        process.send_signal(signal.SIGINT)
        status = process.wait(timeout=300)
        said.seek(0)
        stderr = said.read().decode()
    assert status == 130, stderr
    assert "the same command goes on where it was" in stderr
    assert not (folder.parent / "step.json").exists()
    reached = max(int(path.name.partition("-")[2]) for path in folder.glob("checkpoint-*"))

    resumed = train(out, *slow)
    assert resumed.returncode == 0, resumed.stderr
    assert "prepare: unchanged, skipped" in resumed.stdout
    report = json.loads((folder.parent / "step.json").read_text())["report"]
    assert report["members"][0]["resumed_at"] >= reached > 0


def test_a_parity_gate_that_is_not_met_ends_the_run(
    train: Train, trained: Path, tmp_path: Path
) -> None:
    out = begun(trained, tmp_path, "calibrate")
    refused = train(
        out, "--set", "export.max_drop=0", "--set", "export.parity_rows=400", "--until", "export"
    )
    if refused.returncode == 0:  # a graph that is no worse than chance is let through, rightly
        report = step(tmp_path, "export")["report"]
        assert isinstance(report, dict)
        assert report["drops"]
        assert all(drop["value"] <= 0 or drop["low"] <= 0 for drop in report["drops"])
    else:
        assert "int8 is worse than fp32 by more than 0.0" in refused.stderr
        assert not (tmp_path / "run/export/step.json").exists()


def test_a_base_model_with_another_checksum_is_refused(
    train: Train, trained: Path, tmp_path: Path
) -> None:
    refused = train(begun(trained, tmp_path, "prepare"), "--set", f"base.sha256={'0' * 64}")
    assert refused.returncode == 1
    assert "does not have the SHA-256 that the recipe demands" in refused.stderr


def test_pickled_weights_are_refused(train: Train, trained: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "pytorch_model.bin").write_bytes(b"never opened")
    refused = train(begun(trained, tmp_path, "prepare"), "--set", f"base.name={base}")
    assert refused.returncode == 1
    assert "pickled weights are refused" in refused.stderr


def test_a_changed_data_file_is_refused(train: Train, tmp_path: Path) -> None:
    refused = train(tmp_path, "--set", "verify=true")
    assert refused.returncode == 1
    assert "dynahate/train.jsonl.gz: its SHA-256 is not the declared one" in refused.stderr


@pytest.mark.slow
def test_two_processes_train_together(train: Train, made_up: Path, tmp_path: Path) -> None:
    """The shipped recipe, with its whole encoder."""
    module = [sys.executable, "-m", "upstander"]

    def whole(until: str) -> int:
        words = command("tiny", made_up, tmp_path, "--until", until)
        return subprocess.run([*module, *words], check=False, timeout=1200).returncode

    assert whole("teach") == 0
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m",
            "upstander", *command("tiny", made_up, tmp_path, "--until", "train"),
        ],
        capture_output=True, text=True, check=False, timeout=1200,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert whole("calibrate") == 0
