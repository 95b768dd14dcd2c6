"""What the labels mean. The words here are the words of the JSON, the docs and the metrics."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dehumanization": (
            "Denies people their humanity because of a protected group: as vermin, animals, "
            "disease, filth, demons, objects or machines, or as lacking humanity or a mind."
        ),
        "hate": (
            "Attacks, demeans, threatens or excludes people because of a protected group, openly "
            "or by implication. Every dehumanizing text is hateful."
        ),
        "toxicity": (
            "Rude, insulting or offensive enough that people may leave the discussion, whether "
            "or not a protected group is meant."
        ),
        "severe_toxicity": "Very hateful, aggressive or disrespectful, so that people leave.",
        "identity_attack": (
            "Jigsaw's own label of that name: a negative comment about someone because of their "
            "identity. `hate` follows a stricter definition."
        ),
        "insult": "Insulting, inflammatory or negative towards a person or a group of people.",
        "profanity": "Swear words, curse words or other obscene language.",
        "threat": "An intention to inflict pain, injury or violence on a person or a group.",
    }
)
"""Sentence labels: name to definition, in the order of the graph's output."""

TARGETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "religion": "People of a religion or of none",
        "caste": "People of a caste",
        "age": "People of an age, such as the old",
        "disability": "People with a disability, bodily or mental",
        "serious_disease": "People with a serious disease",
        "national_origin": "People from a country or region",
        "race": "People of a race",
        "ethnicity": "People of an ethnic group",
        "gender": "Women or men",
        "gender_identity": "Transgender and non-binary people",
        "sexual_orientation": "Gay, lesbian, bisexual and other people",
        "immigration_status": "Immigrants, refugees and asylum seekers",
    }
)
"""Protected categories: the eight of the rule that this product began with, and four more.

A bundle lists the ones it models; the others have no training data yet, and its card says so.
"""

MECHANISMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "vermin": "As vermin: insects, rats, parasites, an infestation",
        "animal": "As animals: apes, pigs, dogs, beasts, breeding stock",
        "disease": "As a disease: a plague, a virus, a cancer",
        "filth": "As filth: garbage, waste, dirt",
        "demon": "As demons, devils or monsters",
        "object": "As objects: machines, commodities, tools, property",
        "denial_of_humanity": "As less than human, or not really people",
        "denial_of_mind": "As without feelings, reason or an inner life",
    }
)
"""How a text dehumanizes."""

EXPLAINED: Final = frozenset({"dehumanization", "hate", "identity_attack"})
"""Labels whose reason the rationale shows."""
