"""Posts about Jews and Israel that experts judged by the IHRA definition of antisemitism."""

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile


def _read(context: Context) -> Example:
    return Example(
        text=context.row["Text"].replace("\\n", "\n"),
        source=context.source,
        id=context.id,
        split=context.file.split,
        # What is not antisemitic may attack others, so dehumanization is not denied.
        labels={"hate": context.choose("Biased", {"1": 1.0, "0": 0.0})},
    )


SOURCE = Source(
    name="antisemitism_isca",
    upstream="https://github.com/andwzn/llms-annotating-antisemitism",
    licence="CC BY 4.0",
    licence_verified=False,
    citation="Jikeli, Karali, Miehling, Soemer 2023, Antisemitic Messages on Twitter",
    files=(
        SourceFile(
            "antisemitism_isca/isca_gold.jsonl.gz",
            "unsplit",
            ("Text", "Biased"),
            6941,
            "0d444da5402481669b9ab674cbf329b58983f64b35b97be6bc891b2f24c36484",
        ),
    ),
    heads={"hate": "antisemitism"},
    read=_read,
    note="Antisemitism only, chosen by four key words; many posts condemn it or attack others.",
)
