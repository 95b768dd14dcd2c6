"""Every reader: its rows become the Examples one expects, and a bad row names file and line."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import datasets
import pytest
from language_samples import LANGUAGE_SAMPLES
from made_up_data import write_jsonl
from source_samples import SAMPLES as ENGLISH_SAMPLES

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.suites import SUITES
from upstander.training.contrast import generate
from upstander.training.errors import DataError
from upstander.training.example import Example
from upstander.training.sources import SOURCES, SUITE_FILES
from upstander.training.sources.source import Context, Source, SourceFile, check_file, read_source

SAMPLES = {**ENGLISH_SAMPLES, **LANGUAGE_SAMPLES}

READ = [name for name, source in SOURCES.items() if source.files]
"""The sources with files of rows; the others this project makes itself."""

DAVIDSON = SOURCES["davidson"]
DAVIDSON_FILE = DAVIDSON.files[0].path

# What a reader leaves out by its rule (hostile emotions, no majority, cleaned copies, nothing but
# white space), counted once on the files whose SHA-256 is declared.
LEFT_OUT = {
    "cad": 1,
    "vicomtech": 241,
    "jigsaw_toxic": 6230,
    "goemotions": 7838,
    "convabuse": 1,
    "toxigen_annotated_more": 959,
    "gahd": 1,
    "polar_harmless": 58726,
    "polar": 61751,
}

# The Examples beyond one a row: rewrites, where a row holds several texts.
ADDED = {"paradetox": 19603}


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the tests make up out of the user's cache of data sets."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def write_sample(name: str, folder: Path) -> None:
    for path, rows in SAMPLES[name].files.items():
        write_jsonl(folder / path, rows)


def files(source: Source) -> tuple[SourceFile, ...]:
    return (*source.files, *source.extra_files)


def test_a_source_is_read_or_made() -> None:
    assert {name for name in SOURCES if name not in READ} == {"contrast", "contrast_languages"}
    for source in SOURCES.values():
        assert (source.read is None) == (source.make is not None) == (not files(source))


def test_the_contrast_sets_need_no_files(tmp_path: Path) -> None:
    examples = list(read_source(SOURCES["contrast"], tmp_path / "nowhere"))
    assert examples == list(generate.examples())
    assert {example.source for example in examples} == {"contrast"}
    # Two that differ by the group only share an id, and no more than two.
    counts = Counter(example.id for example in examples)
    assert set(counts.values()) == {1, 2}
    assert len(examples) > 9000


@pytest.mark.parametrize("name", READ)
def test_rows_become_examples(name: str, tmp_path: Path, own_cache: None) -> None:
    write_sample(name, tmp_path)
    for file in files(SOURCES[name]):
        for row in SAMPLES[name].files[file.path]:
            assert set(file.columns) <= set(row), file.path
            assert set(row) <= {*file.columns, *file.optional}, file.path
    assert list(read_source(SOURCES[name], tmp_path)) == SAMPLES[name].expected


@pytest.mark.parametrize("name", READ)
def test_a_row_says_a_language_of_its_source(name: str, tmp_path: Path, own_cache: None) -> None:
    write_sample(name, tmp_path)
    found = {example.language for example in read_source(SOURCES[name], tmp_path)}
    assert found <= set(SOURCES[name].languages)


@pytest.mark.parametrize("name", [n for n, sample in SAMPLES.items() if sample.spoil])
def test_an_unknown_value_names_file_and_line(name: str, tmp_path: Path, own_cache: None) -> None:
    write_sample(name, tmp_path)
    path, rows = next(iter(SAMPLES[name].files.items()))
    column, value = SAMPLES[name].spoil or ("", "")
    write_jsonl(tmp_path / path, [rows[0] | {column: value}])
    with pytest.raises(DataError, match=f"{path}, line 1") as error:
        list(read_source(SOURCES[name], tmp_path))
    assert value not in str(error.value)


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("dehum_natural", "targets", ["martians"]),
        ("dehum_natural", "mechanisms", ["weather"]),
        ("dehum_natural", "hate", 1.5),
        ("perspective_rtp", "threat", 1.5),
        ("convabuse", "severity_votes", [1, -4]),
        ("convabuse", "severity_votes", []),
    ],
)
def test_a_value_out_of_range_names_file_and_line(
    name: str, column: str, value: object, tmp_path: Path, own_cache: None
) -> None:
    write_sample(name, tmp_path)
    path, rows = next(iter(SAMPLES[name].files.items()))
    write_jsonl(tmp_path / path, [rows[0] | {column: value}])
    with pytest.raises(DataError, match=f"{path}, line 1"):
        list(read_source(SOURCES[name], tmp_path))


@pytest.mark.parametrize("name", ["dynahate", "hatemoji_build"])
def test_an_unknown_type_is_not_taken_for_a_negative(
    name: str, tmp_path: Path, own_cache: None
) -> None:
    write_sample(name, tmp_path)
    path, row = next(
        (path, row) for path, rows in SAMPLES[name].files.items() for row in rows if "type" in row
    )
    write_jsonl(tmp_path / path, [row | {"type": "dehumanisation"}])
    with pytest.raises(DataError, match=f"{path}, line 1: column 'type'"):
        list(read_source(SOURCES[name], tmp_path))


@pytest.mark.parametrize("name", READ)
def test_a_missing_column_is_named(name: str, tmp_path: Path, own_cache: None) -> None:
    write_sample(name, tmp_path)
    file = SOURCES[name].files[0]
    column = file.columns[-1]
    rows = SAMPLES[name].files[file.path]
    write_jsonl(tmp_path / file.path, [{k: v for k, v in r.items() if k != column} for r in rows])
    with pytest.raises(DataError, match=f"{file.path}, line 1: column '{column}' is missing"):
        list(read_source(SOURCES[name], tmp_path))


@pytest.mark.parametrize(
    ("name", "path"), [(name, file.path) for name in SOURCES for file in files(SOURCES[name])]
)
def test_a_missing_file_is_named(name: str, path: str, tmp_path: Path, own_cache: None) -> None:
    write_sample(name, tmp_path)
    (tmp_path / path).unlink()
    with pytest.raises(DataError, match=f"{path} is missing: run 'upstander data fetch'"):
        list(read_source(SOURCES[name], tmp_path))


def test_a_reader_may_yield_several_examples_a_row_or_none(tmp_path: Path, own_cache: None) -> None:
    def read(context: Context) -> tuple[Example, ...]:
        texts = (context.row["tweet"], " ") * int(context.row["class"])
        return tuple(Example(text, "davidson", context.id, "train") for text in texts)

    write_jsonl(tmp_path / DAVIDSON_FILE, [{"tweet": f"row {n}", "class": n} for n in range(3)])
    examples = read_source(replace(DAVIDSON, read=read), tmp_path)
    assert [example.text for example in examples] == ["row 1", "row 2", "row 2"]


GOOD = "".join(
    json.dumps({"tweet": f"row {n} of a quiet day {n * 7919 % 1000}", "class": "2"}) + "\n"
    for n in range(200)
).encode()


def flip(packed: bytes, at: int) -> bytes:
    return packed[:at] + bytes([packed[at] ^ 0x55]) + packed[at + 1 :]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (gzip.compress(GOOD + b"not JSON\n"), "line 201: not JSON"),
        (gzip.compress(GOOD + b"[1]\n"), "line 201: not a JSON object"),
        (gzip.compress(GOOD + b'{"tweet":"\xff","class":"2"}\n'), "line 201: not JSON"),
        (gzip.compress(GOOD + b'{"tweet":"no class"}\n'), "line 201: column 'class' is missing"),
        (gzip.compress(GOOD)[:500], r"line \d+: the compressed file is damaged"),
        (flip(gzip.compress(GOOD), 30), r"line \d+: the compressed file is damaged"),
        (flip(gzip.compress(GOOD), -6), r"line \d+: the compressed file is damaged"),
        (GOOD, "line 1: the compressed file is damaged"),
        (gzip.compress(b""), "line 1: the file holds no rows"),
    ],
    ids=["text", "list", "bytes", "column", "cut", "flipped", "checksum", "not-gzip", "empty"],
)
def test_a_damaged_file_names_file_and_line(
    content: bytes, where: str, tmp_path: Path, own_cache: None
) -> None:
    path = tmp_path / DAVIDSON_FILE
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{path}, {where}"):
        list(read_source(DAVIDSON, tmp_path))
    assert f"{path}" in str(check_file(DAVIDSON.files[0], tmp_path))


@pytest.mark.parametrize("name", ["hatecheck", "dynahate"])
@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (lambda lines: gzip.compress(lines + b"not JSON\n"), r"line 101: JSONDecodeError"),
        (lambda lines: gzip.compress(lines + b"[1]\n"), r"line 101: not a JSON object"),
        (lambda lines: gzip.compress(lines + b'{"a":"\xff"}\n'), r"line 101: UnicodeDecodeError"),
        (lambda lines: gzip.compress(lines + b'{"a":1}\n'), r"line 101: column '.*' is missing"),
        (lambda lines: flip(gzip.compress(lines), 30), r"line \d+: error"),
        (lambda lines: gzip.compress(lines)[:200], r"line \d+: EOFError"),
    ],
    ids=["text", "list", "bytes", "column", "flipped", "cut"],
)
def test_a_damaged_suite_names_file_and_line(
    name: str, damage: Callable[[bytes], bytes], where: str, made_up: Path, tmp_path: Path
) -> None:
    file = {"hatecheck": "test_suite_cases", "dynahate": "test_rounds123_typed"}[name]
    path = tmp_path / name / f"{file}.jsonl.gz"
    path.parent.mkdir()
    with gzip.open(made_up / name / path.name) as lines:
        rows = (lines.readlines() * 100)[:100]
    path.write_bytes(damage(b"".join(rows)))
    with pytest.raises(EvaluationError, match=f"{path}, {where}"):
        SUITES[name](tmp_path)


def test_a_token_that_is_not_there_names_file_and_line(tmp_path: Path, own_cache: None) -> None:
    write_sample("hatexplain", tmp_path)
    evidences = [{"start_token": 3, "end_token": 30}]
    write_jsonl(
        tmp_path / "hatexplain/train_rationale_spans.jsonl.gz",
        [{"text": "a blue sky over us", "evidences": evidences}],
    )
    with pytest.raises(DataError, match=r"hatexplain/train\.jsonl\.gz, line 1: IndexError"):
        list(read_source(SOURCES["hatexplain"], tmp_path))


@pytest.mark.parametrize("name", ["hatexplain", "civil_comments_sample"])
def test_spans_point_at_the_marked_words(name: str, tmp_path: Path, own_cache: None) -> None:
    write_sample(name, tmp_path)
    examples = list(read_source(SOURCES[name], tmp_path))
    marked = {e.id: [e.text[begin:end] for begin, end in e.spans] for e in examples if e.spans}
    assert marked == {
        "hatexplain": {
            "hatexplain/train.jsonl.gz:1": ["blue sky", "us"],
            "v1": ["blue sky", "us"],
        },
        "civil_comments_sample": {"1": ["blue sky"], "4": ["us"]},
    }[name]  # fmt: skip


def test_a_file_that_changed_is_read_anew(tmp_path: Path, own_cache: None) -> None:
    write_sample("davidson", tmp_path)
    before = [e.text for e in read_source(DAVIDSON, tmp_path)]
    write_jsonl(tmp_path / DAVIDSON_FILE, [{"tweet": "another day", "class": "2"}])
    assert [e.text for e in read_source(DAVIDSON, tmp_path)] == ["another day"] != before


def test_check_file_accepts_what_is_declared(made_up: Path) -> None:
    file = SourceFile("davidson/all.jsonl.gz", "unsplit", ("tweet",), 200, sha256="")
    wrong = check_file(file, made_up)
    assert wrong is not None
    assert "200 rows, 200 expected" in wrong
    with gzip.open(made_up / file.path) as lines:
        sha256 = hashlib.sha256(lines.read()).hexdigest()
    right = SourceFile(file.path, file.split, file.columns, file.rows, sha256)
    assert check_file(right, made_up) is None


def test_an_example_refuses_a_label_that_is_not_a_signal() -> None:
    make: Callable[..., Example] = Example
    with pytest.raises(
        ValueError, match="unknown label, target or mechanism: rudeness, taste, wit"
    ):
        make(
            *("x", "s", "1", "train"),
            labels={"rudeness": 1.0},
            targets={"taste": 1.0},
            mechanisms={"wit": 1.0},
        )


@pytest.mark.data
@pytest.mark.parametrize("name", READ)
def test_the_real_rows_can_be_read(name: str, real_data: Path) -> None:
    source = SOURCES[name]
    examples = list(read_source(source, real_data))
    for file in files(source):
        assert check_file(file, real_data) is None
        with gzip.open(real_data / file.path) as lines:
            assert sum(1 for _ in lines) == file.rows
    rows = sum(file.rows for file in source.files)
    assert len(examples) == rows - LEFT_OUT.get(name, 0) + ADDED.get(name, 0)
    assert len({e.id for e in examples}) == len(examples)
    for example in examples:
        spans = example.spans or ()
        assert all(0 <= begin < end <= len(example.text) for begin, end in spans)
        # A text has a mechanism exactly if it dehumanizes, as far as both are known.
        if example.mechanisms and "dehumanization" in example.labels:
            assert max(example.mechanisms.values()) == example.labels["dehumanization"]
        # Every dehumanizing text is hateful, and what is not hateful dehumanizes nobody.
        assert example.labels.get("dehumanization", 0) <= example.labels.get("hate", 1)


def test_every_file_of_a_suite_is_declared_with_the_columns_that_it_reads() -> None:
    columns = {file.path: set(file.columns) for name in READ for file in files(SOURCES[name])}
    columns |= {f.path: set(f.columns) for suite in SUITE_FILES.values() for f in suite.files}
    six = {"toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"}
    hatemoderate = "eval_only/hatemoderate/all_examples"
    for path, needed in {
        "hatexplain/test.jsonl.gz": {"post_id", "annotators", "rationales", "post_tokens"},
        "hatemoji_build/test.jsonl.gz": {"entry_id", "text", "type", "target", "label_gold"},
        "jigsaw_toxic/test_sample.jsonl.gz": {"id", "comment_text", *six},
        f"{hatemoderate}_hate.jsonl.gz": {"example_id", "sentence", "guideline"},
        f"{hatemoderate}_nonhate.jsonl.gz": {"example_id", "sentence", "guideline"},
        "jigsaw_bias_templates/en_sentence_templates.jsonl.gz": {"template", "toxicity", "phrase"},
        "hatecheck/test_suite_cases.jsonl.gz": {"test_case", "label_gold", "functionality"},
    }.items():
        assert needed <= columns[path], path


def test_a_suite_says_what_its_licence_is_and_whether_that_was_read() -> None:
    terms = {name: (s.licence, s.licence_verified) for name, s in SUITE_FILES.items()}
    assert terms == {
        "hatecheck": ("CC-BY-4.0", True),
        "multilingual_hatecheck": ("CC-BY-4.0", True),
        "hatemoderate": ("none stated", False),
        "jigsaw_bias": ("CC BY 4.0", True),
        "ordinary": ("as of each source, in the field licence", False),
        "ordinary_more": ("unknown or for research only", False),
        "natural": ("labels CC0; each text keeps that of its set", False),
        "perspective_wikipedia": ("Apache-2.0", False),
        "perspective_rtp": ("Apache-2.0; rows of DecodingTrust CC BY-SA 4.0", False),
        "counterspeech": ("none stated; Reddit rows MIT", False),
    }


@pytest.mark.data
@pytest.mark.parametrize("name", SUITE_FILES)
def test_the_real_suites_are_as_declared(name: str, real_data: Path) -> None:
    for file in SUITE_FILES[name].files:
        assert check_file(file, real_data) is None
        with gzip.open(real_data / file.path) as lines:
            rows = [json.loads(line) for line in lines]
        assert len(rows) == file.rows
        assert set(file.columns) <= set(rows[0])
