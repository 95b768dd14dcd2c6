"""Texts by their language, scored in this process and in files: as the service has them."""

import json
from pathlib import Path

import numpy as np
import pytest
from other_languages import ENGLISH, FRENCH, GERMAN, SHORT
from typer.testing import CliRunner

from upstander import Classifier
from upstander.cli import app
from upstander.models.bundle import Bundle
from upstander.models.errors import TextError, UpstanderError
from upstander.models.schemas import ErrorReply, Reply

TEXTS = [ENGLISH, GERMAN, FRENCH, SHORT]


def test_a_second_bundle_reads_what_the_first_does_not(other_languages: Bundle) -> None:
    classifier = Classifier(languages_bundle=other_languages.path)
    english, german, french, short = classifier.score(TEXTS, progress=False)
    assert isinstance(english, Reply)
    assert isinstance(german, Reply)
    assert isinstance(short, Reply)
    assert [one.model.name for one in (english, german, short)] == [
        *("upstander-minilm", "other-languages", "upstander-minilm")
    ]
    assert german.language
    assert german.language.measured["hate"]
    assert not german.language.measured["insult"]
    assert german.decision
    assert isinstance(french, ErrorReply)
    assert french.error.code == "unserved_language"
    assert french.error.message == "the language is fr, which is not served"


def test_one_text_in_a_language_that_is_not_served_is_an_error() -> None:
    with pytest.raises(TextError, match="the language is de, which is not served"):
        Classifier().score(GERMAN)


def test_what_is_passed_has_no_value_in_any_column() -> None:
    scores = Classifier(unserved_language="pass").score([GERMAN, ENGLISH], progress=False)
    assert np.isnan(scores["hate"]).tolist() == [True, False]
    columns = scores.columns()
    assert columns["language.is_served"] == [False, True]
    assert columns["decision.band"] == [None, "allow"]
    assert columns["error"] == [None, None]


def test_an_assumed_language_is_not_looked_for(other_languages: Bundle) -> None:
    reply = Classifier(other_languages.path, assume_language="it").score(ENGLISH)
    assert reply.language
    assert (reply.language.code, reply.language.probability) == ("it", None)
    with pytest.raises(UpstanderError, match="--assume-language fr: no bundle that is served"):
        Classifier(assume_language="fr")


def test_files_take_the_same_options(other_languages: Bundle, tmp_path: Path) -> None:
    posts = tmp_path / "posts.txt"
    posts.write_text("".join(f"{text}\n" for text in TEXTS))
    output = tmp_path / "scores.jsonl"
    second = ["--languages-bundle", str(other_languages.path)]
    done = CliRunner().invoke(app, ["score", str(posts), "-o", str(output), *second])
    assert done.exit_code == 0, done.output
    assert "1 rows are in other languages" in done.output
    found = [json.loads(line) for line in output.read_text().splitlines()]
    assert [one["model"]["name"] for one in found] == [
        *("upstander-minilm", "other-languages", "upstander-minilm")
    ]


def test_what_was_passed_stays_undecided_by_another_policy(tmp_path: Path) -> None:
    posts, scored = tmp_path / "posts.txt", tmp_path / "scores"
    posts.write_text(f"{GERMAN}\n{ENGLISH}\n")
    for ending in ("jsonl", "csv", "parquet"):
        file, again = scored.with_suffix(f".{ending}"), tmp_path / f"again.{ending}"
        passed = ["--unserved-language", "pass"]
        done = CliRunner().invoke(app, ["score", str(posts), "-o", str(file), *passed])
        assert done.exit_code == 0, done.output
        chosen = ["policy", "apply", str(file), "--policy", "hate", "-o", str(again)]
        done = CliRunner().invoke(app, chosen)
        assert done.exit_code == 0, done.output
        assert "1 rows have no scores, and stay as they are" in done.output, ending
