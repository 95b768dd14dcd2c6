"""The distribution of scores that drift is measured from, as rules for Prometheus.

    upstander score posts.jsonl --no-decision -o scored.jsonl
    python deploy/baseline.py scored.jsonl > deploy/prometheus/baseline.yaml

scored.jsonl: answers of `upstander score` for posts like those that the service is to see: a week
of your own, some thousands of them. All must be of one bundle.
"""

import bisect
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Final

BOUNDS: Final = tuple(step / 10 for step in range(1, 11))
"""Upper bounds of the buckets of `upstander_score`."""

_MIN_POSTS: Final = 500


def shares(file: Path) -> tuple[str, int, dict[str, list[float]]]:
    """The bundle, the number of posts, and label to the share of posts in each bucket."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    bundles = set()
    posts = 0
    for line in file.open(encoding="utf-8"):
        answer = json.loads(line)
        bundles.add(f"{answer['model']['name']} {answer['model']['version']}")
        posts += 1
        for label, score in answer["scores"].items():
            counts[label][bisect.bisect_left(BOUNDS, score)] += 1
    if len(bundles) != 1 or posts < _MIN_POSTS:
        sys.exit(
            f"{file}: {posts} posts of {len(bundles)} bundles; give {_MIN_POSTS} or more of one"
        )
    found = {
        label: [counter[place] / posts for place in range(len(BOUNDS))]
        for label, counter in sorted(counts.items())
    }
    return bundles.pop(), posts, found


def rules(bundle: str, posts: int, found: dict[str, list[float]]) -> str:
    """The file, in YAML: a constant for each label and bucket."""
    lines = [
        "# Shares of posts by score, that drift is measured from: written by deploy/baseline.py.",
        f"# bundle: {bundle}",
        f"# posts: {posts}",
        "groups:",
        "  - name: upstander-baseline",
        "    rules:",
    ]
    for label, values in found.items():
        for bound, share in zip(BOUNDS, values, strict=True):
            lines += [
                "      - record: upstander:score_baseline:share",
                f"        expr: vector({share:.6f})",
                f'        labels: {{label: {label}, bin: "{bound}"}}',
            ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(rules(*shares(Path(sys.argv[1]))))
