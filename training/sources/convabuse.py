"""ConvAbuse: what people said to two chat bots, judged by experts on abuse."""

from typing import Final

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_COLUMNS = ("user", "severity_votes")
_SCALE: Final = frozenset({1, 0, -1, -2, -3})
"""1 is not abusive, 0 ambiguous, and -1 to -3 mildly, strongly and very strongly abusive."""


def _read(context: Context) -> Example | None:
    text = context.row["user"]
    if text.strip() == "_":
        return None  # stands for a user who said nothing
    votes = [int(vote) for vote in context.row["severity_votes"]]
    if not votes or not _SCALE.issuperset(votes):
        raise ValueError("votes outside the scale")
    return Example(
        text=text,
        source=context.source,
        id=context.id,
        split=context.file.split,
        labels={"toxicity": round(sum(vote < 0 for vote in votes) / len(votes), 4)},
    )


SOURCE = Source(
    name="convabuse",
    upstream="https://github.com/amandacurry/convabuse",
    licence="CC BY 4.0",
    licence_verified=False,
    citation="Cercas Curry, Abercrombie, Rieser 2021, ConvAbuse",
    files=(
        SourceFile(
            "convabuse/train.jsonl.gz",
            "train",
            _COLUMNS,
            2501,
            "a0bfd7b9b56d88b9a2e2422925e2374eb4934487577b59f4c4c8ce903765ab64",
        ),
        SourceFile(
            "convabuse/valid.jsonl.gz",
            "dev",
            _COLUMNS,
            831,
            "00f6070e5c6bd7e9c43bc7f4a9482bcb0cd55e2ef293c32f6fa12e9914fb215e",
        ),
        SourceFile(
            "convabuse/test.jsonl.gz",
            "test",
            _COLUMNS,
            853,
            "4bb4c3b04878cbaf38f2c796e0a740a094dfe13515235041622d684061e688d4",
        ),
    ),
    heads={"toxicity": "dialogue"},
    read=_read,
    note="The label is the share of annotators who found abuse; they saw the turns before it too.",
)
