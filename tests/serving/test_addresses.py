"""Addresses: no redirects, HEAD as GET, and a path of the service's own behind a proxy."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from browser import VERMIN, OpenPage
from comments import asked
from conftest import Server, StartServer
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from playwright.sync_api import expect

from upstander.serving.addresses import FIRST_PARTS, without_prefix

PREFIX = "/upstander"
OPENAPI = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())["paths"]
READ = [path for path, methods in OPENAPI.items() if "get" in methods]


@pytest.fixture(scope="module")
def behind(start_server: StartServer) -> Iterator[Server]:
    """A service that is shown under a path; its proxy may take the path off, or leave it on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with start_server(port=port, public_url=f"http://127.0.0.1:{port}{PREFIX}/") as running:
        running.wait_ready()
        yield running


def test_nobody_is_sent_elsewhere(server: Server) -> None:
    with httpx.Client(base_url=server.url, follow_redirects=False) as client:
        for path in (*OPENAPI, "/docs", "/redoc", "/console", "/openapi.json", "//x"):
            for other in (f"{path}/", f"/{path}"):
                for method in ("GET", "POST"):
                    reply = client.request(method, f"{server.url}{other}", json={"text": "private"})
                    assert "location" not in reply.headers
                    assert reply.status_code in (403, 404, 405), (method, other)


def test_head_is_get_without_the_body(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        for path in (*READ, "/", "/docs", "/openapi.json", "/console/app.js", "/no"):
            head, get = client.head(path), client.get(path)
            assert head.status_code == get.status_code, path
            assert head.content == b""
            assert head.headers["content-type"] == get.headers["content-type"]
            assert int(head.headers["content-length"]) > 0


def test_head_is_for_no_post(server: Server) -> None:
    refused = httpx.head(f"{server.url}/v1/score")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    with httpx.Client(base_url=server.url) as client:  # the connection stays of use
        for _ in range(3):
            assert client.head("/readyz").status_code == 200
            assert client.post("/v1/score", json={"text": "hello"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "prefix", "routed"),
    [
        ("/up/v1/score", "/up", "/v1/score"),
        ("/v1/score", "/up", "/v1/score"),
        ("/up/", "/up", "/"),
        ("/up", "/up", "/up"),
        ("/upper/v1/score", "/up", "/upper/v1/score"),
        ("/up/else", "/up", "/up/else"),
        ("/up/up/v1/score", "/up", "/up/up/v1/score"),
        ("/a/b/v1/score", "/a/b", "/v1/score"),
        ("/v1/score", "/v1", "/v1/score"),  # the proxy took it off
        ("/v1/v1/score", "/v1", "/v1/score"),
        ("/v1/score", "", "/v1/score"),
    ],
)
def test_a_prefix_is_taken_off_once(path: str, prefix: str, routed: str) -> None:
    assert without_prefix(path, prefix) == routed


def test_every_path_may_have_a_prefix() -> None:
    paths = [*OPENAPI, "/", "/docs", "/redoc", "/openapi.json", "/console/app.js"]
    assert {path.split("/")[1] for path in paths} == FIRST_PARTS


@pytest.mark.parametrize("root", [PREFIX, ""])
def test_every_path_is_there_whether_the_prefix_comes_or_not(behind: Server, root: str) -> None:
    url = behind.url + root
    assert httpx.post(f"{url}/v1/score", json={"text": "hello"}).status_code == 200
    refused = httpx.post(f"{url}/v1alpha1/comments:analyze", json=asked(""))
    assert refused.json()["error"]["details"][0]["errorType"] == "COMMENT_EMPTY"
    for page in ("/", "/docs", "/redoc"):
        shown = httpx.get(f"{url}{page}")
        assert shown.status_code == 200
        for loaded in re.findall(r'(?:src|href)="(?!data:)([^"]+)"', shown.text):
            assert httpx.get(urljoin(f"{url}{page}", loaded)).status_code == 200, loaded
    servers = httpx.get(f"{url}/openapi.json").json()["servers"]
    assert servers == [{"url": f"{behind.url}{PREFIX}"}]


def test_googles_client_in_a_batch_under_a_path(behind: Server) -> None:
    answers: dict[str, Any] = {}
    with build(
        "commentanalyzer",
        "v1alpha1",
        developerKey="anything",
        discoveryServiceUrl=f"{behind.url}{PREFIX}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    ) as client:
        batch = client.new_batch_http_request(
            callback=lambda name, reply, error: answers.update({name: error or reply})
        )
        for name, text in (("good", "You are a fool."), ("empty", "")):
            batch.add(client.comments().analyze(body=asked(text)), request_id=name)
        batch.execute()
    assert "TOXICITY" in answers["good"]["attributeScores"]
    assert isinstance(answers["empty"], HttpError)
    assert answers["empty"].error_details[0]["errorType"] == "COMMENT_EMPTY"


def test_the_console_under_a_path(behind: Server, visit: OpenPage) -> None:
    page = visit(Server(f"{behind.url}{PREFIX}", behind.process, behind.log))
    page.get_by_label("A post").fill(VERMIN)
    expect(page.locator(".decision .badge")).to_have_text("review")
    page.get_by_text("curl", exact=True).click()
    request = page.get_by_label("curl request").inner_text()
    assert f"curl -s {behind.url}{PREFIX}/v1/score " in request


def test_a_public_address_that_is_none_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "upstander", "serve", "--port", "0", "--public-url"]
    done = subprocess.run(
        [*command, "example.org/up"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "--public-url example.org/up: give an address" in done.stderr
