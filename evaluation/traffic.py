"""What each threshold flags, finds and misses in a day of posts."""

from collections.abc import Sequence
from itertools import compress

import numpy as np

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.intervals import Booleans, Floats, rows_for, upper_ends


def promised(capacity: int) -> str:
    """What a threshold is called that flags no more than so many posts a day, for all we know."""
    return f"at most {capacity:,} a day"


class Traffic:
    """The rows as a day's posts: as many, and with the share of positives that they have."""

    def __init__(
        self,
        truth: Booleans,
        scores: Floats,
        posts: float,
        prior: float,
        clusters: Sequence[str] = (),
    ) -> None:
        self.truth, self.scores = truth, scores
        self._clusters = [cluster or f"\0{row}" for row, cluster in enumerate(clusters)]
        if not clusters:
            self._clusters = [str(row) for row in range(len(truth))]
        self.positives, self.negatives = posts * prior, posts * (1 - prior)
        self._levels = np.unique(scores)[::-1]
        # The share of each class at or over each level, from the strictest down.
        self._recalls = self._shares(np.sort(scores[truth]))
        self._alarms = self._shares(np.sort(scores[~truth]))

    def of(self, rows: Booleans) -> "Traffic | None":
        """The same day out of some of the rows; None if they are of one class only."""
        truth = self.truth[rows]
        if truth.all() or not truth.any():
            return None
        posts = self.positives + self.negatives
        clusters = list(compress(self._clusters, rows))
        return Traffic(truth, self.scores[rows], posts, self.positives / posts, clusters)

    def _shares(self, ordered: Floats) -> Floats:
        below = np.searchsorted(ordered, self._levels, "left")
        return np.asarray(1 - below / len(ordered))

    @property
    def _flagged(self) -> Floats:
        return self.positives * self._recalls + self.negatives * self._alarms

    def for_capacity(self, capacity: int) -> float:
        """The lowest threshold that flags no more than so many posts."""
        fits = np.flatnonzero(self._flagged <= capacity)
        if not len(fits):
            raise EvaluationError(
                f"--capacity {capacity}: even the highest score would flag "
                f"{self._flagged[0]:,.0f} posts a day on these rows: the rows are too few to tell"
            )
        return float(self._levels[fits[-1]])

    def surely(self, capacity: int) -> float:
        """The lowest threshold that flags no more than so many posts with all that may be.

        By the upper ends of the intervals of both rates, where rows of a cluster count as one.
        Raises EvaluationError if the rows are too few for that.
        """
        positives, negatives = self._worth(self.truth), self._worth(~self.truth)
        most = self.positives * upper_ends(self._recalls, positives)
        most += self.negatives * upper_ends(self._alarms, negatives)
        fits = np.flatnonzero(most <= capacity)
        if len(fits):
            return float(self._levels[fits[-1]])
        none = float(self.negatives * upper_ends(np.zeros(1), negatives)[0])
        if none <= capacity:
            raise EvaluationError(
                f"{promised(capacity)}: these rows cannot show it: even the strictest threshold "
                f"may flag up to {most[0]:,.0f} a day"
            )
        needed = rows_for(capacity / 2 / self.negatives)
        raise EvaluationError(
            f"{promised(capacity)}: these rows cannot show it: even if none of {negatives:,} rows "
            f"without the label is flagged, up to {none:,.0f} a day may be: bring about {needed:,} "
            "such rows"
        )

    def _worth(self, rows: Booleans) -> int:
        return len(set(compress(self._clusters, rows)))

    def cheapest(self, missed: float, flagged: float) -> float:
        """The threshold of the least cost."""
        cost = (
            missed * self.positives * (1 - self._recalls) + flagged * self.negatives * self._alarms
        )
        return float(self._levels[int(np.argmin(cost))])

    def curve(self, points: int = 200) -> list[tuple[float, float, float]]:
        """(threshold, flagged, caught) at so many levels."""
        kept = np.unique(np.linspace(0, len(self._levels) - 1, points).astype(int))
        caught = self.positives * self._recalls
        return [(float(self._levels[i]), float(self._flagged[i]), float(caught[i])) for i in kept]
