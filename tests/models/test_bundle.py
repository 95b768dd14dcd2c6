"""Opening a bundle: anything that is not as it was written is found, and named."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from upstander.models.bundle import (
    CHECKSUMS,
    CONTENTS,
    Bundle,
    open_bundle,
    read_golden,
    self_test,
    sha256_of,
    verify,
    write_bundle,
)
from upstander.models.errors import (
    BundleCorrupt,
    BundleExists,
    BundleMismatch,
    BundleMissing,
    BundleUnknown,
)
from upstander.models.shipped import DEFAULT_BUNDLE


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped bundle to damage."""
    return Path(shutil.copytree(DEFAULT_BUNDLE, tmp_path / "bundle"))


def reseal(bundle: Path) -> None:
    """Make the checksums fit again, so that what is tested is the check behind them."""
    sums = "".join(f"{sha256_of(bundle / name)}  {name}\n" for name in CONTENTS)
    (bundle / CHECKSUMS).write_text(sums)


def edit_manifest(bundle: Path, **changes: object) -> None:
    file = bundle / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    reseal(bundle)


def test_the_shipped_bundle_opens(bundle: Bundle) -> None:
    assert bundle.golden_difference <= bundle.manifest.golden.tolerance
    assert bundle.sha256 == sha256_of(DEFAULT_BUNDLE / CHECKSUMS)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from((*CONTENTS, CHECKSUMS)), place=st.floats(0, 1), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(copy: Path, name: str, place: float, bit: int) -> None:
    file = copy / name
    content = bytearray(file.read_bytes())
    at = int(place * (len(content) - 1))
    content[at] ^= 1 << bit
    file.write_bytes(content)
    with pytest.raises((BundleCorrupt, BundleMissing)) as error:
        verify(copy)
    assert str(copy) in str(error.value)
    content[at] ^= 1 << bit
    file.write_bytes(content)


@pytest.mark.parametrize("name", [*CONTENTS, CHECKSUMS])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleMissing, match=name):
        open_bundle(copy)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match="nowhere"):
        open_bundle(tmp_path / "nowhere")


def test_a_half_written_file_is_named(copy: Path) -> None:
    model = copy / "model.onnx"
    model.write_bytes(model.read_bytes()[:1_000_000])
    with pytest.raises(BundleCorrupt, match=r"model\.onnx does not match"):
        open_bundle(copy)


def test_a_file_that_is_not_in_the_checksums_is_refused(copy: Path) -> None:
    sums = copy / CHECKSUMS
    sums.write_text(
        "".join(line for line in sums.read_text().splitlines(True) if "model.onnx" not in line)
    )
    with pytest.raises(BundleMissing, match=r"does not list model\.onnx"):
        open_bundle(copy)


def test_an_unknown_schema_is_refused(copy: Path) -> None:
    edit_manifest(copy, schema_version=3)
    with pytest.raises(BundleUnknown, match=r"manifest\.json has schema 3"):
        open_bundle(copy)


def test_an_unknown_field_is_refused(copy: Path) -> None:
    edit_manifest(copy, colour="blue")
    with pytest.raises(BundleUnknown, match="colour"):
        open_bundle(copy)


def test_an_unknown_normaliser_is_refused(copy: Path) -> None:
    edit_manifest(copy, normaliser=99)
    with pytest.raises(BundleUnknown, match="normaliser 99"):
        open_bundle(copy)


@pytest.mark.parametrize("content", ["", "[]", "not json", '{"name": "x"}'])
def test_a_manifest_that_is_none_is_refused(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content)
    reseal(copy)
    with pytest.raises(BundleCorrupt, match=r"manifest\.json"):
        open_bundle(copy)


def test_a_model_that_cannot_be_loaded_is_refused(copy: Path) -> None:
    (copy / "model.onnx").write_bytes(b"not a graph")
    reseal(copy)
    with pytest.raises(BundleCorrupt, match=r"model\.onnx"):
        open_bundle(copy)


def golden_lines(bundle: Path) -> Iterator[dict[str, object]]:
    for line in (bundle / "golden.jsonl").read_text().splitlines():
        yield json.loads(line)


def test_other_golden_scores_are_a_mismatch_that_names_the_line(copy: Path) -> None:
    rows = list(golden_lines(copy))
    scores = rows[2]["scores"]
    assert isinstance(scores, dict)
    scores["hate"] = scores["hate"] - 0.5 if scores["hate"] > 0.5 else scores["hate"] + 0.5
    (copy / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    reseal(copy)
    with pytest.raises(BundleMismatch, match="line 3") as error:
        open_bundle(copy)
    assert str(rows[2]["text"]) not in str(error.value)


def test_a_golden_row_too_few_is_found(copy: Path) -> None:
    rows = list(golden_lines(copy))[:-1]
    (copy / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    reseal(copy)
    with pytest.raises(BundleCorrupt, match="promises"):
        open_bundle(copy)


def test_a_bundle_is_written_once_and_leaves_nothing_behind_on_failure(
    bundle: Bundle, tmp_path: Path
) -> None:
    golden = read_golden(bundle.path, bundle.manifest)
    files = {
        "model": bundle.path / "model.onnx",
        "tokenizer": bundle.path / "tokenizer.json",
        "manifest": bundle.manifest,
        "card": "# A card\n",
    }
    with pytest.raises(BundleCorrupt):
        write_bundle(tmp_path / "bad", golden=golden[:-1], **files)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []

    written = write_bundle(tmp_path / "good", golden=golden, **files)  # type: ignore[arg-type]
    assert self_test(written.scorer, golden) == 0.0
    assert [path.name for path in tmp_path.iterdir()] == ["good"]
    with pytest.raises(BundleExists, match="raise the version"):
        write_bundle(tmp_path / "good", golden=golden, **files)  # type: ignore[arg-type]
