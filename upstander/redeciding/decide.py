"""Deciding every row of a chunk.

`BoundPolicy.decide` is the one that decides. What it says depends on a row only by which rules its
scores reach, in which order of distance, and on what the row is about. So it is asked once for each
kind of row, of which a million rows have a few thousand; the score and the distance are then those
of the row itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from upstander.models.bundle import CHECKSUMS, read_manifest, sha256_of, verify
from upstander.models.errors import UpstanderError
from upstander.models.manifest import Manifest
from upstander.models.policy.decide import BoundPolicy, Decision
from upstander.models.policy.explanation import reason_for
from upstander.models.policy.loader import PolicyError, ReadPolicy
from upstander.models.response import decision_to_dict, policy_to_dict
from upstander.models.score import MechanismScore, Score, Stage, TargetScore, Timings
from upstander.models.shipped import BUNDLES
from upstander.redeciding.chunks import MECHANISM_NAMES, TARGET_NAMES, Chunk, Floats

Places = NDArray[np.int64]

_Group = tuple[str, Stage | None, int]
"""The SHA-256 of a bundle, of a cascade the stage that answered, and the place of a policy."""

_MAX_KINDS: Final = 50_000
"""Kinds of rows that are remembered: a policy of many rules tells very many apart."""

NOT_DECIDED: Final = -1
"""In the place of a decision: the row has no scores."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of row. example: the decision of one of them. shared: the fields of an
    answer that all of them have, and of spans whether there are some.
    """

    example: Decision
    shared: Mapping[str, Any]

    def reasons(self, scores: Sequence[float]) -> list[str]:
        """Why rows with these scores get their band."""
        own = {one.name: getattr(self.example, one.name) for one in fields(Decision)}
        return [reason_for(Decision(**own | {"score": score})) for score in scores]


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of the rows of a chunk.

    kinds: of all chunks so far. which: place of the kind of each row, or NOT_DECIDED. scores:
        of the label that counted, NaN where none did. reasons: "" for a row that is not decided.
    """

    kinds: Sequence[Kind]
    which: Places
    scores: Floats
    reasons: Sequence[str]

    def field(self, *path: str) -> list[Any]:
        """A field of the decisions that the rows of a kind share, such as `clause`, `id`."""
        found: list[Any] = []
        for kind in self.kinds:
            value: Any = kind.shared
            for name in path:
                value = value.get(name) if isinstance(value, Mapping) else None
            found.append(value)
        column = np.array([*found, None], dtype=object)  # NOT_DECIDED is the last one
        return list(column[self.which])

    def to_dict(self, row: int, spans: object = None) -> dict[str, Any] | None:
        """The decision of a row, as an answer has it; None for one that is not decided.

        spans: the words that carried the score, as the row has them.
        """
        which = int(self.which[row])
        if which == NOT_DECIDED:
            return None
        kind = self.kinds[which]
        found = dict(kind.shared)
        if kind.example.rests_on_spans:
            found["spans"] = spans
            if spans is None:
                del found["spans"]
        if "score" in found:
            score = float(self.scores[row])
            found |= {"score": score, "distance": score - found["threshold"]}
            found |= {"reason": self.reasons[row]}
        return found


class Decider:
    """Decides by the first policy, or by the one that is for the community of a row."""

    def __init__(
        self, policies: Sequence[ReadPolicy], bundles: Sequence[Path], community: str = ""
    ) -> None:
        """bundles: folders, for the thresholds; the shipped ones are looked among too. community:
        the column with it, or "".

        Raises PolicyError if two policies are for one community.
        """
        self.community = community
        self._policies = policies
        self._bundles = [*bundles, *sorted(BUNDLES.glob("*/*"))]
        self._of_community = _communities(policies) if community else {}
        self._bound: dict[_Group, _Kinds] = {}
        self._manifests: dict[str, Manifest] = {}
        self._kinds: list[Kind] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the input that are needed."""
        return (self.community,) if self.community else ()

    def decide(self, chunk: Chunk, *, with_reasons: bool = True) -> Decisions:
        """The decision of every row that has scores; with_reasons: and why, in a sentence.

        Raises UpstanderError if the bundle of a row is not known, or a policy cannot be used with
        it.
        """
        if len(self._kinds) > _MAX_KINDS:
            self._kinds = []
            self._bound.clear()
        which = np.full(len(chunk), NOT_DECIDED, dtype=np.int64)
        scores = np.full(len(chunk), np.nan)
        reasons = [""] * len(chunk)
        for group, rows in self._groups(chunk).items():
            for kind, own in self._kinds_for(group).of(chunk, rows, self._kinds):
                which[own] = kind
                rule = self._kinds[kind].example.rule
                if rule is not None:
                    scores[own] = chunk.scores[rule.label][own]
                if not with_reasons:
                    continue
                if rule is None:
                    why = [self._kinds[kind].shared["reason"]] * len(own)
                else:
                    why = self._kinds[kind].reasons(scores[own].tolist())
                for row, reason in zip(own.tolist(), why, strict=True):
                    reasons[row] = reason
        return Decisions(self._kinds, which, scores, reasons)

    def manifest(self, sha256: str) -> Manifest:
        """That of the bundle that scored. Raises UpstanderError if it is not here."""
        if sha256 not in self._manifests:
            for path in self._bundles:
                sums = path / CHECKSUMS
                if sums.is_file() and sha256_of(sums) == sha256:
                    verify(path)
                    self._manifests[sha256] = read_manifest(path)
                    break
            else:
                raise UpstanderError(
                    f"the rows were scored by a bundle that is not here, SHA-256 {sha256[:64]}: "
                    "give its folder with --bundle"
                )
        return self._manifests[sha256]

    def _groups(self, chunk: Chunk) -> dict[_Group, Places]:
        """The rows of each bundle, of a cascade of each of its stages, by each policy."""
        communities = chunk.columns[self.community] if self.community else [None] * len(chunk)
        found: dict[_Group, list[int]] = {}
        known: dict[tuple[str, Stage | None, object], list[int]] = {}
        rows = zip(chunk.models, chunk.stages, communities, strict=True)
        for row, (model, stage, own) in enumerate(rows):
            if model is None:
                continue
            key = model, stage, own if isinstance(own, str | int) else None
            if key not in known:
                place = self._of_community.get(str(own), 0)
                known[key] = found.setdefault((model, stage, place), [])
            known[key].append(row)
        return {key: np.array(rows, dtype=np.int64) for key, rows in found.items()}

    def _kinds_for(self, group: _Group) -> "_Kinds":
        if group not in self._bound:
            sha256, stage, policy = group
            manifest = self.manifest(sha256).for_stage(stage)
            self._bound[group] = _Kinds(self._policies[policy], manifest)
        return self._bound[group]


class _Kinds:
    """The kinds of rows that one policy tells apart, with the thresholds of one bundle."""

    def __init__(self, read: ReadPolicy, manifest: Manifest) -> None:
        self._bound = BoundPolicy(read, manifest)
        self._rules = self._bound.thresholds()
        self._labels = tuple(label.name for label in manifest.labels)
        self._policy = policy_to_dict(self._bound)
        self._known: dict[tuple[bytes, int, int], int] = {}

    def of(self, chunk: Chunk, rows: Places, kinds: list[Kind]) -> list[tuple[int, Places]]:
        """(place of the kind, its rows) of each kind that there is; new ones are added to kinds."""
        parts = [
            chunk.targets[rows],
            chunk.mechanisms[rows],
            chunk.quotations[rows, None].astype(np.uint8),
        ]
        for label in {rule.label for rule, _ in self._rules}:
            if label not in chunk.scores or np.isnan(chunk.scores[label][rows]).any():
                raise UpstanderError(
                    f"a rule asks for {label}, and there are rows without it: score the posts again"
                )
        if self._rules:
            distances = np.stack(
                [chunk.scores[rule.label][rows] - threshold for rule, threshold in self._rules], 1
            )
            order = np.argsort(-distances, axis=1, kind="stable").astype(np.uint8)
            parts += [(distances >= 0).astype(np.uint8), order]
        keys = np.ascontiguousarray(np.concatenate(parts, axis=1))
        packed = keys.view(np.dtype((np.void, keys.shape[1]))).ravel()
        unique, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
        by_kind = np.argsort(inverse, kind="stable")
        ends = np.cumsum(np.bincount(inverse, minlength=len(unique)))
        groups = np.split(rows[by_kind], ends[:-1])
        found = []
        widths = chunk.targets.shape[1], chunk.mechanisms.shape[1]
        for key, place, group in zip(unique, first, groups, strict=True):
            known = key.tobytes(), *widths
            if known not in self._known:
                self._known[known] = len(kinds)
                kinds.append(self._kind(chunk, int(rows[place])))
            found.append((self._known[known], group))
        return found

    def _kind(self, chunk: Chunk, row: int) -> Kind:
        decision = self._bound.decide(self._score(chunk, row), bool(chunk.quotations[row]))
        return Kind(decision, {**decision_to_dict(decision, spans=()), "policy": self._policy})

    def _score(self, chunk: Chunk, row: int) -> Score:
        targets = [TARGET_NAMES[code - 1] for code in chunk.targets[row].tolist() if code]
        mechanisms = [MECHANISM_NAMES[code - 1] for code in chunk.mechanisms[row].tolist() if code]
        return Score(
            scores={n: float(chunk.scores[n][row]) for n in self._labels if n in chunk.scores},
            targets=tuple(TargetScore(name, 1.0) for name in targets),
            mechanisms=tuple(MechanismScore(name, 1.0) for name in mechanisms),
            spans=(),
            obfuscated=False,
            windows=1,
            tokens=0,
            timings=Timings(0.0, 0.0, 0.0),
        )


def _communities(policies: Sequence[ReadPolicy]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, read in enumerate(policies):
        for community in read.policy.communities:
            if community in found:
                raise PolicyError(
                    f"{read.path}: community {community} has the policy "
                    f"{policies[found[community]].path} already"
                )
            found[community] = place
    return found
