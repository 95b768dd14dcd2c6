"""A month of decisions: a million of them take no more memory than a few."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from upstander.models.bundle import Bundle
from upstander.models.labels import LABELS
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import read_policy
from upstander.models.shipped import SHIPPED_POLICIES
from upstander.serving.records.recording import hash_of
from upstander.serving.store.database import open_store
from upstander.serving.store.salt import load_salt, salt_file_of
from upstander.serving.store.tables import DECISIONS, POLICIES

SHIPPED = SHIPPED_POLICIES / "dehumanization.toml"
TEXT = "Migrants are vermin."


def filled(store: str, bundle: Bundle, count: int) -> str:
    """Fill a store with decisions of the last thirty days, and return the id of one of them."""
    engine = open_store(store)
    policy = BoundPolicy(read_policy(SHIPPED), bundle.manifest)
    decided = policy.decide(bundle.scorer.score(TEXT))
    assert decided.rule is not None
    row: dict[str, Any] = {
        "text_hash": hash_of(TEXT, load_salt(engine, salt_file_of(store, None), make=True)),
        "scores": dict.fromkeys(LABELS, 0.1),
        "targets": [["race", 0.9]],
        "mechanisms": [["vermin", 0.5]],
        "spans": [[0, 5, 0.5]],
        "flags": {"windows": 1, "obfuscated": False, "quotation": False},
        "band": "review",
        "decision": {"band": "review", "rule": decided.rule.id, "reason": "It is so."},
        "distance": 0.3,
        "model_name": bundle.manifest.name,
        "model_version": bundle.manifest.version,
        "model_sha256": bundle.sha256,
        "policy_id": "dehumanization",
        "policy_version": "1.0.0",
        "policy_sha256": policy.sha256,
        "reviewed": False,
    }
    now = datetime.now(UTC).replace(tzinfo=None)
    with engine.begin() as connection:
        connection.execute(POLICIES.insert().values(**policy.row))
    for begin in range(0, count, 10_000):
        rows = [
            {
                **row,
                "decision_id": f"{n:032x}",
                "decided": now - timedelta(days=30 * (1 - n / count)),
            }
            for n in range(begin, min(begin + 10_000, count))
        ]
        with engine.begin() as connection:
            connection.execute(DECISIONS.insert(), rows)
    engine.dispose()
    return f"{count // 2:032x}"


def megabytes(*arguments: object) -> float:
    """The most memory that a command of `upstander records` took."""
    command = [sys.executable, "-m", "upstander", "records", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    assert process.returncode == 0, told
    return used.ru_maxrss * 1024 / 1e6


@pytest.mark.slow
def test_a_million_decisions_take_no_more_memory_than_a_few(tmp_path: Path, bundle: Bundle) -> None:
    used: dict[int, list[float]] = {}
    for count in (20_000, 1_000_000):
        store = f"sqlite:///{tmp_path / str(count)}.db"
        one = filled(store, bundle, count)
        jsonl, parquet = tmp_path / "out.jsonl", tmp_path / "out.parquet"
        used[count] = [
            megabytes("export", jsonl, "--store", store),
            megabytes("export", parquet, "--format", "parquet", "--store", store),
            megabytes("backfill", "--policy", SHIPPED, "--store", store),
            megabytes("replay", one, "--text", TEXT, "--store", store),
            megabytes("purge", "--days", 15, "--store", store),
        ]
        with jsonl.open() as lines:
            assert sum(1 for _ in lines) == count
        engine = open_store(store)
        with engine.connect() as connection:
            left = connection.execute(DECISIONS.select().with_only_columns(DECISIONS.c.id)).all()
        engine.dispose()
        assert len(left) == pytest.approx(count / 2, rel=0.01)
    print(json.dumps({str(count): [round(one) for one in many] for count, many in used.items()}))
    for few, many in zip(*used.values(), strict=True):
        assert many < few + 40
