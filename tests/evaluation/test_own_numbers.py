"""`upstander evaluate own.csv`: what a person reads, what a build fails by, and every row."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from test_score_command import upstander

from upstander.evaluation.intervals import share

HEADER = ("id", "comment", "bad", "rude", "who", "author")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-four posts of four authors about two groups, with two labels."""
    path = tmp_path_factory.mktemp("own") / "own.csv"
    rows: list[tuple[object, ...]] = []
    for n in range(12):
        who = ("migrants", "women")[n % 2]
        rows.append((f"p{n}", f"Those {who} are vermin, number {n}.", 1, 1, who, f"a{n % 2}"))
        rows.append((f"n{n}", f"Good morning to the {who} of house {n}", 0, 0, who, f"a{n % 4}"))
    rows.append(("odd", "Nobody said what this is", "", "", "women", "a0"))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


ALL = ("--label", "bad=hate", "--label", "rude=toxicity", "--text-column", "comment",
       "--target-column", "who", "--cluster", "author")  # fmt: skip


@pytest.fixture(scope="module")
def evaluated(own: Path) -> tuple[Path, str, str]:
    """The folder of a run, what it printed, and what it said of errors."""
    out = own.parent / "out"
    old = own.parent / "old.csv"
    with own.open() as file, old.open("w", newline="") as kept:
        texts = [row["comment"] for row in csv.DictReader(file)]
        writer = csv.writer(kept)
        writer.writerows([("text", "HATE"), *((text, 0.9) for text in texts)])
    done = upstander(
        "evaluate", own, *ALL, "--out", out, "--rows", own.parent / "rows.parquet",
        "--against", old, "--require", "own.recall>=0.5", "--require", "own.recall>=0.999@lower",
        "--require", "own.group.women.false_positive_rate<=1", "--thresholds", "--prevalence",
        "0.01", "--capacity", "100",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr  # of three bars one has fallen
    return out, done.stdout, done.stderr


def test_the_terminal_has_numbers_matrix_and_rates(evaluated: tuple[Path, str, str]) -> None:
    out, printed, said = evaluated
    suites = {one["suite"]: one for one in json.loads((out / "report.json").read_text())["suites"]}
    assert {*suites} == {"own", "own_toxicity"}
    for name in ("precision", "recall", "f1"):
        value = suites["own"]["headline"][name]["value"]
        assert any(line.split()[:2] == [name, f"{value:.3f}"] for line in printed.splitlines())
    assert "wrongly flagged" in printed
    assert "rightly left alone" in printed
    rates = printed.partition("false positives")[2]
    assert "women" in rates
    assert "migrants" in rates
    assert "left out: row 25: column 'bad' is empty" in said


def test_intervals_go_by_the_cluster(evaluated: tuple[Path, str, str]) -> None:
    """All of twelve posts are found, but two authors wrote them."""
    report = json.loads((evaluated[0] / "report.json").read_text())
    recall = report["suites"][0]["headline"]["recall"]
    assert (recall["value"], recall["rows"]) == (1.0, 12)
    assert recall["low"] == pytest.approx(share(2, 2).low)
    assert recall["low"] < share(12, 12).low


def test_a_bar_is_judged_by_its_bound_and_stands_in_the_report(
    evaluated: tuple[Path, str, str],
) -> None:
    out, _, said = evaluated
    broken = [line for line in said.splitlines() if "does not hold" in line]
    assert len(broken) == 1
    assert broken[0].startswith("upstander: own.recall>=0.999@lower does not hold: ")
    bars = json.loads((out / "report.json").read_text())["bars"]
    assert [(bar["bar"], bar["holds"]) for bar in bars] == [
        ("own.recall>=0.5", True),
        ("own.recall>=0.999@lower", False),
        ("own.group.women.false_positive_rate<=1", True),
    ]
    assert "| own.recall>=0.999@lower |" in (out / "report.md").read_text()
    assert "own.recall&gt;=0.999@lower" in (out / "report.html").read_text()


def test_a_report_with_bars_is_made_again(evaluated: tuple[Path, str, str], tmp_path: Path) -> None:
    done = upstander("report", evaluated[0] / "report.json", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "| own.recall>=0.999@lower |" in (tmp_path / "report.md").read_text()
    assert "these rows cannot show it" in (tmp_path / "report.md").read_text()


def test_what_the_rows_cannot_show_is_told(evaluated: tuple[Path, str, str]) -> None:
    out, printed, _ = evaluated
    assert "at most 100 a day: these rows cannot show it" in " ".join(printed.split())
    choices = json.loads((out / "report.json").read_text())["choices"]
    assert choices[0]["share"] == 0.01
    assert choices[0]["refused"]


def test_every_row_is_written(evaluated: tuple[Path, str, str]) -> None:
    rows = pq.read_table(evaluated[0].parent / "rows.parquet").to_pylist()
    assert [row["suite"] for row in rows] == ["own"] * 24 + ["own_toxicity"] * 24
    report = json.loads((evaluated[0] / "report.json").read_text())
    own = rows[:24]
    assert {row["threshold"] for row in own} == {report["suites"][0]["threshold"]}
    for row in own:
        assert row["truth"] == row["id"].startswith("p")
        assert row["decision"] == (row["score"] >= row["threshold"])
        assert row["right"] == (row["truth"] == row["decision"])
        assert (row["cluster"], row["target"]) in {
            (f"a{a}", who) for a in range(4) for who in ("migrants", "women")
        }
        # The other flags everything, and is right where the row has the label.
        assert (row["other_score"], row["other_decision"]) == (0.9, True)
        flip = {(True, False): "gained", (False, True): "lost"}
        assert row["flip"] == flip.get((row["right"], row["truth"]))
    gained = sum(row["flip"] == "gained" for row in own)
    assert gained == report["pairs"][0]["gained"] > 0
    assert rows[24]["other_score"] is None  # it has no scores for toxicity


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--require", "own.beauty>=1"), "there is no number own.beauty; there are own.accuracy"),
        (("--require", "hatecheck.f1>=1"), "the suites of this run are own"),
        (("--require", "own.group.men.false_positive_rate<=1"), "own.group.women.false_positive"),
        (("--require", "difference.own.f1>=0"), "a difference needs --against"),
        (("--rows", "rows.xml"), "name an output that ends in .jsonl, .csv"),
        (("--rows", "own.csv"), "would be changed by it"),
        (("--cluster", "writer"), "no column 'writer'"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_scored(
    arguments: tuple[str, ...], why: str, own: Path, tmp_path: Path
) -> None:
    here = [str(own.parent / one) if one in ("rows.xml", "own.csv") else one for one in arguments]
    done = upstander("evaluate", own, *ALL[:2], *ALL[4:8], *here, "--out", tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_number_that_the_rows_do_not_have_is_no_fallen_bar(tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("text,bad\nGood morning,0\nSee you at lunch,1\n")
    done = upstander(
        "evaluate", posts, "--label", "bad=hate", "--out", tmp_path / "out", "--require",
        "own.precision>=0.1",
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "own.precision>=0.1 cannot be told: there is no such number on these rows" in done.stderr
    assert (tmp_path / "out/report.html").is_file()
