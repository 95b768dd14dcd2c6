"""ToxiGen: machine-written statements about thirteen groups, rated by people, and their seeds."""

from typing import Any

from upstander.evaluation import taxonomy
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels, no_mechanism
from upstander.training.weak_labels import weak_mechanisms

_SEED_GROUPS = {
    "lgbtq": "lgbtq",
    "bisexual": "bisexual",
    "trans": "trans",
    "physical_disability": "physical_dis",
    "mental_disability": "mental_dis",
    "middle_east": "middle_east",
    "immigrant": "immigrant",
    "mexican": "mexican",
    "chinese": "chinese",
    "asian": "asian",
    "black": "black",
    "native_american": "native_american",
    "latino": "latino",
    "jewish": "jewish",
    "muslim": "muslim",
    "women": "women",
}

_TOXIC = 5.5
"""The authors' own cut of the two ratings, 1 to 5 each, summed up."""


def _guessed(text: str, hateful: float) -> dict[str, Any]:
    """Labels and mechanisms: of hateful rows dehumanization is a guess."""
    labels = hate_labels(hateful)
    if not hateful:
        return {"labels": labels, "mechanisms": no_mechanism(hateful)}
    mechanisms = weak_mechanisms(text)
    labels["dehumanization"] = max(mechanisms.values())
    return {"labels": labels, "mechanisms": mechanisms, "weak": frozenset({"dehumanization"})}


def _read_annotated(context: Context) -> Example:
    row = context.row
    return Example(
        text=row["text"],
        source=context.source,
        id=str(row["id"]),
        split="unsplit",
        targets=taxonomy.from_codes(row["target_groups"]),
        **_guessed(row["text"], context.choose("label", {"hate": 1.0, "neutral": 0.0})),
    )


def _read_more(context: Context) -> Example | None:
    """A row on which what the machine was asked for and the people who read it agree."""
    row = context.row
    hateful: float = context.choose("label", {"hate": 1.0, "neutral": 0.0})
    rating = float(row["toxicity_ai"]) + float(row["toxicity_human"])
    if hateful != (rating > _TOXIC):
        return None
    return Example(
        text=row["text"],
        source=context.source,
        id=context.id,
        split=context.file.split,
        targets=taxonomy.from_codes([row["target_group"]]),
        **_guessed(row["text"], hateful),
    )


def _read_demonstration(context: Context) -> Example:
    row = context.row
    kind, _, group = row["file"].rpartition("/")[2].removesuffix(".txt").partition("_")
    codes = [code for name, code in _SEED_GROUPS.items() if group.startswith(name)]
    return Example(
        text=row["text"],
        source=context.source,
        id=context.id,
        split="unsplit",
        targets=taxonomy.from_codes(codes[:1]),
        **_guessed(row["text"], {"hate": 1.0, "neutral": 0.0}[kind]),
    )


ANNOTATED = Source(
    name="toxigen_annotated",
    upstream="https://github.com/microsoft/SafeNLP",
    licence="MIT",
    licence_verified=True,
    citation="Hartvigsen et al. 2022, ToxiGen; Hosseini et al. 2023",
    files=(
        SourceFile(
            "toxigen_annotated/all.jsonl.gz",
            "unsplit",
            ("id", "text", "label", "target_groups"),
            6512,
            "552f7a93e9c19789087c5951000fbbcd8e2000ceabfdeeaaf0cb8526206d88f4",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact"},
    read=_read_annotated,
    note="Machine-written; dehumanization on its hateful rows is guessed.",
)

ANNOTATED_MORE = Source(
    name="toxigen_annotated_more",
    upstream="https://github.com/Sanjana-Srinidhi/Hate-speech-detection",
    licence="MIT",
    licence_verified=True,
    citation="Hartvigsen et al. 2022, ToxiGen",
    files=(
        SourceFile(
            "toxigen_annotated_more/all.jsonl.gz",
            "unsplit",
            ("text", "target_group", "toxicity_ai", "toxicity_human", "label"),
            3400,
            "7f3d75a9658d5e50a28817fe6f293dc5f6f3c24f8aac8d7ddb75a3fa98911891",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact"},
    read=_read_more,
    note="Machine-written; rows that people rated otherwise than they were meant are left out.",
)

DEMONSTRATIONS = Source(
    name="toxigen_demonstrations",
    upstream="https://github.com/microsoft/TOXIGEN",
    licence="MIT",
    licence_verified=True,
    citation="Hartvigsen et al. 2022, ToxiGen",
    files=(
        SourceFile(
            "toxigen_demonstrations/all.jsonl.gz",
            "unsplit",
            ("file", "text"),
            627,
            "924cab5c6971091dee5be43476710fcc7f1ab854e072489b6fa0854b206af8d6",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact"},
    read=_read_demonstration,
    note="Short seed sentences, some of them quoted from news.",
)
