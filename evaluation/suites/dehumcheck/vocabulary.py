"""Words of the suite that a training set is kept apart from."""

from typing import Final

from upstander.evaluation.suites.dehumcheck.groups import every_group

HEAD_NOUNS: Final = frozenset(
    {
        # vermin
        "vermin", "cockroach", "rat", "parasite", "pest", "swarm", "infestation",
        # animals
        "animal", "ape", "monkey", "pig", "dog", "beast", "cattle", "breed",
        # disease
        "disease", "plague", "cancer", "virus", "infection",
        # filth
        "filth", "garbage", "trash", "scum", "dirt", "waste",
        # demons
        "demon", "devil", "monster",
        # objects
        "object", "machine", "tool", "property", "commodity", "robot", "incubator",
        # denial of humanity
        "subhuman", "not human", "not people", "human being", "less than human",
        # denial of a mind
        "no feelings", "no soul", "mindless", "cannot think", "inner life", "empty shell",
    }
)  # fmt: skip
"""The nouns and set phrases that dehumanize in the explicit templates of version 1, singular."""


def group_terms() -> frozenset[str]:
    """Every form, in lower case, of the groups that training must not make sentences with.

    They are the groups of the suite with `unseen = true` in groups.toml or groups_more.toml: those
    whose names are held out of training, and those that no list of training's groups has. Training
    may make sentences with the other groups of the suite, though never the suite's sentences.
    """
    return frozenset(
        form.lower() for group in every_group() if group.unseen for form in group.forms.values()
    )
