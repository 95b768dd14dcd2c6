"""Options without effect are refused, and rows that are left out are said."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from test_score_command import upstander
from typer.testing import CliRunner

from upstander.cli import app
from upstander.evaluation.batch.row import Columns
from upstander.evaluation.batch.rows import read_rows
from upstander.evaluation.batch.sources import find_sources
from upstander.evaluation.custom_data import Mapped, mapped_labels, own_cases, own_suites
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.runner import evaluate_all
from upstander.evaluation.scoring import Once
from upstander.evaluation.suites.case import Case
from upstander.models.bundle import Bundle


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with posts of every kind, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "posts.txt").write_text("Good morning\n")
    (tmp_path / "posts.jsonl").write_text('{"text": "Good morning", "hate": 0}\n')
    (tmp_path / "posts.csv").write_text("text,hate\nGood morning,0\n")
    (tmp_path / "bundle").mkdir()
    (tmp_path / "old.jsonl").touch()
    (tmp_path / "old.parquet").touch()
    return tmp_path


WITHOUT_EFFECT = {
    "score posts.csv --keep text, hate": (
        "hate is not a file: if it is a column, write --keep text,hate"
    ),
    "evaluate --policy hate": "--policy has no effect without files of your own",
    "score posts.txt --restart": "--restart has no effect without --output",
    "score posts.txt --rows-a-part 7": "--rows-a-part has no effect without --output",
    "score posts.txt --layout flat": "--layout has no effect without --output",
    "score posts.txt --keep author": "--keep has no effect on plain text",
    "score posts.txt --no-decision --policy x.toml": "--policy has no effect with --no-decision",
    "score posts.txt --text-column comment": "--text-column has no effect on plain text",
    "score posts.txt --id-column key": "--id-column has no effect on plain text",
    "score posts.jsonl --delimiter ;": "--delimiter has no effect where no input is CSV",
    "score dataset:none --encoding cp1252": "--encoding has no effect on Parquet and data sets",
    "score dataset:none --format csv": "--format has no effect on buckets and data sets",
    "score posts.txt --workers 2": "--workers is of --engine ray",
    "evaluate posts.csv --label hate --capacity 5": "--capacity has no effect without --thresholds",
    "evaluate posts.csv --label hate --posts 5": "--posts has no effect without --thresholds",
    "evaluate posts.csv --label hate --share 0.5": (
        "--prevalence has no effect without --thresholds"
    ),
    "evaluate posts.csv --label hate --thresholds --cost-missed 5": (
        "--cost-missed has no effect without --cost-flagged"
    ),
    "evaluate posts.csv --label hate --thresholds --cost-flagged 5": (
        "--cost-flagged has no effect without --cost-missed"
    ),
    "evaluate posts.csv --label hate --suite hatecheck": "--suite has no effect with files of your",
    "evaluate posts.csv --label hate --data .": "--data has no effect with files of your own",
    "evaluate posts.csv --label hate --timing": "--timing has no effect unless all suites are run",
    "evaluate posts.csv --label hate --against-threshold 0.7": (
        "--against-threshold has no effect without --against"
    ),
    "evaluate posts.csv --label hate --against bundle --against-threshold 0.7": (
        "--against-threshold has no effect with another bundle"
    ),
    "evaluate --suite hatecheck --label hate": "--label has no effect without files of your own",
    "evaluate --positive ja": "--positive has no effect without files of your own",
    "evaluate --id-column key": "--id-column has no effect without files of your own",
    "evaluate --cluster author": "--cluster has no effect without files of your own",
    "compare old.jsonl --text-column x": "--text-column has no effect where the input is no table",
    "compare old.parquet --delimiter ;": "--delimiter has no effect where the input is no CSV",
    "evaluate --target-column who": "--target-column has no effect without files of your own",
    "evaluate --encoding cp1252": "--encoding has no effect without files of your own",
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("given", WITHOUT_EFFECT)
def test_an_option_without_effect_is_refused(given: str) -> None:
    done = CliRunner().invoke(app, given.split(), env={"COLUMNS": "300"})
    assert done.exit_code == 2, (done.output, done.exception)
    assert WITHOUT_EFFECT[given] in done.output


@pytest.mark.parametrize("name", ["posts.jsonl", "posts.csv"])
def test_an_id_column_that_was_named_must_be_there(name: str, folder: Path) -> None:
    path = folder / name
    assert [row.problem for row in read_rows(path, Columns(id="key"))] == [""]
    asked = Columns(id="key", needs_id=True)
    if name == "posts.csv":
        with pytest.raises(EvaluationError, match="no column 'key'"):
            list(read_rows(path, asked))
    else:
        assert [row.problem for row in read_rows(path, asked)] == ["field 'key' is missing"]


def test_the_command_asks_for_the_id_column_that_was_named(folder: Path) -> None:
    done = upstander("score", folder / "posts.csv", "--id-column", "key")
    assert done.returncode == 1
    assert "no column 'key' (found: text, hate)" in done.stderr


def own(
    folder: Path, rows: Sequence[Mapping[str, object]], *labels: str, **mapped: object
) -> tuple[list[Case], list[tuple[int, str]]]:
    path = folder / "labelled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    means = Mapped(mapped_labels(labels), **mapped)  # type: ignore[arg-type]
    columns = Columns(others=means.columns)
    cases, bad = own_cases(find_sources([str(path)], columns), columns, means)
    return cases, [(row.row, problem) for row, problem in bad]


GERMAN = [{"text": "Guten Morgen", "hass": "Nein"}, {"text": "Ungeziefer!", "hass": "Ja "}]


@pytest.mark.parametrize("positive", ["ja", "JA", "Ja"])
def test_a_positive_value_has_no_regard_to_case(positive: str, tmp_path: Path) -> None:
    cases, bad = own(tmp_path, GERMAN, "hass=hate", positive=frozenset({positive}))
    assert [case.expected for case in cases] == [False, True]
    assert not bad


def test_a_positive_value_that_no_row_has_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"--positive yes: .* there are 'Nein', 'Ja'$"):
        own(tmp_path, GERMAN, "hass=hate", positive=frozenset({"yes"}))
    with pytest.raises(EvaluationError, match=r"--positive 1: .* there are 'Nein'$"):
        own(tmp_path, GERMAN, "hass=hate", positive=frozenset({"ja", "1"}))


@pytest.mark.parametrize("kind", ["target", "functionality", "source"])
def test_a_column_that_no_row_has_is_an_error(kind: str, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no row has a field 'wer': look at how it is spelt"):
        own(tmp_path, GERMAN, "hass=hate", positive=frozenset({"ja"}), **{kind: "wer"})
    with pytest.raises(EvaluationError, match="no row has a field 'hate'"):
        own(tmp_path, GERMAN, "hate")


def test_texts_with_nothing_visible_are_named(tmp_path: Path) -> None:
    texts = ["Hello", "", " \n", "\u200b", "\u00ad", "?"]
    cases, bad = own(tmp_path, [{"text": text, "hate": 0} for text in texts], "hate")
    assert [case.text for case in cases] == ["Hello", "?"]
    assert bad == [(n, "the text is empty, or nothing in it is visible") for n in (2, 3, 4, 5)]


@pytest.mark.parametrize(
    "labels", [("a=hate", "b=hate"), ("a=hate", "a=toxicity"), ("hate", "hate")]
)
def test_a_label_that_would_replace_another_is_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(EvaluationError, match="give each column, and each label, once"):
        mapped_labels(labels)


def test_every_label_is_reported_and_every_text_scored_once(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "labelled.csv"
    path.write_text("text,hate,rude\nGood morning,0,0\nRefugees are vermin,1,0\nYou fool,no,yes\n")
    mapped = Mapped(mapped_labels(["hate", "rude=toxicity"]))
    columns = Columns(others=mapped.columns)
    suites, _ = own_suites(find_sources([str(path)], columns), columns, mapped)
    asked: list[str] = []

    class Counting:
        manifest = bundle.manifest

        def scores(self, texts: Sequence[str]) -> object:
            asked.extend(texts)
            return (bundle.scorer.score(text) for text in texts)

        def words(self, texts: Sequence[str]) -> object:
            return (bundle.scorer.words(text) for text in texts)

    once = Once(Counting())  # type: ignore[arg-type]
    found = evaluate_all(once, Path(), suites=suites, with_goals=())
    assert [(one.suite, one.label, one.positives) for one in found.suites] == [
        ("own", "hate", 1),
        ("own_toxicity", "toxicity", 1),
    ]
    assert asked == ["Good morning", "Refugees are vermin", "You fool"]


def test_a_suite_names_the_texts_that_it_leaves_out(bundle: Bundle) -> None:
    cases = [
        Case(f"{n}", text, "hate", False, "", "") for n, text in enumerate(["Hello", "\u200b"])
    ]
    found = evaluate_all(bundle.scorer, Path(), suites={"made_up": lambda _: cases}, with_goals=())
    assert found.left_out == {"made_up, empty texts": "made_up: texts with nothing visible: 1 (1)"}


def test_compare_names_what_it_cannot_compare(tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    texts = ["Good morning", "\u200b", "\ud83d", "You fool"]
    rows = [json.dumps({"text": text, "scores": {"TOXICITY": 0.5}}) for text in texts]
    old.write_bytes("\n".join([*rows, '{"text": "caf']).encode() + b"\xe9" + rows[0][8:].encode())
    done = CliRunner().invoke(app, ["compare", str(old)])
    assert done.exit_code == 3, done.output
    assert "line 2: nothing in the text is visible" in done.output
    assert "line 3: 'text' is not UTF-8, or has half a character" in done.output
    assert "line 5: " in done.output
    refused = CliRunner().invoke(app, ["compare", str(old), "--threshold", "70"])
    assert refused.exit_code == 2
