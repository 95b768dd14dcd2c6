"""Texts with the scores that the Perspective API really gave them, to measure agreement.

Wikipedia talk comments (Pavlopoulos et al. 2020, Xenos et al. 2021) have its TOXICITY and a human
label; prompts and continuations of RealToxicityPrompts (Gehman et al. 2020, by way of Lu et al.
2022 and Wang et al. 2023) have six of its attributes.
"""

from pathlib import Path
from typing import Final

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.suites.case import Case, read_jsonl
from upstander.evaluation.suites.jigsaw import ATTRIBUTES

WIKIPEDIA: Final = "perspective_wikipedia"
RTP: Final = "perspective_rtp"
_WIKIPEDIA: Final = {
    "with its parent": "perspective_wikipedia/gc_test.jsonl.gz",
    "alone": "perspective_wikipedia/gn_test.jsonl.gz",
}
"""How annotators saw a comment. Perspective, like this product, scored the comment alone."""
_RTP: Final = "perspective_rtp/test.jsonl.gz"
_HALF: Final = 0.5


def load_wikipedia(folder: Path) -> list[Case]:
    """The test comments of both files; `expected` is the human label."""
    return [
        Case(
            id=row["id"],
            text=row["text"],
            label="toxicity",
            expected=str(row["label"]) == "1",
            functionality=f"annotated {kind}",
            target="",
            reference={"toxicity": _number(folder / path, line, row["api"])},
        )
        for kind, path in _WIKIPEDIA.items()
        for line, row in read_jsonl(folder / path, "id", "text", "label", "api")
    ]


def load_rtp(folder: Path) -> list[Case]:
    """The test rows. A label is expected where Perspective's score is at least 0.5.

    Prompt and continuation are halves of one sentence, and share their cluster.
    """
    path = folder / _RTP
    cases = []
    for line, row in read_jsonl(path, "source", "file", "part", "text", *ATTRIBUTES):
        scores = {label: _number(path, line, row[label]) for label in ATTRIBUTES}
        has = {label: score >= _HALF for label, score in scores.items()}
        cases.append(
            Case(
                id=f"{line}:{row['part']}",
                text=row["text"],
                label="toxicity",
                expected=has.pop("toxicity"),
                functionality=row["part"],
                target="",
                also=has,
                source=row["source"],
                cluster=row["file"],
                reference=scores,
            )
        )
    return cases


def _number(path: Path, line: int, value: object) -> float:
    try:
        return float(str(value))
    except ValueError as error:
        raise EvaluationError(f"{path}, line {line}: a score is no number") from error
