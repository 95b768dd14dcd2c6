"""The manifests are what Kubernetes takes, and what they say of the service is so."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import kubernetes_validate
import pytest
import yaml
from conftest import ROOT, until

FOLDER = ROOT / "deploy/kubernetes"
VERSIONS = ("1.30", "1.37")
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def documents() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.name}, {document['kind']}", document)
        for path in sorted(FOLDER.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", dict(documents()))
def test_kubernetes_takes_it(name: str, version: str) -> None:
    kubernetes_validate.validate(dict(documents())[name], version, strict=True)


def test_a_field_that_is_none_is_refused() -> None:
    deployment = dict(documents())["service.yaml, Deployment"]
    deployment["spec"]["replica"] = 3
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSIONS[0], strict=True)


def test_the_job_scores_its_file_and_bad_rows_do_not_fail_it(tmp_path: Path) -> None:
    job = dict(documents())["score.yaml, Job"]["spec"]["template"]["spec"]["containers"][0]
    for folder in ("posts", "scores"):
        (tmp_path / folder).mkdir()
    (tmp_path / "posts/3.jsonl").write_text('{"text": "Good morning"}\nnot json\n')
    script = job["args"][0].replace("/data/", f"{tmp_path}/")
    done = subprocess.run(
        [*job["command"], script],
        env={**os.environ, "JOB_COMPLETION_INDEX": "3", "PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "scores/3.jsonl").read_text().splitlines()) == 1
    assert len((tmp_path / "scores/3.jsonl.errors.jsonl").read_text().splitlines()) == 1


def test_the_service_starts_with_those_arguments_and_answers_its_probes(tmp_path: Path) -> None:
    pod = dict(documents())["service.yaml, Deployment"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    keys = tmp_path / "keys.json"
    made = subprocess.run(
        ["upstander", "keys", "create", "forum", "--keys", str(keys)],
        env={**os.environ, "PATH": PATH}, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert made.stdout
    before = set(tmp_path.iterdir())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [a.replace("/etc/upstander/keys.json", str(keys)) for a in container["args"]]
    process = subprocess.Popen(
        [*arguments, "--port", str(port)],
        env={**os.environ, "PATH": PATH, "UPSTANDER_HOST": "127.0.0.1"},
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    try:
        paths = {container[f"{p}Probe"]["httpGet"]["path"] for p in ("startup", "readiness")}
        paths.add(container["livenessProbe"]["httpGet"]["path"])
        for path in paths:
            until(lambda path=path: answers(f"http://127.0.0.1:{port}{path}"))  # type: ignore[misc]
        # With a root that cannot be written, it leaves nothing behind.
        assert set(tmp_path.iterdir()) == before
    finally:
        process.terminate()
        assert process.wait(timeout=pod["terminationGracePeriodSeconds"]) == 0


def answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
