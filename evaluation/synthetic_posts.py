"""Synthetic harmless posts for benchmarks; no two are equal."""

import random
from typing import Final

_WORDS: Final = """
    about after again all along also always another around away back bench better between bird
    boat book bread bridge bright bring brother bus busy called came cannot car careful change
    child choir city clean clear cloud coat coffee cold come cook corner could council cup dance
    day dinner doctor door down dream drive early east easy eight evening every far farm father
    few field find fine fire first five flower follow food found four free friend from front full
    garden gave give glass gone good grass great green ground group grow hall happy hear heavy
    hello help here high hill hold home hope hour house hungry idea inside island join journey
    keep kettle kind kitchen know ladder lake lamp large last late laugh learn leave left letter
    library light listen little long lunch made map market maybe meet milk minute money moon more
    morning mother mountain music near neighbour never new next night nothing noticed office often
    old open orchard other outside over paint paper park party path people phone piano picture
    plan plate play please pocket quick quiet rain read ready really report rest right river road
    room round school sea season second seven shop short should side sister sleep slow small snow
    some soon soup south spring stairs start station stay still story street summer sun sure table
    talk teacher team thank there thing think three ticket time today together told tomorrow took
    town train travel tree tried under until visit voice wait walk wall warm watch water weather
    week well went west wheel when while white window winter without word work write year yellow
""".split()  # noqa: SIM905 - so many quotes would hide the words


def posts(count: int, seed: int = 4) -> list[str]:
    """So many posts, the same at every call."""
    draw = random.Random(seed)  # noqa: S311 - a workload, not a secret
    return [
        " ".join(draw.choices(_WORDS, k=draw.randint(4, 40))) + draw.choice(".!?")
        for _ in range(count)
    ]
