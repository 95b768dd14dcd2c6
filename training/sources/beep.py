"""BEEP!: Korean comments on news about celebrities, hateful, offensive or neither.

Its `hate` is hostility of any kind, towards one person too. With a gender bias it is mostly
contempt of women or of men, which is a guess at hate by our definition; with another bias it seldom
is hate, and says nothing. A comment without a bias is not hateful, however rude. The labels of the
official test part are not published: its development part is our test.
"""

from typing import Final

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS: Final = ("comments", "bias", "hate")


def _read(context: Context) -> Example:
    toxic = context.choose("hate", {"hate": 1.0, "offensive": 1.0, "none": 0.0})
    bias = context.choose("bias", {"none": "none", "gender": "gender", "others": "others"})
    labels = {"toxicity": toxic}
    weak: frozenset[str] = frozenset()
    if bias == "none":
        labels |= hate_labels(0.0)
    elif bias == "gender" and context.row["hate"] == "hate":
        labels |= hate_labels(1.0)
        weak = frozenset({"hate"})
    return Example(
        text=context.row["comments"],
        source=context.source,
        id=context.id,
        split=context.file.split,
        labels=labels,
        weak=weak,
        language="ko",
    )


SOURCE = Source(
    name="beep",
    upstream="https://github.com/kocohub/korean-hate-speech",
    licence="CC BY-SA 4.0",
    licence_verified=True,
    citation="Moon, Cho, Lee 2020, BEEP! Korean Corpus of Online News Comments",
    files=(
        SourceFile(
            "multilingual/beep_ko_train.jsonl.gz",
            "unsplit",
            _COLUMNS,
            7896,
            "5772b873b62d833d516dfa61e9e1bac7113b43e235007e3425f5e6ad7a4b18f6",
        ),
        SourceFile(
            "multilingual/beep_ko_dev.jsonl.gz",
            "test",
            _COLUMNS,
            471,
            "948392ad38106f744f2fc61ccda65b0c7a50beb6274f892500f9e49430d95b3b",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact", "toxicity": "offense"},
    read=_read,
    languages=("ko",),
    note="Korean. Its comments are about celebrities, and hardly any about a people or a faith.",
)
