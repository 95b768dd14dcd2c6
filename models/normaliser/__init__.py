"""Normalising a text, with a map back to the text as it was sent.

Training and serving see the same text only if both normalise it the same way, so the version is
part of the bundle. Version 3, in the order applied:

1. a lone surrogate becomes U+FFFD;
2. control characters and what Unicode calls default ignorable go (zero-width characters, soft
   hyphens, variation selectors, tags, Hangul fillers), but for joiners after an emoji or a letter
   of a script that needs them, and the tags of a flag;
3. NFKC, one base character with its marks at a time;
4. runs of white space become one space, none at the ends;
5. HTML entities that end in a semicolon become their characters, until none is left;
6. addresses become `http`, up to the first letter of a script without spaces or of Korean, and
   names after an @ become `@user`: the text is judged, never the author. In a script without spaces
   a name has 16 characters at most, because more of it would be the text itself;
7. a tatweel between two Arabic letters, which only makes the word wider, goes;
8. an emoji becomes the words of its Unicode CLDR short name, because the tokenizer reads every one
   as the same unknown token; the same emoji many times in a row becomes its name once;
9. letters of other scripts that look Latin become Latin: in a word that also has Latin letters, if
   that gives an English word, or replaces at most half of a longer one in a text of no other
   script; in a word of look-alikes only, if that gives an English word and the text is Latin
   otherwise. A dotless i stays in a text that is Turkish by its letters, or foreign;
10. letters that stand apart ("v e r m i n", "v.e.r.m.i.n") become words, if all of them do and half
    of them lie in words of four letters or more; wider gaps between the words are followed;
11. separators inside a word ("ver*min") go, if that gives an English word of five letters or more
    and what they separated are not all words; hyphens and slashes stay;
12. digits and signs that stand for letters ("v3rm1n") become the letters, if that gives an English
    word of four letters or more and the original reads as nothing honest;
13. of a Latin letter more than twice in a row two stay, or one where that makes an English word;
    three consonants stay in a foreign text where they can be a German compound ("Abfallland");
14. the words of a hashtag are set apart, by their capitals or by the list of words;
15. so are three or more words run together in lower case, if one inside is such as joins others
    and the end is not that of a German adjective ("biologischen"); in a foreign text the list of
    words sets nothing apart, by this rule or the one before, that has parts of one or two letters;
16. a word of more than 80 characters is broken up, because the tokenizer reads a word of over 100
    as one unknown token and would score nothing of it. Scripts without spaces stay whole.

A text is foreign if most of its words in Latin letters, and three at least, are no English ones
(`scripts.py`). Rules 9 to 15 are for Latin letters: no other script loses anything to them.

What one rule gives another may change, so they are applied until nothing does, eight times at most.
Of these, 2 (between Latin letters), 9, 10, 11 and 12 undo what hides words from a filter and set
`Normalised.obfuscated`. docs/decisions/0009-undoing-evasion.md says why these and no others.

The function is idempotent, and every character of the result knows the stretch of the original that
it came from; `tests/models/test_normaliser.py` holds both as properties.
"""

import re
from typing import Final

from upstander.models.normaliser.characters import canonical, unescaped, without_tatweel
from upstander.models.normaliser.homoglyphs import in_latin
from upstander.models.normaliser.offsets import Edit, Normalised, edited, unchanged
from upstander.models.normaliser.scripts import UNSPACED
from upstander.models.normaliser.spaced_letters import joined
from upstander.models.normaliser.urls_mentions_emoji import (
    named_emoji,
    without_addresses,
    without_names,
)
from upstander.models.normaliser.word_evasion import (
    letters_for_signs,
    unstretched_letters,
    words_apart,
)
from upstander.models.normaliser.words import COSTS

__all__ = ["VERSION", "Normalised", "normalise"]

VERSION: Final = 3

_MAX_WORD: Final = 80
_MAX_PASSES: Final = 8
_LONG_WORD: Final = re.compile(rf"[^\s{UNSPACED}]{{{_MAX_WORD}}}(?=[^\s{UNSPACED}])")
_BLANK: Final = str.maketrans(dict.fromkeys(',?;:"()[]{}<>-', " "))
_ORDINARY: Final = re.compile(
    r"(?!.*([a-z])\1\1)'?[a-z]{2,11}(?:'[a-z]{0,2})?[.!]*|'?\d+(?:[a-z]{1,3})?[.!]*"
)


def normalise(text: str) -> Normalised:
    """Normalise `text` by version 3; the result is empty if nothing visible is left."""
    source = unchanged(text)
    return source if _is_plain(text) else _undone(source)


def _undone(source: Normalised) -> Normalised:
    result = canonical(source)
    for _ in range(_MAX_PASSES):
        before = result.text
        result = without_tatweel(canonical(unescaped(result)))
        result = without_addresses(result)
        result = without_names(result)
        result = named_emoji(result)
        result = in_latin(result)
        result = joined(result)
        result = letters_for_signs(result)
        result = unstretched_letters(result)
        result = words_apart(result)
        result = _break_long_words(result)
        if result.text == before:
            break
    return result


def _is_plain(text: str) -> bool:
    """Whether there is surely nothing to do, which is quick to see of most posts."""
    if not text.isascii() or not text.isprintable() or "  " in text or text != text.strip():
        return False
    if len(text) > _MAX_WORD and max(map(len, text.split())) > _MAX_WORD:
        return False
    words = text.lower().replace(". ", " ").replace("! ", " ").translate(_BLANK).split()
    return all(map(_ORDINARY.fullmatch, set(words).difference(COSTS)))


def _break_long_words(source: Normalised) -> Normalised:
    edits: list[Edit] = []
    for match in _LONG_WORD.finditer(source.text):
        last = match.end()
        edits.append((last - 1, last, source.text[last - 1] + " "))
    return edited(source, edits)
