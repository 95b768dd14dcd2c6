"""`upstander data check`: rows, checksums, label counts, and which rows leak between splits."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from upstander.evaluation.progress import track
from upstander.evaluation.suites.case import key
from upstander.models.errors import UpstanderError
from upstander.training.errors import DataError
from upstander.training.example import SIGNALS, Example
from upstander.training.parallel import on_every_core
from upstander.training.sources import SOURCES, SUITE_FILES
from upstander.training.sources.source import check_file, read_source
from upstander.training.withheld import suite_texts

_SHOWN = 5

_PARTS = ("target", "mechanism", "rationale")
"""What else is counted: rows with any category, any mechanism, any marked word."""


def check_data(folder: Path) -> int:
    """Check every data set and suite in `folder` and print what was found.

    Returns 0 if every file is as declared and can be read, else 1. Training rows that equal a
    held-out text are listed but are no failure: `prepare` leaves them out.
    """
    console = Console()
    problems: list[str] = []
    examples: list[Example] = []
    table = Table("data set", "rows", "label", "positive", "negative", box=None, pad_edge=False)
    with track("checking", total=len(SOURCES), unit="data sets") as progress:
        for name, source in SOURCES.items():
            files = (*source.files, *source.extra_files)
            found = [problem for file in files if (problem := check_file(file, folder))]
            problems += found
            try:
                own = list(read_source(source, folder)) if not found else []
            except DataError as error:
                problems.append(str(error))
                own = []
            examples += own
            first, *others = list(_counts(own)) or [("nothing is known", 0, 0)]
            table.add_row(name, f"{len(own):,}", *_cells(*first))
            for count in others:
                table.add_row("", "", *_cells(*count))
            progress.advance()
    for suite in SUITE_FILES.values():
        problems += [problem for file in suite.files if (problem := check_file(file, folder))]
    console.print("Rows that can be used, and what annotators said of them:")
    console.print(table)
    _show_leaks(console, examples, folder)
    for problem in problems:
        console.print(problem, highlight=False, soft_wrap=True)
    console.print(f"{len(problems)} problems" if problems else "every file is as declared")
    return 1 if problems else 0


def examples_of(names: Sequence[str], folder: Path) -> tuple[list[Example], list[str]]:
    """The rows of data sets, and why some are left out. names: none for all.

    Raises DataError for a name that is none, or if nothing can be read.
    """
    if unknown := sorted(set(names) - set(SOURCES)):
        raise DataError(f"{unknown[0]} is no data set: 'upstander data list' has their names")
    examples: list[Example] = []
    left_out: list[str] = []
    for name in names or SOURCES:
        try:
            examples += read_source(SOURCES[name], folder)
        except DataError as error:
            left_out.append(str(error))
    if not examples:
        raise DataError(f"nothing to audit in {folder}: {left_out[0]}")
    return examples, left_out


def held_out_texts(folder: Path) -> dict[str, str]:
    """Key of every text of an evaluation suite whose files are in the folder to what holds it."""
    return dict.fromkeys(suite_texts(folder, with_languages=True)[0], "an evaluation suite")


def _counts(examples: list[Example]) -> Iterator[tuple[str, int, int]]:
    """What annotators said of the rows: the label, positive rows, negative rows."""
    said: dict[str, list[bool]] = {signal: [] for signal in (*SIGNALS, *_PARTS)}
    for example in examples:
        for signal in example.labels.keys() - example.weak:
            said[signal].append(example.labels[signal] == 1)
        if example.targets and "targets" not in example.weak:
            said["target"].append(max(example.targets.values()) == 1)
        if example.mechanisms and "dehumanization" not in example.weak:
            said["mechanism"].append(max(example.mechanisms.values()) == 1)
        if example.spans is not None:
            said["rationale"].append(bool(example.spans))
    for signal, values in said.items():
        if values:
            yield signal, sum(values), len(values) - sum(values)


def _cells(label: str, positive: int, negative: int) -> tuple[str, str, str]:
    return label, f"{positive:,}", f"{negative:,}"


def _show_leaks(console: Console, examples: list[Example], folder: Path) -> None:
    try:
        withheld = suite_texts(folder, with_languages=True)[0]
    except UpstanderError as error:
        console.print(f"\nWhat leaks from the suites is not known: {error}", soft_wrap=True)
        withheld = set()
    held_out = dict.fromkeys(withheld, "an evaluation suite")
    keys = on_every_core(key, [example.text for example in examples])
    held_out |= {
        own: f"{e.source} {e.split}"
        for own, e in zip(keys, examples, strict=True)
        if e.split in ("dev", "test")
    }
    leaks: Counter[tuple[str, str]] = Counter()
    shown: dict[tuple[str, str], list[str]] = {}
    for own, example in zip(keys, examples, strict=True):
        if example.split in ("train", "unsplit") and (where := held_out.get(own)):
            pair = (example.source, where)
            leaks[pair] += 1
            shown.setdefault(pair, []).append(example.id)
    console.print("\nTraining rows that equal a held-out text; 'prepare' leaves them out:")
    table = Table(
        "training rows of", "equal a text of", "rows", "such as", box=None, pad_edge=False
    )
    for (source, where), count in leaks.most_common():
        table.add_row(source, where, f"{count:,}", ", ".join(shown[source, where][:_SHOWN]))
    console.print(table)
