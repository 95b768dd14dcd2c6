"""A service that requires signatures serves nothing that no trusted key has signed."""

import shutil
import signal
from pathlib import Path

import httpx
from conftest import StartServer, until
from minisign import KeyPair

from upstander.models.bundle import CHECKSUMS, Bundle
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.models.signature import SIGNATURE


def test_a_bundle_that_nobody_signed_takes_no_place(
    start_server: StartServer, other_bundle: Bundle, tmp_path: Path
) -> None:
    unsigned = tmp_path / "unsigned"
    shutil.copytree(other_bundle.path, unsigned)
    (unsigned / SIGNATURE).unlink(missing_ok=True)
    link = tmp_path / "bundle"
    link.symlink_to(DEFAULT_BUNDLE)
    with start_server(bundle=link, require_signature=True) as server:
        server.wait_ready()
        link.unlink()
        link.symlink_to(unsigned)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: server.metric('upstander_reloads_total{result="refused"}') == 1)
        assert "SHA256SUMS.minisig cannot be read" in server.log.read_text()
        assert httpx.get(f"{server.url}/v1/model").json()["manifest"]["version"] != "9.9.9"
        server.stop()
    with start_server(bundle=link, require_signature=True, workers=2) as server:
        assert server.process.wait(timeout=30) == 1
        assert "a signature of 6C80EDC1B6D28F22 is required" in server.log.read_text()

    pair = KeyPair.generate()
    signed = pair.secret_key.sign((unsigned / CHECKSUMS).read_bytes(), trusted_comment="mine")
    (unsigned / SIGNATURE).write_bytes(bytes(signed))
    (tmp_path / "keys").write_bytes(bytes(pair.public_key))
    keys = tmp_path / "keys"
    with start_server(bundle=link, require_signature=True, signature_keys=keys) as server:
        server.wait_ready()
        assert httpx.get(f"{server.url}/v1/model").json()["manifest"]["version"] == "9.9.9"
        server.stop()
    with start_server(signature_keys=keys) as server:
        assert server.process.wait(timeout=30) == 1
        assert "no effect without --require-signature" in server.log.read_text()
