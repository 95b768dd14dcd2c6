"""HatemojiBuild's test rows (Kirk et al. 2022): short posts with emoji, typed like DynaHate."""

import ast
from pathlib import Path
from typing import Final

from upstander.evaluation import taxonomy
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.suites.case import Case, read_jsonl

NAME: Final = "hatemoji"
_TEST: Final = "hatemoji_build/test.jsonl.gz"
_COLUMNS: Final = ("entry_id", "text", "type", "target", "label_gold")


def load(folder: Path) -> list[Case]:
    """The official test split, by `dehumanization`; what is not hateful has none."""
    cases = []
    for line, row in read_jsonl(folder / _TEST, *_COLUMNS):
        hateful = str(row["label_gold"]) == "1"
        try:
            codes = ast.literal_eval(row["target"]) if hateful else []
        except (ValueError, SyntaxError) as error:
            raise EvaluationError(f"{folder / _TEST}, line {line}: 'target' is no list") from error
        cases.append(
            Case(
                id=row["entry_id"],
                text=row["text"],
                label="dehumanization",
                expected=hateful and row["type"] == "dehumanizinglanguage",
                functionality=row["type"],
                target=", ".join(codes),
                categories=frozenset(
                    name for name, has in taxonomy.from_codes(codes).items() if has
                ),
                also={"hate": hateful},
            )
        )
    return cases
