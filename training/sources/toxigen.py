"""ToxiGen: machine-written statements about thirteen groups, rated by people, and their seeds."""

from typing import Any

from evaluation import taxonomy
from training.example import Example
from training.metaphors import weak_mechanisms
from training.sources.source import Context, Source, SourceFile, hate_labels, no_mechanism

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
    heads={"hate": "adversarial", "dehumanization": "exact"},
    read=_read_annotated,
    note="Machine-written; dehumanization on its hateful rows is guessed.",
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
    heads={"hate": "adversarial", "dehumanization": "exact"},
    read=_read_demonstration,
    note="Short seed sentences, some of them quoted from news.",
)
