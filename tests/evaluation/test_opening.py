"""Files as they come: compressed or damaged, in another encoding, of a kind that is not read."""

import bz2
import gzip
import io
import json
import lzma
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_score_command import upstander

from upstander.evaluation.batch.encodings import codec_of
from upstander.evaluation.batch.opening import opened_bytes
from upstander.evaluation.batch.row import Columns, Row
from upstander.evaluation.batch.rows import count_rows, read_rows
from upstander.evaluation.batch.unpacking import zstd
from upstander.evaluation.errors import EvaluationError

Compress = Callable[[bytes], bytes]


def gz(content: bytes) -> bytes:
    """Without the time in it, which would be in names of tests: no two workers would agree."""
    return gzip.compress(content, mtime=0)


def with_checksum(data: bytes) -> bytes:
    """As the program `zstd` writes it."""
    library = zstd()
    checksum = {library.CompressionParameter.checksum_flag: 1}
    packed: bytes = library.compress(data, options=checksum)
    return packed


COMPRESS: dict[str, Compress] = {
    ".gz": gz,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": with_checksum,
}
POSTS = "".join(json.dumps({"id": n, "text": f"post {n}"}) + "\n" for n in range(300)).encode()


def rows(path: Path, encoding: str = "utf-8") -> list[Row]:
    return list(read_rows(path, Columns(encoding=encoding)))


@pytest.mark.parametrize("ending", COMPRESS)
def test_compressed_files_are_read_whatever_the_case_of_the_ending(
    ending: str, tmp_path: Path
) -> None:
    for name in (f"posts.jsonl{ending}", f"POSTS.JSONL{ending.upper()}"):
        path = tmp_path / name
        path.write_bytes(COMPRESS[ending](POSTS) + COMPRESS[ending](POSTS))  # of two streams
        assert [row.text for row in rows(path)] == [f"post {n}" for n in range(300)] * 2
        assert count_rows(path, Columns()) == 600


@pytest.mark.parametrize("ending", COMPRESS)
def test_damage_is_told_wherever_it_is(ending: str, tmp_path: Path) -> None:
    whole = COMPRESS[ending](POSTS)
    expected = rows_of(POSTS)

    @given(st.integers(0, len(whole) - 1), st.sampled_from(["cut", "flip", "garbage"]))
    @settings(max_examples=60)
    def check(place: int, kind: str) -> None:
        path = tmp_path / f"posts.jsonl{ending}"
        if kind == "cut":
            path.write_bytes(whole[:place])
        elif kind == "flip":
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        else:
            path.write_bytes(whole + b"garbage")
        try:
            found = [row.text for row in rows(path)]
        except EvaluationError as error:
            assert str(path) in str(error)  # noqa: PT017 - either will do
        else:
            # The time in the head of a gzip file, say, is not of the posts.
            assert kind == "flip"
            assert found == expected

    check()


def rows_of(lines: bytes) -> list[str]:
    return [json.loads(line)["text"] for line in lines.splitlines()]


def test_zeros_behind_a_gzip_stream_are_padding(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl.gz"
    path.write_bytes(gz(POSTS) + b"\0" * 200_000)
    assert len(rows(path)) == 300


def test_a_few_bytes_that_hold_gigabytes_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt.bz2"
    path.write_bytes(bz2.compress(b"\n" * (64 << 20)))
    with opened_bytes(path) as (stream, _):
        assert len(stream.read1(1 << 30)) <= 1 << 17


def test_a_damaged_file_is_one_clear_line_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl.gz"
    path.write_bytes(gz(POSTS)[:-20])
    done = upstander("score", path, "-o", tmp_path / "scores.jsonl")
    assert done.returncode == 1
    assert done.stderr.startswith(f"upstander: {path} is cut off or damaged: ")
    assert done.stderr.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["posts.jsonl.gz"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("posts.zip", b"PK\x03\x04 and more", "a zip archive, as .xlsx is: unpack it"),
        ("posts.xlsx", b"PK\x03\x04 and more", "save a table as CSV"),
        ("posts.csv", b"PAR1 and more", "Parquet: give --format parquet"),
        ("posts.7z", b"7z\xbc\xaf\x27\x1c", "an archive: unpack it"),
        ("posts.tar.gz", gz(b"\0" * 257 + b"ustar" + b"\0" * 300), "a tar archive"),
        ("posts.csv.gz", gz(gz(b"text\n")), "compressed twice"),
        ("posts.csv.gz", b"text\nhello\n", "is not compressed, or its beginning is lost"),
        ("posts.csv.gz", b"", "is not compressed, or its beginning is lost"),
        ("posts.parquet", gz(b"PAR1"), "is compressed with gzip: unpack it"),
        ("posts.xyz", b"hello", "give it with --format (csv, json, jsonl, parquet, text)"),
    ],
)
def test_what_is_not_read_says_what_to_do(
    name: str, content: bytes, told: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(EvaluationError) as error:
        rows(path)
    assert told in str(error.value)


def test_an_array_of_json_is_read_a_piece_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "posts.json"
    posts = [{"id": n, "text": f"post {n} " + "\u00e9[,]" * n} for n in range(60)]
    for size in (1, 7, 1 << 20):
        monkeypatch.setattr("upstander.evaluation.batch.json_rows._CHARACTERS", size)
        for indent in (None, 2):
            path.write_text(json.dumps([*posts, 7, {"text": None}], indent=indent))
            *good, number, empty = rows(path)
            assert [(row.id, row.text) for row in good] == [
                (f"{p['id']}", p["text"]) for p in posts
            ]
            assert number.problem == "the element is not a JSON object"
            assert empty.problem == "field 'text' is missing or not a string"
            assert good[1].line == (9 if indent else 1)
    path.write_text('{"text": "a line"}\n{"text": "another"}')
    assert [row.text for row in rows(path)] == ["a line", "another"]
    assert count_rows(path, Columns()) is None
    for damaged in ('[{"text": "a"},', '[{"text": "a"} {"text": "b"}]', '[{"text": "a"}] 7', "[,]"):
        path.write_text(damaged)
        with pytest.raises(EvaluationError, match="from line 1 on: no JSON array"):
            rows(path)
    path.write_text('{\n "posts": []\n}')
    with pytest.raises(EvaluationError, match="is one JSON object: make it an array"):
        rows(path)


TEXTS = {
    "Latin": "Good morning\nMigrants are vermin\n",
    "Cyrillic": "\u0434\u043e\u0431\u0440\u043e\u0435 \u0443\u0442\u0440\u043e\n\u0432\n",
    "Chinese": "\u65e9\u4e0a\u597d\u5927\u5bb6\u597d\n\u4f60\u597d\u4e16\u754c\n",
    "Arabic": "\u0635\u0628\u0627\u062d \u0627\u0644\u062e\n\u0645\u0631\u062d\u0628\u0627\n",
}
"""Greetings. In Chinese a byte of U+4E0A is that of a line break."""


@pytest.mark.parametrize("script", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_without_a_mark_are_refused_and_named(
    encoding: str, script: str, tmp_path: Path
) -> None:
    path = tmp_path / "posts.txt"
    path.write_bytes(TEXTS[script].encode(encoding))
    with pytest.raises(EvaluationError, match=f"give --encoding {encoding}"):
        rows(path)
    assert [row.text for row in rows(path, encoding)] == TEXTS[script].splitlines()


@pytest.mark.parametrize("script", TEXTS)
@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_is_believed(mark: str, script: str, tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_bytes(TEXTS[script].encode(mark))
    named = mark.removesuffix("-sig")
    assert [row.text for row in rows(path, named)] == TEXTS[script].splitlines()
    for other in {"utf-8", "cp1252", "utf-16", "utf-32"} - {named}:
        with pytest.raises(EvaluationError, match=rf"give --encoding {named}$"):
            rows(path, other)


def test_utf8_is_not_read_as_utf16(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_text("Good morning, everybody\n")
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        with pytest.raises(EvaluationError, match=r"give --encoding utf-8$"):
            rows(path, encoding)


def test_a_stray_zero_or_a_cut_character_is_of_its_row_only(tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    path.write_bytes(b"ver\0min\nGood morning\n")
    assert [row.text for row in rows(path)] == ["ver\0min", "Good morning"]
    path.write_bytes("Good morning\nhello".encode("utf-16")[:-1])
    good, bad = rows(path, "utf-16")
    assert (good.text, good.problem) == ("Good morning", "")
    assert "half a character" in bad.problem


def test_encodings_that_there_are_not(tmp_path: Path) -> None:
    for encoding in ("klingon", "hex", "base64", ""):
        with pytest.raises(EvaluationError, match="there is no such encoding: give one such as"):
            codec_of(encoding)
    done = upstander("score", "--encoding", "klingon", stdin="hello\n")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "content",
    [
        "one\ntwo\n".encode("utf-16"),
        "one\ntwo\n".encode("utf-16-le"),
        b"one\rhalf\ntwo\r\nthree",
        b"one\nca\xe9f\nthree\n",
        gz(b"one\ntwo\n"),
        bz2.compress(b"one\ntwo\n")[:-4],
        b"PK\x03\x04 and more",
        b"\xef\xbb\xbfone\ntwo\n",
        b"o",
        b"",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_pipe_gives_what_a_file_gives(
    content: bytes, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "posts.txt"
    path.write_bytes(content)
    piped = io.TextIOWrapper(io.BufferedReader(Trickle(content)))
    monkeypatch.setattr(sys, "stdin", piped)

    def outcome(source: Path | None) -> object:
        try:
            return list(read_rows(source, Columns(encoding=encoding)))
        except EvaluationError as error:
            return str(error).replace(str(path), "standard input")

    assert outcome(None) == outcome(path)


class Trickle(io.RawIOBase):
    """A pipe into which somebody writes three bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._left = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, place: bytearray) -> int:  # type: ignore[override]
        some = self._left.read(min(3, len(place)))
        place[: len(some)] = some
        return len(some)


def test_wrong_utf16_on_standard_input_is_one_line() -> None:
    for encoding in ("utf-16", "utf-16-le"):
        done = upstander("score", "--encoding", encoding, stdin="hello to everybody there\n")
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "give --encoding utf-8" in done.stderr


HALF = "\ud83d"


def test_an_id_that_cannot_be_written_is_a_bad_row_in_every_output(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    odd: list[object] = [HALF, f"a{HALF}b", {"a": 1}, "x" * 200_000]
    lines = [{"id": one, "text": "Good morning"} for one in odd]
    posts.write_text("\n".join(map(json.dumps, [*lines, {"id": "e", "text": "Hello"}])))
    for output in (tmp_path / "scores.jsonl", tmp_path / "scores.parquet"):
        done = upstander("score", posts, "-o", output)
        assert done.returncode == 3, done.stderr
        assert "4 rows could not be scored" in done.stderr
        errors = Path(f"{output}.errors.jsonl").read_text()
        assert [json.loads(line)["row"] for line in errors.splitlines()] == [1, 2, 3, 4]
        assert "\\ud83d" not in errors
    (kept,) = (tmp_path / "scores.jsonl").read_text().splitlines()
    assert json.loads(kept)["id"] == "e"
    assert pq.read_table(tmp_path / "scores.parquet")["id"].to_pylist() == ["e"]


def test_a_bad_character_is_found_in_every_format_and_every_field(tmp_path: Path) -> None:
    columns = Columns(others=("who",))
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "a", "who": HALF}))
    (tmp_path / "b.csv").write_bytes(b"id,text,who\n\xe9,a,b\n1,a,\xe9\n")
    (tmp_path / "c.json").write_text(json.dumps([{"id": HALF, "text": "a", "who": "b"}]))
    for path in tmp_path.iterdir():
        for row in read_rows(path, columns):
            assert "half a character" in row.problem, path
            assert row.id in (None, "1")


def test_a_file_whose_name_is_no_utf8_can_be_scored(tmp_path: Path) -> None:
    posts = Path(str(tmp_path / "posts-") + b"\xe9.parquet".decode("utf-8", "surrogateescape"))
    with posts.open("wb") as file:  # pyarrow takes no such name
        pq.write_table(pa.table({"text": ["Good morning"]}), file)
    output = tmp_path / "scores.parquet"
    done = upstander("score", posts, "-o", output)
    assert done.returncode == 0, done.stderr
    assert pq.read_table(output)["file"].to_pylist() == [f"{tmp_path}/posts-\\xe9.parquet"]
