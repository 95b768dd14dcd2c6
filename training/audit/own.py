"""Auditing files of the user, without torch."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from upstander.training.audit.report import Audited, audit, write_audit
from upstander.training.example import Example
from upstander.training.finetune.labelled import Asked, Labelled, read_every

_SHOWN: Final = 10
_MIN_ROWS: Final = 50


def audit_own(inputs: Sequence[str], asked: Asked, out: Path) -> list[str]:
    """Write the report and `label_issues.jsonl` to `out`; what was found, a line each.

    Raises UpstanderError if the files cannot be read so, or no row has an answer.
    """
    read = read_every(inputs, asked)
    name = Path(inputs[0]).name if len(inputs) == 1 else "own"
    found = audit([_example(row, name) for row in read.rows], {})
    write_audit(found, out)
    lines = [f"{len(read.rows):,} rows with an answer"]
    lines += [f"  {label}: {yes:,} yes, {no:,} no" for label, (yes, no) in read.counts().items()]
    lines += [f"  left out: {why}: {count:,}" for why, count in read.left_out.items()]
    return lines + _lines(found, name)


def _example(row: Labelled, source: str) -> Example:
    labels = {name: float(holds) for name, holds in row.labels.items()}
    return Example(row.text, source, row.id, "unsplit", labels)


def _lines(found: Audited, name: str) -> list[str]:
    repeats = found.repeats
    against: Counter[str] = Counter(one.label for one in repeats.contradictions)
    exact, near = repeats.exact.get(name, 0), repeats.near.get(name, 0)
    lines = [f"repeat another row: {exact:,}; nearly do: {near:,}"]
    lines += [f"{label}: one text, two answers: {count:,}" for label, count in against.items()]
    for one in repeats.contradictions[:_SHOWN]:
        lines.append(f"  yes: {', '.join(one.yes[:3])}; no: {', '.join(one.no[:3])}")
    labels = {label for example in found.examples for label in example.labels}
    for label in sorted(labels):
        if (name, label) not in found.suspects:
            lines.append(
                f"{label}: fewer than {_MIN_ROWS} rows of either answer, so doubtful ones cannot "
                "be told"
            )
            continue
        rows, suspects = found.suspects[name, label]
        lines.append(
            f"{label}: doubtful answers: {len(suspects.found):,} (the area under the curve of what "
            f"doubts them is {suspects.auc:.3f})"
        )
        for suspect in suspects.found[:_SHOWN]:
            given = "yes" if suspect.given else "no"
            lines.append(
                f"  {rows[suspect.index].id}: it says {given}; by the other rows "
                f"{suspect.probability:.0%} yes"
            )
    return lines
