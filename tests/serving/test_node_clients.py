"""The clients for Node, from npm and unmodified: their one change is the URL."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, StartServer

from upstander.serving.keys import create_key

NODE = Path(__file__).parent / "node"

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def program() -> Path:
    """The script beside the packages that it imports, installed once for each lock file."""
    lock = (NODE / "package-lock.json").read_bytes()
    folder = ROOT / "build" / f"node-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "complete").exists():
        if shutil.which("npm") is None:
            missing("there are no node and npm: apt-get install nodejs npm")
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NODE / name, folder)
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            missing(f"npm could not install the clients: {done.stderr[-500:]}")
        (folder / "complete").touch()
    shutil.copy(NODE / "clients.mjs", folder)
    return folder / "clients.mjs"


def missing(reason: str) -> None:
    """Without the clients nothing is proved: where that matters, it is a failure."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def said(
    program: Path, start_server: StartServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What the clients made of a server that asks for keys."""
    keys = tmp_path_factory.mktemp("keys") / "keys.json"
    key = create_key(keys, "node", "score", 0, 0)[1]
    with start_server(keys=keys) as server:
        server.wait_ready()
        done = subprocess.run(
            ["node", str(program), server.url, key],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert key not in server.log.read_text()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_googles_client_analyzes(said: dict[str, Any]) -> None:
    scores = said["analyzed"]["attributeScores"]["TOXICITY"]
    assert 0.5 < scores["summaryScore"]["value"] <= 1
    (span,) = scores["spanScores"]
    assert (span["begin"], span["end"]) == (0, 18)  # of UTF-16: the emoji counts twice
    assert said["analyzed"]["clientToken"] == "7"
    assert said["masked"] == {"languages": ["en"]}


def test_googles_client_suggests_scores(said: dict[str, Any]) -> None:
    assert said["suggested"] == {"detectedLanguages": ["en"]}


def test_googles_client_reads_our_errors(said: dict[str, Any]) -> None:
    assert said["empty"]["status"] == 400
    assert "Comment must be non-empty." in said["empty"]["message"]
    assert said["badKey"]["status"] == 400
    assert "API key not valid. Please pass a valid API key." in said["badKey"]["message"]


def test_openais_client_moderates(said: dict[str, Any]) -> None:
    assert said["moderated"] == [
        {"flagged": False, "hate": False, "violence": 0},
        {"flagged": True, "hate": True, "violence": 0},
    ]
    assert said["image"]["status"] == 400
    assert "Only parts of the type 'text'" in said["image"]["message"]
    assert said["openaiBadKey"]["status"] == 401
