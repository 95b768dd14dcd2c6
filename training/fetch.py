"""Fetching the public originals: resumed where they broke off, verified, converted to what is read.

`sources/originals.toml` says where each original lies and what it looks like. A converted file is
verified by the SHA-256 of its lines, so it does not matter who converted it.
"""

import csv
import gzip
import io
import json
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from rich.console import Console

from upstander.evaluation.progress import track
from upstander.models.files import replacing
from upstander.training.errors import DataError
from upstander.training.sources import SOURCES, SUITE_FILES
from upstander.training.sources.source import SourceFile, check_file

ORIGINALS: Final = Path(__file__).parent / "sources" / "originals.toml"
_KEPT: Final = ".originals"
_TRIES: Final = 3
_TIMEOUT: Final = httpx.Timeout(30)

csv.field_size_limit(1 << 30)


def fetch_data(
    names: Sequence[str], to: Path, mirror: str = "", originals: Path = ORIGINALS
) -> int:
    """Fetch the files of the named data sets and suites, or of all, into `to`.

    mirror: address of a folder that holds the files as they are read; then nothing is converted.
    Returns 0 if every file is there and is the declared one, else 3. What could not be had is
    listed, and what was fetched stays.
    """
    if unknown := sorted(set(names) - set(SOURCES) - set(SUITE_FILES)):
        raise DataError(f"{unknown[0]} is not a data set: 'upstander data list' shows the names")
    table = tomllib.loads(originals.read_text(encoding="utf-8"))
    console = Console()
    problems = 0
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
        wanted = [file for name in names or (*SOURCES, *SUITE_FILES) for file in _files(name)]
        # Two data sets may be parts of one file.
        for path, file in {file.path: file for file in wanted}.items():
            problem = _fetch_file(client, file, to, mirror, table.get(path, {}))
            problems += problem is not None
            console.print(f"{path}: {problem or 'ok'}", highlight=False, soft_wrap=True)
    if problems:
        console.print(
            f"{problems} files are not as declared; training/sources/originals.toml says where "
            "each is published",
            soft_wrap=True,
        )
    return 3 if problems else 0


def _files(name: str) -> tuple[SourceFile, ...]:
    """The files of a data set and those of the suite of its name, which may be one of both."""
    source, suite = SOURCES.get(name), SUITE_FILES.get(name)
    return (
        *((*source.files, *source.extra_files) if source else ()),
        *(suite.files if suite else ()),
    )


def _fetch_file(
    client: httpx.Client, file: SourceFile, to: Path, mirror: str, original: dict[str, Any]
) -> str | None:
    """What is wrong with the file in the end, or None."""
    if (to / file.path).is_file() and check_file(file, to) is None:
        return None
    try:
        if mirror:
            download(client, f"{mirror.rstrip('/')}/{file.path}", to / file.path)
        elif "url" in original:
            kept = to / _KEPT / Path(urlsplit(original["url"]).path.lstrip("/"))
            if not kept.is_file():
                download(client, original["url"], kept)
            try:
                convert(kept, to / file.path, original)
            except DataError:
                kept.unlink()  # such as a login page; the next call asks again
                raise
        else:
            return f"has no single public original ({original.get('missing', 'unknown')})"
    except DataError as error:
        return str(error)
    return check_file(file, to)


def download(client: httpx.Client, url: str, destination: Path) -> None:
    """Fetch one file. A download that broke off goes on where it was, also in a later call.

    Raises DataError if the server does not have it or cannot be reached.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = destination.with_name(f"{destination.name}.part")
    problem = ""
    for _ in range(_TRIES):
        try:
            if _continue(client, url, part):
                part.replace(destination)
                return
            problem = "the connection broke off; run the same command again to go on"
        except httpx.HTTPStatusError as error:
            problem = f"the server answered {error.response.status_code}"
            break
        except httpx.HTTPError as error:
            problem = f"{type(error).__name__}; run the same command again to go on"
    raise DataError(f"could not fetch {url}: {problem}")


def _continue(client: httpx.Client, url: str, part: Path) -> bool:
    """Fetch what is missing of `part`; whether it is complete now."""
    have = part.stat().st_size if part.is_file() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    # A compressed reply would make the byte counts those of the transfer, not of the file.
    headers["Accept-Encoding"] = "identity"
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            if response.headers.get("Content-Range", f"bytes */{have}") == f"bytes */{have}":
                return True  # nothing is missing
            part.unlink()  # more than there is: the file was replaced by a shorter one
            return False
        response.raise_for_status()
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
        have = have if resumed else 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        with part.open("ab" if resumed else "wb") as stream, _bar(url, total) as progress:
            progress.advance(have)
            # Raw: a server may call a .gz file gzip-encoded, and it is wanted as it is.
            for chunk in response.iter_raw():
                stream.write(chunk)
                have += len(chunk)
                progress.advance(len(chunk))
    return total is None or have == total


def _bar(url: str, total: int | None) -> Any:
    return track(Path(urlsplit(url).path).name, total=total, unit="bytes")


def convert(source: Path, destination: Path, original: dict[str, Any]) -> None:
    """Write the rows of an original as gzip'd JSON lines, columns and values as they are.

    Raises DataError if the original is not what `originals.toml` says.
    """
    try:
        rows: Iterable[dict[str, Any]] = _rows(_text(source, original.get("member")), original)
        if "select" in original:
            column, values = original["select"]["column"], original["select"]["values"]
            rows = [row for row in rows if row[column] in values]
        with (
            replacing(destination) as unfinished,
            gzip.open(unfinished, "wt", encoding="utf-8", newline="\n") as lines,
        ):
            for row in rows:
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    except (KeyError, ValueError, csv.Error, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{source} is not the {original['format']} file that was expected "
            f"({type(error).__name__}): its publisher may have changed it"
        ) from error


def _text(source: Path, member: str | None) -> str:
    if member is None:
        return source.read_text(encoding="utf-8-sig")
    with zipfile.ZipFile(source) as archive:
        return archive.read(member).decode("utf-8-sig")


def _rows(text: str, original: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = original["format"]
    if kind == "json":
        yield from map(_row, json.loads(text))
    elif kind == "jsonl":
        yield from (_row(json.loads(line)) for line in text.split("\n") if line)
    elif kind == "raw-tsv":  # tabs only: a quotation mark is a character of the text
        lines = [line.rstrip("\r").split("\t") for line in text.split("\n") if line]
        columns = original.get("columns") or lines.pop(0)
        yield from (dict(zip(columns, line, strict=True)) for line in lines)
    elif kind in ("csv", "tsv"):
        delimiter = "\t" if kind == "tsv" else ","
        cells = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        columns = next(cells, [])
        yield from (dict(zip(columns, row, strict=True)) for row in cells if row)
    else:
        raise ValueError(f"unknown format {kind}")


def _row(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value
