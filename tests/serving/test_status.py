"""Health, metrics and what is served."""

import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from conftest import Server, StartServer

from upstander.models.bundle import Bundle
from upstander.models.manifest import Manifest


def test_the_model_is_described(server: Server, bundle: Bundle) -> None:
    served = httpx.get(f"{server.url}/v1/model").json()
    assert served["sha256"] == bundle.sha256
    assert Manifest.model_validate(served["manifest"]) == bundle.manifest
    assert served["golden_difference"] <= bundle.manifest.golden.tolerance


def test_health(server: Server) -> None:
    for path in ("livez", "readyz"):
        response = httpx.get(f"{server.url}/{path}")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


def samples(server: Server) -> dict[str, float]:
    text = httpx.get(f"{server.url}/metrics").text
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_metrics_count_what_happens(server: Server) -> None:
    before = samples(server)
    httpx.post(f"{server.url}/v1/score", json={"text": "winter " * 300})
    httpx.post(f"{server.url}/v1/score", json={"text": " "})
    httpx.get(f"{server.url}/some/secret/path")
    after = samples(server)

    def grew(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grew("upstander_texts_total") == 1
    assert grew("upstander_tokens_total") == 300
    assert grew("upstander_windows_total") > 1
    assert grew('upstander_score_count{label="dehumanization"}') == 1
    assert grew('upstander_stage_seconds_count{stage="run"}') == 1
    assert grew('upstander_refused_total{cause="empty_text"}') == 1
    ok = 'upstander_requests_total{method="POST",route="/v1/score",status="200"}'
    assert grew(ok) == 1
    assert grew('upstander_requests_total{method="GET",route="none",status="404"}') == 1
    assert after["upstander_in_flight"] == 0
    assert not [name for name in after if "secret" in name]


def test_a_bundle_that_cannot_be_served_ends_the_process(
    start_server: StartServer, tmp_path: Path
) -> None:
    with start_server(bundle=tmp_path / "nowhere") as broken:
        assert broken.process.wait(timeout=60) == 1
        assert f"{tmp_path / 'nowhere'} is not a folder" in broken.log.read_text()
        assert "Traceback" not in broken.log.read_text()


def test_a_wrong_setting_is_named(start_server: StartServer) -> None:
    with start_server(threads="many") as broken:
        assert broken.process.wait(timeout=60) == 2
        assert "UPSTANDER_THREADS" in broken.log.read_text()


def test_a_port_that_is_taken_ends_the_process(server: Server) -> None:
    port = server.url.rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-m", "upstander", "serve", "--port", port],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert second.returncode > 0
    assert b"another program listens" in second.stderr


def test_sigterm_ends_it_with_status_0_and_answers_what_was_admitted(
    start_server: StartServer,
) -> None:
    with start_server() as running, httpx.Client(timeout=60) as client:
        running.wait_ready()
        request = client.build_request(
            "POST", f"{running.url}/v1/score/batch", json={"posts": [{"text": "word " * 900}] * 8}
        )
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(client.send, request)
            while samples(running)["upstander_in_flight"] == 0:
                time.sleep(0.01)
            status = running.stop()
            assert len(answer.result().json()["results"]) == 8
        assert status == 0


def memory_megabytes(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+) kB", text)
    assert match
    return int(match[1]) / 1000


def test_it_holds_less_than_200_megabytes(start_server: StartServer) -> None:
    with start_server(fresh=True) as running:
        running.wait_ready()
        for text in ["word " * length for length in (1, 5, 30, 200, 2000, 3)]:
            httpx.post(f"{running.url}/v1/score", json={"text": text}, timeout=60)
        assert memory_megabytes(running.process.pid) < 200


def test_a_flood_is_refused_at_once_and_told_when_to_come_back(start_server: StartServer) -> None:
    with start_server(max_in_flight=1) as running:
        running.wait_ready()
        body = {"text": "word " * 3000}
        with httpx.Client(timeout=60) as client, ThreadPoolExecutor(8) as pool:
            answers = list(
                pool.map(lambda _: client.post(f"{running.url}/v1/score", json=body), range(8))
            )
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.status_code for answer in answers} == {200, 429}
        for answer in refused:
            assert answer.json()["error"]["code"] == "overloaded"
            assert int(answer.headers["retry-after"]) >= 1
        assert samples(running)['upstander_refused_total{cause="overloaded"}'] == len(refused)
        # And afterwards it serves as before.
        assert httpx.post(f"{running.url}/v1/score", json={"text": "hello"}).status_code == 200
