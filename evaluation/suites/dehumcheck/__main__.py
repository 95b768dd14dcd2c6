"""Write cases.csv from the templates, and print how many cases each cell has."""

import csv
from collections import Counter
from dataclasses import astuple, fields

import typer

from upstander.evaluation.suites.dehumcheck import CASES
from upstander.evaluation.suites.dehumcheck.expand import CaseRow, rows


def main() -> None:
    """Write the file in place of the one there."""
    made = list(rows())
    with CASES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(CaseRow)])
        writer.writerows(astuple(row) for row in made)
    counts = Counter((row.cell, row.expected) for row in made)
    for (cell, expected), count in counts.items():
        typer.echo(f"{cell:30} {expected:4} {count:5}")
    for expected in ("yes", "no"):
        typer.echo(f"{'all':30} {expected:4} {sum(row.expected == expected for row in made):5}")


if __name__ == "__main__":
    main()
