"""Records of decisions: kept as told, found again, replayed, and gone when they are to be."""

import asyncio
import csv
import json
import os
import resource
import signal
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from comments import analyze, asked
from conftest import Server, StartServer, until
from sqlalchemy import select
from typer.testing import CliRunner

from upstander.cli import app
from upstander.models.bundle import Bundle
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import read_policy
from upstander.models.response import Decided
from upstander.models.shipped import DEFAULT_POLICY, SHIPPED_POLICIES
from upstander.serving.errors import StoreRefused
from upstander.serving.metrics import Metrics
from upstander.serving.records import archive
from upstander.serving.records.recording import DecisionRecord, Recorder, row_of
from upstander.serving.records.replay import texts_of
from upstander.serving.scoring import Scored
from upstander.serving.store.database import open_store
from upstander.serving.store.tables import DECISIONS
from upstander.serving.store.writer import Writer

VERMIN = "Migrants are vermin."
KIND = "Good morning, everyone."


def records(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["records", *map(str, arguments)])


def post(server: Server, text: str, **more: Any) -> dict[str, Any]:
    response = httpx.post(f"{server.url}/v1/score", json={"text": text, **more}, timeout=30)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def kept(store: str) -> list[dict[str, Any]]:
    engine = open_store(store)
    found = [dict(record) for record in archive.records(engine)]
    engine.dispose()
    return found


def test_a_nul_is_kept_as_what_both_databases_take(start_server: StartServer, store: str) -> None:
    with start_server(store=store, record="texts") as server:
        server.wait_ready()
        post(server, f"{VERMIN}\0", id="a\0b", community_id="c\0d")
        until(lambda: server.metric('upstander_kept_total{result="kept",table="decisions"}') == 1)
    (record,) = kept(store)
    assert record["text"] == f"{VERMIN}\ufffd"
    assert (record["post_id"], record["community_id"]) == ("a\ufffdb", "c\ufffdd")


def test_a_decision_is_recorded_without_its_text(start_server: StartServer, store: str) -> None:
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        reply = post(server, VERMIN, id="post 7", community_id="forum/7")
        httpx.post(f"{server.url}/v1/score/batch", json={"posts": [{"text": KIND}] * 2})
        httpx.post(f"{server.url}/v1/score/stream", content=json.dumps({"text": KIND}))
        header = analyze(server, asked(VERMIN, clientToken="c")).headers["x-upstander-decision"]
        analyze(server, asked(VERMIN, doNotStore=True))
        name = 'upstander_kept_total{result="kept",table="decisions"}'
        until(lambda: server.metric(name) == 5)
        assert server.stop() == 0
    found = kept(store)
    assert [record["band"] for record in found] == ["review", "allow", "allow", "allow", "review"]
    first = found[0]
    assert first["decision_id"] == reply["decision"]["id"]
    assert first["text"] is None
    assert (first["post_id"], first["community_id"]) == ("post 7", "forum/7")
    assert first["model_sha256"] == reply["model"]["sha256"]
    assert first["policy_sha256"] == reply["decision"]["policy"]["sha256"]
    assert first["scores"]["hate"] == pytest.approx(reply["scores"]["hate"], abs=1e-6)
    assert first["decision"]["reason"] == reply["decision"]["reason"]
    assert header.endswith(f"id={found[-1]['decision_id']}")
    assert found[1]["text_hash"] == found[2]["text_hash"] != first["text_hash"]
    assert len({record["decision_id"] for record in found}) == 5


def test_nothing_is_recorded_unless_it_is_asked_for(
    start_server: StartServer, tmp_path: Path
) -> None:
    with start_server(store=f"sqlite:///{tmp_path}/upstander.db") as server:
        server.wait_ready()
        assert "id" not in post(server, VERMIN)["decision"]
        server.stop()
    assert kept(f"sqlite:///{tmp_path}/upstander.db") == []


def test_texts_are_recorded_where_that_is_said(start_server: StartServer, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/upstander.db"
    with start_server(store=store, record="texts") as server:
        server.wait_ready()
        post(server, VERMIN)
        server.stop()
    assert [record["text"] for record in kept(store)] == [VERMIN]


def test_a_decision_is_replayed(
    start_server: StartServer,
    store: str,
    bundle: Bundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UPSTANDER_SALT_FILE", str(tmp_path / "salt"))
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        decision_id = post(server, VERMIN)["decision"]["id"]
        server.stop()
    done = records("replay", decision_id, "--text", VERMIN, "--store", store)
    assert done.exit_code == 0, done.output
    assert "the decision stands" in done.output
    assert "then: review. The post probably denies people their humanity" in done.output
    wrong = records("replay", decision_id, "--text", KIND, "--store", store)
    assert "this is not the text that was decided" in str(wrong.exception)
    unknown = records("replay", "0" * 32, "--text", VERMIN, "--store", store)
    assert "there is no record of a decision" in str(unknown.exception)

    engine = open_store(store)
    with engine.begin() as connection:
        connection.execute(DECISIONS.update().values(model_sha256="f" * 64))
    gone = records("replay", decision_id, "--text", VERMIN, "--store", store)
    assert "the model that decided is not here: upstander-minilm" in str(gone.exception)
    with engine.begin() as connection:
        connection.execute(
            DECISIONS.update().values(model_sha256=bundle.sha256, policy_sha256="f" * 64)
        )
    lost = records("replay", decision_id, "--text", VERMIN, "--store", store)
    assert "the policy that decided is not in the store: hate" in str(lost.exception)
    engine.dispose()


@pytest.mark.parametrize("text", [VERMIN, f"{VERMIN}\n\nSays\r\nsomebody.\n", "\ufeffVermin."])
def test_what_an_editor_or_a_shell_adds_is_no_part_of_a_text(text: str) -> None:
    windows = text.replace("\r\n", "\n").replace("\n", "\r\n")
    assert texts_of(text.encode())[0] == text
    for content in (f"{text}\n", f"{text}\r\n", f"\ufeff{text}\n"):
        assert text in texts_of(content.encode())
    if "\r" not in text:
        assert text in texts_of(f"{windows}\r\n".encode())
    for other in (f"{text} ", f"{text}\n\n", text.upper()):
        assert text not in texts_of(other.encode())


def test_a_decision_is_replayed_from_a_file(start_server: StartServer, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/upstander.db"
    text = f"{VERMIN}\r\nSays somebody."
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        decision_id = post(server, text)["decision"]["id"]
        server.stop()

    def replay(content: bytes) -> Result:
        command = ["records", "replay", decision_id, "--store", store]
        return CliRunner().invoke(app, command, input=content)

    assert "the decision stands" in replay(f"{text}\n".encode()).output
    for content, told in (
        (f"{text}\n\n".encode(), "this is not the text that was decided"),
        (text.encode("utf-16"), "the text is not UTF-8"),
    ):
        assert told in str(replay(content).exception)


def test_a_history_is_decided_by_another_policy_before_it_is_switched_on(
    start_server: StartServer, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/upstander.db"
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        ids = [post(server, text)["decision"]["id"] for text in (VERMIN, KIND, KIND)]
        server.stop()
    stricter = tmp_path / "stricter.toml"
    shipped = (SHIPPED_POLICIES / "dehumanization.toml").read_text()
    stricter.write_text(shipped.replace('band = "review"', 'band = "act"'))
    done = records("backfill", "--policy", stricter, "--store", store)
    assert "3 records, 1 would get another band" in done.output
    assert "review -> act: 1" in done.output
    assert f"such as {ids[0]}" in done.output
    same = records(
        "backfill", "--policy", SHIPPED_POLICIES / f"{DEFAULT_POLICY}.toml", "--store", store
    )
    assert "3 records, 0 would get another band" in same.output


def test_records_are_exported(start_server: StartServer, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/upstander.db"
    with start_server(store=store, record="texts") as server:
        server.wait_ready()
        for number in range(5):
            post(server, VERMIN if number == 2 else f"{KIND} {number}, ünïcode 😀")
        server.stop()
    exported = {}
    for form in ("jsonl", "csv", "parquet"):
        done = records("export", tmp_path / f"out.{form}", "--format", form, "--store", store)
        assert "5 records in" in done.output, done.output
    exported["jsonl"] = [json.loads(x) for x in (tmp_path / "out.jsonl").read_text().splitlines()]
    with (tmp_path / "out.csv").open(newline="") as file:
        exported["csv"] = list(csv.DictReader(file))
    exported["parquet"] = pq.read_table(tmp_path / "out.parquet").to_pylist()
    for rows in exported.values():
        assert [row["band"] for row in rows] == ["allow", "allow", "review", "allow", "allow"]
        assert rows[2]["text"] == VERMIN
        assert "id" not in rows[0]
    assert exported["jsonl"][2]["decision"]["rule"] == "protected-group"
    assert json.loads(exported["csv"][2]["scores"]) == exported["jsonl"][2]["scores"]
    some = records("export", tmp_path / "some.jsonl", "--band", "review", "--store", store)
    assert "1 records in" in some.output
    tomorrow = f"{datetime.now() + timedelta(days=1):%Y-%m-%d}"
    none = records("export", tmp_path / "none.jsonl", "--since", tomorrow, "--store", store)
    assert "0 records in" in none.output


def test_old_records_are_purged(start_server: StartServer, store: str) -> None:
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        for _ in range(3):
            post(server, VERMIN)
        server.stop()
    engine = open_store(store)
    with engine.begin() as connection:
        oldest = connection.execute(select(DECISIONS.c.id).order_by(DECISIONS.c.id)).first()
        assert oldest is not None
        long_ago = DECISIONS.update().where(DECISIONS.c.id == oldest.id)
        connection.execute(long_ago.values(decided=datetime(2020, 1, 1)))
    engine.dispose()
    assert "1 records from before" in records("purge", "--days", 30, "--store", store).output
    assert len(kept(store)) == 2
    assert "2 records from before" in records("purge", "--days", 0, "--store", store).output
    assert kept(store) == []


def lose(folder: Path) -> None:
    """Where the file of the store was, no file can be made."""
    for file in folder.iterdir():
        file.unlink()
    (folder / "upstander.db").mkdir()


def test_without_its_store_a_service_answers_and_counts(
    start_server: StartServer, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/upstander.db"
    with start_server(record="decisions", store=store) as server:
        server.wait_ready()
        lose(tmp_path)
        assert post(server, VERMIN)["decision"]["band"] == "review"
        lost = 'upstander_kept_total{result="failed",table="decisions"}'
        until(lambda: server.metric(lost) == 1)
        assert "vermin" not in server.log.read_text()


def test_without_its_store_a_service_refuses_if_told_to(
    start_server: StartServer, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/upstander.db"
    with start_server(record="decisions", record_lost="refuse", store=store) as server:
        server.wait_ready()
        lose(tmp_path)
        refused = httpx.post(f"{server.url}/v1/score", json={"text": VERMIN}, timeout=30)
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "store_down"
        batch = httpx.post(f"{server.url}/v1/score/batch", json={"posts": [{"text": KIND}]})
        assert batch.json()["results"][0]["error"]["code"] == "store_down"


def test_an_acknowledged_record_outlives_a_kill(start_server: StartServer, store: str) -> None:
    acknowledged: list[str] = []
    with start_server(store=store, record="decisions", record_lost="refuse") as server:
        server.wait_ready()

        def send(sender: int) -> None:
            with httpx.Client() as client:
                for number in range(10_000):
                    body = {"text": f"{KIND} {sender} {number}"}
                    try:
                        answer = client.post(f"{server.url}/v1/score", json=body, timeout=30)
                    except httpx.TransportError:
                        return
                    if answer.status_code == 200:
                        acknowledged.append(answer.json()["decision"]["id"])

        senders = [threading.Thread(target=send, args=(sender,)) for sender in range(6)]
        for sender in senders:
            sender.start()
        until(lambda: len(acknowledged) >= 150, seconds=60)
        os.kill(server.process.pid, signal.SIGKILL)
        for sender in senders:
            sender.join(30)
            assert not sender.is_alive()
    found = {record["decision_id"] for record in kept(store)}
    assert set(acknowledged) <= found


def test_a_service_purges_its_own_store(start_server: StartServer, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/upstander.db"
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        for _ in range(2):
            post(server, VERMIN)
        server.stop()
    engine = open_store(store)
    with engine.begin() as connection:
        old = DECISIONS.update().where(DECISIONS.c.id == 1)
        connection.execute(old.values(decided=datetime(2020, 1, 1)))
    engine.dispose()
    with start_server(store=store, record="decisions", record_days=30) as server:
        server.wait_ready()
        until(lambda: "1 records older than 30 days were deleted" in server.log.read_text())
        server.stop()
    assert [record["id"] for record in kept(store)] == [2]


def test_a_full_disk_refuses_and_is_got_over(start_server: StartServer, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/upstander.db"
    with start_server(store=store, record="texts", record_lost="refuse") as server:
        server.wait_ready()
        post(server, VERMIN)
        free = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        size = max(file.stat().st_size for file in tmp_path.iterdir())
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, free[1]))
        statuses = [
            httpx.post(
                f"{server.url}/v1/score", json={"text": f"{KIND} " * 200 + str(n)}, timeout=30
            ).status_code
            for n in range(10)
        ]
        assert 503 in statuses
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, free)
        until(lambda: httpx.post(f"{server.url}/v1/score", json={"text": KIND}).status_code == 200)
        assert "morning" not in server.log.read_text()
        assert server.stop() == 0
    assert len(kept(store)) == statuses.count(200) + 2


def test_an_id_that_is_there_already_takes_no_records_place(
    store: str, bundle: Bundle, tmp_path: Path
) -> None:
    writer = Writer(store, Metrics(), tmp_path / "salt")
    policy = BoundPolicy(read_policy(SHIPPED_POLICIES / "dehumanization.toml"), bundle.manifest)
    score = bundle.scorer.score(VERMIN)
    made = DecisionRecord(
        decided=Decided(policy.decide(score), policy, "0" * 32),
        scored=Scored(score, bundle, 0.0, False),
        text=VERMIN,
        post_id="the first",
        key_id=None,
        community_id=None,
    )
    yesterday = datetime(2026, 11, 22)

    async def keep(given: DecisionRecord, decided: datetime) -> None:
        deadline = asyncio.get_running_loop().time() + 20
        await writer.keep(
            "decisions", given, deadline, lambda d, salt: row_of(d, decided, salt, False)
        )

    asyncio.run(keep(made, datetime(2026, 11, 23)))
    with pytest.raises(StoreRefused):
        asyncio.run(keep(replace(made, post_id="the second"), yesterday))
    # The clock went backwards; the order is still that of the decisions.
    third = replace(made.decided, decision_id="1" * 32)
    asyncio.run(keep(replace(made, decided=third, post_id="the third"), yesterday))
    writer.close()
    assert [record["post_id"] for record in kept(store)] == ["the first", "the third"]
    engine = open_store(store)
    until_midnight = list(archive.records(engine, until=datetime(2026, 11, 23)))
    assert [record["post_id"] for record in until_midnight] == ["the third"]
    assert archive.purge(engine, datetime(2026, 11, 23)) == 1
    engine.dispose()
    assert [record["post_id"] for record in kept(store)] == ["the first"]


def test_a_policy_is_kept_with_the_decision_that_it_made(
    store: str, bundle: Bundle, tmp_path: Path
) -> None:
    writer = Writer(store, Metrics(), tmp_path / "salt")
    policy = BoundPolicy(read_policy(SHIPPED_POLICIES / "dehumanization.toml"), bundle.manifest)
    score = bundle.scorer.score(VERMIN)
    recorder = Recorder("decisions", "refuse", writer)

    async def record() -> None:
        decided = Decided(policy.decide(score), policy, recorder.new_id())
        scored = Scored(score, bundle, 0.0, False)
        made = DecisionRecord(decided, scored, VERMIN, None, None, None)
        await recorder.record(made, asyncio.get_running_loop().time() + 20)

    asyncio.run(record())
    engine = open_store(store)
    assert archive.purge(engine, datetime(2100, 1, 1)) == 1
    assert archive.policy_document(engine, policy.sha256) is None
    asyncio.run(record())
    assert archive.policy_document(engine, policy.sha256) == policy.row["document"]
    engine.dispose()
    writer.close()


def test_records_without_a_store_stop_the_start(start_server: StartServer) -> None:
    with start_server(record="decisions", store="") as server:
        assert server.process.wait(timeout=30) == 1
        assert "--record needs a store" in server.log.read_text()
