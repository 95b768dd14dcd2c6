"""The report of a data audit."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.page.render import html, markdown
from upstander.evaluation.page.sections import Section, Shown, Table
from upstander.evaluation.progress import track
from upstander.evaluation.suites.case import folded, letters
from upstander.models.files import write_whole
from upstander.training.audit.issues import Suspects, find_suspects
from upstander.training.audit.repeats import Leaks, Repeats, find_repeats
from upstander.training.example import Example
from upstander.training.splits import near_duplicates

_SIMILARITY: Final = 0.8
_SHOWN: Final = 25
_LONGEST: Final = 400
_TITLE: Final = "Audit of labelled data"
_DOUBTS_TOLD: Final = (
    "Confident learning over probabilities of a linear model for rows that it was not fitted on. "
    "Where its area under the curve is low it knows little, and its doubts are worth little: a "
    "doubt is a reason to look, and none to delete."
)


@dataclass(frozen=True, slots=True)
class Audited:
    """What was looked at, and what was found. suspects: by source and label."""

    examples: Sequence[Example]
    repeats: Repeats
    suspects: Mapping[tuple[str, str], tuple[Sequence[Example], Suspects]]


def audit(examples: Sequence[Example], withheld: Mapping[str, str]) -> Audited:
    """Look for repeats, contradictions, leaks and doubtful labels.

    withheld: key of a text that is held out to the name of what holds it.
    """
    texts = [folded(example.text) for example in examples]
    keys = [letters(text) for text in texts]
    with track("comparing", total=len(texts), unit="rows") as progress:
        groups = near_duplicates(texts, _SIMILARITY, progress.advance)
    repeats = find_repeats(examples, keys, groups, withheld)
    labelled: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, example in enumerate(examples):
        for label in example.labels.keys() - example.weak:
            labelled[example.source, label].append(number)
    suspects = {}
    with track("doubting", total=len(labelled), unit="labels") as progress:
        for (source, label), own in sorted(labelled.items()):
            rows = [examples[number] for number in own]
            found = find_suspects(
                [texts[number] for number in own],
                [row.labels[label] >= 0.5 for row in rows],
                [groups[number] for number in own],
            )
            if found is not None:
                suspects[source, label] = rows, found
            progress.advance()
    return Audited(examples, repeats, suspects)


def write_audit(audited: Audited, folder: Path) -> None:
    """`report.html`, `report.md`, and `label_issues.jsonl`, which has ids and no texts."""
    parts = list(_sections(audited))
    lead = "Nothing was deleted or changed. Texts are hidden until they are asked for."
    write_whole(folder / "report.html", html(_TITLE, lead, parts).encode())
    write_whole(folder / "report.md", markdown(_TITLE, parts).encode())
    issues = "".join(json.dumps(row) + "\n" for row in _issue_rows(audited))
    write_whole(folder / "label_issues.jsonl", issues.encode())


def _issue_rows(audited: Audited) -> Iterator[dict[str, Any]]:
    for (source, label), (rows, suspects) in audited.suspects.items():
        for place, suspect in enumerate(suspects.found, start=1):
            yield {
                "source": source,
                "label": label,
                "rank": place,
                "id": rows[suspect.index].id,
                "given": suspect.given,
                "probability": round(suspect.probability, 4),
                "quality": round(suspect.quality, 4),
            }


def _sections(audited: Audited) -> Iterator[Section]:
    repeats = audited.repeats
    yield Section(
        "repeats",
        "Texts that stand twice",
        ["Case, white space and symbols do not count. Near ones share most pairs of words."],
        tables=[
            Table(
                "Repeats in each data set",
                ("data set", "rows", "repeat another", "nearly do"),
                [
                    [s, f"{n:,}", f"{repeats.exact.get(s, 0):,}", f"{repeats.near.get(s, 0):,}"]
                    for s, n in repeats.rows.items()
                ],
            )
        ],
    )
    if repeats.leaks or any(example.split != "unsplit" for example in audited.examples):
        yield _leaks(repeats)
    yield _contradictions(repeats)
    yield Section(
        "labels",
        "Labels that other rows speak against",
        [_DOUBTS_TOLD],
        tables=[
            Table(
                "Doubtful labels",
                ("data set and label", "rows", "doubtful", "share", "AUC of the model"),
                [
                    [
                        f"{source}, {label}",
                        f"{found.rows:,}",
                        f"{len(found.found):,}",
                        f"{len(found.found) / found.rows:.1%}",
                        f"{found.auc:.3f}",
                    ]
                    for (source, label), (_, found) in audited.suspects.items()
                ],
            )
        ],
    )
    for (source, label), (rows, found) in audited.suspects.items():
        if found.found:
            yield _doubtful(source, label, rows, found)


def _leaks(repeats: Repeats) -> Section:
    return Section(
        "leaks",
        "Rows for training whose text is held out",
        ["`upstander train` leaves them out."],
        tables=[
            Table(
                "Leaks",
                ("training rows of", "equal a text of", "rows"),
                [[s, where, f"{len(ids):,}"] for (s, where), ids in _by_size(repeats.leaks)],
            )
        ],
    )


def _contradictions(repeats: Repeats) -> Section:
    return Section(
        "contradictions",
        "One text, two answers",
        [f"{len(repeats.contradictions):,} times a text has both answers to a label."],
        tables=[
            Table(
                f"Contradictions, the first {_SHOWN}",
                ("data set", "label", "rows that say yes", "rows that say no"),
                [
                    [one.source, one.label, ", ".join(one.yes[:3]), ", ".join(one.no[:3])]
                    for one in repeats.contradictions[:_SHOWN]
                ],
                is_words=True,
            )
        ],
    )


def _doubtful(source: str, label: str, rows: Sequence[Example], found: Suspects) -> Section:
    shown = [
        Shown(
            id=rows[suspect.index].id,
            parts=[(rows[suspect.index].text[:_LONGEST], False)],
            answer="yes" if suspect.given else "no",
            score=suspect.probability,
            kind=rows[suspect.index].split,
        )
        for suspect in found.found[:_SHOWN]
    ]
    return Section(
        f"labels-{source}-{label}",
        f"{source}: {label}",
        [f"{len(found.found):,} of {found.rows:,} labels are doubtful."],
        worst=shown,
        worst_are="most doubtful rows",
        answer_is="label",
    )


def _by_size(leaks: Leaks) -> list[tuple[tuple[str, str], Sequence[str]]]:
    return sorted(leaks.items(), key=lambda item: -len(item[1]))
