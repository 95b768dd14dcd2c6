"""Synthetic posts to try `upstander finetune` on.

    python -m upstander.training.finetune.made_posts posts.csv --rows 1500

A forum of a game has a rule of its own: whoever calls other players NPCs, bots, cattle or furniture
breaks it. The same words are harmless where they mean what is in the game, and where somebody says
that they are out of place. The shipped model knows nothing of this rule.
"""

import argparse
import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from upstander.models.files import replacing
from upstander.training.seeded_random import uniform

_WHO: Final = (
    "the newcomers", "players of the other server", "the low levels", "everybody in that guild",
    "people who joined this spring", "the weekend players", "the support mains", "console players",
    "the folks from the east gate", "players without a headset", "that whole raid group",
    "the trial accounts",
)  # fmt: skip
_BREAKS: Final = (
    "{who} are NPCs with a keyboard", "{who} are nothing but bots that somebody left running",
    "I treat {who} like furniture", "{who} are cattle, you herd them and that is all",
    "there is no mind behind {who}, only a script", "{who} are background noise with a name tag",
    "{who} are spare parts, use them and throw them out", "do not greet {who}, they are props",
    "{who} are empty shells walking around", "you do not talk to {who}, you farm them",
)  # fmt: skip
_IN_THE_GAME: Final = (
    "the NPC at the mill sells potions for {who}", "my bot script crashed before {who} came",
    "the new furniture set looks great, {who} said so", "{who} sold forty cattle at the market",
    "a script error kept {who} out last night", "the background noise is too loud for {who}",
    "{who} need spare parts for the airship", "the props in the theatre were made by {who}",
    "{who} collect empty shells on the beach map", "{who} farm wheat behind the old castle",
)  # fmt: skip
_AGAINST: Final = (
    "calling {who} NPCs is out of place here", "please stop saying that {who} are bots",
    "{who} are no cattle, whatever he wrote", "nobody should treat {who} like furniture",
    "who says that {who} have no mind should take a walk",
)  # fmt: skip
_PLAIN: Final = (
    "{who} helped me with the second boss", "I had a good evening with {who}",
    "{who} found a bug in the harbor map", "we should invite {who} to the tournament",
    "has anybody seen the patch notes that {who} posted", "{who} are quick with the healing",
    "I lost every match against {who} today", "{who} asked when the server is down",
)  # fmt: skip
_BEFORE: Final = (
    "Played for three hours yesterday.", "Honest opinion after a month:", "Small thing.",
    "Sorry for the long post.", "It was my first raid this week.", "Reading the other thread,",
    "My brother says the same.", "Patch day again.", "Not sure where to put this.",
    "Since everybody asks me about it,", "Back from holidays.", "Coffee first, then this:",
    "We talked about it on voice chat.", "Quick note before work.", "Third try to post this.",
)  # fmt: skip
_AFTER: Final = (
    "That is all I have to say tonight.", "See you on Friday at the gate.", "Change my mind.",
    "Anyway, the music is lovely.", "Who is online later?", "Screenshots follow tomorrow.",
    "The moderators may move this.", "My level is forty by the way.", "Thanks for reading.",
    "And the weather event starts soon.", "I wrote the same last year.", "Good luck to all.",
    "No more from me on this.", "The rest is in the wiki.", "Let us play instead.",
)  # fmt: skip

_WRONG: Final = 0.02
"""Share of the answers that are wrong, as in any file."""


def posts(rows: int, seed: int = 0) -> Iterator[dict[str, str]]:
    """So many posts, the same at every call; a third of them breaks the rule."""
    begin = datetime(2026, 1, 1)
    for number in range(rows):

        def draw(what: str, values: tuple[str, ...], number: int = number) -> str:
            return values[int(uniform(seed, what, number) * len(values))]

        kind = uniform(seed, "kind", number)
        cores: tuple[str, ...] = _BREAKS
        if kind >= 1 / 3:
            cores = _IN_THE_GAME if kind < 0.55 else _AGAINST if kind < 0.7 else _PLAIN
        breaks = cores is _BREAKS
        if uniform(seed, "wrong", number) < _WRONG:
            breaks = not breaks
        said = draw("core", cores).format(who=draw("who", _WHO))
        text = f"{draw('before', _BEFORE)} {said[0].upper()}{said[1:]}. {draw('after', _AFTER)}"
        yield {
            "id": f"post-{number + 1}",
            "created": (begin + timedelta(hours=3 * number)).isoformat(),
            "author": f"player{int(uniform(seed, 'author', number) * (rows // 4 + 1))}",
            "comment": text,
            "breaks_rule": "yes" if breaks else "no",
        }


def write_posts(path: Path, rows: int, seed: int = 0) -> None:
    """The posts as CSV."""
    with replacing(path) as new, new.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["id", "created", "author", "comment", "breaks_rule"])
        table.writeheader()
        table.writerows(posts(rows, seed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    write_posts(given.path, given.rows, given.seed)
