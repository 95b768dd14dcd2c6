"""`from upstander import Classifier`: the answers of the service, in this process."""

import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import Server

import upstander
from upstander import Classifier, Scores
from upstander.models.errors import TextError
from upstander.models.schemas import ErrorReply, Reply
from upstander.models.shipped import DEFAULT_BUNDLE, SHIPPED_POLICIES

TEXTS = [
    "Migrants are vermin.",
    "Good morning, everyone.",
    'She called them "vermin" and was fined for it.',
    "T h e y are r4ts, all of these refugees",
    "I will find you and hurt you. " * 60,
]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier()


def test_nothing_heavy_is_imported_until_it_is_asked_for() -> None:
    lazily = (
        "import sys, upstander, upstander.client\n"
        "assert 'onnxruntime' not in sys.modules and 'numpy' not in sys.modules\n"
        "for name in ('pandas', 'polars', 'pyarrow'):\n"
        "    sys.modules[name] = None\n"
        "from upstander import Classifier\n"
        "assert 'onnxruntime' in sys.modules\n"
        "assert Classifier.score\n"
        "try:\n"
        "    upstander.Nothing\n"
        "except AttributeError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", lazily],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "has no attribute 'Nothing'" in done.stdout


def test_the_answers_are_those_of_the_service_to_the_bit(
    classifier: Classifier, server: Server
) -> None:
    told = httpx.post(
        f"{server.url}/v1/score/batch", json={"posts": [{"text": text} for text in TEXTS]}
    ).json()["results"]
    found = classifier.score(TEXTS, progress=False)
    for own, theirs in zip(found, told, strict=True):
        assert isinstance(own, Reply)
        served = Reply.model_validate(theirs)
        assert own == served
        assert own.decision
    assert found[0].decision.spans == found[0].spans  # type: ignore[union-attr]
    assert found[1].decision.spans is None  # type: ignore[union-attr]
    assert found["hate"].tolist() == [one["scores"]["hate"] for one in told]
    assert classifier.score(TEXTS[0]) == found[0]


def kinds_of(scores: Scores) -> list[str]:
    return ["error" if isinstance(one, ErrorReply) else "reply" for one in scores]


def test_texts_may_be_in_anything_that_holds_some(classifier: Classifier) -> None:
    texts = ["You are a fool.", None, "Good morning", "You are a fool."]
    expected = classifier.score(list(texts), progress=False)["insult"]
    assert np.isnan(expected).tolist() == [False, True, False, False]
    assert expected[0] == expected[3]
    for given in (
        tuple(texts),
        iter(texts),
        np.array(texts, dtype=object),
        pd.Series(texts),
        pd.Series(texts, dtype="string"),
        pd.Series([texts[0], float("nan"), *texts[2:]], dtype=object),
        pl.Series(texts),
        pa.array(texts),
        pa.chunked_array([texts[:1], texts[1:]]),
    ):
        found = classifier.score(given, progress=False)
        assert kinds_of(found) == ["reply", "error", "reply", "reply"]
        assert np.array_equal(found["insult"], expected, equal_nan=True)
    assert len(classifier.score([], progress=False)) == 0


def test_what_is_no_text_has_an_error_in_its_place(classifier: Classifier) -> None:
    found = classifier.score(["\u200b", None, "\ud83d", 7, "Hello"], progress=False)
    assert kinds_of(found) == ["error"] * 4 + ["reply"]
    errors = [(one.error.code, one.error.message) for one in found[:4]]  # type: ignore[union-attr]
    assert errors == [
        ("empty_text", "The text is empty: send at least one visible character."),
        ("invalid_row", "there is no text"),
        ("invalid_row", "the text has half a character, which is in no UTF-8"),
        ("invalid_row", "there is no text"),
    ]
    with pytest.raises(TextError, match="The text is empty"):
        classifier.score(" ")
    with pytest.raises(KeyError, match="there are dehumanization, hate"):
        found["rudeness"]


@pytest.mark.parametrize(
    "given",
    [b"bytes", {"text": "Hello"}, 7, None, pd.DataFrame({"a": ["b"]}), pl.DataFrame({"a": ["b"]}),
     pa.table({"a": ["b"]})],
    ids=lambda given: type(given).__module__ + type(given).__name__,
)  # fmt: skip
def test_what_holds_no_texts_is_refused(classifier: Classifier, given: object) -> None:
    with pytest.raises(upstander.UnusableTexts, match=r": give "):
        classifier.score(given)  # type: ignore[call-overload]


def test_answers_become_a_table_with_the_index_of_the_series(classifier: Classifier) -> None:
    series = pd.Series({"a": "Migrants are vermin.", "b": None})
    found = classifier.score(series, progress=False)
    frame = found.to_pandas()
    assert frame.index.tolist() == ["a", "b"]
    assert frame.loc["a", "scores.hate"] == found["hate"][0]
    assert frame.loc["a", "decision.band"] == "review"
    assert frame.loc["a", "targets.immigration_status"] > 0.9
    assert frame.loc["b", "error"] == "there is no text"
    assert frame["scores.hate"].isna().tolist() == [False, True]
    assert found.to_polars().columns == found.to_arrow().column_names == list(frame.columns)
    assert found.to_polars()["scores.hate"].to_list() == [found["hate"][0], None]


def test_another_policy_decides_or_none(tmp_path: Path) -> None:
    strict = tmp_path / "strict.toml"
    shipped = (SHIPPED_POLICIES / "dehumanization.toml").read_text()
    strict.write_text(shipped.replace('point = "balanced"', "threshold = 0.99"))
    found = Classifier(str(DEFAULT_BUNDLE), policy=strict).score("Migrants are vermin.")
    assert found.decision
    assert found.decision.band == "allow"
    assert Classifier(policy=None).score("Migrants are vermin.").decision is None


def test_a_terminal_shows_a_bar(
    classifier: Classifier, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    classifier.score(["Hello", "Hello", None])
    assert "3/3" in capsys.readouterr().err
    classifier.score(["Hello"], progress=False)
    assert capsys.readouterr().err == ""
