"""Attributes: labels of the bundle under Perspective's names, and aliases."""

from collections.abc import Mapping
from dataclasses import dataclass

from upstander.models.errors import UpstanderError
from upstander.models.labels import LABELS
from upstander.models.manifest import Manifest
from upstander.models.names import TWIN, label_of


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute that is served. alias: its label stands in for what is not modelled."""

    name: str
    label: str
    alias: bool = False

    @property
    def description(self) -> str:
        """For the discovery document."""
        if self.alias:
            return f"Not modelled: an alias of the label '{self.label}'. {LABELS[self.label]}"
        return LABELS[self.label]


class Catalogue:
    """What the bundle that is served can be asked for."""

    def __init__(self, aliases: str) -> None:
        """aliases: the setting. Raises UpstanderError."""
        self._aliases = aliases_of(aliases)
        self._of: tuple[Manifest, Mapping[str, Attribute]] | None = None

    def of(self, manifest: Manifest) -> Mapping[str, Attribute]:
        """Every attribute by its name; one whose label the bundle lacks is not among them."""
        if self._of is None or self._of[0] is not manifest:
            self._of = manifest, attributes_of(manifest, self._aliases)
        return self._of[1]


def aliases_of(setting: str) -> Mapping[str, str]:
    """Attribute to label, from `NAME=label,NAME=label`. Raises UpstanderError.

    A name that a label has already is refused: an alias never takes the place of the real one.
    """
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in setting.split(","))):
        name, _, label = (word.strip() for word in part.partition("="))
        if label not in LABELS or not (name.isascii() and name.isidentifier()):
            raise UpstanderError(
                f"--attribute-aliases: '{part}' is not NAME=label; labels are {', '.join(LABELS)}"
            )
        if label_of(name) in LABELS:
            raise UpstanderError(f"--attribute-aliases: {name} is modelled and needs no alias")
        found[name] = label
    return found


def attributes_of(manifest: Manifest, aliases: Mapping[str, str]) -> Mapping[str, Attribute]:
    """Everything that can be asked for, by name; an alias whose label the bundle lacks is not."""
    labels = [label.name for label in manifest.labels]
    modelled = [Attribute(label.upper(), label) for label in labels]
    twins = [Attribute(one.name + TWIN, one.label) for one in modelled]
    others = [Attribute(name, label, True) for name, label in aliases.items() if label in labels]
    return {one.name: one for one in (*modelled, *twins, *others)}
