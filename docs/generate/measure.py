"""What each shipped policy flags of ordinary posts and finds of natural ones.

    PYTHONPATH=docs python -m generate.measure [--data FOLDER]

Writes `docs/results/policies.json`. It scores the test rows of the suites `ordinary` (10,870 posts
of everyday life) and `natural` (880 posts as people wrote them): some minutes on two cores.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from generate.results import POLICIES
from upstander.evaluation.intervals import share
from upstander.evaluation.paths import data_folder
from upstander.evaluation.suites import natural, ordinary
from upstander.evaluation.suites.case import Case
from upstander.models.bundle import open_bundle
from upstander.models.cores import usable_cores
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import read_policy
from upstander.models.policy.quotation import is_quotation
from upstander.models.score import Score
from upstander.models.shipped import DEFAULT_BUNDLE, DEFAULT_POLICY, SHIPPED_POLICIES

Scored = tuple[Case, Score]


def main(arguments: Sequence[str] | None = None) -> None:
    """Score the suites, decide by every policy, and write what came of it."""
    parser = argparse.ArgumentParser(prog="python -m generate.measure")
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    data = data_folder(parser.parse_args(arguments).data)
    bundle = open_bundle(DEFAULT_BUNDLE)

    def scored(case: Case) -> Scored:
        return case, bundle.scorer.score(case.text)

    with ThreadPoolExecutor(usable_cores()) as pool:
        rows = {
            "ordinary": list(pool.map(scored, ordinary.load(data))),
            "natural": list(pool.map(scored, natural.load(data))),
        }
    policies = {
        path.stem: BoundPolicy(read_policy(path), bundle.manifest)
        for path in sorted(SHIPPED_POLICIES.glob("*.toml"))
    }
    found = {
        "bundle": {"name": bundle.manifest.name, "version": bundle.manifest.version},
        "default": DEFAULT_POLICY,
        "policies": {name: numbers(policies[name], rows) for name in _order(policies)},
    }
    POLICIES.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _order(names: Mapping[str, Any]) -> list[str]:
    """The default first."""
    return sorted(names, key=lambda name: (name != DEFAULT_POLICY, name))


def numbers(policy: BoundPolicy, rows: Mapping[str, Sequence[Scored]]) -> Mapping[str, Any]:
    """The share of each kind of posts that is flagged, with its interval and rows."""
    kinds = {
        "ordinary": rows["ordinary"],
        "dehumanizing": [row for row in rows["natural"] if row[0].expected is True],
        "hateful": [row for row in rows["natural"] if row[0].has("hate") is True],
        "harmless": [row for row in rows["natural"] if row[0].has("hate") is False],
    }
    found = {}
    for kind, posts in kinds.items():
        flagged = sum(
            policy.decide(score, is_quotation(case.text, score.spans)).band != "allow"
            for case, score in posts
        )
        measured = share(flagged, len(posts))
        found[kind] = {
            "value": round(measured.value, 5),
            "low": round(measured.low, 5),
            "high": round(measured.high, 5),
            "flagged": flagged,
            "rows": measured.rows,
        }
    return found


if __name__ == "__main__":
    main()
