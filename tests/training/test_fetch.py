"""Fetching, against a real local HTTP server: converted, resumed, verified, and never in silence.

The server serves made-up originals; that the real addresses are right only a machine with the
internet can tell.
"""

import csv
import gzip
import hashlib
import io
import json
import threading
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from upstander.training import fetch
from upstander.training.errors import DataError
from upstander.training.fetch import convert, download, fetch_data
from upstander.training.sources import SOURCES, SUITE_FILES
from upstander.training.sources.source import Source, SourceFile, check_file

ROWS = [
    {"text": 'she said "good morning", twice', "label": "0"},
    {"text": "a street with trees \U0001f333", "label": "1"},
]
PATH = "made_up/all.jsonl.gz"


class Site:
    """What the server serves and what it was asked for.

    files: address path to content.
    breaks: how many replies still break off in the middle.
    asked: (path, Range header) of every request.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}
        self.breaks = 0
        self.takes_ranges = True
        self.encoding = ""
        self.asked: list[tuple[str, str | None]] = []


@pytest.fixture
def site() -> Iterator[Site]:
    """A server on a free port that knows Range and can break off."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            served.asked.append((self.path, wanted))
            content = served.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            if not served.takes_ranges:
                begin = 0
            if begin and begin >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            rest = content[begin:]
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(rest)))
            if served.encoding:
                self.send_header("Content-Encoding", served.encoding)
            self.end_headers()
            if served.breaks:
                served.breaks -= 1
                rest = rest[: len(rest) // 2]
            self.wfile.write(rest)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    served = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


def jsonl(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def made_up_source(rows: Sequence[Mapping[str, Any]]) -> Source:
    """A data set of one file, declared to hold `rows`."""
    sha256 = hashlib.sha256(jsonl(rows)).hexdigest()
    file = SourceFile(PATH, "unsplit", ("text", "label"), len(rows), sha256)
    return Source("made_up", "", "", False, "", (file,), {}, lambda _: None)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    """The only data set that is declared, with ROWS in it: the real ones are megabytes of hate."""
    only = made_up_source(ROWS)
    monkeypatch.setattr(fetch, "SOURCES", {"made_up": only})
    monkeypatch.setattr(fetch, "SUITE_FILES", {})
    return only


def toml(folder: Path, **keys: Any) -> Path:
    """An originals.toml with one entry; JSON strings, lists and numbers are TOML too."""
    path = folder / "originals.toml"
    select = keys.pop("select", None)
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    if select:
        column, values = json.dumps(select["column"]), json.dumps(select["values"])
        lines.append(f"select = {{ column = {column}, values = {values} }}")
    path.write_text("\n".join((f'["{PATH}"]', *lines)) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/readme.txt", "nothing")
        archive.writestr(name, content)
    return packed.getvalue()


CSV = (
    'text,label\n"she said ""good morning"", twice",0\na street with trees \U0001f333,1\n'.encode()
)
TSV = CSV.replace(b",0", b"\t0").replace(b",1", b"\t1").replace(b"text,", b"text\t")
RAW = 'she said "good morning", twice\t0\r\na street with trees \U0001f333\t1\r\n'.encode()
ORIGINALS = {
    "csv": ("/a/b.csv", CSV, {"format": "csv"}),
    "csv with a byte order mark": ("/b.csv", b"\xef\xbb\xbf" + CSV, {"format": "csv"}),
    "tsv": ("/b.tsv", TSV, {"format": "tsv"}),
    "raw tsv": ("/b.tsv", b"text\tlabel\n" + RAW, {"format": "raw-tsv"}),
    "raw tsv without header": (
        "/b.tsv",
        RAW,
        {"format": "raw-tsv", "columns": ["text", "label"]},
    ),
    "jsonl": ("/b.jsonl", jsonl(ROWS), {"format": "jsonl"}),
    "json": ("/b.json", json.dumps(ROWS, indent=1).encode(), {"format": "json"}),
    "zip": ("/b.zip", zipped("a/b.csv", CSV), {"format": "csv", "member": "a/b.csv"}),
    "selected": (
        "/b.json",
        json.dumps([*ROWS, {"text": "of another part", "label": "2"}]).encode(),
        {"format": "json", "select": {"column": "label", "values": ["0", "1"]}},
    ),
}


@pytest.mark.parametrize("kind", ORIGINALS)
def test_every_format_is_converted(
    kind: str, site: Site, source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address, content, keys = ORIGINALS[kind]
    site.files[address] = content
    table = toml(tmp_path, url=site.url + address, **keys)
    assert fetch_data([], tmp_path, originals=table) == 0
    assert read(tmp_path / PATH) == ROWS
    assert check_file(source.files[0], tmp_path) is None
    assert capsys.readouterr().out == f"{PATH}: ok\n"


def test_what_is_there_is_not_fetched_again(site: Site, source: Source, tmp_path: Path) -> None:
    site.files["/b.csv"] = CSV
    table = toml(tmp_path, url=f"{site.url}/b.csv", format="csv")
    assert [fetch_data(["made_up"], tmp_path, originals=table) for _ in range(2)] == [0, 0]
    assert site.asked == [("/b.csv", None)]


def test_a_download_that_breaks_off_goes_on(site: Site, tmp_path: Path) -> None:
    site.files["/big"] = content = bytes(range(256)) * 1000
    site.breaks = 2
    with httpx.Client() as client:
        download(client, f"{site.url}/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == content
    assert [wanted for _, wanted in site.asked] == [None, "bytes=128000-", "bytes=192000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["big"]


def test_a_later_call_goes_on_too(
    site: Site, source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.files["/b.csv"] = CSV
    site.breaks = 3
    table = toml(tmp_path, url=f"{site.url}/b.csv", format="csv")
    assert fetch_data([], tmp_path, originals=table) == 3
    told = capsys.readouterr().out
    assert f"could not fetch {site.url}/b.csv" in told
    assert "run the same command again to go on" in told
    assert fetch_data([], tmp_path, originals=table) == 0
    assert read(tmp_path / PATH) == ROWS
    # Three replies, each of half of what was left.
    assert site.asked[-1][1] == f"bytes={len(CSV) - -(-len(CSV) // 8)}-"


def test_a_server_without_ranges_sends_all_of_it_again(site: Site, tmp_path: Path) -> None:
    site.files["/big"] = content = bytes(range(256)) * 100
    site.breaks = 1
    site.takes_ranges = False
    with httpx.Client() as client:
        download(client, f"{site.url}/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == content


def test_a_part_that_was_complete_is_taken(site: Site, tmp_path: Path) -> None:
    site.files["/big"] = content = b"every byte of it"
    (tmp_path / "big.part").write_bytes(content)
    with httpx.Client() as client:
        download(client, f"{site.url}/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == content
    assert len(site.asked) == 1


def test_a_part_that_is_too_long_is_not_taken(site: Site, tmp_path: Path) -> None:
    """The publisher replaced the file by a shorter one in the meantime."""
    site.files["/big"] = b"the new file"
    (tmp_path / "big.part").write_bytes(b"more than half of the old file")
    with httpx.Client() as client:
        download(client, f"{site.url}/big", tmp_path / "big")
    assert (tmp_path / "big").read_bytes() == b"the new file"


def test_a_gzip_file_stays_one(site: Site, source: Source, tmp_path: Path) -> None:
    """Some servers call every .gz file gzip-encoded, whatever the client said it accepts."""
    site.files[f"/m/{PATH}"] = packed = gzip.compress(jsonl(ROWS))
    site.encoding = "gzip"
    assert fetch_data([], tmp_path, mirror=f"{site.url}/m") == 0
    assert (tmp_path / PATH).read_bytes() == packed


def test_a_wrong_checksum_is_reported_and_the_file_stays(
    site: Site, source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.files["/b.csv"] = CSV.replace(b"good", b"fine")
    table = toml(tmp_path, url=f"{site.url}/b.csv", format="csv")
    assert fetch_data([], tmp_path, originals=table) == 3
    told = capsys.readouterr().out
    assert f"{tmp_path / PATH}: its SHA-256 is not the declared one (2 rows, 2 expected)" in told
    assert "1 files are not as declared" in told
    assert "morning" not in told
    assert len(read(tmp_path / PATH)) == 2


def test_what_is_not_there_names_the_address(
    site: Site, source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = toml(tmp_path, url=f"{site.url}/gone.csv", format="csv")
    assert fetch_data([], tmp_path, originals=table) == 3
    told = capsys.readouterr().out
    assert f"could not fetch {site.url}/gone.csv: the server answered 404" in told
    assert len(site.asked) == 1  # no use in asking again


def test_nobody_there_names_the_address(tmp_path: Path, site: Site, source: Source) -> None:
    with httpx.Client() as client, pytest.raises(DataError) as error:
        download(client, "http://127.0.0.1:1/b.csv", tmp_path / "b.csv")
    assert "could not fetch http://127.0.0.1:1/b.csv: ConnectError" in str(error.value)


def test_a_file_without_an_original_says_why(
    source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = toml(tmp_path, missing="a union of two samples")
    assert fetch_data([], tmp_path, originals=table) == 3
    assert "has no single public original (a union of two samples)" in capsys.readouterr().out


def test_an_unknown_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere is not a data set: 'upstander data list'"):
        fetch_data(["davidson", "nowhere"], tmp_path)


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_mirror_serves_the_files_as_they_are_read(
    slash: str, site: Site, source: Source, tmp_path: Path
) -> None:
    site.files[f"/m/{PATH}"] = packed = gzip.compress(jsonl(ROWS))
    assert fetch_data([], tmp_path, mirror=f"{site.url}/m{slash}") == 0
    assert (tmp_path / PATH).read_bytes() == packed


BAD = {
    "not JSON": (b"<html>", {"format": "json"}),
    "not a list of rows": (b'{"text": "one"}', {"format": "json"}),
    "too many tabs": (b"text\tlabel\none\t0\ttwo\n", {"format": "raw-tsv"}),
    "too few columns": (b"text,label\none\n", {"format": "csv"}),
    "too many columns": (b"text,label\none,0,two\n", {"format": "csv"}),
    "no such column": (CSV, {"format": "csv", "select": {"column": "part", "values": ["1"]}}),
    "not UTF-8": (b"text,label\n\xff,0\n", {"format": "csv"}),
    "not a zip": (CSV, {"format": "csv", "member": "a.csv"}),
    "no such member": (zipped("b.csv", CSV), {"format": "csv", "member": "a.csv"}),
    "unknown format": (CSV, {"format": "xls"}),
}


@pytest.mark.parametrize("kind", BAD)
def test_an_original_that_changed_leaves_nothing_behind(kind: str, tmp_path: Path) -> None:
    original, target = tmp_path / "original", tmp_path / "out" / "all.jsonl.gz"
    content, keys = BAD[kind]
    original.write_bytes(content)
    with pytest.raises(DataError, match="its publisher may have changed it") as error:
        convert(original, target, keys)
    assert str(original) in str(error.value)
    assert not list(tmp_path.glob("out/*"))


def test_a_page_in_the_place_of_a_file_is_not_kept(
    site: Site, source: Source, tmp_path: Path
) -> None:
    """A login page answers 200: the next call must ask again, and not for the rest of it."""
    table = toml(tmp_path, url=f"{site.url}/b.json", format="json")
    site.files["/b.json"] = b"<html>please log in to go on" + b"!" * 2000
    assert fetch_data([], tmp_path, originals=table) == 3
    site.files["/b.json"] = jsonl([]) + json.dumps(ROWS).encode()
    assert fetch_data([], tmp_path, originals=table) == 0
    assert read(tmp_path / PATH) == ROWS


def test_every_declared_file_has_an_original_or_a_reason() -> None:
    table = tomllib.loads(fetch.ORIGINALS.read_text(encoding="utf-8"))
    declared = [
        *(f for source in SOURCES.values() for f in (*source.files, *source.extra_files)),
        *(f for suite in SUITE_FILES.values() for f in suite.files),
    ]
    assert set(table) == {file.path for file in declared}
    for path, original in table.items():
        assert ("url" in original) != ("missing" in original), path
        assert original.get("url", "https://").startswith("https://"), path
        assert original.get("format", "csv") in ("csv", "tsv", "raw-tsv", "json", "jsonl"), path


@pytest.mark.parametrize("name", SUITE_FILES)
def test_a_suite_can_be_fetched_by_its_name(
    name: str, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch_data([name], tmp_path, mirror=site.url) == 3
    own = SOURCES.get(name)  # a data set can have a suite of its name
    declared = (
        *((*own.files, *own.extra_files) if own else ()),
        *SUITE_FILES[name].files,
    )
    assert [path for path, _ in site.asked] == [f"/{file.path}" for file in declared]
    assert f"{len(declared)} files are not as declared" in capsys.readouterr().out


def test_every_declared_file_is_fetched_once(site: Site, tmp_path: Path) -> None:
    assert fetch_data([], tmp_path, mirror=site.url) == 3
    asked = [path.removeprefix("/") for path, _ in site.asked]
    assert len(set(asked)) == len(asked)
    assert set(asked) == set(tomllib.loads(fetch.ORIGINALS.read_text(encoding="utf-8")))


def test_a_name_given_twice_is_fetched_once(site: Site, tmp_path: Path) -> None:
    fetch_data(["ordinary", "ordinary"], tmp_path, mirror=site.url)
    assert len(site.asked) == len({path for path, _ in site.asked}) == 2


def test_a_source_that_this_project_makes_has_nothing_to_fetch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch_data(["contrast"], tmp_path) == 0
    assert not list(tmp_path.iterdir())
    assert capsys.readouterr().out == ""


@pytest.mark.data
def test_the_real_suites_come_out_of_their_tables_again(real_data: Path, tmp_path: Path) -> None:
    """A table as its publisher has it becomes the declared lines, to the byte."""
    table = tomllib.loads(fetch.ORIGINALS.read_text(encoding="utf-8"))
    for file in (*SUITE_FILES["hatemoderate"].files, *SUITE_FILES["jigsaw_bias"].files):
        rows = read(real_data / file.path)
        delimiter = {"csv": ",", "tsv": "\t"}[table[file.path]["format"]]
        with (tmp_path / "original").open("w", encoding="utf-8", newline="") as original:
            writer = csv.DictWriter(
                original, list(rows[0]), delimiter=delimiter, lineterminator="\n"
            )
            writer.writeheader()
            writer.writerows(rows)
        convert(tmp_path / "original", tmp_path / file.path, table[file.path])
        assert check_file(file, tmp_path) is None
