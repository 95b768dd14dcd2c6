"""The server block that docs/operations.md shows, in a real nginx, before the real service."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from conftest import ROOT, Server, StartServer, until

from upstander.serving.keys import create_key

NAME = "moderation.example.org"
PATH = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"
"""Debian keeps nginx where only root looks."""


def block() -> str:
    found = re.search(r"```nginx\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.DOTALL)
    assert found
    return found[1]


def program(name: str, package: str) -> str:
    """Where it is. Skips, with the reason, where it is not; under CI that is a failure."""
    path = shutil.which(name, path=PATH)
    if path is None:
        message = f"needs {name}: apt-get install {package}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


@dataclass(frozen=True)
class Proxy:
    """A running nginx. logs: the folder of its access log and its error log."""

    port: int
    certificate: Path
    logs: Path

    def client(self) -> httpx.Client:
        """One that trusts the certificate and no other, for a name that no resolver knows."""
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        trusted.check_hostname = False
        return httpx.Client(base_url=f"https://127.0.0.1:{self.port}", verify=trusted, timeout=30,
                            headers={"host": NAME})  # fmt: skip

    def logged(self, kind: str) -> str:
        return (self.logs / f"upstander.{kind}.log").read_text()


StartProxy = Callable[[str], AbstractContextManager[Proxy]]


@pytest.fixture(scope="module")
def start_proxy(tmp_path_factory: pytest.TempPathFactory) -> StartProxy:
    """Start nginx with the block of the docs, before a service at an address."""
    nginx, openssl = program("nginx", "nginx-light"), program("openssl", "openssl")

    @contextmanager
    def start(address: str) -> Iterator[Proxy]:
        folder = tmp_path_factory.mktemp("nginx")
        subprocess.run(
            [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext",
             f"subjectAltName=DNS:{NAME}", "-keyout", "upstander.key", "-out", "upstander.crt"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        shown = block()
        for theirs, ours in {
            "server 127.0.0.1:8000;": f"server {address};",
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "/etc/nginx/upstander.": f"{folder}/upstander.",
            "/var/log/nginx/": f"{folder}/",
        }.items():
            assert theirs in shown
            shown = shown.replace(theirs, ours)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
        user = "user root;\n" if os.geteuid() == 0 else ""  # the folder is its owner's alone
        (folder / "nginx.conf").write_text(
            f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/main.log;\n"
            f"worker_processes 1;\nevents {{}}\nhttp {{\n{places}{shown}}}\n"
        )
        command = [nginx, "-p", str(folder), "-e", f"{folder}/main.log", "-c", "nginx.conf"]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            until(lambda: listens(port))
            yield Proxy(port, folder / "upstander.crt", folder)
        finally:
            process.terminate()
            process.wait(timeout=30)

    return start


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def at(server: Server) -> str:
    return server.url.removeprefix("http://")


@pytest.fixture(scope="module")
def proxy(start_proxy: StartProxy, start_server: StartServer) -> Iterator[Proxy]:
    """One before a service that needs no keys, and that is told its name."""
    with start_server(public_url=f"https://{NAME}/") as server, start_proxy(at(server)) as running:
        server.wait_ready()
        yield running


def test_an_answer_comes_over_tls_with_the_id_of_the_request_and_hsts(proxy: Proxy) -> None:
    with proxy.client() as client:
        reply = client.post(
            "/v1/score", json={"text": "Good morning."}, headers={"x-request-id": "post-7"}
        )
        assert reply.status_code == 200
        assert reply.json()["decision"]["band"] == "allow"
        assert reply.headers["x-request-id"] == "post-7"
        assert int(reply.headers["strict-transport-security"].removeprefix("max-age=")) > 86400
        made = client.get("/livez").headers["x-request-id"]
        missing = client.get("/nowhere")
    assert "strict-transport-security" in missing.headers
    assert missing.json()["error"]["code"] == "not_found"  # in the words of the service
    until(lambda: "/nowhere 404" in proxy.logged("access"))
    lines = proxy.logged("access").splitlines()
    assert [line.split()[-1] for line in lines[:2]] == ["post-7", made]
    assert "127.0.0.1" not in proxy.logged("access")
    assert httpx.get(f"http://127.0.0.1:{proxy.port}/livez").status_code == 400  # not over TLS


def test_the_discovery_document_names_the_host_that_the_client_called(proxy: Proxy) -> None:
    with proxy.client() as client:
        assert NAME in client.get("/$discovery/rest?version=v1alpha1").json()["rootUrl"]


def test_what_is_for_operators_stays_inside(proxy: Proxy) -> None:
    with proxy.client() as client:
        assert client.post("/v1/admin/reload").status_code == 403
        assert client.get("/metrics").status_code == 403  # 127.0.0.1 is not in 10.0.0.0/8
        assert client.get("/v1/model").status_code == 200


def test_a_stream_is_answered_line_by_line(proxy: Proxy) -> None:
    """Each line is sent only once the one before it is answered: whoever buffers waits for ever."""
    trusted = ssl.create_default_context(cafile=str(proxy.certificate))
    with (
        socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as plain,
        trusted.wrap_socket(plain, server_hostname=NAME) as connection,
    ):
        connection.sendall(
            f"POST /v1/score/stream HTTP/1.1\r\nhost: {NAME}\r\n"
            "transfer-encoding: chunked\r\n\r\n".encode()
        )
        for number in range(3):
            line = json.dumps({"text": f"slow {number}", "id": f"line-{number}"}) + "\n"
            connection.sendall(f"{len(line):x}\r\n{line}\r\n".encode())
            received = b""
            while f'"line-{number}"'.encode() not in received:
                more = connection.recv(65536)
                assert more, "the connection ended before the answer came"
                received += more
        connection.sendall(b"0\r\n\r\n")


def test_lines_that_are_sent_together_pass_and_a_long_body_does_not(
    proxy: Proxy, tmp_path: Path
) -> None:
    """Not a file of megabytes: that stands still in nginx, as docs/operations.md says."""
    posts = tmp_path / "posts.jsonl"
    posts.write_text((json.dumps({"text": "again " * 1000}) + "\n") * 50)
    done = subprocess.run(
        ["curl", "-sNf", "--cacert", proxy.certificate, "--resolve",
         f"{NAME}:{proxy.port}:127.0.0.1", "-T", posts, "-X", "POST",
         f"https://{NAME}:{proxy.port}/v1/score/stream"],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.count(b'"scores"') == 50
    with proxy.client() as client:
        assert client.post("/v1/score", content=b" " * (9 << 20)).status_code == 413


def test_a_refusal_passes_and_no_key_is_logged(
    start_proxy: StartProxy, start_server: StartServer, tmp_path: Path
) -> None:
    key = create_key(tmp_path / "keys.json", "forum", "score", 3, 0)[1]
    suggestion = {"comment": {"text": "Good morning."},
                  "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}}}  # fmt: skip
    with start_server(keys=tmp_path / "keys.json") as server, start_proxy(at(server)) as proxy:
        server.wait_ready()
        (server.log.parent / "upstander.db").mkdir()  # where its store cannot be made
        with proxy.client() as client:
            lost = client.post(f"/v1alpha1/comments:suggestscore?key={key}", json=suggestion)
            assert (lost.status_code, lost.headers["retry-after"]) == (503, "5")
            assert lost.json()["error"]["status"] == "UNAVAILABLE"
            for status in (200, 200, 429):
                reply = client.post(f"/v1/score?key={key}", json={"text": "Good morning."})
                assert reply.status_code == status
            assert int(reply.headers["retry-after"]) > 0
            assert reply.json()["error"]["code"] == "rate_limited"
            assert client.post("/v1/score", json={"text": "x"}).status_code == 401
            # What nginx answers by itself it would write to its error log, with the query.
            assert client.get(f"/metrics?key={key}").status_code == 403
            server.stop()
            assert client.get(f"/v1/key?key={key}").status_code == 502
        until(lambda: " 502 " in proxy.logged("access"))
        assert "POST /v1alpha1/comments:suggestscore 503" in proxy.logged("access")
        assert "POST /v1/score 429" in proxy.logged("access")
        everything = [path for path in proxy.logs.rglob("*") if path.is_file()]
        assert {"upstander.access.log", "upstander.error.log"} < {path.name for path in everything}
        assert not any(key.encode() in path.read_bytes() for path in everything)


def test_requests_share_a_connection_keep_their_headers_and_are_not_repeated(
    start_proxy: StartProxy,
) -> None:
    """A fake stands in for the service: it has to tell what reached it, and over what."""
    heard: list[tuple[int, str | None]] = []

    class Recorder(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            heard.append((self.client_address[1], self.headers["traceparent"]))
            self.send_response(503)
            self.send_header("retry-after", "7")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    service = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    with start_proxy(f"127.0.0.1:{service.server_port}") as proxy, proxy.client() as client:
        for number in range(3):
            reply = client.get("/", headers={"traceparent": f"00-{number:032x}-{1:016x}-01"})
            assert (reply.status_code, reply.headers["retry-after"]) == (503, "7")
    service.shutdown()
    service.server_close()
    assert [trace for _, trace in heard] == [f"00-{n:032x}-{1:016x}-01" for n in range(3)]
    assert len({port for port, _ in heard}) == 1
