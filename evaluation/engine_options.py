"""Where many posts are scored: the options of the verbs that do."""

from typing import Annotated, Literal

import typer

Engine = Literal["local", "ray"]

EngineOption = Annotated[
    Engine,
    typer.Option(help="This machine, or a Ray cluster: that of RAY_ADDRESS, or one made here."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(min=1, help="Workers of --engine ray.", show_default="one a core of the cluster"),
]
