"""MLMA: tweets with several labels at once; English only here."""

from evaluation import taxonomy
from training.example import Example
from training.sources.source import Context, Source, SourceFile

_TOXIC = {"offensive", "hateful", "disrespectful", "abusive"}
_OTHER = {"fearful", "normal"}


def _read(context: Context) -> Example:
    kinds = set(context.row["sentiment"].split("_"))
    if unknown := kinds - _TOXIC - _OTHER:
        raise ValueError(f"{len(unknown)} unknown labels")
    hateful = float("hateful" in kinds)
    return Example(
        text=context.row["tweet"],
        source=context.source,
        id=context.row["HITId"],
        split="unsplit",
        labels={"hate": hateful, "toxicity": float(bool(kinds & _TOXIC))},
        targets=taxonomy.from_codes([context.row["group"]]) if hateful else {},
    )


SOURCE = Source(
    name="mlma",
    upstream="https://github.com/HKUST-KnowComp/MLMA_hate_speech",
    licence="MIT",
    licence_verified=True,
    citation="Ousidhoum et al. 2019",
    files=(
        SourceFile(
            "mlma/en.jsonl.gz",
            "unsplit",
            ("HITId", "tweet", "sentiment", "group"),
            5647,
            "ddb5a5029d409bddb30d61fbd637e232569cc8fbc8836d63fe5dfa89a9b32a53",
        ),
    ),
    heads={"hate": "tweets", "toxicity": "posts"},
    read=_read,
    note="Low agreement between annotators. Arabic and French are left out: English model.",
)
