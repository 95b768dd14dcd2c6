"""Who made a bundle: what minisign signs is trusted, and nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT
from minisign import KeyPair
from typer.testing import CliRunner

from upstander.cli import app
from upstander.models.bundle import CHECKSUMS
from upstander.models.errors import UpstanderError
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.models.signature import (
    PROJECT_KEY,
    SIGNATURE,
    BundleUnsigned,
    check_signature,
    read_keys,
)

OWN = KeyPair.generate()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The checksums of a bundle, signed by a key of the tests; `keys` beside it trusts that."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    shutil.copy(DEFAULT_BUNDLE / CHECKSUMS, folder)
    signed = OWN.secret_key.sign((folder / CHECKSUMS).read_bytes(), trusted_comment="mine 1.0")
    (folder / SIGNATURE).write_bytes(bytes(signed))
    (tmp_path / "keys").write_bytes(bytes(OWN.public_key) + b"\n")
    return folder


def test_what_comes_along_is_signed_by_this_project() -> None:
    signed = check_signature(DEFAULT_BUNDLE)
    assert signed.comment == f"{DEFAULT_BUNDLE.parent.name} {DEFAULT_BUNDLE.name}"
    (key,) = read_keys(PROJECT_KEY)
    assert signed.key == key
    docs = (ROOT / "docs/supply-chain.md").read_text()
    assert PROJECT_KEY.read_text().split()[-1] in docs


def test_minisign_itself_says_the_same() -> None:
    program = shutil.which("minisign")
    if program is None:
        pytest.skip("there is no minisign: apt-get install minisign")
    command = [program, "-V", "-p", str(PROJECT_KEY), "-m", str(DEFAULT_BUNDLE / CHECKSUMS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"Trusted comment: {DEFAULT_BUNDLE.parent.name}" in done.stdout


def test_a_key_of_ones_own_beside_others(copy: Path, tmp_path: Path) -> None:
    several = PROJECT_KEY.read_bytes() + (tmp_path / "keys").read_bytes()
    (tmp_path / "several").write_bytes(several)
    assert check_signature(copy, tmp_path / "several").comment == "mine 1.0"
    assert len(read_keys(tmp_path / "several")) == 2
    with pytest.raises(BundleUnsigned, match="trusted are 6C80EDC1B6D28F22"):
        check_signature(copy)


@pytest.mark.parametrize("name", [CHECKSUMS, SIGNATURE])
def test_any_changed_byte_is_found(copy: Path, tmp_path: Path, name: str) -> None:
    content = (copy / name).read_bytes()
    # In the signature all but the comment that its name calls untrusted.
    begin = content.index(b"\n") + 1 if name == SIGNATURE else 0
    for place in range(begin, len(content) - 1):
        changed = content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :]
        (copy / name).write_bytes(changed)
        with pytest.raises(BundleUnsigned):
            check_signature(copy, tmp_path / "keys")


def test_what_is_missing_is_told(copy: Path, tmp_path: Path) -> None:
    (copy / SIGNATURE).unlink()
    with pytest.raises(BundleUnsigned, match=f"{SIGNATURE} cannot be read"):
        check_signature(copy, tmp_path / "keys")
    (copy / SIGNATURE).write_text("nonsense")
    with pytest.raises(BundleUnsigned, match="not a signature of minisign"):
        check_signature(copy, tmp_path / "keys")
    for content, told in (("", "has no public key"), ("nonsense", "not a public key")):
        (tmp_path / "keys").write_text(content)
        with pytest.raises(UpstanderError, match=told):
            check_signature(copy, tmp_path / "keys")
    with pytest.raises(UpstanderError, match="name a file of public keys"):
        check_signature(copy, tmp_path / "nowhere")


def test_the_command_says_who_signed(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["model", "verify", "--require-signature"])
    assert "signed by 6C80EDC1B6D28F22" in done.output
    (tmp_path / "keys").write_bytes(bytes(OWN.public_key))
    other = ["model", "verify", "--require-signature", "--signature-keys", str(tmp_path / "keys")]
    assert isinstance(CliRunner().invoke(app, other).exception, BundleUnsigned)
