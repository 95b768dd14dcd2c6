"""A comment form that asks Upstander before it publishes.

    pip install python-multipart
    uvicorn examples.comment_form:app --port 8080

A comment that the policy allows is shown; one that people are to look at waits; one that the policy
acts upon is refused with the reason. If the service is away, comments wait: nothing is published
unseen, and nothing is lost.
"""

import html
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse

from upstander.client import AsyncClient, ClientError


@dataclass(frozen=True)
class Comment:
    """decision_id: for the reviewers, if the service records decisions."""

    text: str
    decision_id: str | None


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.published, app.state.waiting = [], []
    url = os.environ.get("UPSTANDER_URL", "http://127.0.0.1:8000")
    key = os.environ.get("UPSTANDER_KEY")
    # Somebody waits for the page: better that the comment waits for people.
    async with AsyncClient(url, key, timeout=2, retries=2, patience=2) as client:
        app.state.upstander = client
        yield


app = FastAPI(lifespan=lifespan)

FORM = """<form method="post"><label>Your comment <textarea name="text"></textarea></label>
<button>Send</button></form>"""


@app.get("/")
async def page(request: Request) -> HTMLResponse:
    comments = "".join(f"<li>{html.escape(c.text)}</li>" for c in request.app.state.published)
    return HTMLResponse(f"<ul>{comments}</ul>{FORM}")


@app.post("/")
async def send(request: Request, text: Annotated[str, Form()]) -> HTMLResponse:
    state: Any = request.app.state
    try:
        reply = await state.upstander.score(text, community_id="comments")
    except ClientError:
        state.waiting.append(Comment(text, None))
        return HTMLResponse(
            "<p>Thank you. Your comment appears once somebody has seen it.</p>", 202
        )
    decision = reply.decision
    if decision is None or decision.band == "allow":
        state.published.append(Comment(text, None))
        return HTMLResponse("<p>Thank you.</p>", 201)
    if decision.band == "review":
        state.waiting.append(Comment(text, decision.id))
        return HTMLResponse(
            "<p>Thank you. Your comment appears once somebody has seen it.</p>", 202
        )
    return HTMLResponse(f"<p>Not published. {html.escape(decision.reason)}</p>", 422)
