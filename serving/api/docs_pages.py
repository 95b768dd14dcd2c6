"""`GET /docs` and `GET /redoc`: Swagger UI and Redoc, without content from other hosts.

Swagger UI and Redoc come in the package `fastapi-offline`; the pages that load them are ours.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from upstander.serving.pages import Guarded, headers_with

_PAGES: Final = Path(__file__).parent / "pages"
_HEADERS: Final = headers_with(
    style_src="'unsafe-inline'",  # both set styles in scripts
    img_src="data:",
    worker_src="blob:",  # Redoc's search
)


def docs_pages() -> Sequence[BaseRoute]:
    """The routes: the two pages, and what they load under `/docs/`."""
    files = StaticFiles(directory=_PAGES, packages=[("fastapi_offline", "static")])
    return [
        Route("/docs", _docs, include_in_schema=False),
        Route("/redoc", _redoc, include_in_schema=False),
        Mount("/docs", Guarded(files, _HEADERS)),
    ]


async def _docs(_: Request) -> Response:
    return FileResponse(_PAGES / "docs.html", headers=_HEADERS)


async def _redoc(_: Request) -> Response:
    return FileResponse(_PAGES / "redoc.html", headers=_HEADERS)
