"""What is shipped is locked, listed and licensed, and known holes of it are found."""

import importlib
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from upstander.models.bundle import Bundle
from upstander.models.shipped import BUNDLES

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
BASE: list[str] = PROJECT["project"]["dependencies"]
OWN = "upstander[serve]"
WANTED = {
    "build": PROJECT["build-system"]["requires"],
    "sbom": ["cyclonedx-bom"],
    **{
        name: [*BASE, *(EXTRAS["serve"] if OWN in needs else ()), *(n for n in needs if n != OWN)]
        for name, needs in EXTRAS.items()
    },
}
"""Lock to what it must have."""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A script of deploy/ by its name, imported as if it were run."""
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))

    def of(name: str) -> ModuleType:
        return importlib.import_module(name)

    return of


def versions(lock: str) -> dict[str, set[str]]:
    """Name to the versions of a lock; for several Pythons there may be several."""
    found: dict[str, set[str]] = {}
    for entry in re.split(r"\n(?! )", (ROOT / f"locks/{lock}.txt").read_text().strip()):
        assert "--hash=sha256:" in entry, entry
        name, _, version = entry.split()[0].partition("==")
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    parts = (line.partition("==") for line in lines if "==" in line)
    return {canonicalize_name(name): version for name, _, version in parts}


def test_there_is_a_lock_for_each_extra() -> None:
    assert {path.stem for path in (ROOT / "locks").iterdir()} == set(WANTED)


@pytest.mark.parametrize("lock", WANTED)
def test_a_lock_has_all_that_is_wanted_at_the_pinned_versions(lock: str) -> None:
    found, pins = versions(lock), pinned()
    for line in WANTED[lock]:
        assert canonicalize_name(Requirement(line).name) in found, f"{line}: run 'make lock'"
    other = {name: has for name, has in found.items() if name in pins and pins[name] not in has}
    assert other == {}, "run 'make lock'"


def test_the_image_installs_nothing_without_its_hash() -> None:
    installs = re.findall(r"\binstall --no-cache-dir[^&]*", (ROOT / "Dockerfile").read_text())
    assert len(installs) == 4
    for one in installs:
        assert "--require-hashes" in one or "--no-index" in one


def test_notice_says_what_is_shipped(script: Any) -> None:
    written = (ROOT / "NOTICE").read_text().splitlines()
    assert written == list(script("notice").lines()), "run 'make lock'"
    assert not [line for line in written if "unknown" in line]


def test_every_data_file_is_in_notice(script: Any) -> None:
    notice, shipped = script("notice"), script("shipped")
    patterns = [data.pattern for data in notice.DATA]
    used = set()
    for package in shipped.packages():
        for path in shipped.data_files(package):
            matching = [p for p in patterns if fnmatch(str(path), f"*/site-packages/{p}")]
            assert matching, f"{path}: whose is it? Add it to deploy/notice.py"
            used.update(matching)
    assert used == set(patterns)
    for data in notice.OWN:
        assert list(ROOT.glob(data.pattern)), data.pattern


def test_each_bundle_has_a_bill_of_materials(script: Any, tmp_path: Path) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    script("sbom").main(tmp_path)
    bills = sorted(tmp_path.iterdir())
    assert len(bills) == len(list(BUNDLES.glob("*/*/SHA256SUMS")))
    for path in bills:
        text = path.read_text()
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
        bill = json.loads(text)
        component = bill["metadata"]["component"]
        folder = BUNDLES / component["name"] / component["version"]
        if not (folder / "manifest.json").is_file():  # a cascade
            continue
        manifest = json.loads((folder / "manifest.json").read_text())
        kinds = [one["type"] for one in bill["components"]]
        assert kinds.count("data") == len(manifest["sources"])
        assert kinds.count("file") == len((folder / "SHA256SUMS").read_text().splitlines())
    again = [path.read_bytes() for path in bills]
    script("sbom").main(tmp_path)
    assert [path.read_bytes() for path in bills] == again


def test_a_cascade_has_a_bill_that_names_its_bundles(script: Any, cascade: Bundle) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    bill = script("sbom").bill_of(cascade.path)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    models = {one["bom-ref"]: one for one in bill["components"] if one["type"] != "file"}
    for name, stage in cascade.stages.items():
        assert models[name]["hashes"] == [{"alg": "SHA-256", "content": stage.sha256}]


def entry(own: str, package: str, **affected: Any) -> dict[str, Any]:
    what = {"package": {"ecosystem": "PyPI", "name": package}, **affected}
    return {"id": own, "schema_version": "1.6.0", "summary": "made up", "affected": [what]}


def ecosystem(*events: dict[str, str]) -> list[dict[str, Any]]:
    return [{"type": "ECOSYSTEM", "events": list(events)}]


ENTRIES = [
    entry("X-1", "Tiny_Package", versions=["1.0", "1.1"]),
    entry("X-2", "tiny-package", ranges=ecosystem({"introduced": "0"}, {"fixed": "1.1"})),
    entry("X-3", "tiny-package", ranges=ecosystem({"introduced": "2.0"})),
    entry("X-4", "tiny-package", ranges=ecosystem({"introduced": "1"}, {"last_affected": "1.0"})),
    {**entry("X-5", "tiny-package", versions=["1.0"]), "withdrawn": "2026-01-01T00:00:00Z"},
    entry("X-6", "other", versions=["1.0"]),
]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A file like OSV's export."""
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for one in ENTRIES:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
    return path


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.9", {"X-2"}), ("1.0", {"X-1", "X-2", "X-4"}), ("1.1", {"X-1"}), ("1.2", set()),
        ("2.1", {"X-3"}),
    ],
)  # fmt: skip
def test_an_entry_is_about_its_versions(
    script: Any, export: Path, version: str, expected: set[str]
) -> None:
    database = script("osv").Database(export)
    assert {one["id"] for one in database.about("tiny.package", version)} == expected


def test_pip_audit_finds_a_hole_without_a_network(export: Path, tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    programs = Path(sys.executable).parent
    command = [sys.executable, str(ROOT / "deploy/osv.py"), str(export), "--"]
    audit = ["pip-audit", "--require-hashes", "--disable-pip", "--cache-dir", str(tmp_path / "c")]
    codes = []
    for version in ("1.0", "1.2"):
        lock.write_text(f"tiny-package=={version} --hash=sha256:{'0' * 64}\n")
        done = subprocess.run(
            [*command, str(programs / audit[0]), *audit[1:], "-r", str(lock)],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        codes.append(done.returncode)
        assert ("X-1" in done.stdout) == (version == "1.0"), done.stderr
    assert codes == [1, 0]
