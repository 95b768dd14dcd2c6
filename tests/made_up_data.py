"""A small data folder in the form of the real one, written by the tests: no row of it is anyone's.

Mild on purpose. The rows cross groups, mechanisms and harmless uses, so that every reader, split
and label has something to chew on.
"""

import gzip
import json
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

GROUPS = {"mus": "Muslims", "wom": "women", "immig": "immigrants", "dis": "disabled people"}
DEHUMANIZING = ("{} are vermin, says the man next door", "honestly {} are like a disease to me")
HATEFUL = ("I want {} out of this town for good", "nobody here should ever hire {} again")
HARMLESS = (
    "I had a lovely dinner with {} from our street",
    "calling {} vermin is wrong and you know it",
    "the library has a new shelf of books by {}",
    "we met {} at the market on Saturday morning",
)
PLACES = tuple(
    f"in the {name} quarter" for name in ("old", "new", "north", "south", "west", "east")
)
TIMES = tuple(f"number {n}" for n in range(1, 9))


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write gzip'd JSON lines as the real files have them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for row in rows:
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def sentences() -> list[tuple[str, str, str]]:
    """(text, type, group code): type as in DynaHate."""
    kinds = (
        *((pattern, "dehumanization") for pattern in DEHUMANIZING),
        *((pattern, "derogation") for pattern in HATEFUL),
        *((pattern, "none") for pattern in HARMLESS),
    )
    return [
        (f"{pattern.format(group)} {place} {time}", kind, code)
        for time, place, (code, group), (pattern, kind) in product(
            TIMES, PLACES, GROUPS.items(), kinds
        )
    ]


def write_data(folder: Path) -> Path:
    """Write dynahate, hatemoji_build, davidson and a HateCheck of a few cases."""
    rows = sentences()
    train, dev, test = rows[:200], rows[200:440], rows[440:640]
    write_jsonl(
        folder / "dynahate/train.jsonl.gz",
        (
            {"text": text, "label": str(int(kind != "none")), "split": "train"}
            for text, kind, _ in train
        ),
    )
    for name, part in (("dev_typed", dev[:200]), ("test_rounds123_typed", test)):
        write_jsonl(
            folder / f"dynahate/{name}.jsonl.gz",
            (
                {
                    "acl.id": f"{name}{number}",
                    "text": text,
                    "label": "hate" if kind != "none" else "nothate",
                    "type": kind,
                    "target": code if kind != "none" else "none",
                    "round.base": "2",
                }
                for number, (text, kind, code) in enumerate(part)
            ),
        )
    write_jsonl(
        folder / "dynahate/dev.jsonl.gz",
        (
            {"text": text, "label": str(int(kind != "none")), "split": "dev"}
            for text, kind, _ in dev
        ),
    )
    for name, part in (
        ("train", rows[640:840]),
        ("validation", rows[840:900]),
        ("test", rows[900:960]),
    ):
        write_jsonl(
            folder / f"hatemoji_build/{name}.jsonl.gz",
            (
                {
                    "entry_id": f"{name}{number}",
                    "text": f"{text} \U0001f642",
                    "type": {"dehumanization": "dehumanizinglanguage"}.get(kind, kind),
                    "target": str([code if kind != "none" else "none"]),
                    "label_gold": str(int(kind != "none")),
                }
                for number, (text, kind, code) in enumerate(part)
            ),
        )
    write_jsonl(
        folder / "davidson/all.jsonl.gz",
        (
            {
                "tweet": f"RT @someone: {text}",
                "class": {"none": "2", "derogation": "1", "dehumanization": "0"}[kind],
            }
            for text, kind, _ in rows[960:1160]
        ),
    )
    write_hatecheck(folder)
    return folder


def write_hatecheck(folder: Path) -> None:
    """Forty cases of two functionalities, with the columns of the real suite."""
    cases = [
        {
            "functionality": functionality,
            "case_id": f"{functionality}{number}",
            "test_case": template.replace("[IDENTITY_P]", group),
            "label_gold": label,
            "target_ident": group,
            "case_templ": template,
        }
        for functionality, label, template in (
            ("derog_dehum_h", "hateful", "[IDENTITY_P] are simply a plague on us."),
            ("ident_pos_nh", "non-hateful", "[IDENTITY_P] make our city better."),
        )
        for number, group in enumerate(GROUPS.values())
    ]
    for name in ("test_suite_cases", "all_cases"):
        write_jsonl(folder / f"hatecheck/{name}.jsonl.gz", cases)
