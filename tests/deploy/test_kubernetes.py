"""The manifests are what Kubernetes takes, and what they say of the service is so."""

import os
import re
import shlex
import shutil
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

from upstander.serving.metrics import Metrics
from upstander.serving.settings import Settings

FOLDER = ROOT / "deploy/kubernetes"
VERSIONS = ("1.30", "1.37")
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def documents() -> list[tuple[str, dict[str, Any]]]:
    """Those that are for the cluster; `kustomization.yaml` is for kubectl."""
    return [
        (f"{path.name}, {document['kind']}", document)
        for path in sorted(FOLDER.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
        if document["kind"] != "Kustomization"
    ]


def built(folder: Path) -> list[dict[str, Any]]:
    """What `kubectl apply -k` would send."""
    program = shutil.which("kubectl") or shutil.which("kustomize")
    if program is None:
        pytest.skip("there is no kubectl, and no kustomize")
    verb = "kustomize" if program.endswith("kubectl") else "build"
    done = subprocess.run([program, verb, str(folder)], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", dict(documents()))
def test_kubernetes_takes_it(name: str, version: str) -> None:
    kubernetes_validate.validate(dict(documents())[name], version, strict=True)


@pytest.mark.parametrize(
    "folder", [FOLDER, ROOT / "deploy/kubernetes-in-flight"], ids=lambda path: path.name
)
def test_kustomize_makes_what_kubernetes_takes(folder: Path) -> None:
    found = built(folder)
    assert {one["kind"] for one in found} == {
        "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy",
    }  # fmt: skip
    for document in found:
        for version in VERSIONS:
            kubernetes_validate.validate(document, version, strict=True)
    scaler = next(one for one in found if one["kind"] == "HorizontalPodAutoscaler")["spec"]
    asked = [one["pods"]["metric"]["name"] for one in scaler["metrics"] if one["type"] == "Pods"]
    assert asked == (["upstander_in_flight"] if "in-flight" in folder.name else [])
    families = {metric.name for metric in Metrics().registry.collect()}
    assert set(asked) <= families
    assert scaler["minReplicas"] >= 2


def test_nothing_that_is_selected_is_missed() -> None:
    there = dict(documents())
    deployment = there["service.yaml, Deployment"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    pod = deployment["template"]["spec"]
    policy = there["network.yaml, NetworkPolicy"]["spec"]
    budget = there["service.yaml, PodDisruptionBudget"]["spec"]
    assert policy["podSelector"]["matchLabels"] == budget["selector"]["matchLabels"] == labels
    assert policy["ingress"][0]["ports"][0]["port"] == pod["containers"][0]["ports"][0]["name"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert budget["maxUnavailable"] == 1
    waits = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > waits + Settings().drain_timeout


def test_the_nightly_job_scores_what_has_no_scores_and_goes_on_after_a_bad_file(
    tmp_path: Path,
) -> None:
    spec = dict(documents())["nightly.yaml, CronJob"]["spec"]["jobTemplate"]["spec"]["template"]
    job = spec["spec"]["containers"][0]
    (tmp_path / "posts").mkdir()
    for name, content in (("a", '{"text": "Good morning"}\n'), ("b", "\0" * 50), ("c", "")):
        (tmp_path / f"posts/{name}.jsonl").write_text(content)
    (tmp_path / "posts/d.jsonl").write_text('{"text": "Good evening"}\n')
    script = job["args"][0].replace("/data/", f"{tmp_path}/")
    for expected in ({"a", "d"}, set()):
        before = set((tmp_path / "scores").glob("?.jsonl"))
        done = subprocess.run(
            [*job["command"], script], env={**os.environ, "PATH": PATH},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        made = {path.stem for path in set((tmp_path / "scores").glob("?.jsonl")) - before}
        assert made - {"b"} == expected


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


def shown() -> list[list[str]]:
    """The words of every command that docs/operations.md shows for a cluster, `|` among them."""
    page = (ROOT / "docs/operations.md").read_text()
    section = page.partition("## In Kubernetes\n")[2].partition("\n## ")[0]
    lines = [
        re.sub(r"(\\|\|)\n\s*", lambda end: "| " if end[1] == "|" else " ", block)
        for block in re.findall(r"^ *```\n(.*?)^ *```", section, re.MULTILINE | re.DOTALL)
    ]
    return [shlex.split(line) for line in "".join(lines).splitlines()]


def test_the_commands_of_the_docs_speak_of_what_the_manifests_hold() -> None:
    there = {
        (document["kind"].lower(), document["metadata"]["name"]): document["spec"]
        for _, document in documents()
    }
    pod = there["deployment", "upstander"]["template"]["spec"]
    (secret,) = (v["secret"]["secretName"] for v in pod["volumes"] if "secret" in v)
    mounted = pod["containers"][0]["args"][3]
    port = there["service", "upstander"]["ports"][0]["port"]
    commands = shown()
    text = [" ".join(words) for words in commands]
    made = f"kubectl -n upstander create secret generic {secret} --from-file={Path(mounted).name}"
    order = (
        "kubectl create namespace upstander",
        "upstander keys create my forum --rate 600 --keys keys.json",
        made,
        "kubectl -n upstander rollout status deployment/upstander --timeout=5m",
        f"kubectl -n upstander port-forward service/upstander 8000:{port}",
    )
    assert [text.index(line) for line in order] == sorted(text.index(line) for line in order)
    assert {word for words in commands for word in words if "/upstander" in word} >= {
        "deployment/upstander", "service/upstander", "job/upstander-score",
    }  # fmt: skip
    for words in commands:
        for kind, _, name in (word.partition("/") for word in words):
            if kind in ("deployment", "service", "job"):
                assert (kind, name) in there
    assert "`upstander-data`" in (ROOT / "docs/operations.md").read_text()
    job = there["job", "upstander-score"]["template"]["spec"]
    claimed = [v["persistentVolumeClaim"] for v in job["volumes"] if "emptyDir" not in v]
    assert claimed == [{"claimName": "upstander-data"}]
    assert there["job", "upstander-score"]["completions"] == 16  # posts/0.jsonl to posts/15.jsonl


def test_the_image_of_the_docs_takes_the_place_of_that_of_the_manifests() -> None:
    applied = [words for words in shown() if words[0] == "sed"]
    assert [Path(words[2]).name for words in applied] == ["service.yaml", "score.yaml"]
    for words in applied:
        done = subprocess.run(words[: words.index("|")], cwd=ROOT, capture_output=True, check=True)
        images = re.findall(r"image: (\S+)", done.stdout.decode())
        assert images == ["registry.example.org/upstander:2.0.0"]
        assert words[words.index("|") + 1 :] == ["kubectl", "-n", "upstander", "apply", "-f", "-"]
