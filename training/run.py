"""The folders of a run, and the reports of its finished steps."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from upstander.training.recipe import Recipe

REPORT: Final = "step.json"


@dataclass(frozen=True, slots=True)
class Run:
    """Where a run reads and writes.

    data: the folder of the data sets. folder: of the run. bundles: where finished bundles go.
    start: the folder of a trained network that takes the place of what `train` would make.
    teacher: the folder of the run of the teacher, if the recipe has one.
    """

    recipe: Recipe
    data: Path
    folder: Path
    bundles: Path
    start: Path | None = None

    @property
    def teacher(self) -> Path | None:
        distil = self.recipe.distil
        return self.folder.parent / Path(distil.teacher).stem if distil else None

    def step(self, name: str) -> Path:
        """The folder of a step."""
        return self.folder / name

    def report(self, name: str) -> dict[str, Any]:
        """What a finished step said of itself."""
        return step_report(self.step(name))


def step_report(folder: Path) -> dict[str, Any]:
    """What a finished step said of itself."""
    report: dict[str, Any] = json.loads((folder / REPORT).read_text())["report"]
    return report
