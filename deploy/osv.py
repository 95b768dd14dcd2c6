"""Known holes of packages, from a file: what `pip-audit` asks of OSV, answered without a network.

    python deploy/osv.py all.zip -- pip-audit --require-hashes -r locks/serve.txt --disable-pip

all.zip: OSV's export of PyPI (https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip), a
JSON file for each entry, fetched where there is a network and carried here. The command runs with
`--vulnerability-service osv --osv-url` of a server on loopback, and its exit status is this one's:
1 where a hole is known.
"""

import json
import subprocess
import sys
import threading
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

Json = dict[str, Any]


class Database:
    """The entries of one export, by package."""

    def __init__(self, file: Path) -> None:
        self._entries: Mapping[str, list[Json]] = defaultdict(list)
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                entry = json.loads(archive.read(name))
                if "withdrawn" not in entry:
                    for package in {canonicalize_name(n) for n in _names(entry)}:
                        self._entries[package].append(entry)
        self.size = sum(map(len, self._entries.values()))

    def about(self, name: str, version: str) -> Sequence[Json]:
        """The entries that a version of a package falls under."""
        package = canonicalize_name(name)
        return [e for e in self._entries.get(package, ()) if _is_affected(e, package, version)]


def _names(entry: Json) -> Iterator[str]:
    for affected in entry.get("affected", ()):
        if affected.get("package", {}).get("ecosystem") == "PyPI":
            yield affected["package"]["name"]


def _is_affected(entry: Json, package: str, version: str) -> bool:
    for affected in entry.get("affected", ()):
        if canonicalize_name(affected.get("package", {}).get("name", "")) != package:
            continue
        if version in affected.get("versions", ()):
            return True
        ranges = [r for r in affected.get("ranges", ()) if r["type"] == "ECOSYSTEM"]
        if any(_is_within(r["events"], version) for r in ranges):
            return True
    return False


def _is_within(events: Sequence[Mapping[str, str]], version: str) -> bool:
    """Whether a version lies in a range, as OSV's schema evaluates its events, in order."""
    try:
        own = Version(version)
        inside = False
        for event in events:
            ((kind, bound),) = event.items()
            if kind == "introduced" and (bound == "0" or own >= Version(bound)):
                inside = True
            elif (kind == "fixed" and own >= Version(bound)) or (
                kind == "last_affected" and own > Version(bound)
            ):
                inside = False
    except (InvalidVersion, ValueError):
        return True  # rather one too many, for a person to look at
    return inside


def serve(database: Database) -> ThreadingHTTPServer:
    """A server on a free port of loopback that answers `POST /v1/query`."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = database.about(asked["package"]["name"], asked["version"])
            body = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main(file: Path, command: Sequence[str]) -> int:
    """Run a command of pip-audit against the file; its exit status."""
    database = Database(file)
    if not database.size:
        sys.exit(f"{file} has no entry of PyPI: fetch OSV's export of PyPI")
    server = serve(database)
    address = f"http://127.0.0.1:{server.server_port}/v1/query"
    options = ["--vulnerability-service", "osv", "--osv-url", address, "--progress-spinner", "off"]
    try:
        return subprocess.run([*command, *options], check=False).returncode  # noqa: S603
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[2] != "--":
        sys.exit("python deploy/osv.py all.zip -- pip-audit ...")
    sys.exit(main(Path(sys.argv[1]), sys.argv[3:]))
