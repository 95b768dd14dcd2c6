"""The options of `upstander evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

InputsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="Your own labelled files, as for `upstander score`.", show_default="suites"
    ),
]
SuiteOption = Annotated[
    list[str] | None,
    typer.Option(help="A suite; `core` for those of the goals; `all`.", show_default="all"),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option(
        help="COLUMN=LABEL: a column of your files and the label that it answers.",
        show_default=False,
    ),
]
PositiveOption = Annotated[
    list[str] | None,
    typer.Option(help="A value of the label columns that says yes.", show_default="1, true, yes"),
]
TextColumnOption = Annotated[str, typer.Option(help="Column or field with the text.")]
IdColumnOption = Annotated[str, typer.Option(help="Column or field with your id.")]
TargetColumnOption = Annotated[
    str, typer.Option(help="Column with the group that a text is about.")
]
FunctionalityColumnOption = Annotated[str, typer.Option(help="Column with the kind of case.")]
SourceColumnOption = Annotated[str, typer.Option(help="Column with where a row is from.")]
ClusterOption = Annotated[
    str,
    typer.Option(
        help="Column with what rows share that are no independent draws, such as the author: "
        "intervals go by it."
    ),
]
EncodingOption = Annotated[str, typer.Option(help="Encoding of your text, JSON and CSV.")]
DelimiterOption = Annotated[
    str | None,
    typer.Option(
        help="Delimiter of your CSV: a character, or its name.", show_default="by the header"
    ),
]
OperatingPointOption = Annotated[
    str,
    typer.Option(help="Operating point of the bundle whose thresholds decide, such as watchful."),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        help="Say also what a policy flags of your own files, by any of its rules: a TOML file or "
        "the id of a shipped policy.",
        show_default=False,
    ),
]
AgainstOption = Annotated[
    Path | None,
    typer.Option(
        help="Another bundle, or a file of scores as for `upstander compare`.", show_default=False
    ),
]
AgainstThresholdOption = Annotated[
    float, typer.Option(help="Threshold of the scores in such a file.")
]
RequireOption = Annotated[
    list[str] | None,
    typer.Option(
        help="A bar, such as 'hatecheck.macro_f1>=0.9' or 'own.recall>=0.8@lower'; exit status 1 "
        "if it does not hold.",
        show_default=False,
    ),
]
ThresholdsOption = Annotated[
    bool, typer.Option("--thresholds", help="Look for thresholds: see the next options.")
]
PostsOption = Annotated[int, typer.Option(min=1, help="Posts a day.")]
PrevalenceOption = Annotated[
    float | None,
    typer.Option(
        "--prevalence",
        "--share",
        min=0,
        max=1,
        help="Share of your posts that have the label.",
        show_default="that of the rows",
    ),
]
CapacityOption = Annotated[
    int | None, typer.Option(min=1, help="Posts a day that people can look at.", show_default=False)
]
CostMissedOption = Annotated[
    float | None, typer.Option(min=0, help="Cost of a missed post.", show_default=False)
]
CostFlaggedOption = Annotated[
    float | None, typer.Option(min=0, help="Cost of a post flagged wrongly.", show_default=False)
]
TimingOption = Annotated[
    bool, typer.Option(help="Time a run against the bare encoder, with all suites.")
]
TextsOption = Annotated[
    bool, typer.Option(help="Show the texts of the worst errors, behind a click.")
]
RowsOption = Annotated[
    Path | None,
    typer.Option(
        "--rows",
        help="File for truth, score, decision and flip of every row: .parquet, .csv or .jsonl.",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        help="Folder for report.html, report.md and report.json.",
        show_default="runs/evaluate/NAME-VERSION",
    ),
]
