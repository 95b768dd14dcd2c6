"""MLMA: tweets with several labels at once, in English, Arabic and French."""

from pathlib import PurePosixPath
from typing import Final

from upstander.evaluation import taxonomy
from upstander.evaluation.suites.mlma import FILES, is_test
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_TOXIC = {"offensive", "hateful", "disrespectful", "abusive"}
_OTHER = {"fearful", "normal"}
_COLUMNS: Final = ("HITId", "tweet", "sentiment", "group")


def _read(context: Context) -> Example:
    kinds = set(context.row["sentiment"].split("_"))
    if unknown := kinds - _TOXIC - _OTHER:
        raise ValueError(f"{len(unknown)} unknown labels")
    hateful = float("hateful" in kinds)
    language = PurePosixPath(context.file.path).name.partition(".")[0]
    text = context.row["tweet"]
    return Example(
        text=text,
        source=context.source,
        id=context.row["HITId"] if language == "en" else f"{language}-{context.row['HITId']}",
        split="test" if language in FILES and is_test(text) else "unsplit",
        labels={"hate": hateful, "toxicity": float(bool(kinds & _TOXIC))},
        targets=taxonomy.from_codes([context.row["group"]]) if hateful else {},
        language=language,
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
            _COLUMNS,
            5647,
            "ddb5a5029d409bddb30d61fbd637e232569cc8fbc8836d63fe5dfa89a9b32a53",
        ),
    ),
    heads={"hate": "tweets", "toxicity": "posts"},
    read=_read,
    note="English. Low agreement between annotators.",
)

OTHER_LANGUAGES = Source(
    name="mlma_languages",
    upstream=SOURCE.upstream,
    licence=SOURCE.licence,
    licence_verified=SOURCE.licence_verified,
    citation=SOURCE.citation,
    files=(
        SourceFile(
            "mlma/ar.jsonl.gz",
            "unsplit",
            _COLUMNS,
            3353,
            "b6417f10b164109c6734048c5848064323b680642934c19de289723dd35a52b5",
        ),
        SourceFile(
            "mlma/fr.jsonl.gz",
            "unsplit",
            _COLUMNS,
            4014,
            "0b96fa72bc26c4bb4368065d1991bcbf108c6bd3cfac6c3f2f29a4d59530a050",
        ),
    ),
    heads=SOURCE.heads,
    presumed={"hate": "exact", "dehumanization": "exact"},
    read=_read,
    languages=("ar", "fr"),
    note="Arabic and French, one tweet in five held out. Low agreement between annotators.",
)
