"""The commands that the docs show, run on small files; what is not run says why."""

import csv
import gzip
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import forked
import httpx
import pytest
from conftest import ROOT, StartServer, until
from test_snippets import commands

from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.row import Columns
from upstander.evaluation.batch.run import Task, score_to_file
from upstander.evaluation.batch.sources import find_sources
from upstander.models.bundle import Bundle
from upstander.predictor import answer_with
from upstander.serving.keys import create_key

NOT_RUN: Final = {
    r"upstander serve": "started by every test of the service",
    r"upstander finetune": "takes minutes; tests/e2e/test_finetune.py runs it on few rows",
    r"upstander records tables --back-to": "needs claims; tests/serving/test_schema_versions.py",
    r"upstander records erase": "what it erases others need; tests/serving/test_erasing.py",
    r"upstander model cascade": "reads the rows of a run; tests/training/test_cascade_making.py",
    r"upstander train": "takes hours; tests/e2e/test_train.py runs a small recipe",
    r"upstander data (fetch|check|audit|list)": "needs the data sets; tests/training",
    r"upstander evaluate( --no-texts)?( --out \S+)?( --suite .*| --bundle .*)?$": (
        "needs the data sets; tests/evaluation"
    ),
    r"upstander report": "needs an evaluation; tests/evaluation/test_page.py",
    r".*(s3://|dataset:|--engine ray)": "needs a bucket, a hub or a cluster; tests/evaluation",
    r"upstander( |$)(data|model|records|keys|policy)?$": "names a verb",
}
"""Patterns of command lines and the reason why they are not run here."""

OTHER_EXITS: Final = {
    "upstander records export statements.jsonl": 3,  # nobody has upheld anything yet
}
STANDS_FOR: Final = {"NAME": "somebody", "new.toml": "mine.toml", '"..."': '"Migrants are vermin."'}

TEXTS = ["Migrants are vermin.", "Good morning, everyone.", "The bus is late.", "Jews are rats."]


def lines() -> list[str]:
    found = {line for _, line in commands(inline=False) if line.startswith("upstander ")}
    return sorted(line for line in found if not any(re.match(p, line) for p in NOT_RUN))


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, start_server: StartServer, bundle: Bundle
) -> Path:
    """A folder with everything that the docs speak of."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "policies").symlink_to(ROOT / "policies")
    policy = (ROOT / "policies/dehumanization.toml").read_text()
    (folder / "mine.toml").write_text(policy.replace('version = "1.0.0"', 'version = "1.1.0"'))
    (folder / "rules").mkdir()
    (folder / "rules/forum.toml").write_text(toml_of("policies"))
    posts = [{"text": text} for text in TEXTS]
    jsonl = "".join(json.dumps(post) + "\n" for post in posts)
    for name in ("month", "more"):
        (folder / name).mkdir()
    (folder / "month/a.jsonl").write_text(jsonl)
    (folder / "posts.jsonl").write_text(jsonl)
    (folder / "more/b.jsonl.gz").write_bytes(gzip.compress(jsonl.encode()))
    (folder / "posts.txt").write_text("\n".join(TEXTS))
    (folder / "post.txt").write_text(TEXTS[0])
    rows = [
        {"text": text, "comment": text, "group": "women" if n % 3 else "men", "author": f"a{n}",
         "forum": f"forum/{n % 9}", **dict.fromkeys(
            ("is_hate", "toxic", "bad"), int("vermin" in text or "rats" in text))}
        for n, text in enumerate(f"{text} {n}" for n in range(10) for text in TEXTS)
    ]  # fmt: skip
    write_csv(folder / "ours.csv", rows)
    write_csv(folder / "comments.csv", rows)
    scores = [{"TOXICITY": 0.9, "INSULT": 0.6} if row["bad"] else {"TOXICITY": 0.1, "INSULT": 0.1}
              for row in rows]  # fmt: skip
    old = [{"text": row["text"], "scores": one} for row, one in zip(rows, scores, strict=True)]
    kept = "".join(json.dumps(row) + "\n" for row in old)
    (folder / "old.jsonl").write_text(kept)
    write_csv(
        folder / "perspective.csv",
        [{"text": row["text"], **one} for row, one in zip(rows, scores, strict=True)],
    )
    write_scored(folder, bundle)
    (folder / "platform.toml").write_text(toml_of("records"))
    create_key(folder / "keys.json", "one", "score", 0, 0)
    store = f"sqlite:///{folder / 'upstander.db'}"
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        ids = []
        for text in TEXTS:
            reply = httpx.post(f"{server.url}/v1/score", json={"text": text}, timeout=30)
            ids.append(reply.json()["decision"]["id"])
        until(lambda: server.metric('upstander_kept_total{result="kept",table="decisions"}') == 4)
        server.stop()
    write_csv(
        folder / "posts.csv",
        [{"decision_id": own, "content_date": "2026-11-01", "comment": t}
         for own, t in zip(ids, TEXTS, strict=True)],
    )  # fmt: skip
    (folder / "id").write_text(ids[0])
    return folder


def write_scored(folder: Path, bundle: Bundle) -> None:
    """Scored files with a column that was kept, and the policies that decide them again."""
    policy = ROOT / "policies/dehumanization.toml"
    columns = Columns(others=("forum",))
    answer, decides = answer_with(bundle, policy)
    sources = find_sources([str(folder / "comments.csv")], columns)
    task = Task(sources, columns, answer, bundle.manifest, decides)
    for name in ("scored.parquet", "scored.csv"):
        score_to_file(task, Output(folder / name))
    for name in ("old", "rules", "teens"):
        own = policy.read_text().replace('id = "dehumanization"', f'id = "{name}"')
        (folder / f"{name}.toml").write_text(own)


def toml_of(page: str) -> str:
    """The first file in TOML that a page shows."""
    found = re.search(r"```toml\n(.*?)```", (ROOT / f"docs/{page}.md").read_text(), re.DOTALL)
    assert found
    return found[1]


def write_csv(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def run(typed: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Run a line as a shell does; by a shell where there is more in it than words and patterns."""
    if re.search(r"[<>|]", typed):
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-euc", typed],
            cwd=place,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    _, *words = shlex.split(typed)
    found = {word: sorted(str(p.relative_to(place)) for p in place.glob(word)) for word in words
             if "*" in word}  # fmt: skip
    return forked.run("tools", *(o for word in words for o in found.get(word, [word])), cwd=place)


@pytest.mark.parametrize("line", lines())
def test_a_command_of_the_docs_runs(line: str, place: Path) -> None:
    typed = line
    for word, stands_for in STANDS_FOR.items():
        typed = typed.replace(word, stands_for)
    typed = re.sub(r"\bID\b", (place / "id").read_text(), typed)
    if "posts.csv" in typed and "dsa" in typed:
        with (place / "posts.csv").open(newline="") as file:
            rows = [row[:-1] for row in csv.reader(file)]
        with (place / "posts.dsa.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
        typed = typed.replace("posts.csv", "posts.dsa.csv")
    if typed.startswith("upstander score >"):
        typed = f"cat posts.txt | {typed}"
    if typed.startswith("upstander score"):
        typed += " --restart" if "-o" in typed else ""
    done = run(typed, place)
    status = next((code for start, code in OTHER_EXITS.items() if line.startswith(start)), 0)
    assert done.returncode == status, f"{typed}: {done.returncode}: {done.stderr}"
    assert done.stdout + done.stderr or ">" in line


def test_the_policy_that_the_docs_show_decides_if_it_is_named(
    place: Path, start_server: StartServer
) -> None:
    with start_server(policies=place / "rules", policy="forum") as server:
        server.wait_ready()
        reply = httpx.post(f"{server.url}/v1/score", json={"text": "Muslims are vermin."})
        decision = reply.json()["decision"]
        assert (decision["policy"]["id"], decision["rule"]) == ("forum", "vermin")
    with start_server(policies=place / "rules") as server:
        assert server.process.wait(timeout=30) == 1
        assert "no policy has this id; there are forum" in server.log.read_text()
