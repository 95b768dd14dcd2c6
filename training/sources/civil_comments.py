"""Civil Comments, the toxic-spans annotation: news comments whose toxic words were marked."""

from collections.abc import Sequence

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_COLUMNS = (
    "comment_id",
    "comment_text",
    "raters",
    "raters_any_span",
    "raters_identity_attack",
    "raters_threat",
    "spans",
)


def _read(context: Context) -> Example:
    row = context.row
    raters = int(row["raters"])
    marked = int(row["raters_any_span"])
    labels: dict[str, float] = {}
    if 2 * marked >= raters or marked == 0:
        labels["toxicity"] = float(marked > 0)
    for label in ("identity_attack", "threat"):
        # A low count is weak evidence of absence, so there are no negatives.
        if 2 * int(row[f"raters_{label}"]) >= raters:
            labels[label] = 1.0
    return Example(
        text=row["comment_text"],
        source=context.source,
        id=str(row["comment_id"]),
        split="unsplit" if context.file.split == "train" else context.file.split,
        labels=labels,
        spans=_majority(len(row["comment_text"]), row["spans"]),
    )


def _majority(
    length: int, raters: Sequence[Sequence[Sequence[object]]]
) -> tuple[tuple[int, int], ...]:
    """The stretches that more than half of the raters marked, whatever type they chose."""
    votes = [0] * (length + 1)
    for marks in raters:
        covered = {p for _, b, e in marks for p in range(int(str(b)), min(int(str(e)), length))}
        for position in covered:
            votes[position] += 1
    spans: list[tuple[int, int]] = []
    begin = -1
    for position, count in enumerate(votes):
        inside = 2 * count > len(raters)
        if inside and begin < 0:
            begin = position
        elif not inside and begin >= 0:
            spans.append((begin, position))
            begin = -1
    return tuple(spans)


SOURCE = Source(
    name="civil_comments_sample",
    upstream="https://github.com/ipavlopoulos/toxic_spans",
    licence="CC0-1.0",
    licence_verified=True,
    citation="Pavlopoulos et al. 2021, SemEval-2021 Task 5; Borkan et al. 2019, Civil Comments",
    files=(
        SourceFile(
            "civil_comments_sample/toxic_spans_train.jsonl.gz",
            "train",
            _COLUMNS,
            14086,
            "59a266c56608795245b00f814baf507302dd5c17e9cd415e64b65110a48bb788",
        ),
        SourceFile(
            "civil_comments_sample/toxic_spans_test.jsonl.gz",
            "test",
            _COLUMNS,
            2013,
            "05c97fa24a654cf99bcc5e57da3e846650ee88c6627fb6b3f2b9ea5b49dce1a8",
        ),
    ),
    heads={"identity_attack": "comments", "threat": "comments", "toxicity": "news"},
    read=_read,
    note="Nearly every comment is toxic: few clean negatives, and a low count is weak evidence.",
)
