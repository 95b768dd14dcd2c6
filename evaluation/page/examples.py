"""Cases that were decided wrongly, as they are shown."""

from typing import Final

from upstander.evaluation.detail import Wrong
from upstander.evaluation.page.sections import Shown
from upstander.evaluation.page.words import functionality_in_words

_LONGEST: Final = 600
"""Characters of a text that are shown."""
_NO_TEXT: Final = "left out"


def shown(suite: str, wrong: Wrong, texts: bool) -> Shown:
    """A case with the words that carried its score. texts: whether with its text or by id alone."""
    named = functionality_in_words(suite, wrong.functionality)
    kind = ", ".join(word for word in (named, wrong.target) if word)
    answer = "" if wrong.expected is None else "flagged" if wrong.expected else "left alone"
    if not texts or not wrong.text:
        return Shown(wrong.id, [(_NO_TEXT, False)], answer, wrong.score, kind)
    parts = []
    place = 0
    for span in wrong.spans:
        if span.end > _LONGEST:
            break
        parts += [
            (wrong.text[place : span.begin], False),
            (wrong.text[span.begin : span.end], True),
        ]
        place = span.end
    rest = wrong.text[place:]
    room = max(_LONGEST - place, 0)
    parts.append((rest if len(rest) <= room else f"{rest[:room]} …", False))
    return Shown(wrong.id, [part for part in parts if part[0]], answer, wrong.score, kind)
