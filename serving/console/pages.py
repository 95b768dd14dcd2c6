"""The pages of the console."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from upstander.serving.pages import HEADERS, Guarded

_STATIC: Final = Path(__file__).parent / "static"


def console() -> Sequence[BaseRoute]:
    """The routes: the page at `/`, and what it loads under `/console/`."""
    return [
        Route("/", _page, include_in_schema=False),
        Mount("/console", Guarded(StaticFiles(directory=_STATIC))),
    ]


async def _page(_: Request) -> Response:
    return FileResponse(_STATIC / "index.html", headers=HEADERS)
