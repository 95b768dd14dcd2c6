"""What fine-tuning gains on domains that the product never saw, and what it costs elsewhere.

    python -m upstander.training.finetune.measure --rows 500 --out /tmp/measure

Of each data set so many rows are given to the command, as a user would, and further rows judge the
bundle before and the bundle after. Needs the data folder.
"""

import argparse
import csv
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.comparison import OtherBundle, pair
from upstander.evaluation.paths import data_folder
from upstander.evaluation.predictions import collect
from upstander.evaluation.scoring import Once
from upstander.evaluation.suites import EVERY_SUITE
from upstander.evaluation.suites.case import Case, read_jsonl
from upstander.models.bundle import open_bundle
from upstander.models.files import write_whole
from upstander.models.shipped import DEFAULT_BUNDLE
from upstander.training.finetune.judge import DEFAULT_SUITES, headline
from upstander.training.finetune.labelled import Asked
from upstander.training.finetune.run import finetune
from upstander.training.finetune.steps import Job
from upstander.training.seeded_random import uniform

_DOMAINS: Final = ("german", "covid_hate", "call_me_sexist", "cad")
_JUDGED: Final = 1500


def _german(data: Path) -> Iterator[Case]:
    """GAHD (Goldzycher et al. 2024): a language that no training text is in."""
    path = data / "multilingual/gahd_de.jsonl.gz"
    for _, row in read_jsonl(path, "gahd_id", "text", "label"):
        yield Case(str(row["gahd_id"]), row["text"], "hate", row["label"] == "1", "", "")


def _cad(data: Path) -> Iterator[Case]:
    """The test rows of CAD (Vidgen et al. 2021); its training rows trained the shipped model."""
    for _, row in read_jsonl(data / "cad/test.jsonl.gz", "id", "text", "labels"):
        text = row["text"].replace("[linebreak]", " ")
        yield Case(row["id"], text, "hate", "IdentityDirectedAbuse" in row["labels"], "", "")


_FILES: Final = {"german": _german, "cad": _cad}


def measure(name: str, data: Path, rows: int, out: Path, suites: Sequence[str]) -> list[str]:
    """The lines of one domain."""
    load = _FILES.get(name)
    cases = list(load(data)) if load else list(EVERY_SUITE[name](data))
    cases = [case for case in cases if case.expected is not None]
    cases.sort(key=lambda case: uniform(0, "measure", case.id, case.text))
    given, judged = cases[:rows], cases[rows : rows + _JUDGED]
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    _write(given, folder / "rows.csv")
    label = given[0].label
    job = Job(
        inputs=(str(folder / "rows.csv"),),
        asked=Asked({label: "answer"}),
        name=name.replace("_", "-"),
        version=f"0.{rows}.0",
        bundle=DEFAULT_BUNDLE,
        bundles=folder / "bundles",
        folder=folder / f"run-{rows}",
        suites=tuple(suites),
        data=data,
        anyway=True,
    )
    started = time.monotonic()
    found = finetune(job, print)
    seconds = time.monotonic() - started
    assert found.bundle is not None  # noqa: S101 - it is written anyway
    ours, theirs = Once(open_bundle(found.bundle).scorer), Once(open_bundle(DEFAULT_BUNDLE).scorer)
    both = pair(collect(name, judged, ours), OtherBundle(theirs))
    blended, report = found.reports["blend"], found.reports["judge"]
    shared = f"share {blended['share']:.2f}, lost {blended['lost']:.4f}"
    head = f"{name}, {label}, {rows} rows, {len(judged)} judged: {seconds:.0f} s, {shared}"
    lines = [head]
    lines += [
        f"  {number}: {both.theirs[number]:.3f} -> {both.ours[number]:.3f}: {change.value:+.3f} "
        f"({change.low:+.3f} to {change.high:+.3f})"
        for number, change in both.differences.items()
    ]
    if label in blended["moved"]:
        alone = _by_threshold(judged, theirs, label, blended["moved"][label])
        lines.append(f"  macro-F1 by a threshold alone: {alone:.3f}")
    return lines + [f"  {_summary(one)}" for one in report["suites"]]


def _summary(one: dict[str, Any]) -> str:
    names = [headline(one), *(name for name in ("auc",) if name in one["differences"])]
    changes = ", ".join(f"{name} {one['differences'][name]['value']:+.4f}" for name in names)
    return f"{one['suite']}, {one['label']}: {changes}"


def _by_threshold(cases: Sequence[Case], scorer: Once, label: str, threshold: float) -> float:
    from sklearn.metrics import f1_score

    answers = collect("threshold", cases, scorer)
    truth = [bool(case.has(label)) for case in answers.cases]
    return float(f1_score(truth, answers.output(label) >= threshold, average="macro"))


def _write(cases: Sequence[Case], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "text", "answer"])
        table.writerows([n, case.text, int(bool(case.expected))] for n, case in enumerate(cases))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("domains", nargs="*", default=list(_DOMAINS))
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--suite", action="append")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    written = [
        line
        for domain in asked.domains
        for line in measure(
            domain, data_folder(asked.data), asked.rows, asked.out, asked.suite or DEFAULT_SUITES
        )
    ]
    write_whole(asked.out / "measured.txt", "".join(f"{line}\n" for line in written).encode())
    for line in written:
        print(line)  # noqa: T201
