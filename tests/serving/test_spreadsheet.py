"""No cell of CSV is run as a formula: the console and the export of records have one rule."""

import csv
import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from upstander.cli import app
from upstander.serving.store.database import open_store
from upstander.serving.store.tables import DECISIONS, REVIEWS

CASES: list[list[str]] = json.loads((Path(__file__).parent / "formulas.json").read_text())
"""A text, and the cell that it becomes."""


def a_decision(number: int, **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        column.name: ""
        for column in DECISIONS.columns
        if not column.nullable and column.name != "id"
    }
    return {
        **empty,
        "decision_id": f"{number:032x}",
        "decided": datetime(2026, 11, 23),
        "scores": {},
        "targets": [],
        "mechanisms": [],
        "spans": [],
        "flags": {},
        "decision": {},
        "reviewed": False,
        **more,
    }


def test_records_are_exported_without_a_formula(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    engine = open_store(store)
    with engine.begin() as connection:
        rows = [
            a_decision(number, text=given, post_id=given, community_id=given)
            for number, (given, _) in enumerate(CASES)
        ]
        connection.execute(DECISIONS.insert(), rows)
    engine.dispose()
    out = tmp_path / "records.csv"
    command = ["records", "export", str(out), "--format", "csv", "--store", store]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    with out.open(encoding="utf-8", newline="") as file:
        found = [(r["text"], r["post_id"], r["community_id"]) for r in csv.DictReader(file)]
    assert found == [(cell,) * 3 for _, cell in CASES]


def test_an_export_says_what_people_said(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    engine = open_store(store)
    said = [
        (0, "upheld", "=1+1", "other_hate"), (0, "unsure", "hard", None), (1, "unsure", None, None),
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(DECISIONS.insert(), [a_decision(number) for number in range(3)])
        connection.execute(
            REVIEWS.insert(),
            [
                {
                    "reviewed": datetime(2026, 11, 24),
                    "decision_id": f"{number:032x}",
                    "key_id": "ann",
                    "outcome": outcome,
                    "reason": reason,
                    "reason_code": code,
                    "labels": {},
                }
                for number, outcome, reason, code in said
            ],
        )
    engine.dispose()
    for form in ("csv", "jsonl"):
        command = ["records", "export", str(tmp_path / f"a.{form}"), "--format", form]
        assert CliRunner().invoke(app, [*command, "--store", store]).exit_code == 0
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    names = "review_outcome", "review_reason", "review_reason_code"
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("upheld", "'=1+1", "other_hate"), ("unsure", "", ""), ("", "", ""),
    ]  # fmt: skip
    lines = map(json.loads, (tmp_path / "a.jsonl").read_text().splitlines())
    assert [
        [(one["reason"], one["reason_code"], one["key_id"]) for one in line.get("reviews", ())]
        for line in lines
    ] == [
        [("=1+1", "other_hate", "ann"), ("hard", None, "ann")], [(None, None, "ann")], []
    ]  # fmt: skip


def test_the_console_writes_the_same_cells(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node: apt-get install nodejs")
    shutil.copy(ROOT / "serving/console/static/csv.js", tmp_path / "csv.mjs")
    (tmp_path / "cells.mjs").write_text(
        'import { csvLine } from "./csv.mjs";\n'
        "const texts = JSON.parse(process.argv[2]);\n"
        "for (const text of texts) process.stdout.write(csvLine([text, 1]));\n"
    )
    texts = json.dumps([given for given, _ in CASES])
    done = subprocess.run(
        [node, str(tmp_path / "cells.mjs"), texts], capture_output=True, check=True, timeout=60
    )
    rows = list(csv.reader(done.stdout.decode().splitlines(keepends=True)))
    assert [row[0] for row in rows] == [cell for _, cell in CASES]


def test_what_is_no_address_of_the_web_is_no_link(tmp_path: Path) -> None:
    """Addresses of a bundle, or of a policy of before, were checked by nobody."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node: apt-get install nodejs")
    shutil.copy(ROOT / "serving/console/static/dom.js", tmp_path / "dom.mjs")
    (tmp_path / "links.mjs").write_text(
        "globalThis.document = { createElement: (tag) => ({ tag, setAttribute(name, value) {\n"
        "  this[name] = value; }, append() {} }) };\n"
        'const { link } = await import("./dom.mjs");\n'
        "const made = JSON.parse(process.argv[2]).map((one) => link(one, 'words'));\n"
        "console.log(JSON.stringify(made.map((one) => one.href ?? one)));\n"
    )
    good = ["https://example.org/rules#1", "HTTP://example.org"]
    bad = [
        "javascript:alert(1)", "JavaScript://example.org/%0aalert(1)", " javascript:alert(1)",
        "data:text/html,x", "vbscript:x", "//example.org", "hub/name", "",
    ]  # fmt: skip
    done = subprocess.run(
        [node, str(tmp_path / "links.mjs"), json.dumps(good + bad)],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert json.loads(done.stdout) == [*good, *([["words"]] * len(bad))]
