"""ToLD-Br: Brazilian tweets, each with the votes of three people for six kinds of toxicity.

A tweet with any vote is toxic, as its authors count. Insults and swear words (`obscene`) mean what
ours do, from two votes up; one vote says nothing. Two votes for homophobia, racism, misogyny or
xenophobia are an identity attack. Many of them are for a single word that is no hate by our
definition, so `hate` is known only where nobody saw any of the four.
"""

from typing import Final

from upstander.evaluation.suites.toldbr import KINDS, OF_GROUPS, is_test, votes_of
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_AGREED: Final = 2
"""Votes of three from which a kind counts."""


def _read(context: Context) -> Example:
    votes = votes_of(context.row)
    if not {*votes.values()} <= {0, 1, 2, 3}:
        raise ValueError("more votes than people")
    of_groups = max(votes[kind] for kind in OF_GROUPS)
    labels = {"toxicity": float(any(votes.values()))}
    labels |= _agreed("insult", votes["insult"]) | _agreed("profanity", votes["obscene"])
    labels |= _agreed("identity_attack", of_groups)
    text = context.row["text"]
    return Example(
        text=text,
        source=context.source,
        id=context.id,
        split="test" if is_test(text) else "unsplit",
        labels=labels if of_groups else labels | hate_labels(0.0),
        language="pt",
    )


def _agreed(label: str, votes: int) -> dict[str, float]:
    return {} if 0 < votes < _AGREED else {label: float(votes > 0)}


SOURCE = Source(
    name="toldbr",
    upstream="https://github.com/JAugusto97/ToLD-Br",
    licence="CC BY-SA 4.0",
    licence_verified=True,
    citation="Leite, Silva, Bontcheva, Scarton 2020, Toxic Language Detection in Social Media",
    files=(
        SourceFile(
            "multilingual/toldbr_pt.jsonl.gz",
            "unsplit",
            ("text", *KINDS),
            21000,
            "51f488ac2ee5c982759f9317a86be53767a2977cd199988cfb9f701d9af968c0",
        ),
    ),
    heads={
        "hate": "exact",
        "dehumanization": "exact",
        "toxicity": "offense",
        "insult": "offense",
        "profanity": "offense",
        "identity_attack": "offense",
    },
    read=_read,
    languages=("pt",),
    note="Brazilian Portuguese. It has no official test part; one tweet in ten is held out.",
)
