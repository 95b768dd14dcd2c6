"""`upstander data audit` of files of one's own, where torch is not installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from upstander.cli import app
from upstander.training.finetune.made_posts import posts

HEAVY = ("torch", "transformers", "datasets", "accelerate")


def write(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    lines = [f'{own},"{text}",{answer}' for own, text, answer in rows]
    path.write_text("\n".join(["id,comment,is_hate", *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Posts whose first answers are turned round, with a repeat and a contradiction."""
    made = [(post["id"], post["comment"], post["breaks_rule"]) for post in posts(240, seed=3)]
    turned = {"yes": "no", "no": "yes"}
    rows = [(i, text, turned[said] if n < 6 else said) for n, (i, text, said) in enumerate(made)]
    rows += [("again", made[20][1].upper(), made[20][2])]
    rows += [("against", made[30][1], turned[made[30][2]])]
    return write(tmp_path_factory.mktemp("audit") / "own.csv", rows)


def test_own_rows_are_audited_without_torch(own: Path, tmp_path: Path) -> None:
    arguments = ["data", "audit", str(own), "--text", "comment", "--label", "hate=is_hate"]
    blocked = (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {HEAVY}:\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        f"sys.argv = ['upstander', *{arguments}, '--out', {str(tmp_path / 'audit')!r}]\n"
        "from upstander.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "242 rows with an answer" in done.stdout
    assert "repeat another row: 2; nearly do: " in done.stdout
    assert "hate: one text, two answers: 1" in done.stdout
    assert "post-31" in done.stdout
    issues = [json.loads(x) for x in (tmp_path / "audit/label_issues.jsonl").read_text().split("\n")
              if x]  # fmt: skip
    found = {issue["id"] for issue in issues}
    assert len(found & {f"post-{n}" for n in range(1, 7)}) >= 4
    assert not any("text" in issue for issue in issues)
    report = (tmp_path / "audit/report.html").read_text()
    assert "One text, two answers" in report
    assert "Rows for training whose text is held out" not in report


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["own.csv"], "say which column has the answer"),
        (["own.csv", "--label", "rude=is_hate"], "there is no label 'rude'"),
        (["own.csv", "--label", "hate=is_hat"], "no column 'is_hat'"),
        (["none.csv", "--label", "hate"], "none.csv"),
        (["dynahate", "--label", "hate"], "--label has no effect on data sets"),
        (["own.csv", "--label", "hate=comment"], "which is neither yes nor no"),
    ],
)
def test_what_cannot_be_audited_is_told_in_a_line(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "own.csv", [("1", "a post", "yes"), ("2", "another", "no")])
    given = [*arguments, *(["--text", "comment"] if "own.csv" in arguments else [])]
    done = CliRunner().invoke(app, ["data", "audit", *given])
    assert done.exit_code != 0
    assert said in f"{done.output}{done.exception}"
    assert not (tmp_path / "runs").exists()
