"""prepare: every source → examples → splits without leaks → one table a split."""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np

from upstander.evaluation.progress import track
from upstander.evaluation.suites.case import key
from upstander.models.labels import LABELS
from upstander.models.normaliser import Normalised, normalise
from upstander.training import splits
from upstander.training.counterfactuals import swapped
from upstander.training.errors import DataError
from upstander.training.example import Example
from upstander.training.heads import all_heads, head_of, presumed_heads
from upstander.training.parallel import on_every_core
from upstander.training.recipe import Recipe, SourceChoice
from upstander.training.seeded_random import uniform
from upstander.training.sources import SOURCES
from upstander.training.sources.source import check_file, read_source
from upstander.training.typos import misspelt
from upstander.training.withheld import suite_texts, template_matcher
from upstander.training.world_groups import WorldGroups, swaps_groups, world_groups

SPLITS = ("train", "validation", "calibration", "test")

FEATURES = datasets.Features(
    {
        "text": datasets.Value("string"),
        "source": datasets.Value("string"),
        "id": datasets.Value("string"),
        "language": datasets.Value("string"),
        # One entry a head, NaN where the source does not say; `weak` is 1 where a rule guessed.
        "heads": datasets.List(datasets.Value("float32")),
        "weak": datasets.List(datasets.Value("float32")),
        # One entry a label of the product, in the order of LABELS.
        "labels": datasets.List(datasets.Value("float32")),
        # (begin, end) of each marked stretch of the text; `marked` says whether anybody was asked.
        "spans": datasets.List(datasets.List(datasets.Value("int32"))),
        "marked": datasets.Value("bool"),
    }
)


def prepare(recipe: Recipe, data: Path, out: Path) -> dict[str, Any]:
    """Write `out/data`, a DatasetDict of the four splits, and return what was done."""
    if recipe.verify:
        refuse_changed_files(recipe.sources, data)
    examples: list[Example] = []
    with track("reading", total=len(recipe.sources), unit="sources") as progress:
        for name, choice in recipe.sources.items():
            examples += share_of(read_source(SOURCES[name], data), choice.share, recipe.seed)
            progress.advance()
    withheld, templates = suite_texts(data, with_languages=bool(recipe.languages))
    with track("splitting", total=len(examples), unit="rows") as progress:
        assignment = splits.assign(
            examples,
            withheld,
            template_matcher(templates),
            recipe.splits,
            recipe.seed,
            progress.advance,
            {
                name: choice.held_out
                for name, choice in recipe.sources.items()
                if choice.held_out is not None
            },
        )

    heads = all_heads(recipe.sources)
    tables: dict[str, datasets.Dataset] = {}
    counts: dict[str, dict[str, int]] = {}
    held_out = set(withheld)
    for split in reversed(SPLITS):  # training last: it yields to all others
        rows = [e for e, s in zip(examples, assignment.splits, strict=True) if s == split]
        if split == "train":
            groups = world_groups(data) if swaps_groups(recipe.sources.values()) else None
            rows = sample(
                rows, recipe.sources, recipe.seed, held_out, recipe.rationale.sources, groups
            )
            dehumanization = _dehumanization_counts(rows)
        else:
            held_out |= {key(row.text) for row in rows}
        if not rows:
            raise DataError(
                f"no row is for {split}: give the recipe more rows, or a source with a file whose "
                f"split is {'test' if split == 'test' else 'unsplit'}"
            )
        counts[split] = dict(Counter(row.source for row in rows))
        tables[split] = to_table(rows, heads)
    refuse_leaks_between(tables, withheld)
    datasets.DatasetDict(tables).save_to_disk(out / "data")
    (out / "heads.json").write_text(json.dumps(heads, indent=2) + "\n", encoding="utf-8")
    return {
        "rows": counts,
        "left_out": dict(assignment.left_out),
        "dehumanization": dehumanization,
        "heads": heads,
    }


def share_of(rows: Iterable[Example], share: float, seed: int) -> Iterator[Example]:
    """A share of the rows, chosen by a hash of the id, so that those of one id stay together."""
    return (row for row in rows if share == 1 or uniform(seed, "share", row.id) < share)


def refuse_changed_files(sources: Iterable[str], data: Path) -> None:
    """Raise DataError that names the first file whose lines are not the declared ones."""
    for name in sources:
        for file in (*SOURCES[name].files, *SOURCES[name].extra_files):
            if problem := check_file(file, data):
                raise DataError(f"{problem}; run 'upstander data check'")


def sample(
    rows: Sequence[Example],
    choices: dict[str, SourceChoice],
    seed: int,
    held_out: Collection[str] = (),
    marked: Collection[str] = (),
    groups: WorldGroups | None = None,
) -> list[Example]:
    """The training rows that the recipe asks for, repeats included, in an order that is fixed.

    held_out: keys of texts that no row may become when its group is swapped.
    marked: sources whose marked stretches are learned, so that a row with any counts as rare.
    groups: whom swapped rows may be about. Each copy after the first is about another group, if
        the row names one, and all copies keep the id, so that they are one unit for the agreement
        loss. None: rows are repeated as they are.
    """
    chosen: list[Example] = []
    for name, choice in choices.items():
        own = [row for row in rows if row.source == name]
        if choice.limit and len(own) > choice.limit:
            own.sort(key=lambda row: uniform(seed, row.id))
            certain = [row for row in own if _is_rare(row, name in marked)]
            rest = [row for row in own if not _is_rare(row, name in marked)]
            positive = [row for row in rest if _has(row, "hate") or _has(row, "toxicity")]
            negative = [row for row in rest if not (_has(row, "hate") or _has(row, "toxicity"))]
            wanted = max(0, choice.limit - len(certain))
            half = min(len(positive), max(wanted // 2, wanted - len(negative)))
            own = [*certain, *positive[:half], *negative[: wanted - half]][: choice.limit]
        chosen += own
        for time in range(1, choice.repeat):
            copies = [
                _about_another(row, seed + time, held_out, groups)
                if choice.swap and groups
                else row
                for row in own
            ]
            chosen += [
                misspelt(copy, seed + time)
                if uniform(seed + time, "misspell", copy.id) < choice.misspell
                else copy
                for copy in copies
            ]
    return chosen


def _about_another(
    row: Example, seed: int, held_out: Collection[str], groups: WorldGroups
) -> Example:
    other = swapped(row, seed, groups)
    return row if other is None or key(other.text) in held_out else other


_RARE = ("threat", "severe_toxicity", "identity_attack")


def _is_rare(row: Example, marks: bool) -> bool:
    dehumanizes = _has(row, "dehumanization") and "dehumanization" not in row.weak
    marked = marks and bool(row.spans)
    return dehumanizes or marked or any(_has(row, label) for label in _RARE)


def _has(row: Example, label: str) -> bool:
    return row.labels.get(label, 0.0) >= 0.5


def to_table(rows: Iterable[Example], heads: Sequence[str]) -> datasets.Dataset:
    """Examples as a table with one column of head values; texts are normalised."""
    place = {head: index for index, head in enumerate(heads)}
    columns: dict[str, list[Any]] = {name: [] for name in FEATURES}
    rows = list(rows)
    for row, (text, spans) in zip(rows, on_every_core(_normalised, rows), strict=True):
        if not text:
            continue
        values = np.full(len(heads), np.nan, dtype=np.float32)
        weak = np.zeros(len(heads), dtype=np.float32)
        for label, value in row.labels.items():
            head = place[head_of(row.source, label)]
            values[head] = value
            weak[head] = label in row.weak
        for head_name in presumed_heads(row):
            values[place[head_name]] = 0.0
            weak[place[head_name]] = 1.0
        for target, value in row.targets.items():
            values[place[f"target.{target}"]] = value
            weak[place[f"target.{target}"]] = "targets" in row.weak
        for mechanism, value in row.mechanisms.items():
            values[place[f"mechanism.{mechanism}"]] = value
            weak[place[f"mechanism.{mechanism}"]] = "dehumanization" in row.weak
        columns["text"].append(text)
        columns["spans"].append(spans)
        columns["marked"].append(row.spans is not None)
        columns["source"].append(row.source)
        columns["id"].append(row.id)
        columns["language"].append(row.language)
        columns["heads"].append(values)
        columns["weak"].append(weak)
        # A guess trains a head, but nothing is calibrated or measured against one.
        columns["labels"].append(
            [np.nan if name in row.weak else row.labels.get(name, np.nan) for name in LABELS]
        )
    return datasets.Dataset.from_dict(columns, features=FEATURES)


def _normalised(row: Example) -> tuple[str, list[list[int]]]:
    normalised = normalise(row.text)
    spans = normalised_spans(normalised, row.spans or ())
    return normalised.text, [list(span) for span in spans]


def normalised_spans(source: Normalised, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of the original as stretches of the normalised text; what vanished is left out."""
    found = []
    for begin, end in spans:
        first = bisect_right(source.ends, begin)
        last = bisect_left(source.begins, end)
        if first < last:
            found.append((first, last))
    return found


def refuse_leaks_between(tables: dict[str, datasets.Dataset], withheld: Iterable[str]) -> None:
    """The last check, on what is really written: raises LeakError. withheld: keys."""
    held_out = dict.fromkeys(withheld, "an evaluation suite")
    for split in SPLITS[1:]:
        held_out |= {key(text): f"the {split} split" for text in tables[split]["text"]}
    table = tables["train"]
    splits.refuse_leaks(zip(table["source"], table["id"], table["text"], strict=True), held_out)


def _dehumanization_counts(examples: Iterable[Example]) -> dict[str, int]:
    """How the few dehumanization labels of the training rows came about, repeats included."""
    counts: Counter[str] = Counter()
    for example in examples:
        value = example.labels.get("dehumanization")
        if value is not None:
            kind = "guessed" if "dehumanization" in example.weak else "annotated"
            counts[f"{kind} {'positive' if value >= 0.5 else 'negative'}"] += 1
    return dict(counts)
