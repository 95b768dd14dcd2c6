"""Statements of reasons: what the database would refuse is refused here."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from conftest import StartServer
from pydantic import ValidationError
from test_reviews import TWEET, VERMIN, decide, keyed, review
from typer.testing import CliRunner

from upstander.cli import app
from upstander.models.errors import UpstanderError
from upstander.serving.records.statement import Statement
from upstander.serving.records.statements import _posts

SOUND: dict[str, Any] = {
    "puid": "a-1_B",
    "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
    "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "incompatible_content_ground": "clause 1",
    "incompatible_content_explanation": "because",
    "content_date": "2026-11-01",
    "application_date": "2026-11-02",
    "decision_facts": "what happened",
    "source_type": "SOURCE_VOLUNTARY",
    "automated_detection": "Yes",
    "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
}
ILLEGAL = {
    "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
    "incompatible_content_ground": None,
    "incompatible_content_explanation": None,
}
GIVEN = {"illegal_content_legal_ground": "a law", "illegal_content_explanation": "because"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"territorial_scope": ["DE", "FR"], "content_language": "EN"},
        {**ILLEGAL, **GIVEN},
        {"decision_visibility": None, "decision_account": "DECISION_ACCOUNT_SUSPENDED"},
        {"decision_visibility": ["DECISION_VISIBILITY_OTHER"], "decision_visibility_other": "x"},
        {"decision_facts": "x" * 5000, "puid": "x" * 500},
    ],
)
def test_a_sound_statement_is_taken(change: dict[str, Any]) -> None:
    assert Statement.model_validate(SOUND | change)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"puid": "a b"}, "puid"),
        ({"puid": "x" * 501}, "puid"),
        ({"decision_facts": "x" * 5001}, "decision_facts"),
        ({"incompatible_content_ground": "x" * 501}, "incompatible_content_ground"),
        ({"incompatible_content_explanation": "x" * 2001}, "incompatible_content_explanation"),
        ({"content_date": "01.11.2026"}, "content_date"),
        ({"content_date": "1999-12-31"}, "content_date"),
        ({"application_date": "2019-12-31"}, "application_date"),
        ({"decision_visibility": ["REMOVED"]}, "decision_visibility"),
        ({"decision_visibility": None}, "what was done"),
        ({"decision_visibility": ["DECISION_VISIBILITY_OTHER"]}, "decision_visibility_other"),
        ({"decision_monetary": "DECISION_MONETARY_OTHER"}, "decision_monetary_other"),
        ({"content_type": ["CONTENT_TYPE_OTHER"]}, "content_type_other"),
        ({"content_type": []}, "content_type"),
        ({"category": "STATEMENT_CATEGORY_X"}, "category"),
        ({"category_specification": ["KEYWORD_X"]}, "category_specification"),
        ({"territorial_scope": ["XX"]}, "territorial_scope"),
        ({"content_language": "english"}, "content_language"),
        ({"source_type": "SOURCE_X"}, "source_type"),
        ({"automated_detection": "maybe"}, "automated_detection"),
        ({"automated_decision": "yes"}, "automated_decision"),
        ({"decision_ground_reference_url": "our rules"}, "decision_ground_reference_url"),
        (ILLEGAL, "needs illegal_content_legal_ground"),
        (GIVEN, "does not go with illegal_content_legal_ground"),
        ({"incompatible_content_ground": None}, "needs incompatible_content_ground"),
        ({"author": "somebody"}, "author"),
        *(({name: None}, name) for name in ("decision_ground", "source_type", "content_date")),
    ],
)
def test_what_the_database_would_refuse_is_refused(change: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        Statement.model_validate(SOUND | change)


UNSURE_HOW = "Women are property."
"""It dehumanizes, and no mechanism reaches its threshold: "object" comes closest."""

PLATFORM = """
decision_ground = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
source_type = "SOURCE_VOLUNTARY"
automated_detection = "Yes"
automated_decision = "AUTOMATED_DECISION_NOT_AUTOMATED"
content_language = "EN"

[actions.withhold]
decision_visibility = ["DECISION_VISIBILITY_CONTENT_REMOVED"]
"""


def export(folder: Path, rows: list[dict[str, str]], platform: str = PLATFORM) -> Result:
    (folder / "platform.toml").write_text(platform)
    with (folder / "posts.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["decision_id", "content_date", "territorial_scope"])
        table.writeheader()
        table.writerows(rows)
    command = ["records", "export", folder / "out.jsonl", "--format", "dsa"]
    command += ["--store", f"sqlite:///{folder}/upstander.db"]
    command += ["--platform", folder / "platform.toml", "--posts", folder / "posts.csv"]
    return CliRunner().invoke(app, [str(part) for part in command])


def test_a_row_that_a_comma_has_shifted_is_refused_with_its_line(tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("decision_id,content_date\na,2026-11-01\nb,1 November, 2026\n")
    with pytest.raises(UpstanderError, match=r"posts\.csv, line 3: more fields than the header"):
        _posts(posts)
    posts.write_text("\ufeffdecision_id,content_date\na,2026-11-01\n")  # as Excel writes it
    assert _posts(posts) == {"a": {"content_date": "2026-11-01"}}


def test_decisions_become_statements(start_server: StartServer, tmp_path: Path) -> None:
    settings = keyed(tmp_path) | {"store": f"sqlite:///{tmp_path}/upstander.db"}
    with start_server(**settings) as server:
        server.wait_ready()
        upheld, overturned, unseen, unnamed, allowed = decide(
            server, tmp_path, UNSURE_HOW, TWEET, VERMIN, VERMIN, "Good morning."
        )
        assert review(server, tmp_path, allowed).status_code == 200
        assert review(server, tmp_path, upheld).status_code == 200
        assert review(server, tmp_path, overturned, outcome="overturned").status_code == 200
        assert review(server, tmp_path, unnamed).status_code == 200
        server.stop()
    rows = [{"decision_id": one, "content_date": "2026-11-01"} for one in (upheld, overturned)]
    others = [{"decision_id": one, "content_date": "2026-11-01"} for one in (unseen, allowed, "x")]
    done = export(tmp_path, [*rows, *others])
    assert done.exit_code == 3
    assert "1 statements in" in done.output
    assert f"{overturned}: a person overturned it: nothing was done" in done.output
    assert f"{allowed}: the post was allowed: nothing was done" in done.output
    assert "x: there is no such record" in done.output
    assert f"{unseen}: it was for people to look at, and nobody has" in done.output
    (line,) = (tmp_path / "out.jsonl").read_text().splitlines()
    (statement,) = json.loads(line)["statements"]
    assert Statement.model_validate(statement)
    assert statement["puid"] == upheld
    assert statement["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert statement["incompatible_content_ground"].startswith("hate 1.0.0, 1: People")
    explained = statement["incompatible_content_explanation"]
    assert "denies people their humanity because of their gender: its" in explained
    assert "objects" not in line  # under its threshold, and so never stated
    assert "A person looked at it and upheld the decision." in statement["decision_facts"]
    assert statement["application_date"] == f"{datetime.now(UTC):%Y-%m-%d}"
    assert statement["category_specification"] == ["KEYWORD_HATE_SPEECH"]
    assert "property" not in line  # no word of the post

    # The law that a post breaks is for the platform to say, and nobody else does.
    illegal = PLATFORM.replace("INCOMPATIBLE", "ILLEGAL")
    done = export(tmp_path, rows[:1], illegal)
    assert done.exit_code == 3
    assert "DECISION_GROUND_ILLEGAL_CONTENT needs illegal_content_legal_ground" in done.output
    given = "".join(f'{name} = "{value}"\n' for name, value in GIVEN.items())
    done = export(tmp_path, rows[:1], given + illegal)
    assert done.exit_code == 0, done.output
    scoped = {"decision_id": upheld, "content_date": "2026-11-01", "territorial_scope": "DE;FR"}
    assert export(tmp_path, [scoped]).exit_code == 0
    (call,) = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert call["statements"][0]["territorial_scope"] == ["DE", "FR"]
    done = export(tmp_path, [{"decision_id": upheld, "content_date": ""}])
    assert f"{upheld}: content_date: Field required" in done.output
