"""HateXplain's test posts (Mathew et al. 2021): three annotators each, targets and rationales."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from upstander.evaluation import taxonomy
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "hatexplain"
_TEST: Final = "hatexplain/test.jsonl.gz"
_COLUMNS: Final = ("post_id", "annotators", "rationales", "post_tokens")
_KINDS: Final = ("hateful", "normal", "offensive")  # the official numbering
_NO_GROUP: Final = {"No_race", "Nonreligious", "No_gender", "No_orientation", "None", "Other"}


def load(folder: Path) -> list[Case]:
    """The official test split; posts on which no two annotators agree are dropped.

    A post is hateful, offensive or normal. Offensive is no word about hate, so `hate` is then None.
    """
    cases = []
    for line, row in read_jsonl(folder / _TEST, *_COLUMNS):
        try:
            case = _case(row)
        except (LookupError, TypeError) as error:
            raise EvaluationError(
                f"{folder / _TEST}, line {line}: {type(error).__name__} in a value"
            ) from error
        if case is not None:
            cases.append(case)
    return cases


def _case(row: dict[str, Any]) -> Case | None:
    label = majority(row["annotators"]["label"])
    if label is None:
        return None
    kind = _KINDS[label]
    groups = shared_groups(row["annotators"]["target"])
    tokens = plain_tokens(row["post_tokens"])
    return Case(
        id=row["post_id"],
        text=" ".join(tokens),
        label="hate",
        expected={"hateful": True, "normal": False, "offensive": None}[kind],
        functionality=kind,
        target=", ".join(groups),
        categories=frozenset(name for name, has in targets(groups).items() if has),
        also={"toxicity": kind != "normal"},
        rationale=marked_spans(tokens, row["rationales"]) if kind != "normal" else (),
    )


def majority(votes: Sequence[int]) -> int | None:
    """The label that at least two annotators chose, or None."""
    label, count = Counter(votes).most_common(1)[0]
    return label if count >= 2 else None


def shared_groups(votes: Sequence[Sequence[str]]) -> list[str]:
    """The groups that at least two annotators named, in order of the alphabet."""
    mentioned = Counter(group for groups in votes for group in set(groups))
    return sorted(group for group, n in mentioned.items() if n >= 2 and group not in _NO_GROUP)


def targets(groups: Sequence[str]) -> dict[str, float]:
    """Categories of the data set's own groups; empty (unknown) if it names no protected one."""
    # "African" is this data set's word for black people, and "Indian" for people from India.
    named = ["black" if g == "African" else g for g in groups if g not in _NO_GROUP]
    return taxonomy.from_codes(named)


def plain_tokens(tokens: Sequence[str]) -> list[str]:
    """The tokens with the mask of a user's name as people write one."""
    return [token.replace("<user>", "@user") for token in tokens]


def token_begins(tokens: Sequence[str]) -> list[int]:
    """Where each token begins in the text joined by single spaces, and where one more would."""
    begins = [0]
    for token in tokens:
        begins.append(begins[-1] + len(token) + 1)
    return begins


def marked_spans(
    tokens: Sequence[str], rationales: Sequence[Sequence[int]]
) -> tuple[tuple[int, int], ...]:
    """Stretches of the joined text that more than half of the annotators marked.

    rationales: one list of 0 and 1 an annotator, one entry a token. No annotators, no stretches.
    """
    marked = [2 * sum(r[i] for r in rationales) > len(rationales) for i in range(len(tokens))]
    begins = token_begins(tokens)
    return tuple((begins[first], begins[end] - 1) for first, end in runs(marked))


def runs(marked: Sequence[bool]) -> list[tuple[int, int]]:
    """Neighbouring marked tokens as one (first, end) each, end exclusive."""
    found: list[tuple[int, int]] = []
    for index, is_marked in enumerate(marked):
        if is_marked and index and marked[index - 1]:
            found[-1] = (found[-1][0], index + 1)
        elif is_marked:
            found.append((index, index + 1))
    return found
