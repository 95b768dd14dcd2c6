"""ParaDetox: toxic sentences, each with one to three neutral rewrites by crowd workers."""

import re
from typing import Final

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_COLUMNS = ("toxic", "neutral1", "neutral2", "neutral3")
_SPACED: Final = re.compile(r" +(?=[.,!?;:])")


def _read(context: Context) -> tuple[Example, ...]:
    """The toxic sentence and what its rewrites changed. A rewrite that changed nothing is none."""
    toxic = _joined(context.row["toxic"])
    rewrites = {column: _joined(context.row[column]) for column in _COLUMNS[1:]}
    texts = {"toxic": toxic} | {
        column: text for column, text in rewrites.items() if text and text.lower() != toxic.lower()
    }
    return tuple(
        Example(
            text=text,
            source=context.source,
            # An id of its own: texts that share one are taken for the same text about two groups.
            id=f"{context.id}/{column}",
            split=context.file.split,
            labels={"toxicity": float(column == "toxic")},
        )
        for column, text in texts.items()
    )


def _joined(text: str) -> str:
    """Without the spaces before punctuation, which tell the toxic side from its rewrites."""
    return _SPACED.sub("", text).strip()


SOURCE = Source(
    name="paradetox",
    upstream="https://github.com/s-nlp/paradetox",
    licence="CC0-1.0",
    licence_verified=False,
    citation="Logacheva et al. 2022, ParaDetox",
    files=(
        SourceFile(
            "paradetox/paradetox.jsonl.gz",
            "unsplit",
            _COLUMNS,
            11927,
            "28e32bbcef7f2eecd6b88cb9aa67c20c96fa1befce86f1348fe261dead466c13",
        ),
    ),
    heads={"toxicity": "rewrites"},
    read=_read,
    note=(
        "A rewrite keeps the meaning and loses the rude words, so this is toxicity of words. The "
        "sentences that nobody could rewrite are left out: their labels say why not, and a toxic "
        "meaning is only one of the reasons."
    ),
)
