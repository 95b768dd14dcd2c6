"""Which groups a text names, where, and in which form: "Muslims", "a Muslim", "Muslim men".

The names are common English ones and those of `groups/train.csv`. A name that is also another word
or a person's name (Karen, Crow, Dan) counts only so that its text is left alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from upstander.training.world_groups import WorldGroups

Form = Literal["plural", "singular", "adjective"]
_Words = tuple[str, ...]

_WORD: Final = re.compile(r"[^\W_]+")


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LONGEST: Final = 6
"""Words of the longest name that is looked for."""

_PEOPLE: Final = _words("people peoples folk folks ppl persons individuals")
_PERSON: Final = _words("person individual")
_OLD_OR_DEAF: Final = _PEOPLE | _PERSON | {"man", "men", "woman", "women", "lady", "ladies"}
_KINDS: Final = _words(
    "men women guys girls boys males females kids children families communities dudes ladies "
    "teens students workers drivers neighbours neighbors doctors teachers bankers soldiers "
    "bastards scum filth vermin trash animals pigs rats dogs apes monkeys savages parasites "
    "invaders criminals rapists thieves migrants population culture community"
)
_KIND: Final = _words(
    "man woman guy girl boy male female kid child family dude lady bloke chick student worker "
    "neighbour neighbor doctor teacher driver colleague friend couple bastard"
)
_AFTER_A_NOUN: Final = _words(
    "is was will can should has does in on at who that to as and or for from with by because but "
    "when i you would could may must never always just if so"
)
"""Words before which "a Muslim" is a person: "a Muslim school" goes on with its noun."""
_BEFORE_ONE: Final = _words("a an no every each any another one this that the")


@dataclass(frozen=True, slots=True)
class _Name:
    """A name in a text. key: the group; one group has several names.

    exact: the name with its letter case, where only that counts. skip: names that are too often
        something else, so that a text with one is left alone.
    noun: whether an adjective is a singular noun as well ("Muslim").
    """

    key: str
    form: Form
    exact: str = ""
    skip: bool = False
    noun: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of a group in a text.

    begin, end: code points, with the article of "a Jew", and with the noun of "Jewish people".
    name: the name alone. kind: the noun that stays, as in "Muslim men", or "".
    article: "a ", "an ", "A " ... or "".
    """

    key: str
    form: Form
    begin: int
    end: int
    name: str
    kind: str = ""
    article: str = ""


# key, plurals, singulars, adjectives
_ENGLISH: Final = (
    ("muslim", "muslims moslems", "muslim moslem", "muslim moslem"),
    ("jew", "jews", "jew", "jewish"),
    ("christian", "christians", "christian", "christian"),
    ("catholic", "catholics", "catholic", "catholic"),
    ("hindu", "hindus", "hindu", "hindu"),
    ("sikh", "sikhs", "sikh", "sikh"),
    ("buddhist", "buddhists", "buddhist", "buddhist"),
    ("black", "blacks", "", "black"),
    ("white", "whites", "", "white caucasian"),
    ("asian", "asians", "asian", "asian"),
    ("arab", "arabs", "arab", "arab"),
    ("african", "africans", "african", "african"),
    ("mexican", "mexicans", "mexican", "mexican"),
    ("indian", "indians", "indian", "indian"),
    ("pakistani", "pakistanis", "pakistani", "pakistani"),
    ("chinese", "", "", "chinese"),
    ("latino", "latinos latinas", "latino latina", "latino"),
    ("hispanic", "hispanics", "hispanic", "hispanic"),
    ("roma", "gypsies", "gypsy", ""),
    ("women", "women females", "woman", ""),
    ("men", "men males", "", ""),
    ("girls", "girls", "", ""),
    ("gay", "gays", "", "gay"),
    ("lesbian", "lesbians", "lesbian", "lesbian"),
    ("bisexual", "bisexuals", "bisexual", "bisexual"),
    ("homosexual", "homosexuals", "homosexual", "homosexual"),
    ("trans", "transgenders transsexuals", "transgender transsexual", "trans transgender"),
    ("immigrant", "immigrants", "immigrant", "immigrant"),
    ("migrant", "migrants", "migrant", "migrant"),
    ("refugee", "refugees", "refugee", "refugee"),
    ("foreigner", "foreigners", "foreigner", ""),
    ("disabled", "", "", "disabled handicapped"),
    ("deaf", "", "", "deaf"),
    ("autistic", "autistics", "", "autistic"),
    ("old", "", "", "old elderly"),
)
_COLOURS: Final = _words("black white gay trans disabled autistic")
"""Adjectives that may mean the group with any noun, or none, so that it is not clear what to do."""
_LOOSE: Final = _words("old deaf")
"""Adjectives that are said of much else: they name a group before a word for people only."""
_SKIPPED: Final = _words(
    "queer queers gypsy american americans british english french spanish dutch german germans "
    "travellers travelers polish poles lgbt lgbtq whitey semites semitic atheists feminists islam"
)
_NOT_NAMES: Final = _words(
    "female male man men boys baby babies infants minor minors young older senior seniors retired "
    "straight brown blind deaf depressed bipolar foreign exile exiled deported naturalized youths "
    "zen humanists humanist druid druids samaritan samaritans kiwis dreamers patels stateless "
    "deportee expats adolescent tween detached first-generation"
)
"""Words of the list that say nothing by themselves, and are not looked for."""
_AMBIGUOUS: Final = _words(
    "karen crow fur dan chin pole mon wa san fon mala malas hui dom baka beja nama fleming "
    "burgher jain finn turk reddy reddys reddis kapu kapus dane swede mohawk mohawks apache "
    "apaches dakota cherokee cherokees comanche comanches seminole seminoles maya mayans cree "
    "sherpa sherpas ewe luba hema venda edo tiv mende dene osage naga nagas mizo roma sinti malay "
    "malays navajo mali inuk kuki bodo bodos navajos english welsh french spanish polish danish "
    "swedish"
)


@lru_cache(maxsize=8)
def _names(groups: WorldGroups) -> Mapping[str, Mapping[_Words, _Name]]:
    """Every name, in lower case, as words, by its first word."""
    found: dict[_Words, _Name] = {}

    def add(name: str, key: str, form: Form, exact: bool = False, skip: bool = False) -> None:
        words = tuple(_WORD.findall(name.lower()))
        if not words or len(words) > _LONGEST or name.lower() in _NOT_NAMES:
            return
        before = found.get(words)
        if before is None:
            found[words] = _Name(key, form, name if exact else "", skip)
        elif before.key == key and before.form == "adjective" and form == "singular":
            found[words] = replace(before, noun=True)

    for key, plurals, singulars, adjectives in _ENGLISH:
        for name in plurals.split():
            add(name, key, "plural")
        for name in adjectives.split():
            add(name, key, "adjective")
        for name in singulars.split():
            add(name, key, "singular")
    add("African Americans", "african american", "plural")
    add("African American", "african american", "adjective")
    add("African American", "african american", "singular")
    add("mentally ill", "mentally ill", "adjective")
    add("asylum seekers", "asylum seekers", "plural")
    for name in sorted(_SKIPPED):
        add(name, name, "plural", skip=True)
    english = dict(found)
    for row in groups.listed:
        # "Black people" of the list are the "blacks" of above.
        same = (english.get(tuple(_WORD.findall(name.lower()))) for name in row.names)
        key = next((name.key for name in same if name), row.plural.lower())
        forms: list[tuple[str, Form]] = [(row.plural, "plural")]
        forms += [(alias, "plural") for alias in row.aliases]
        forms += [(row.adjective, "adjective"), (row.singular, "singular")]
        for name, form in forms:
            ambiguous = name.lower() in _AMBIGUOUS or (len(name) < 5 and form != "plural")
            add(name, key, form, exact=ambiguous or not row.common, skip=ambiguous)
    by_first: dict[str, dict[_Words, _Name]] = {}
    for words, known_name in found.items():
        by_first.setdefault(words[0], {})[words] = known_name
    return by_first


def mentions(text: str, groups: WorldGroups) -> list[Mention] | None:
    """Every name of a group, in order; None where a name is not clear, so that none should change.

    Names inside a hashtag, a user name or a longer word ("non-Muslim") are not clear.
    """
    names = _names(groups)
    tokens = list(_WORD.finditer(text))
    words = [token[0].lower() for token in tokens]
    found = []
    place = 0
    while place < len(words):
        known_here = names.get(words[place], {})
        for size in range(min(_LONGEST, len(words) - place), 0, -1):
            name = known_here.get(tuple(words[place : place + size]))
            begin, end = tokens[place].start(), tokens[place + size - 1].end()
            if name is None or (name.exact and text[begin:end] != name.exact):
                continue
            if name.skip or text[max(0, begin - 1) : begin] in {"#", "@", "-", "/", "_"}:
                return None
            after = words[place + size] if place + size < len(words) else ""
            if name.key in _LOOSE and after not in _OLD_OR_DEAF:
                continue
            mention = _in_place(text, tokens, words, place, size, name)
            if mention is None:
                return None
            found.append(mention)
            place += size + (mention.end > end)
            break
        else:
            place += 1
    return found


def _in_place(
    text: str, tokens: list[re.Match[str]], words: list[str], place: int, size: int, name: _Name
) -> Mention | None:
    """The name with what stands around it, or None where it means something else or is unclear."""
    begin, end = tokens[place].start(), tokens[place + size - 1].end()
    if text[end : end + 1] in {"-", "_", "/"}:
        return None
    follows = words[place + size] if place + size < len(words) else ""
    if follows and text[end : tokens[place + size].start()] != " ":
        follows = ""  # a comma or a full stop is between
    before = words[place - 1] if place else ""
    article = ""
    if before in {"a", "an"} and text[tokens[place - 1].end() : begin] == " ":
        article = text[tokens[place - 1].start() : begin]
    start = begin - len(article)
    own = text[begin:end]
    if name.form == "plural":
        return None if article else Mention(name.key, "plural", begin, end, own)
    after = tokens[place + size].end() if follows else end
    # "Jewish" is an adjective alone; "Muslim" and "lesbian" are nouns too.
    if (own + follows).lower() == "whitetrash":
        return None  # an insult of its own
    if follows in _PEOPLE and not article:
        return Mention(name.key, "plural", begin, after, own)
    if follows in _PERSON:
        return Mention(name.key, "singular", start, after, own, article=article)
    if follows in _KIND or (follows in _KINDS and not article):
        kind = text[tokens[place + size].start() : after]
        return Mention(name.key, "adjective", start, after, own, kind=kind, article=article)
    if name.key in _COLOURS:
        return None
    if name.form == "singular" and own.lower().split()[-1] in _PERSON:
        return Mention(name.key, "singular", start, end, own, article=article)
    is_noun = name.noun or name.form == "singular"
    if is_noun and before in _BEFORE_ONE and (not follows or follows in _AFTER_A_NOUN):
        return Mention(name.key, "singular", start, end, own, article=article)
    return None
