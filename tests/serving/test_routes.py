"""What routes declare: who may call them, what they need, and how their errors look."""

import pytest
from fastapi import APIRouter

from upstander.serving.api.openai_errors import openai_error
from upstander.serving.api.perspective.errors import google_error
from upstander.serving.app import create_app
from upstander.serving.errors import native_error
from upstander.serving.routes import Declaration, RouteLookup, Routes, declares
from upstander.serving.settings import Settings


@pytest.fixture(scope="module")
def routes() -> Routes:
    app = create_app(Settings(store=""))
    (found,) = (one.kwargs["routes"] for one in app.user_middleware if one.cls is RouteLookup)
    assert isinstance(found, Routes)
    return found


ROLES = {
    "/v1/score": "score",
    "/v1/score/stream": "score",
    "/v1/language": "score",
    "/v1/moderations": "score",
    "/v1alpha1/comments:analyze": "score",
    "/v1alpha1/comments:suggestscore": "score",
    "/v1/reviews": "review",
    "/v1/reviews/claim": "review",
    "/v1/admin/reload": "admin",
    "/v1/model": "any",
    "/v1/key": "any",
    "/batch": None,  # its calls bring the key
    "/livez": None,
    "/docs": None,
    "/": None,
}


@pytest.mark.parametrize("path", ROLES)
def test_a_route_says_whose_keys_may_call_it(routes: Routes, path: str) -> None:
    assert path in routes.paths
    assert routes.find(path).role == ROLES[path]


def test_what_scores_needs_a_permit_and_only_a_stream_has_no_end(routes: Routes) -> None:
    needing = {path for path in routes.paths if routes.find(path).needs_permit}
    assert needing == {
        *("/v1/score", "/v1/score/batch", "/v1/score/stream", "/v1/moderations", "/batch"),
        *("/v1alpha1/comments:analyze", "/v1alpha1/comments:suggestscore"),
    }
    assert [path for path in routes.paths if routes.find(path).streams] == ["/v1/score/stream"]
    health = {path for path in routes.paths if routes.find(path).is_health}
    assert health == {"/livez", "/readyz", "/metrics"}


@pytest.mark.parametrize(
    ("path", "role", "dialect"),
    [
        ("/v1/nothing", "any", native_error),
        ("/v1alpha1/comments:nothing", "any", google_error),
        ("/$discovery/nothing", None, google_error),
        ("/nothing", None, native_error),
        ("*", None, native_error),
    ],
)
def test_a_path_of_no_route_is_refused_as_its_neighbours_are(
    routes: Routes, path: str, role: str | None, dialect: object
) -> None:
    found = routes.find(path)
    assert path not in routes.paths
    assert (found.role, found.dialect, found.needs_permit) == (role, dialect, False)
    assert routes.find("/v1/moderations").dialect is openai_error


def test_a_route_that_declares_nothing_stops_the_start() -> None:
    router = APIRouter()

    @router.get("/v1/new")
    async def new() -> None: ...

    with pytest.raises(ValueError, match="/v1/new: use `declares` to say who may call it"):
        Routes(router.routes)

    @router.post("/v1/new")
    @declares(Declaration("admin"))
    async def newer() -> None: ...

    with pytest.raises(ValueError, match="/v1/new"):
        Routes(router.routes[::-1])
