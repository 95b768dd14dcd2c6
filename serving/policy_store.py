"""The policies of a folder, reloaded when a file changes."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from upstander.models.errors import UpstanderError
from upstander.models.manifest import Manifest
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import PolicyError, ReadPolicy, read_policy
from upstander.serving.errors import InvalidRequest
from upstander.serving.file_watch import FileWatch, Stamps
from upstander.serving.metrics import Metrics

log = logging.getLogger("upstander")

_STILL_WRITTEN: Final = 0.5
"""Seconds for which a file must have been left alone: half of one may be a policy too."""


@dataclass(frozen=True, slots=True)
class _Contents:
    """The policies by id, and the communities that some are for."""

    policies: Mapping[str, ReadPolicy] = field(default_factory=dict)
    communities: Mapping[str, str] = field(default_factory=dict)


class PolicyStore:
    """Finds the policy for a post.

    A file that went bad leaves all of them as they were, and the log says so.
    """

    def __init__(self, folder: Path, default: str, metrics: Metrics) -> None:
        """folder: of TOML files. default: id of the policy where a request names none, or empty.

        Raises PolicyError for a folder that cannot be used.
        """
        self._folder = folder
        self._default = default
        self._metrics = metrics
        self._watch = FileWatch(lambda: sorted(folder.glob("*.toml")))
        self._refused_under: Sequence[Manifest] | None = None
        """Bundles that lack what changed policies ask for; with others they may be fine."""
        self._bound: dict[tuple[str, str, str], tuple[Manifest, BoundPolicy]] = {}
        self._served: Sequence[Manifest] = ()
        """Of all bundles that are served; every policy must fit each."""
        self._contents = _Contents()
        if default:
            self._watch.read = stamps = self._watch.stamps()
            self._contents = _read(folder, stamps, default)

    @property
    def default(self) -> str | None:
        """Id of the policy where a request names none; None without policies."""
        return self._default or None

    def in_force(self) -> Sequence[ReadPolicy]:
        """The policies as their files have them now."""
        if self._default:
            self._reload_if_changed()
        return list(self._contents.policies.values())

    def check(self, *manifests: Manifest) -> None:
        """Raise UpstanderError if a policy asks for what one of these bundles has not.

        If none does, policies that change later are held against them too.
        """
        for read in self._contents.policies.values():
            for manifest in manifests:
                BoundPolicy(read, manifest)
        self._served = manifests

    def find(self, policy: str | None, community: str | None) -> ReadPolicy | None:
        """The policy that is asked for, else that of the community, else the default.

        None where there are none. Raises InvalidRequest for an id that no policy has.
        """
        if not self._default:
            if policy is not None:
                raise InvalidRequest("policy: this service was started without policies.")
            return None
        self._reload_if_changed()
        contents = self._contents
        name = policy
        if name is None:
            name = contents.communities.get(community or "", self._default)
        read = contents.policies.get(name)
        if read is None:
            raise InvalidRequest(f"policy: unknown; available: {', '.join(contents.policies)}.")
        return read

    def bind(self, read: ReadPolicy, manifest: Manifest) -> BoundPolicy:
        """A policy with the thresholds of the bundle that read a post."""
        key = read.policy.id, manifest.name, manifest.version
        known = self._bound.get(key)
        if known is None or known[0] is not manifest or known[1].sha256 != read.sha256:
            known = manifest, BoundPolicy(read, manifest)
            self._bound[key] = known
        return known[1]

    def _reload_if_changed(self) -> None:
        stamps: Stamps | None = None
        try:
            stamps = self._watch.look()
            if stamps is None:
                return
            is_same = self._refused_under is None or self._refused_under is self._served
            if stamps == self._watch.read and is_same:
                return
            youngest = max((stamp[0] for stamp in stamps.values()), default=0)
            if 0 <= time.time_ns() - youngest < _STILL_WRITTEN * 1e9:
                return
            contents = _read(self._folder, stamps, self._default)
            self._watch.read = stamps
            self._refused_under = self._served  # in case the next line says so
            for read in contents.policies.values():
                for manifest in self._served:
                    BoundPolicy(read, manifest)
            self._refused_under = None
        except (UpstanderError, OSError) as error:
            if isinstance(error, PolicyError) and stamps is not None:
                self._watch.read = stamps
            self._metrics.policy_reloads.labels(result="refused").inc()
            log.error("the previous policies stay in force: %s", error)
            return
        self._contents = contents
        self._metrics.policy_reloads.labels(result="done").inc()
        names = ", ".join(
            f"{read.policy.id} {read.policy.version} ({read.sha256[:12]})"
            for read in contents.policies.values()
        )
        log.info("policies in force: %s", names)


def _read(folder: Path, stamps: Stamps, default: str) -> _Contents:
    if not stamps:
        raise PolicyError(f"--policies {folder}: there is no policy file in this folder (*.toml)")
    policies: dict[str, ReadPolicy] = {}
    communities: dict[str, str] = {}
    for path in stamps:
        read = read_policy(path)
        policy = read.policy
        if policy.id in policies:
            raise PolicyError(
                f"{path}: the id {policy.id} is also used by {policies[policy.id].path}"
            )
        policies[policy.id] = read
        for community in policy.communities:
            if community in communities:
                raise PolicyError(
                    f"{path}: community {community} already has the policy {communities[community]}"
                )
            communities[community] = policy.id
    if default not in policies:
        raise PolicyError(
            f"--policy {default}: no policy has this id; there are {', '.join(policies)}"
        )
    return _Contents(policies, communities)
