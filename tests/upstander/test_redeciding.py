"""Scored files decided again: as `BoundPolicy` decides each row, and nothing else is changed."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from upstander.cli import app
from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.row import Columns
from upstander.evaluation.batch.run import Task, score_to_file
from upstander.evaluation.batch.sources import find_sources
from upstander.models.bundle import Bundle
from upstander.models.labels import LABELS, MECHANISMS, TARGETS
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import ReadPolicy, read_policy
from upstander.models.response import decision_to_dict
from upstander.models.score import MechanismScore, Score, TargetScore, Timings
from upstander.models.shipped import SHIPPED_POLICIES
from upstander.predictor import answer_with
from upstander.redeciding.chunks import chunk_of_records
from upstander.redeciding.decide import Decider

SHIPPED = SHIPPED_POLICIES / "dehumanization.toml"

POSTS = [
    {"id": "a", "text": "Migrants are vermin.", "forum": "teens"},
    {"id": "b", "text": "Good morning, everyone", "forum": "teens"},
    {"id": "c", "text": 'She called migrants "vermin" in front of the whole class.', "forum": "9"},
    {"id": "d", "text": "You are a fool and a liar.", "forum": None},
    {"id": "e", "text": "Women are objects, nothing more than property.", "forum": "other"},
    {"text": "\u200b"},
]

MANY_RULES = """
schema = 1
id = "many"
version = "1.0.0"
title = "Rules over several labels, categories and mechanisms"

[[clauses]]
id = "1"
title = "Be kind"

[[rules]]
id = "vermin"
clause = "1"
label = "dehumanization"
point = "balanced"
targets = ["immigration_status", "religion"]
mechanisms = ["vermin", "animal"]
band = "act"
action = "withhold"

[[rules]]
id = "dehumanizing"
clause = "1"
label = "dehumanization"
threshold = 0.6

[[rules]]
id = "nobody"
clause = "1"
label = "hate"
threshold = 0.4
targets = []

[[rules]]
id = "insults"
clause = "1"
label = "insult"
threshold = 0.5
band = "review"
action = "label"

[[exemptions]]
id = "quoted"
flag = "quotation"
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> ReadPolicy:
    path = tmp_path_factory.mktemp("policies") / "many.toml"
    path.write_text(MANY_RULES)
    return read_policy(path)


@pytest.fixture(scope="module")
def folder(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of the same answers, in every format, and policies beside them."""
    found = tmp_path_factory.mktemp("scored")
    posts = found / "posts.jsonl"
    posts.write_text("".join(json.dumps(post) + "\n" for post in POSTS))
    columns = Columns(everything=True)
    answer, decides = answer_with(bundle, SHIPPED)
    task = Task(find_sources([str(posts)], columns), columns, answer, bundle.manifest, decides)
    for name, layout in FILES.items():
        score_to_file(task, Output(found / name, layout))  # type: ignore[arg-type]
    (found / "many.toml").write_text(MANY_RULES)
    teens = SHIPPED.read_text().replace('point = "balanced"', "threshold = 0.99")
    teens = teens.replace('id = "dehumanization"', 'id = "teens"\ncommunities = ["teens", "9"]')
    (found / "teens.toml").write_text(teens)
    return found


FILES = {
    "nested.jsonl": None,
    "nested.parquet": None,
    "flat.csv": None,
    "flat.jsonl.gz": "flat",
    "flat.parquet": "flat",
}


def policy(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["policy", *map(str, arguments)], env={"COLUMNS": "200"})


def bare(value: Any) -> Any:
    """Without what is None."""
    if isinstance(value, dict):
        return {name: bare(one) for name, one in value.items() if one is not None}
    return [bare(one) for one in value] if isinstance(value, list) else value


NUMBERS = st.sampled_from([0.0, 0.05, 0.148, 0.39, 0.4, 0.41, 0.5, 0.55, 0.6, 0.61, 0.99])
ROWS = st.lists(
    st.tuples(
        st.fixed_dictionaries(dict.fromkeys(LABELS, NUMBERS)),
        st.lists(st.sampled_from([*TARGETS]), unique=True, max_size=3),
        st.lists(st.sampled_from([*MECHANISMS]), unique=True, max_size=2),
        st.booleans(),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(rows=ROWS)
def test_a_piece_is_decided_as_each_row_of_it_is(
    bundle: Bundle, many: ReadPolicy, rows: list[Any]
) -> None:
    manifest = bundle.manifest
    targets = {target.name for target in manifest.targets}
    records, expected = [], []
    bound = BoundPolicy(many, manifest)
    for scores, own, ways, is_quotation in rows:
        about = [(name, 1.0) for name in own if name in targets]
        score = Score(
            scores, tuple(TargetScore(*one) for one in about),
            tuple(MechanismScore(name, 1.0) for name in ways), (), False, 1, 1,
            Timings(0, 0, 0),
        )  # fmt: skip
        expected.append(decision_to_dict(bound.decide(score, is_quotation)))
        records.append(
            {
                "model": {"sha256": bundle.sha256},
                "scores": scores,
                "targets": [{"category": name, "score": value} for name, value in about],
                "mechanisms": [{"mechanism": name, "score": 1.0} for name in ways],
                "flags": {"quotation": is_quotation},
            }
        )
    decided = Decider([many], []).decide(chunk_of_records(records, ()))
    for row, wanted in enumerate(expected):
        found = decided.to_dict(row)
        assert found is not None
        assert found.pop("policy") == {"id": "many", "version": "1.0.0", "sha256": many.sha256}
        assert found == wanted


@pytest.mark.parametrize("name", FILES)
def test_the_same_policy_decides_as_before(name: str, folder: Path, tmp_path: Path) -> None:
    output = tmp_path / name
    done = policy("apply", folder / name, "--policy", SHIPPED, "-o", output)
    assert done.exit_code == 0, done.output
    assert "5 rows decided: allow " in done.output
    before, after = folder / name, output
    if name.endswith(".parquet"):
        assert pq.read_table(after).to_pylist() == pq.read_table(before).to_pylist()
        assert pq.read_schema(after).names == pq.read_schema(before).names
    elif name.endswith(".gz"):
        assert sorted_rows(after) == sorted_rows(before)
    else:
        assert after.read_bytes() == before.read_bytes()


def sorted_rows(path: Path) -> list[list[tuple[str, Any]]]:
    import gzip

    return [
        sorted(json.loads(line).items()) for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("written", ["a.parquet", "a.csv", "a.jsonl"])
def test_other_policies_decide_by_community(
    name: str, written: str, folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / written
    done = policy(
        "apply", folder / name, "--policy", folder / "many.toml", "--policy",
        folder / "teens.toml", "--community-column", "forum", "-o", output,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    if written == "a.parquet":
        rows = bare(pq.read_table(output).to_pylist())
    elif written == "a.jsonl":
        rows = [json.loads(line) for line in output.read_text().splitlines()]
    else:
        rows = [*csv.DictReader(output.read_text().splitlines())]
    by = [
        r.get("decision", {}).get("policy", {}).get("id") or r["decision.policy.id"] for r in rows
    ]
    assert by == ["teens", "teens", "teens", "many", "many"]
    bands = [r.get("decision", {}).get("band") or r["decision.band"] for r in rows]
    assert bands[:2] == ["allow", "allow"]
    assert bands[3] == "review"  # an insult, which only the other policy knows


def test_what_cannot_be_decided_is_one_line(folder: Path, tmp_path: Path) -> None:
    scored, output = folder / "nested.parquet", tmp_path / "a.parquet"
    (tmp_path / "posts.csv").write_text("text,forum\nHello,1\n")
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "cut.jsonl").write_text((folder / "nested.jsonl").read_text()[:1500])
    foreign = (folder / "nested.jsonl").read_text().replace('"sha256":"e', '"sha256":"f')
    (tmp_path / "foreign.jsonl").write_text(foreign)
    for arguments, why in {
        (tmp_path / "no.parquet", "--policy", SHIPPED): "is not a file",
        (folder / "many.toml", "--policy", SHIPPED): "give what `upstander score` wrote",
        (tmp_path / "posts.csv", "--policy", SHIPPED): (
            "holds no scores: it has neither fields `model` and `scores` nor a column "
            "`model.sha256` (found: text, forum)"
        ),
        (tmp_path / "empty.jsonl", "--policy", SHIPPED): "there is nothing to decide",
        (tmp_path / "cut.jsonl", "--policy", SHIPPED): "no JSON, or cut off",
        (tmp_path / "foreign.jsonl", "--policy", SHIPPED): "give its folder with --bundle",
        (scored, "--policy", SHIPPED, "--community-column", "no"): "score with --keep no",
        (folder / "flat.csv", "--policy", SHIPPED, "--layout", "nested"): "cannot be nested again",
    }.items():
        done = policy("apply", *arguments, "-o", output)
        assert why in str(done.exception), (why, done.output)
        assert not output.exists()
    several = policy("apply", scored, "--policy", SHIPPED, "--policy", SHIPPED, "-o", output)
    assert several.exit_code == 2
    assert "several --policy need --community-column" in several.output
    over = policy("apply", scored, "--policy", SHIPPED, "-o", scored)
    assert "would be changed by it" in str(over.exception)
    teens = folder / "teens.toml"
    twice = policy(
        "apply", scored, "--policy", teens, "--policy", teens, "--community-column", "forum",
        "-o", output,
    )  # fmt: skip
    assert "community teens has the policy" in str(twice.exception)


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_a_full_disk_leaves_nothing(name: str, folder: Path, tmp_path: Path) -> None:
    limited = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))\n"
        f"sys.argv = {['upstander', 'policy', 'apply', str(folder / 'nested.parquet')]!r}\n"
        f"sys.argv += ['--policy', {str(SHIPPED)!r}, '-o', {str(tmp_path / name)!r}]\n"
        "from upstander.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith(f"upstander: {tmp_path / name} cannot be written: ")
    assert "make room" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_rows_without_scores_stay_as_they_are(folder: Path, tmp_path: Path) -> None:
    error = '{"file":"posts.jsonl","row":9,"error":{"code":"empty_text","message":"empty"}}\n'
    scored = tmp_path / "scores.jsonl"
    scored.write_text(error + (folder / "nested.jsonl").read_text())
    done = policy("apply", scored, "--policy", SHIPPED, "-o", tmp_path / "a.jsonl")
    assert "1 rows have no scores, and stay as they are" in done.output
    assert (tmp_path / "a.jsonl").read_text() == scored.read_text()
    as_table = policy("apply", scored, "--policy", SHIPPED, "-o", tmp_path / "a.parquet")
    assert as_table.exit_code == 0, as_table.output
    table = pq.read_table(tmp_path / "a.parquet")
    assert table["decision"].null_count == 1
    assert table["error.message"].to_pylist() == ["empty", *[None] * 5]


def test_the_lines_of_the_console_get_one_decision_and_lose_nothing(
    folder: Path, tmp_path: Path
) -> None:
    lines = []
    for number, line in enumerate((folder / "nested.jsonl").read_text().splitlines(), start=2):
        scored = json.loads(line)
        own = {name: scored[name] for name in ("model", "scores", "targets", "mechanisms", "spans")}
        old = {"band": "act", "reason": "so it was", "policy": {"id": "old", "version": "1"}}
        kept = {"fields": {"likes": number}}
        lines.append({"row": number, "id": "", "text": f"post {number}", **own, **old, **kept})
    lines.append({"row": 9, "id": "", "text": "", "problem": "no text"})
    scored = tmp_path / "web.jsonl"
    scored.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name in ("a.jsonl", "a.csv", "a.parquet"):
        done = policy("apply", scored, "--policy", SHIPPED, "-o", tmp_path / name)
        assert done.exit_code == 0, done.output
    told = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert all(not {"band", "reason", "policy"} & set(line) for line in told)
    assert [line["decision"]["policy"]["id"] for line in told[:-1]] == ["dehumanization"] * 5
    assert told[-1] == lines[-1]
    rows = [*csv.DictReader((tmp_path / "a.csv").read_text().splitlines())]
    table = pq.read_table(tmp_path / "a.parquet").to_pylist()
    for found in (rows, table):
        assert [row["text"] for row in found] == [line["text"] for line in lines]
        assert [row["fields.likes"] for row in found][:-1] == [*"23456"]
        assert found[-1]["problem"] == "no text"
        assert "band" not in found[0]


@pytest.mark.parametrize("name", FILES)
def test_a_difference_says_how_many_change_and_for_whom(
    name: str, folder: Path, tmp_path: Path
) -> None:
    page = tmp_path / "changes.html"
    done = policy(
        "diff", SHIPPED, folder / "teens.toml", "--on", folder / name, "--by", "forum",
        "--report", page,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert "rule protected-group: threshold 0.148 -> 0.990" in done.output
    moved = next(line for line in lines if "review -> allow" in line)
    count = int(moved.split()[3])
    assert count >= 1
    assert f"5 rows; the band changes in {count} of 5" in done.output
    assert any(line.startswith("  teens: 1 of 2 (50.00%)") for line in lines)
    assert any(line.startswith("  immigration_status: 1 of ") for line in lines)
    written = page.read_text()
    assert "Migrants are vermin." in written.partition("<details>")[2]
    assert "Migrants are vermin." not in written.partition("<details>")[0]
    assert "Content warning" in written


def test_options_without_effect_are_refused(folder: Path) -> None:
    for given_too, why in {
        ("--by", "forum"): "--by has no effect without --on",
        ("--on", folder / "flat.csv", "--examples", "3"): "--examples has no effect without --rep",
    }.items():
        done = policy("diff", SHIPPED, SHIPPED, *given_too)
        assert done.exit_code == 2
        assert why in done.output
    none = policy("diff", SHIPPED, SHIPPED, "--on", folder / "flat.csv", "--by", "no")
    assert "has no column 'no': score with --keep no" in str(none.exception)


def test_a_rule_on_scores_that_are_not_there_is_told(many: ReadPolicy, bundle: Bundle) -> None:
    record = {"model": {"sha256": bundle.sha256}, "scores": {"hate": 0.5, "dehumanization": 0.5}}
    piece = chunk_of_records([record], ())
    assert np.array_equal(piece.targets, np.zeros((1, 0)))
    with pytest.raises(Exception, match="a rule asks for insult, and there are rows without it"):
        Decider([many], []).decide(piece)
