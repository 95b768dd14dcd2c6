"""A service of a cascade: one answer, by the stage that gave it, everywhere it is told."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cascades import BASE_COST, HARMLESS, HATEFUL, described, record_of
from conftest import Server, StartServer, until
from typer.testing import CliRunner

from upstander.cli import app
from upstander.models.bundle import Bundle, open_bundle, write_cascade
from upstander.models.shipped import SHIPPED_POLICIES
from upstander.serving.admission import WINDOWS_A_PERMIT, Admission
from upstander.serving.engine import Engine
from upstander.serving.errors import TextTooLong
from upstander.serving.keys import create_key
from upstander.serving.metrics import Metrics
from upstander.serving.policy_store import PolicyStore
from upstander.serving.records import archive
from upstander.serving.settings import Settings
from upstander.serving.shadow import disagreements
from upstander.serving.store.database import open_store

LONG = "The council talked about the bus timetable for an hour. " * 60 + HATEFUL


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cascade")


@pytest.fixture(scope="module")
def running(cascade: Bundle, start_server: StartServer, place: Path) -> Iterator[Server]:
    """A server of the cascade that records what it decides."""
    store = f"sqlite:///{place / 'upstander.db'}"
    with start_server(bundle=cascade.path, store=store, record="decisions") as server:
        server.wait_ready()
        yield server


def post(server: Server, text: str) -> dict[str, Any]:
    answer = httpx.post(f"{server.url}/v1/score", json={"text": text}, timeout=60)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def test_the_reply_says_which_stage_gave_it(running: Server, cascade: Bundle) -> None:
    for text, stage in ((HARMLESS, "student"), (HATEFUL, "base")):
        reply = post(running, text)
        assert reply["flags"]["stage"] == stage
        assert reply["model"] == {
            "name": "upstander-cascade",
            "version": "0.0.1",
            "sha256": cascade.sha256,
        }
        alone = cascade.stages[stage].scorer.score(text)
        assert reply["scores"] == dict(alone.scores)
        assert len(reply["spans"]) == len(alone.spans)
    assert reply["targets"]
    assert reply["mechanisms"]


def test_a_threshold_is_that_of_the_graph_that_answered(running: Server, cascade: Bundle) -> None:
    settled, sent_on = post(running, HARMLESS)["decision"], post(running, HATEFUL)["decision"]
    assert (settled["band"], sent_on["band"]) == ("allow", "review")
    student, base = (cascade.stages[name].manifest for name in ("student", "base"))
    assert sent_on["threshold"] == base.threshold(sent_on["label"])
    assert settled["threshold"] == student.threshold(settled["label"])
    assert base.threshold(settled["label"]) != settled["threshold"]


def test_a_policy_decides_by_both_graphs(
    bundle: Bundle, cascade: Bundle, other_bundle: Bundle, tmp_path: Path
) -> None:
    """Each with thresholds of its own: those of one would decide otherwise for the other."""
    place = tmp_path / "upstander-cascade" / "0.0.2"
    for one in (bundle, other_bundle):
        name = one.manifest.name
        shutil.copytree(one.path, tmp_path / name / one.manifest.version)
    write_cascade(place, described(bundle, other_bundle), "# A cascade\n")
    opened = open_bundle(place)
    store = PolicyStore(SHIPPED_POLICIES, "dehumanization", Metrics())
    found = store.find(None, None)
    assert found is not None
    policy = store.bind(found, opened.manifest)
    score = opened.scorer.score(HATEFUL)
    assert policy.decide(score).threshold == 0.5
    by_student = opened.scorer.score_by("student", HATEFUL)
    expected = bundle.manifest.threshold("dehumanization")
    assert policy.decide(by_student).threshold == expected


def test_a_shadow_is_held_against_the_thresholds_of_the_stage(
    bundle: Bundle, cascade: Bundle
) -> None:
    """A score between the two thresholds of `hate` is flagged by the student's alone."""
    between = 1.1 * bundle.manifest.threshold("hate")
    score = bundle.scorer.score(HARMLESS)
    score = replace(score, scores={**score.scores, "hate": between})
    for stage, differing in (("student", []), ("base", ["hate"])):
        assert disagreements(cascade, replace(score, stage=stage), bundle, score) == differing


def test_batch_and_stream_say_it_too(running: Server) -> None:
    posts = [{"text": HARMLESS}, {"text": HATEFUL}]
    batch = httpx.post(f"{running.url}/v1/score/batch", json={"posts": posts}, timeout=60).json()
    lines = "".join(json.dumps(post) + "\n" for post in posts)
    stream = httpx.post(f"{running.url}/v1/score/stream", content=lines, timeout=60).text
    for found in (batch["results"], [json.loads(line) for line in stream.splitlines()]):
        assert [one["flags"]["stage"] for one in found] == ["student", "base"]


def test_a_text_that_comes_again_has_the_same_answer_and_costs_no_work(running: Server) -> None:
    first = post(running, "Good evening to all of you!")
    sent_on = post(running, f"{HATEFUL} Again.")
    before = running.metric("upstander_work_total")
    for text, reply in (("Good evening to all of you!", first), (f"{HATEFUL} Again.", sent_on)):
        again = post(running, text)
        for answer in (again, reply):
            answer["decision"].pop("id")
        assert again == reply
    assert running.metric("upstander_work_total") == before


def test_work_is_counted_by_what_it_costs(running: Server, cascade: Bundle) -> None:
    def counted() -> tuple[float, ...]:
        names = (
            "upstander_windows_total",
            "upstander_work_total",
            'upstander_cascade_total{stage="student"}',
            'upstander_cascade_total{stage="base"}',
        )
        return tuple(running.metric(name) for name in names)

    texts = [f"{text} Number seven." for text in (HARMLESS, HATEFUL)]
    scores = [cascade.scorer.score(text) for text in texts]
    before = counted()
    for text in texts:
        post(running, text)
    until(lambda: counted()[3] == before[3] + 1)
    grown = [now - then for now, then in zip(counted(), before, strict=True)]
    runs, cost = (sum(getattr(s.work, what) for s in scores) for what in ("runs", "cost"))
    assert grown == [runs, pytest.approx(cost), 1, 1]


def test_the_model_says_that_it_is_two(running: Server, cascade: Bundle) -> None:
    told = httpx.get(f"{running.url}/v1/model").json()
    assert told["sha256"] == cascade.sha256
    assert told["manifest"]["name"] == "upstander-cascade"
    assert "student" not in told["manifest"]
    assert cascade.cascade is not None
    assert told["cascade"]["bounds"] == cascade.cascade.bounds
    assert told["cascade"]["base"] == record_of(cascade.stages["base"]).model_dump()


def test_openais_endpoint_judges_by_the_stage_that_answered(running: Server) -> None:
    body = {"input": [HARMLESS, HATEFUL]}
    results = httpx.post(f"{running.url}/v1/moderations", json=body, timeout=60).json()["results"]
    assert [result["flagged"] for result in results] == [False, True]


def test_a_recorded_decision_is_replayed_by_the_stage_that_gave_it(
    running: Server, cascade: Bundle, place: Path
) -> None:
    store = f"sqlite:///{place / 'upstander.db'}"
    text = f"{HATEFUL} Once more."
    replies = [post(running, own) for own in (text, f"{HARMLESS} Once more.")]
    sent_on, settled = (reply["decision"]["id"] for reply in replies)
    engine = open_store(store)
    until(lambda: archive.record_of(engine, settled) is not None)
    records = [archive.record_of(engine, one) or {} for one in (sent_on, settled)]
    engine.dispose()
    assert [record["flags"]["stage"] for record in records] == ["base", "student"]
    assert {record["model_sha256"] for record in records} == {cascade.sha256}
    options = ["--store", store, "--bundle", str(cascade.path), "--text", text]
    done = CliRunner().invoke(app, ["records", "replay", sent_on, *options])
    assert done.exit_code == 0, done.output
    assert "the decision stands" in done.output


def test_the_tokens_of_a_key_are_those_of_both_models_at_their_price(
    cascade: Bundle, start_server: StartServer, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    tokens = cascade.scorer.score(HATEFUL).work.tokens
    assert tokens > 2 * cascade.scorer.score(HARMLESS).work.tokens
    _, key = create_key(keys, "small", "score", rate=0, quota=0, tokens=tokens)
    headers = {"authorization": f"Bearer {key}"}
    with start_server(bundle=cascade.path, keys=keys, store="") as server:
        server.wait_ready()
        # The first is worth less than half of the day's; the second takes the rest and more.
        for text, status in ((HARMLESS, 200), (HATEFUL, 200), (HARMLESS, 429)):
            answer = httpx.post(
                f"{server.url}/v1/score", json={"text": text}, headers=headers, timeout=60
            )
            assert answer.status_code == status, answer.text


def test_a_long_text_that_is_sent_on_holds_permits_for_all_of_its_work(cascade: Bundle) -> None:
    engine = Engine(Settings(threads=2, max_in_flight=64, cache_size=0), Metrics())
    engine.serve(cascade)
    held: list[int] = []

    async def ask() -> None:
        with engine.admission.permit("key", len(LONG)) as permit:
            before = permit.units
            task = asyncio.create_task(engine.score(LONG, permit=permit))
            while not task.done():
                held.append(permit.units)
                await asyncio.sleep(0.001)
            scored = await task
            assert scored.score.stage == "base"
            assert max(held) == -(-int(scored.score.work.cost) // WINDOWS_A_PERMIT) > before
            tell = permit.weigh
        assert engine.admission.taken == 0
        tell(1000)  # what comes late, once whoever waited has gone
        assert engine.admission.taken == 0

    try:
        asyncio.run(ask())
    finally:
        engine.close()


def test_a_base_run_takes_as_many_turns_as_it_costs(cascade: Bundle) -> None:
    """A key whose posts are sent on gets fewer of them than one whose posts are settled."""
    engine = Engine(Settings(threads=1, max_in_flight=64, cache_size=0), Metrics())
    engine.serve(cascade)
    order: list[str] = []

    async def one(text: str, holder: str) -> None:
        with engine.admission.permit(holder) as permit:
            await engine.score(text, permit=permit)
        order.append(holder)

    async def ask() -> None:
        hateful = [one(f"{HATEFUL} {number}", "sends") for number in range(4)]
        harmless = [one(f"{HARMLESS} {number}", "settles") for number in range(12)]
        await asyncio.gather(*hateful, *harmless)

    try:
        asyncio.run(ask())
    finally:
        engine.close()
    # Four turns for what the student says of them, and five for a run of the base: as many of the
    # others are through before the second. If that run were one turn, five or six were.
    second = [place for place, who in enumerate(order) if who == "sends"][1]
    assert order[:second].count("settles") >= 3 + BASE_COST


def test_a_text_with_too_many_windows_for_the_base_is_refused(cascade: Bundle) -> None:
    """The student cuts it into fewer: it is the base that would have too many."""
    text = "word " * 120 + HATEFUL
    student, base = (cascade.stages[name].scorer.score(text) for name in ("student", "base"))
    settings = Settings(threads=1, max_windows=base.windows - 1, cache_size=0)
    assert student.windows < base.windows
    engine = Engine(settings, Metrics())
    engine.serve(cascade)
    try:
        with pytest.raises(TextTooLong, match="at most"):
            asyncio.run(engine.score(text))
        assert isinstance(engine.admission, Admission)
        assert engine.admission.taken == 0
    finally:
        engine.close()
