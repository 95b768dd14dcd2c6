"""Words taken one by one: leetspeak, stretched letters, hashtags and words run together."""

import re
from typing import Final

from upstander.models.normaliser.leetspeak import reading, unstretched
from upstander.models.normaliser.offsets import Edit, Normalised, edited
from upstander.models.normaliser.scripts import is_foreign
from upstander.models.normaliser.word_segmentation import segments
from upstander.models.normaliser.words import COSTS, is_word

_LONGEST: Final = 80  # longer ones are broken up first
_TOKEN: Final = re.compile(r"\S+")
_SIGNED: Final = re.compile(r"[A-Za-z0-9@$!|\u20ac]*[0-9@$!|\u20ac][A-Za-z0-9@$!|\u20ac]*")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CODE: Final = re.compile(r"[=\[\](){}<>;\\]|->|//|&&|\b[ur]/")
_STRETCHED: Final = re.compile(
    r"(?<![^\W_])(?=[A-Za-z]*([A-Za-z])\1\1)[A-Za-z]{4,80}(?![^\W_])", re.IGNORECASE
)
_RUN: Final = re.compile(r"([a-z])\1\1+", re.IGNORECASE)
_COMPOUND: Final = re.compile(
    r"[A-Za-z]+[AEIOUYaeiouy]([FKLMNPRSTfklmnprst])\1\1(?!\1)[A-Za-z]{3,}"
)
"""German writes three of a letter where a word that ends in two meets one: "Schifffahrt"."""
_ROMAN: Final = re.compile(r"[IVXLCDM]+")
_HASHTAG: Final = re.compile(r"(?<![\w&#/])#([A-Za-z]{4,80})(?![\w;])")
_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+")
_JOIN: Final = """
    all and are at be for from has have is must need never not of should than that the their these
    they this those to want was we were will with you your
"""
_LINKS: Final = frozenset(_JOIN.split())
_SPEAKERS: Final = frozenset(("he", "i", "we"))
_GERMAN: Final = re.compile(r"isch(?:e[mnrs]?)?$")
"""How German adjectives end, such as "biologischen": no words run together, whatever `is` is."""
_TOGETHER: Final = re.compile(r"(?<![\w.@#/:=_'-])[a-z]{12,40}(?![\w@/=_(:-]|\.\w)")


def letters_for_signs(source: Normalised) -> Normalised:
    """Rule 12: digits and signs that stand for letters become the letters."""
    text = source.text
    edits: list[Edit] = []
    for token in _TOKEN.finditer(text):
        word = token[0]
        if not (word.isalpha() or word.isdigit() or len(word) > _LONGEST):
            follows = text[token.end() + 1 : token.end() + 2]
            if not _is_code(word, follows):
                edits += _signs_of(word, token.start())
    return edited(source, edits, obfuscated=bool(edits))


def _is_code(token: str, follows: str) -> bool:
    """Whether it is an e-mail address or of a program: "$age = 5;"."""
    if "@" in token and _MAIL.search(token):
        return True
    if token[0] == "$" and (token[-1] in ";)]}" or follows in ("=", "-", "+", "<", ">")):
        return True
    return _CODE.search(token.strip("()[]{}<>;")) is not None


def _signs_of(token: str, offset: int) -> list[Edit]:
    edits: list[Edit] = []
    for match in _SIGNED.finditer(token):
        chunk = match[0].rstrip("!|")
        begin, end = match.start(), match.start() + len(chunk)
        if not any(c.isalpha() for c in chunk):
            if any(c.isdigit() for c in chunk):
                return []  # a code of several parts
            continue
        if (begin and token[begin - 1].isalpha()) or token[end : end + 1].isalpha():
            continue  # a letter of another alphabet
        if begin and token[begin - 1] in "#%^&*" and not chunk[0].isalnum():
            continue  # a swearword drawn in signs
        if word := reading(chunk):
            edits.append((offset + begin, offset + end, word))
        elif any(c.isdigit() for c in chunk):
            return []  # a code: what looks like a word in it is chance
    return edits


def unstretched_letters(source: Normalised) -> Normalised:
    """Rule 13: of a letter more than twice in a row, two stay, or what makes a word."""
    edits: list[Edit] = []
    foreign: bool | None = None
    for match in _STRETCHED.finditer(source.text):
        word = match[0]
        if len(set(word.lower())) == 1 or _ROMAN.fullmatch(word):
            continue
        found = unstretched(word.lower())
        if found is None and word.isupper() and len(word) < 7:
            continue  # IEEE
        if found is None and _COMPOUND.fullmatch(word) and len(_RUN.findall(word)) == 1:
            foreign = is_foreign(source.text) if foreign is None else foreign
            if foreign:
                continue
        if found is None:
            edits.append((*match.span(), _RUN.sub(lambda run: run[0][:2], word)))
        else:
            edits.append((*match.span(), _cased(found, word)))
    return edited(source, edits)


def _cased(found: str, word: str) -> str:
    if word.isupper():
        return found.upper()
    return found.capitalize() if word[0].isupper() else found


def words_apart(source: Normalised) -> Normalised:
    """Rules 14 and 15: the words of a hashtag, and words run together, are set apart."""
    return _runs_apart(_hashtags_apart(source))


def _hashtags_apart(source: Normalised) -> Normalised:
    edits: list[Edit] = []
    foreign: bool | None = None
    for match in _HASHTAG.finditer(source.text):
        words = _words_of_hashtag(match[1])
        if len(_CAMEL.findall(match[1])) == 1 and _is_doubtful(words):
            foreign = is_foreign(source.text) if foreign is None else foreign
            words = [] if foreign else words
        edits += _cuts(match[1], match.start(1), words)
    return edited(source, edits)


def _runs_apart(source: Normalised) -> Normalised:
    edits: list[Edit] = []
    foreign: bool | None = None
    for match in _TOGETHER.finditer(source.text):
        if match[0] in COSTS or _GERMAN.search(match[0]):
            continue
        words = _words_of_run(match[0])
        if _is_doubtful(words):
            foreign = is_foreign(source.text) if foreign is None else foreign
            words = [] if foreign else words
        edits += _cuts(match[0], match.start(), words)
    return edited(source, edits)


def _is_doubtful(words: list[str]) -> bool:
    """Whether in another language the cut would be chance: "migrant i", "landes we i ten"."""
    return any(len(word) < 3 and word.lower() != "of" for word in words)


def _words_of_run(letters: str) -> list[str]:
    """The words, if one inside is such as joins others; without, most cuts are of honest words."""
    words = segments(letters) or []
    inner = words[1:-1]
    if any(word in _LINKS for word in inner) and all(
        len(word) > 2 or word in _LINKS or word in _SPEAKERS for word in words
    ):
        return words
    return []


def _words_of_hashtag(tag: str) -> list[str]:
    parts = _CAMEL.findall(tag)
    if len(parts) > 1:
        strange = [part for part in parts if not is_word(part.lower())]
        names = all(len(part) > 2 for part in strange)
        return parts if names and 2 * len(strange) < len(parts) else []
    if is_word(tag.lower()):
        return []
    words = segments(tag.lower()) or []
    return words if sum(map(len, words)) >= 3 * len(words) else []


def _cuts(together: str, offset: int, words: list[str]) -> list[Edit]:
    """A space after every word but the last; it stands for the letter before it."""
    edits: list[Edit] = []
    at = 0
    for word in words[:-1]:
        at += len(word)
        edits.append((offset + at - 1, offset + at, together[at - 1] + " "))
    return edits
