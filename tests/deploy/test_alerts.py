"""Every alert has what raises it, a page, a panel, and metrics that there are."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from conftest import ROOT, Server, StartServer, until

from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.serving.metrics import Metrics

FOLDER = ROOT / "deploy/prometheus"
RULES = yaml.safe_load((FOLDER / "rules.yaml").read_text())["groups"]
ALERTS = {rule["alert"]: rule for group in RULES for rule in group["rules"] if "alert" in rule}


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        message = "there is no promtool: apt-get install prometheus"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )


def test_prometheus_takes_the_rules_and_they_do_what_their_tests_say() -> None:
    for file in ("rules.yaml", "baseline.yaml"):
        done = promtool("check", "rules", FOLDER / file)
        assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("test", "rules", FOLDER / "tests.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_raised_by_a_test_and_has_its_page() -> None:
    raised = set(re.findall(r'alertname="(\w+)"', (FOLDER / "tests.yaml").read_text()))
    raised.add("UpstanderScoreDrift")  # by posts, below
    assert raised == set(ALERTS)
    index = (ROOT / "docs/runbooks/index.md").read_text()
    pages = set()
    for name, rule in ALERTS.items():
        page = ROOT / rule["annotations"]["runbook"]
        pages.add(page.stem)
        text = page.read_text()
        assert f"`{name}`." in text
        for part in ("## Look", "## Do", "## When it is nothing"):
            assert part in text, page
        assert f"| [{name}]({page.name}) | {rule['labels']['severity']} |" in index
    assert {path.stem for path in (ROOT / "docs/runbooks").iterdir()} == {*pages, "index"}


def test_rules_and_panels_ask_for_metrics_that_there_are() -> None:
    families = {metric.name for metric in Metrics().registry.collect()}
    dashboard = json.loads((ROOT / "docs/grafana-dashboard.json").read_text())
    shown = " ".join(t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", ()))
    recorded = {rule["record"] for group in RULES for rule in group["rules"] if "record" in rule}
    for expression in (shown, *(rule["expr"] for group in RULES for rule in group["rules"])):
        for name in re.findall(r"\bupstander_\w+", expression):
            assert re.sub(r"_(total|bucket|count|sum)$", "", name) in families, name
        for name in re.findall(r"\bupstander:[\w:]+", expression):
            assert name in {*recorded, "upstander:score_baseline:share"}
    for name, rule in ALERTS.items():
        asked = set(re.findall(r"\bupstander[_:][\w:]+", rule["expr"]))
        assert not asked or any(one in shown for one in asked), f"{name} has no panel"


def test_the_baseline_is_of_the_shipped_bundle() -> None:
    text = (FOLDER / "baseline.yaml").read_text()
    named = f"# bundle: {DEFAULT_BUNDLE.parent.name} {DEFAULT_BUNDLE.name}\n"
    assert named in text, "write it anew with deploy/baseline.py"
    sums: dict[str, float] = {}
    for rule in yaml.safe_load(text)["groups"][0]["rules"]:
        share = float(re.fullmatch(r"vector\((.*)\)", rule["expr"])[1])  # type: ignore[index]
        label = rule["labels"]["label"]
        sums[label] = sums.get(label, 0.0) + share
    assert all(total == pytest.approx(1, abs=1e-4) for total in sums.values())


def scores(server: Server) -> dict[str, float]:
    page = httpx.get(f"{server.url}/metrics").text
    found = re.findall(r"^(upstander_score_(?:bucket|count)\{[^}]*\}) (\S+)$", page, re.MULTILINE)
    return {series: float(value) for series, value in found}


def alerts_after(
    server: Server, before: dict[str, float], texts: list[str], tmp_path: Path
) -> set[str]:
    """Labels whose scores are told to drift, once a service scored these too within an hour."""
    for begin in range(0, len(texts), 250):
        posts = [{"text": text} for text in texts[begin : begin + 250]]
        reply = httpx.post(f"{server.url}/v1/score/batch", json={"posts": posts}, timeout=60)
        assert reply.status_code == 200
    after = scores(server)
    series = [
        {"series": name, "values": f"{before.get(name, 0.0):g}x30 {value:g}x60"}
        for name, value in after.items()
    ]
    asked = 'ALERTS{alertname="UpstanderScoreDrift", alertstate="firing"}'
    test: dict[str, Any] = {
        "rule_files": [str(FOLDER / "rules.yaml"), str(FOLDER / "baseline.yaml")],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": series,
            "promql_expr_test": [{"expr": asked, "eval_time": "45m", "exp_samples": []}],
        }],
    }  # fmt: skip
    (tmp_path / "drift.yaml").write_text(yaml.safe_dump(test))
    done = promtool("test", "rules", tmp_path / "drift.yaml")
    told = done.stdout + done.stderr
    assert done.returncode == 0 or "got:" in told, told
    return set(re.findall(r'label="(\w+)"', told.partition("got:")[2]))


def test_posts_of_another_kind_raise_the_drift_once_500_were_scored(
    server: Server, tmp_path: Path
) -> None:
    insults = ("fool", "idiot", "liar", "clown", "moron")
    texts = [f"You are a {insults[n % 5]} and everybody knows it, number {n}." for n in range(510)]
    before = scores(server)
    assert alerts_after(server, before, texts[:400], tmp_path) == set()  # too few to say anything
    assert {"toxicity", "insult"} <= alerts_after(server, before, texts[400:], tmp_path)


def test_readiness_languages_and_the_backlog_are_counted(
    start_server: StartServer, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'upstander.db'}"
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        until(lambda: server.metric("upstander_ready") == 1)
        reply = httpx.post(f"{server.url}/v1/score", json={"text": "Migrants are vermin."})
        assert reply.json()["decision"]["band"] == "review"
        kept = 'upstander_kept_total{result="kept",table="decisions"}'
        until(lambda: server.metric(kept) == 1)
        server.stop()
    with start_server(store=store, record="decisions") as server:
        server.wait_ready()
        until(lambda: server.metric("upstander_reviews_waiting") == 1)
        assert server.metric("upstander_reviews_oldest_seconds") > 0
        comment = {"comment": {"text": "Guten Morgen, wie geht es dir heute bei diesem Wetter?"}}
        asked = {**comment, "requestedAttributes": {"TOXICITY": {}}}
        httpx.post(f"{server.url}/v1alpha1/comments:analyze", json=asked)
        assert server.metric('upstander_languages_total{language="de"}') == 1
        server.stop()
