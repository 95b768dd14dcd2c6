"""How fast an answer comes tells a key nothing of what other keys sent."""

import re
from pathlib import Path

import httpx
import pytest
from conftest import Server, StartServer

from upstander.serving.keys import create_key


def run_of(server: Server, key: str, text: str) -> float:
    """Milliseconds in the model, as the service tells them."""
    response = httpx.post(
        f"{server.url}/v1/score", json={"text": text}, headers={"x-api-key": key}, timeout=30
    )
    assert response.status_code == 200
    found = re.search(r"run;dur=([\d.]+)", response.headers["server-timing"])
    assert found
    return float(found[1])


@pytest.mark.parametrize("text", ["A rare and private sentence.", "a long one " * 300])
def test_a_text_of_another_key_is_run_again(
    start_server: StartServer, tmp_path: Path, text: str
) -> None:
    keys = tmp_path / "keys.json"
    one, other = (create_key(keys, name, "score", 0, 0)[1] for name in ("one", "other"))
    with start_server(keys=keys) as server:
        server.wait_ready()
        hits = 'upstander_cache_total{result="hit"}'
        assert run_of(server, one, text) > 0
        assert run_of(server, other, text) > 0
        assert server.metric(hits) == 0
        assert run_of(server, one, text) == run_of(server, other, text) == 0
        assert server.metric(hits) == 2
