"""From posts and overturned decisions to a better bundle: the command and its notebook.

One run on few made-up posts serves all tests of this file.
"""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import forked
import httpx
import pytest
from conftest import StartServer, until
from notebook_runs import pictures, run_notebook, told

from upstander.serving.keys import create_key
from upstander.training.finetune.made_posts import write_posts

POSTS = 120
OPTIONS = "reviewed.jsonl --regressions reviewed.jsonl --rehearsal 40 --epochs 6 --suite none"
"""Few rows, seen often, and a short rehearsal: seconds in place of minutes."""

RUN = (
    "posts.csv", "--text", "comment", "--label", "dehumanization=breaks_rule", "--group", "author",
    "--name", "forum", *OPTIONS.split(),
)  # fmt: skip
"""As the notebook says it, but for the options."""

# The shipped bundle flags the first by a hair, and people say that it only quotes.
QUOTED = (
    "The teacher explained why nobody may say that migrants are vermin.",
    "Did you really write that migrants are vermin, and nobody stopped you?",
    "He lost his job because he called migrants rats.",
)
MEANT = (
    "Migrants are vermin.",
    "Those refugees are parasites.",
    "Immigrants are rats, all of them.",
)
KIND = ("Good morning, everyone.", "The bakery opens at seven.")


def finetune(place: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return forked.run("train", "finetune", *arguments, cwd=place, timeout=600)


@dataclass(frozen=True)
class Loop:
    """A forum's posts, what its moderators decided, and the bundle that was made of both.

    overturned: texts that the shipped bundle flags and people did not.
    """

    place: Path
    overturned: list[str]
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory, start_server: StartServer) -> Loop:
    place = tmp_path_factory.mktemp("forum")
    write_posts(place / "posts.csv", POSTS)
    store = f"sqlite:///{place}/upstander.db"
    key = create_key(place / "keys.json", "moderators", "review", 0, 0)[1]
    score = create_key(place / "keys.json", "forum", "score", 0, 0)[1]
    overturned = []
    with start_server(store=store, record="texts", keys=place / "keys.json") as server:
        server.wait_ready()
        decided = []
        for text in (*QUOTED, *MEANT, *KIND):
            headers = {"Authorization": f"Bearer {score}"}
            reply = httpx.post(f"{server.url}/v1/score", json={"text": text}, headers=headers)
            decided.append((text, reply.json()["decision"]))
        until(
            lambda: (
                server.metric('upstander_kept_total{result="kept",table="decisions"}')
                == len(decided)
            )
        )
        for text, decision in decided:
            is_wrong = text in QUOTED and decision["band"] != "allow"
            overturned += [text] if is_wrong else []
            review = {
                "decision_id": decision["id"],
                "outcome": "overturned" if is_wrong else "upheld",
                "reason": "a quotation" if is_wrong else "as it says",
            }
            headers = {"Authorization": f"Bearer {key}"}
            answer = httpx.post(f"{server.url}/v1/reviews", json=review, headers=headers)
            assert answer.status_code == 200, answer.text
        server.stop()
    exported = forked.run(
        "tools", "records", "export", place / "reviewed.jsonl", "--store", store, cwd=place
    )
    assert exported.returncode == 0, exported.stderr
    return Loop(place, overturned, finetune(place, *RUN))


def test_an_overturned_decision_is_put_right_and_stays_right(
    loop: Loop, start_server: StartServer
) -> None:
    assert loop.overturned, "the shipped bundle flags none of them: choose others"
    assert loop.done.returncode == 0, loop.done.stderr
    cases = loop.place / "runs/finetune/forum-0.1.0/judge/cases.jsonl"
    kept = [json.loads(line) for line in cases.read_text().splitlines()]
    right = {row["text"]: row["labels"] for row in kept}
    mended = [text for text in loop.overturned if text in right]
    assert mended
    assert all(right[text] == {"dehumanization": 0.0} for text in mended)
    assert cases.stat().st_mode & 0o077 == 0
    with start_server(bundle=loop.place / "bundles/forum/0.1.0") as server:
        server.wait_ready()
        for text in mended:
            reply = httpx.post(f"{server.url}/v1/score", json={"text": text}).json()
            assert reply["model"]["name"] == "forum"
            assert reply["decision"]["band"] == "allow"


def test_the_notebook_tells_how_much_better_it_is(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPSTANDER_NOTEBOOK_PLACE", str(loop.place))
    monkeypatch.setenv("UPSTANDER_NOTEBOOK_ROWS", str(POSTS))
    monkeypatch.setenv("UPSTANDER_NOTEBOOK_OPTIONS", OPTIONS)
    outputs = run_notebook("04-fine-tuning.ipynb", seconds=600)
    said = told(outputs)
    assert "learn: unchanged, skipped" in said  # the notebook has the command of this file
    assert pictures(outputs) == 1
    change = re.search(r"the macro-F1 changed by ([+-]\d\.\d+)", said)
    assert change
    assert float(change[1]) > 0.03
    assert "written: bundles/forum/0.1.0" in said
    assert re.search(r"^forum 0\.1\.0 [01]\.\d+", said, re.MULTILINE)


def test_a_case_that_flips_ends_the_next_run_without_a_bundle(loop: Loop, tmp_path: Path) -> None:
    run = loop.place / "runs/finetune/forum-0.1.0"
    cases = [json.loads(line) for line in (run / "judge/cases.jsonl").read_text().splitlines()]
    # That a greeting dehumanizes cannot hold.
    wrong = next(row for row in cases if row["text"] == KIND[0])
    wrong["labels"]["dehumanization"] = 1 - wrong["labels"]["dehumanization"]
    lines = "".join(json.dumps(row) + "\n" for row in cases)
    (tmp_path / "wrong.jsonl").write_text(lines)
    next_run = tmp_path / "run"
    next_run.mkdir()
    for step in ("rows", "learn", "export"):
        (next_run / step).symlink_to(run / step)
    done = finetune(
        loop.place, *RUN, "--regressions", tmp_path / "wrong.jsonl", "--version", "0.2.0", "--out",
        next_run,
    )  # fmt: skip
    assert done.returncode == 1
    assert "learn: unchanged, skipped" in done.stdout
    line = rf"{wrong['id']}: dehumanization [01]\.\d+ is (under|at or over) 0\.\d+, and people said"
    assert re.search(line, done.stderr), done.stderr
    assert "answers of --regressions are not given" in done.stderr
    assert wrong["text"] not in done.stderr
    assert not (loop.place / "bundles/forum/0.2.0").exists()
