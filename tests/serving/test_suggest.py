"""`comments:suggestscore`: what is acknowledged is kept, and becomes training rows when asked."""

import gzip
import json
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import httpx
import jsonschema
import pytest
from comments import CORAL, analyze, asked, error
from conftest import Server, StartServer, until
from test_perspective_schema import as_json_schema
from typer.testing import CliRunner

from upstander.cli import app
from upstander.serving.api.perspective.discovery import SCHEMAS
from upstander.serving.keys import create_key

PATH = "/v1alpha1/comments:suggestscore"
YES: dict[str, Any] = {"summaryScore": {"value": 1}}
NO: dict[str, Any] = {"summaryScore": {"value": 0}}


def suggested(text: str | None = "You are a fool.", **more: Any) -> dict[str, Any]:
    return {"comment": {"text": text}, "attributeScores": {"TOXICITY": YES}, **more}


def suggest(server: Server, body: Any, key: str = "") -> httpx.Response:
    return httpx.post(f"{server.url}{PATH}", params={"key": key}, json=body, timeout=30)


def kept(store: Path) -> list[dict[str, Any]]:
    with sqlite3.connect(store) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM suggestions ORDER BY id")]
    connection.close()
    return rows


def exported(store: Path, *options: str) -> tuple[list[dict[str, Any]], str]:
    out = store.parent / "rows.jsonl"
    done = CliRunner().invoke(
        app, ["data", "feedback", "export", str(out), "--store", f"sqlite:///{store}", *options]
    )
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in out.read_text().splitlines()], done.output


def test_what_coral_sends_is_kept_as_it_was_sent(start_server: StartServer, tmp_path: Path) -> None:
    keys, store = tmp_path / "keys.json", tmp_path / "upstander.db"
    entry, key = create_key(keys, "coral", "score", 0, 0)
    body = CORAL["suggestscore"]
    with start_server(keys=keys, store=f"sqlite:///{store}") as server:
        server.wait_ready()
        response = suggest(server, body, key)
        assert response.status_code == 200, response.text
        reply = response.json()
        assert reply == {
            "clientToken": "comment:0f3a",
            "requestedLanguages": ["EN"],
            "detectedLanguages": ["en"],
        }
        jsonschema.validate(
            reply,
            {
                "$ref": "#/$defs/SuggestCommentScoreResponse",
                "$defs": as_json_schema(dict(SCHEMAS)),
            },
        )
        assert suggest(server, body, "wrong").status_code == 400
        assert "foolish" not in server.log.read_text()
        assert server.metric('upstander_kept_total{result="kept",table="suggestions"}') == 1
    (row,) = kept(store)
    assert row["text"] == body["comment"]["text"]
    assert row["key_id"] == entry.id
    assert json.loads(row["context"]) == body["context"]
    assert json.loads(row["attribute_scores"])["DELETED"]["summaryScore"]["value"] == 1
    assert row["client_token"] == body["clientToken"]
    assert row["community_id"] == body["communityId"]
    assert exported(store) == ([], ANY)
    (trained,), _ = exported(store, "--meaning", "DELETED=toxicity")
    assert trained["labels"]["toxicity"] == 1.0
    (trained,), _ = exported(store, "--meaning", "DELETED=!toxicity")
    assert trained["labels"]["toxicity"] == 0.0


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (suggested(""), "Comment must be non-empty."),
        (suggested(" \u200b"), "Comment must be non-empty."),
        (suggested("x" * 20_481), "Comment text too long."),
        (suggested(attributeScores={}), "Missing attribute_scores"),
        ({"comment": {"text": "x"}}, "Missing attribute_scores"),
        (suggested(attributeScores={"a name": YES}), "Unknown requested attribute: a name"),
        (
            suggested(attributeScores={"INSULT": {}}),
            "Attribute INSULT has neither a summary score nor span scores",
        ),
        (
            suggested(attributeScores={"INSULT": {"spanScores": [{"begin": 0, "score": {}}]}}),
            "Span scores of attribute INSULT need begin and end",
        ),
        (
            suggested(
                "😀 no", attributeScores={"INSULT": {"spanScores": [{"begin": 3, "end": 6}]}}
            ),
            "A span of attribute INSULT is not in the comment, which has 5 UTF-16 code units",
        ),
        (
            suggested(attributeScores={"INSULT": {"summaryScore": {"value": 1.5}}}),
            "A score of attribute INSULT is not between 0 and 1",
        ),
        (
            suggested(attributeScores={"INSULT": {"summaryScore": {"type": "PERCENTILE"}}}),
            "Requested score type PERCENTILE is not supported by attribute INSULT",
        ),
        (
            suggested(doNotStore=True),
            'Invalid JSON payload received. Unknown name "doNotStore": Cannot find field.',
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(server: Server, body: Any, message: str) -> None:
    assert error(suggest(server, body))["message"] == message


def test_an_absent_value_is_a_zero(start_server: StartServer, tmp_path: Path) -> None:
    """Clients that write protocol buffers leave out a value that is 0."""
    store = tmp_path / "upstander.db"
    with start_server(store=f"sqlite:///{store}") as server:
        server.wait_ready()
        body = suggested(attributeScores={"TOXICITY": {"summaryScore": {}}})
        assert suggest(server, body).status_code == 200
    (row,) = kept(store)
    summary = json.loads(row["attribute_scores"])["TOXICITY"]["summaryScore"]
    assert summary == {"value": 0.0, "type": "PROBABILITY"}


def test_what_was_acknowledged_outlives_a_kill(start_server: StartServer, tmp_path: Path) -> None:
    store = tmp_path / "upstander.db"
    acknowledged: list[str] = []
    with start_server(store=f"sqlite:///{store}", workers=2) as server:
        server.wait_ready()

        def send(sender: int) -> None:
            with httpx.Client() as client:
                for number in range(10_000):
                    token = f"{sender}/{number}"
                    try:
                        answer = client.post(
                            f"{server.url}{PATH}", json=suggested(clientToken=token), timeout=30
                        )
                    except httpx.TransportError:
                        return
                    if answer.status_code == 200:
                        acknowledged.append(token)

        senders = [threading.Thread(target=send, args=(sender,)) for sender in range(8)]
        for sender in senders:
            sender.start()
        until(lambda: len(acknowledged) >= 200, seconds=60)
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        for process in [server.process.pid, *map(int, children.read_text().split())]:
            os.kill(process, 9)
        for sender in senders:
            sender.join(30)
            assert not sender.is_alive()
    tokens = [row["client_token"] for row in kept(store)]
    assert len(tokens) == len(set(tokens))
    assert set(acknowledged) <= set(tokens)
    assert len(acknowledged) >= 200


def test_a_service_that_keeps_nothing_says_so(start_server: StartServer) -> None:
    with start_server(store="") as server:
        server.wait_ready()
        found = error(suggest(server, suggested()), 501)
        assert found["status"] == "UNIMPLEMENTED"
        assert analyze(server, asked()).status_code == 200


def test_a_store_that_is_lost_stops_no_scoring(start_server: StartServer, tmp_path: Path) -> None:
    with start_server() as server:  # whose folder turns into a place where nothing can be made
        server.wait_ready()
        (server.log.parent / "upstander.db").mkdir()
        response = suggest(server, suggested())
        assert error(response, 503)["status"] == "UNAVAILABLE"
        assert response.headers["retry-after"] == "5"
        assert "cannot be opened" in server.log.read_text()
        assert "fool" not in server.log.read_text()
        assert analyze(server, asked()).status_code == 200


def test_a_store_that_was_named_and_cannot_be_had_stops_the_start(
    start_server: StartServer, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("no folder")
    with start_server(store=f"sqlite:///{tmp_path}/taken/upstander.db") as server:
        assert server.process.wait(timeout=30) == 1
        assert "--store sqlite:///" in server.log.read_text()


def test_do_not_store_leaves_nothing_behind(
    start_server: StartServer, tmp_path: Path, bundle: Any
) -> None:
    report = tmp_path / "shadow.jsonl"
    settings = {"shadow": bundle.path, "shadow_share": 1, "shadow_report": report}
    text = "Remember nothing of these seventeen marmosets."
    with start_server(store=f"sqlite:///{tmp_path}/upstander.db", **settings) as server:
        server.wait_ready()
        before = server.metric('upstander_cache_total{result="miss"}')
        compared = server.metric('upstander_shadow_total{result="agrees"}')
        for _ in range(2):
            assert analyze(server, asked(text, doNotStore=True)).status_code == 200
        assert server.metric('upstander_cache_total{result="miss"}') == before + 2
        for _ in range(2):  # the same text, when nobody asks for that
            assert analyze(server, asked(text)).status_code == 200
        assert server.metric('upstander_cache_total{result="miss"}') == before + 3
        until(lambda: server.metric('upstander_shadow_total{result="agrees"}') >= compared + 2)
        assert server.metric('upstander_shadow_total{result="agrees"}') == compared + 2
        folders = (tmp_path, server.log.parent)
        for file in [file for folder in folders for file in folder.rglob("*") if file.is_file()]:
            assert b"marmosets" not in file.read_bytes(), file


def test_suggestions_become_training_rows(start_server: StartServer, tmp_path: Path) -> None:
    keys, store = tmp_path / "keys.json", tmp_path / "upstander.db"
    one, other = (create_key(keys, name, "score", 0, 0)[1] for name in ("one", "other"))
    smiling = "😀 They are vermin."
    marked = {"spanScores": [{"begin": 12, "end": 18, "score": {"value": 0.9}}]}
    sent = [
        (one, suggested("You  fool!", clientToken="1")),
        (one, suggested("You fool!", clientToken="1", attributeScores={"TOXICITY": NO})),
        (other, suggested("You fool!", attributeScores={"TOXICITY": NO, "INSULT": YES})),
        (one, suggested("Both ways", attributeScores={"TOXICITY_EXPERIMENTAL": YES})),
        (other, suggested("Both ways", attributeScores={"TOXICITY": NO, "THREAT": NO})),
        (one, suggested(smiling, attributeScores={"DEHUMANIZATION": marked})),
        (one, suggested("Alias only", attributeScores={"OBSCENE": YES})),
    ]
    with start_server(
        keys=keys, store=f"sqlite:///{store}", attribute_aliases="OBSCENE=profanity"
    ) as server:
        server.wait_ready()
        for key, body in sent:
            assert suggest(server, body, key).status_code == 200
        rows, told = exported(store)  # while the service runs
    by_text = {row["text"]: row for row in rows}
    assert set(by_text) == {"You fool!", "Both ways", smiling}
    agreed = by_text["You fool!"]
    assert (agreed["labels"]["toxicity"], agreed["labels"]["insult"]) == (0.0, 1.0)
    assert agreed["votes"]["toxicity"] == [0, 2]
    assert agreed["contradictions"] == []
    torn = by_text["Both ways"]
    assert torn["contradictions"] == ["toxicity"]
    assert (torn["labels"]["toxicity"], torn["labels"]["threat"]) == (None, 0.0)
    (span,) = by_text[smiling]["spans"]
    assert smiling[slice(*span)] == "vermin"
    assert "7 suggestions, 3 rows" in told
    assert "toxicity: clients disagree; texts without this label: 1" in told
    assert "OBSCENE: not modelled; suggestions without it: 1" in told


def test_one_key_cannot_fill_the_export(start_server: StartServer, tmp_path: Path) -> None:
    keys, store = tmp_path / "keys.json", tmp_path / "upstander.db"
    loud_entry, loud = create_key(keys, "loud", "score", 0, 0)
    quiet = create_key(keys, "quiet", "score", 0, 0)[1]
    with start_server(keys=keys, store=f"sqlite:///{store}") as server:
        server.wait_ready()
        suggest(server, suggested("Comment 0", attributeScores={"TOXICITY": NO}), quiet)
        for number in range(10):
            for token in "ab":
                body = suggested(f"Comment {number}", clientToken=token)
                assert suggest(server, body, loud).status_code == 200
    rows, told = exported(store, "--cap", "3")
    assert [row["text"] for row in rows] == ["Comment 0", "Comment 7", "Comment 8", "Comment 9"]
    assert rows[0]["votes"]["toxicity"] == [0, 1]
    assert all(row["votes"]["toxicity"] == [1, 0] for row in rows[1:])
    assert f"key {loud_entry.id}: suggested more than 3; texts left out: 7" in told
    assert len(exported(store, "--cap", "0")[0]) == 10


def test_an_export_may_be_compressed_and_a_missing_store_is_said(tmp_path: Path) -> None:
    command = ["data", "feedback", "export", str(tmp_path / "rows.jsonl.gz")]
    for bad in ("DELETED", "DELETED=rudeness", "TOXICITY=insult"):
        refused = CliRunner().invoke(app, [*command, "--meaning", bad])
        assert f"--meaning {bad}: write NAME=label or NAME=!label" in str(refused.exception)
    missing = CliRunner().invoke(app, [*command, "--store", f"sqlite:///{tmp_path}/none.db"])
    assert "there is no such file" in str(missing.exception)
    assert not (tmp_path / "none.db").exists()
    from upstander.serving.store.database import open_store

    open_store(f"sqlite:///{tmp_path}/some.db").dispose()
    done = CliRunner().invoke(app, [*command, "--store", f"sqlite:///{tmp_path}/some.db"])
    assert "0 suggestions, 0 rows" in done.output
    assert gzip.decompress((tmp_path / "rows.jsonl.gz").read_bytes()) == b""
