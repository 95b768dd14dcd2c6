"""What the pages of other sites cannot do to a service that asks for no keys."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from browser import chromium
from comments import asked
from conftest import Server, StartServer

from upstander.serving.keys import create_key

SUGGESTION = {
    "comment": {"text": "Good morning."},
    "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
}
FRIEND, ENEMY = "https://forum.example.org", "https://evil.example"
WRITES: dict[str, Any] = {
    "/v1/score": {"text": "hello"},
    "/v1/score/batch": {"posts": [{"text": "hello"}]},
    "/v1alpha1/comments:analyze": asked("hello"),
    "/v1alpha1/comments:suggestscore": SUGGESTION,
    "/v1/moderations": {"input": "hello"},
}


@pytest.fixture(scope="module")
def open_service(start_server: StartServer) -> Iterator[Server]:
    with start_server(
        cors_origin=f"{FRIEND}, http://localhost:3000",
        allowed_hosts="scores.example.org, other.example.org",
        public_url="https://public.example.org/",
    ) as running:
        running.wait_ready()
        yield running


def told(client: httpx.Client, path: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, json=WRITES[path], headers=named).status_code


@pytest.mark.parametrize("path", WRITES)
def test_nothing_is_taken_from_a_page_of_another_site(server: Server, path: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        for foreign in (
            {"origin": ENEMY, "sec_fetch_site": "cross-site"},
            {"origin": "null", "sec_fetch_site": "cross-site"},
            {"origin": "http://127.0.0.1:9", "sec_fetch_site": "same-site"},
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "something new"},
            {"origin": ENEMY},  # older browsers, and addresses that are not loopback
            {"origin": "null"},
            {"origin": server.url.replace("http:", "chrome-extension:") + "0"},
            {"host": "evil.example"},
            {"host": "evil.example.:8000", "origin": "http://evil.example.:8000"},
            {"host": "127.0.0.1.evil.example", "sec_fetch_site": "same-origin"},
            {"host": "localhost.evil.example"},
            {"host": "[::1"},
        ):
            assert told(client, path, **foreign) == 403, foreign


@pytest.mark.parametrize("path", WRITES)
def test_programs_and_own_pages_are_answered(server: Server, path: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        for own in (
            {},
            {"sec_fetch_site": "same-origin", "origin": server.url},
            {"sec_fetch_site": "none"},
            {"origin": server.url},
            {"host": "localhost:8000"},
            {"host": "scores.localhost"},
            {"host": "192.168.1.7:8000", "origin": "http://192.168.1.7:8000"},
            {"host": "[::1]:8000"},
            {"host": "upstander"},
        ):
            assert told(client, path, **own) == 200, own


def test_a_refusal_says_what_to_do(server: Server) -> None:
    before = server.metric('upstander_refused_total{cause="forbidden"}')
    page = httpx.post(f"{server.url}/v1/score", json={"text": "x"}, headers={"origin": ENEMY})
    assert page.json()["error"]["code"] == "forbidden"
    assert "--cors-origin" in page.json()["error"]["message"]
    url = f"{server.url}/v1alpha1/comments:analyze"
    host = httpx.post(url, json=asked(), headers={"host": "evil.example"})
    assert host.json()["error"]["status"] == "PERMISSION_DENIED"
    assert "--allowed-hosts" in host.json()["error"]["message"]
    assert server.metric('upstander_refused_total{cause="forbidden"}') == before + 2
    assert httpx.get(f"{server.url}/livez", headers={"host": "evil.example"}).status_code == 200


def test_sites_and_names_that_are_told_may(open_service: Server) -> None:
    path = "/v1/score"
    with httpx.Client(base_url=open_service.url) as client:
        for friend in (
            {"origin": FRIEND, "sec_fetch_site": "cross-site"},
            {"origin": "http://localhost:3000", "sec_fetch_site": "same-site"},
            {"origin": "https://public.example.org", "host": "public.example.org"},
            {"host": "scores.example.org"},
            {"host": "OTHER.example.org:443"},
        ):
            assert told(client, path, **friend) == 200, friend
        assert told(client, path, origin=ENEMY, sec_fetch_site="cross-site") == 403
        assert told(client, path, host="evil.example") == 403
        preflight = client.options(
            path,
            headers={
                "origin": FRIEND,
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type",
            },
        )
        assert preflight.headers["access-control-allow-origin"] == FRIEND


def test_a_call_of_a_batch_says_nothing_of_the_page_that_sent_it(server: Server) -> None:
    def answer(inner: str, **outer: str) -> httpx.Response:
        body = (
            "--x\nContent-Type: application/http\n\nPOST /v1alpha1/comments:suggestscore HTTP/1.1\n"
            f"{inner}\n\n{json.dumps(SUGGESTION)}\n--x--"
        )
        media = {"content-type": "multipart/mixed; boundary=x"}
        return httpx.post(f"{server.url}/batch", content=body, headers=media | outer)

    assert answer(f"Origin: {server.url}", origin=ENEMY).status_code == 403
    # Clients of Google's write the host of the address that they were given into each call.
    assert "HTTP/1.1 200 OK" in answer("Host: scores.example.org").text


def test_with_keys_a_key_is_what_counts(start_server: StartServer, tmp_path: Path) -> None:
    key = create_key(tmp_path / "keys.json", "forum", "score", 0, 0)[1]
    with start_server(keys=tmp_path / "keys.json") as running:
        running.wait_ready()
        with httpx.Client(base_url=running.url) as client:
            foreign = {"origin": ENEMY, "sec_fetch_site": "cross-site", "host": "a.example.org"}
            assert told(client, "/v1/score", **foreign) == 401
            assert told(client, "/v1/score", x_api_key=key, **foreign) == 200


def test_a_real_page_of_another_site_stores_nothing(
    start_server: StartServer, tmp_path: Path
) -> None:
    """As in the report: `fetch` without CORS, which needs nobody's leave, and a form."""
    store = tmp_path / "kept.db"

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!doctype html><title>another site</title>"
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    site = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=site.serve_forever, daemon=True).start()
    try:
        with start_server(store=f"sqlite:///{store}") as running, chromium() as browser:
            running.wait_ready()
            page = browser.new_page()
            page.goto(f"http://localhost:{site.server_port}/")
            sent = (
                "async ([url, body]) => { for (let n = 0; n < 5; n += 1) await fetch(url, "
                "{method: 'POST', mode: 'no-cors', body}).catch(() => {}); return 5; }"
            )
            url = f"{running.url}/v1alpha1/comments:suggestscore"
            assert page.evaluate(sent, [url, json.dumps(SUGGESTION)]) == 5
            assert running.metric('upstander_refused_total{cause="forbidden"}') == 5
            httpx.post(url, json=SUGGESTION).raise_for_status()
            with closing(sqlite3.connect(store)) as kept:
                assert kept.execute("SELECT count(*) FROM suggestions").fetchone() == (1,)
    finally:
        site.shutdown()
        site.server_close()
