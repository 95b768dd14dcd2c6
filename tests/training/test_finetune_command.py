"""`upstander finetune` given what it cannot use: a line of what to do, and nothing half-written."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import Result
from conftest import ROOT
from typer.testing import CliRunner

from upstander.cli import app
from upstander.models.bundle import Bundle
from upstander.models.errors import UpstanderError
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.training.errors import BaseModelError
from upstander.training.finetune import run, steps
from upstander.training.finetune.made_posts import write_posts
from upstander.training.finetune.network import NETWORKS, network_of

NAME = f"{DEFAULT_BUNDLE.parent.name}-{DEFAULT_BUNDLE.name}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_posts(tmp_path / "posts.csv", 40)
    return tmp_path


def finetune(*more: str) -> Result:
    rows = ["posts.csv", "--text", "comment", "--label", "hate=breaks_rule", "--suite", "contrast"]
    return CliRunner().invoke(app, ["finetune", *rows, *more])


def test_a_bundle_without_a_network_is_refused(place: Path, other_bundle: Bundle) -> None:
    done = finetune("--bundle", str(other_bundle.path))
    assert isinstance(done.exception, BaseModelError)
    said = str(done.exception)
    assert (
        f"{other_bundle.manifest.name} 9.9.9 cannot be fine-tuned, because its network is not in"
        in said
    )
    assert NAME in said
    assert not (place / "runs").exists()


def test_a_network_that_is_damaged_or_of_another_bundle_is_refused(
    bundle: Bundle, tmp_path: Path
) -> None:
    shutil.copyfile(NETWORKS / f"{NAME}.json", tmp_path / f"{NAME}.json")
    with pytest.raises(BaseModelError, match="is missing or does not have the SHA-256"):
        network_of(bundle.manifest, bundle.sha256, tmp_path)
    (tmp_path / f"{NAME}.safetensors").symlink_to(NETWORKS / f"{NAME}.safetensors")
    assert network_of(bundle.manifest, bundle.sha256, tmp_path).record.name == bundle.manifest.name
    with pytest.raises(BaseModelError, match="is that of another bundle"):
        network_of(bundle.manifest, "0" * 64, tmp_path)
    (tmp_path / f"{NAME}.json").write_text("{}")
    with pytest.raises(BaseModelError, match="is damaged"):
        network_of(bundle.manifest, bundle.sha256, tmp_path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--name", "My Forum"], "small letters, digits and single hyphens only"),
        (["--version", "1"], "give three numbers"),
        (["--time", "created", "--group", "author"], "give one"),
        (["--suite", "nothing"], "there is no such suite"),
        (["--label", "insult=breaks_rule"], "give each label, and each column, once"),
        (["--group", "nobody"], "no column 'nobody'"),
    ],
)
def test_wrong_options_are_told(more: list[str], said: str, place: Path) -> None:
    done = finetune(*more)
    assert done.exit_code != 0
    assert said in " ".join(f"{done.output}{done.exception}".split()).replace("│ ", "")
    assert not (place / "bundles").exists()


def test_no_room_on_the_disk_is_told_before_and_while_it_is_written(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> dict[str, object]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(steps, "learn", full)
    done = finetune()
    assert isinstance(done.exception, UpstanderError)
    assert "No space left on device; what is done lies there: make room" in str(done.exception)
    assert (place / "runs/finetune/posts-0.1.0/rows/step.json").is_file()
    assert not (place / "runs/finetune/posts-0.1.0/learn/step.json").exists()
    usage = shutil.disk_usage(place)
    monkeypatch.setattr(run.shutil, "disk_usage", lambda _: usage._replace(free=10**8))
    done = finetune()
    assert "0.1 GB free, and a run writes up to 1.2 GB: make room" in str(done.exception)


def test_what_was_interrupted_goes_on_where_it_was(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> dict[str, object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "learn", interrupted)
    for told in ("rows: done", "rows: unchanged, skipped"):
        done = finetune()
        assert done.exit_code == 130
        assert "interrupted; the same command goes on where it was" in done.output
        assert told in done.output
    assert not (place / "bundles").exists()
    # Other options are another run of the step.
    assert "rows: done" in finetune("--seed", "1").output


def test_a_bundle_of_other_rows_is_not_written_over(place: Path) -> None:
    there = place / "bundles/posts/0.1.0"
    there.mkdir(parents=True)
    (there / "kept").write_text("as it was")
    done = finetune()
    assert "exists and is of other rows or options: raise --version" in str(done.exception)
    assert [path.name for path in there.iterdir()] == ["kept"]
    assert not (place / "runs").exists()


def test_the_stored_network_says_what_it_is(bundle: Bundle) -> None:
    record = json.loads((NETWORKS / f"{NAME}.json").read_text())
    assert record["bundle_sha256"] == bundle.sha256
    assert record["base"] == bundle.manifest.base_model.model_dump()
    assert list(record["fusion"]) == [output.name for output in bundle.manifest.outputs]
    assert (NETWORKS / f"{NAME}.safetensors").stat().st_size < 46e6


def test_no_wheel_and_no_image_holds_a_network() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for kind in ("wheel", "sdist"):
        targets = project["tool"]["hatch"]["build"]["targets"]
        assert "/upstander/models/networks" in targets[kind]["exclude"]
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines.index("models/networks") > lines.index("!models")
