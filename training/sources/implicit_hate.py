"""Latent Hatred: implicit hate on Twitter, with the kind of implication and who it is about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upstander.evaluation import taxonomy
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels, read_rows

_KINDS = SourceFile(
    "implicit_hate/stg2_posts.jsonl.gz",
    "unsplit",
    ("post", "implicit_class", "extra_implicit_class"),
    6346,
    "74b15932d495b909a85bc5dafa9377a3d5d42cc88c0bb3ade6f9cd384bf0b5a1",
)
_GROUPS = SourceFile(
    "implicit_hate/stg3_posts.jsonl.gz",
    "unsplit",
    ("post", "target"),
    6359,
    "bb3b73a911d9a6314b3c306125b04ea07242c53cc6b97852094e888773e42e0d",
)


def _lookup(folder: Path) -> Mapping[str, Any]:
    kinds = {
        row["post"]: {row["implicit_class"], row["extra_implicit_class"]}
        for _, row in read_rows(_KINDS, folder)
    }
    groups = {row["post"]: row["target"] for _, row in read_rows(_GROUPS, folder)}
    return {"kinds": kinds, "groups": groups}


def _read(context: Context) -> Example:
    post = context.row["post"]
    hateful = context.choose("class", {"implicit_hate": 1.0, "explicit_hate": 1.0, "not_hate": 0.0})
    labels = hate_labels(hateful)
    if not hateful:
        labels["inferiority"] = 0.0
    elif post in context.looked_up["kinds"]:
        labels["inferiority"] = float("inferiority" in context.looked_up["kinds"][post])
    return Example(
        text=post,
        source=context.source,
        id=context.id,
        split="unsplit",
        labels=labels,
        targets=taxonomy.from_phrase(context.looked_up["groups"].get(post, "")),
    )


SOURCE = Source(
    name="implicit_hate",
    upstream="https://github.com/SALT-NLP/implicit-hate",
    licence="MIT in the official repository; CC BY 4.0 beside this copy",
    licence_verified=True,
    citation="ElSherief et al. 2021, Latent Hatred",
    files=(
        SourceFile(
            "implicit_hate/stg1_posts.jsonl.gz",
            "unsplit",
            ("post", "class"),
            21480,
            "ae185e784ad806f7b591dfc9395b12796fe30790398256c33b787de08306b16a",
        ),
    ),
    extra_files=(_KINDS, _GROUPS),
    lookup=_lookup,
    heads={"hate": "implicit", "dehumanization": "exact", "inferiority": "implicit"},
    read=_read,
    note="Lower-cased; the authors hand the data out behind a form.",
)
