"""`GET /$discovery/rest`: the description from which Google's client libraries build themselves."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request

from upstander.serving.api.perspective.attributes import Attribute
from upstander.serving.api.perspective.errors import REFUSALS, google_error
from upstander.serving.errors import NotFound
from upstander.serving.routes import Declaration, declares
from upstander.serving.service import service_of

router = APIRouter(tags=["perspective"])

VERSION: Final = "v1alpha1"
_HOST: Final = re.compile(r"[\w.:\[\]-]{1,255}")

Json = dict[str, Any]


def _string(description: str, **more: Any) -> Json:
    return {"type": "string", "description": description, **more}


def _ref(name: str) -> Json:
    return {"$ref": name}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _message(name: str, **properties: Json) -> Json:
    return {"id": name, "type": "object", "properties": properties}


_NUMBER: Final[Json] = {"type": "number", "format": "float"}
_PLACE: Final[Json] = {"type": "integer", "format": "int32"}
_FLAG: Final[Json] = {"type": "boolean"}
_SCORE_TYPES: Final = [
    "SCORE_TYPE_UNSPECIFIED",
    "PROBABILITY",
    "STD_DEV_SCORE",
    "PERCENTILE",
    "RAW",
]
_TEXT_TYPES: Final = ["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"]
_SCORE_TYPE: Final = _string("Only PROBABILITY is served.", enum=_SCORE_TYPES)
_SCORES: Final[Json] = {"type": "object", "additionalProperties": _ref("AttributeScores")}
_LANGUAGES: Final = _list({"type": "string"})
_ASKED: Final[Mapping[str, Json]] = {
    "comment": _ref("TextEntry"),
    "context": _ref("Context"),
    "languages": {**_LANGUAGES, "description": "BCP-47; none means: find out."},
    "clientToken": _string("Comes back with the answer."),
    "sessionId": _string("Opaque, and not used."),
    "communityId": _string("Where the comment stands."),
}

SCHEMAS: Final[Mapping[str, Json]] = {
    schema["id"]: schema
    for schema in (
        _message(
            "TextEntry", text=_string("UTF-8."), type=_string("Only plain text.", enum=_TEXT_TYPES)
        ),
        _message(
            "ArticleAndParentComment", article=_ref("TextEntry"), parentComment=_ref("TextEntry")
        ),
        _message(
            "Context",
            entries=_list(_ref("TextEntry")),
            articleAndParentComment=_ref("ArticleAndParentComment"),
        ),
        _message("AttributeParameters", scoreType=_SCORE_TYPE, scoreThreshold=_NUMBER),
        _message("Score", value=_NUMBER, type=_SCORE_TYPE),
        _message("SpanScore", begin=_PLACE, end=_PLACE, score=_ref("Score")),
        _message(
            "AttributeScores", summaryScore=_ref("Score"), spanScores=_list(_ref("SpanScore"))
        ),
        _message(
            "AnalyzeCommentRequest",
            **_ASKED,
            requestedAttributes={
                "type": "object",
                "additionalProperties": _ref("AttributeParameters"),
            },
            doNotStore=_FLAG,
            spanAnnotations=_FLAG,
            dropUnsupportedAttributes=_FLAG,
        ),
        _message(
            "AnalyzeCommentResponse",
            attributeScores=_SCORES,
            languages=_LANGUAGES,
            detectedLanguages=_LANGUAGES,
            clientToken=_string("The one of the request."),
        ),
        _message("SuggestCommentScoreRequest", **_ASKED, attributeScores=_SCORES),
        _message(
            "SuggestCommentScoreResponse",
            clientToken=_string("The one of the request."),
            requestedLanguages=_LANGUAGES,
            detectedLanguages=_LANGUAGES,
        ),
    )
}
"""The messages of the format, as the discovery document has them."""

_PARAMETERS: Final[Mapping[str, Json]] = {
    "key": _string("API key.", location="query"),
    "alt": _string("Form of the answer.", location="query", default="json", enum=["json"]),
    "prettyPrint": {**_FLAG, "location": "query", "default": "true"},
    "fields": _string("Which parts of the answer are wanted.", location="query"),
    "quotaUser": _string("Not used.", location="query"),
    "access_token": _string("Not used.", location="query"),
    "$.xgafv": _string("Not used.", location="query", enum=["1", "2"]),
}


@router.get("/$discovery/rest", responses=REFUSALS)
@declares(Declaration(dialect=google_error))
async def describe(
    request: Request,
    version: Annotated[str, Query(description="Only v1alpha1 is described.")] = VERSION,
) -> Json:
    """Describe the Perspective API as it is served here, for Google's client libraries."""
    if version != VERSION:
        raise NotFound(f"Only version={VERSION} is described.")
    service = service_of(request)
    attributes = service.catalogue.of(service.engine.bundle.manifest)
    return document(_root(request, service.settings.public_url), attributes)


def _root(request: Request, public: str) -> str:
    """The address that the client used, with a slash at its end."""
    if public:
        return public.rstrip("/") + "/"
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        server = request.scope["server"]
        host = f"{server[0]}:{server[1]}"
    return f"{request.url.scheme}://{host}/"


def document(root: str, attributes: Mapping[str, Attribute]) -> Json:
    """The discovery document. root: address of the service as the client knows it, with a slash."""
    served = "; ".join(f"{one.name}: {one.description}" for one in attributes.values())
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "revision": "20190414",
        "title": "Perspective Comment Analyzer API",
        "description": f"Upstander in the format of the Perspective API. Attributes: {served}",
        "ownerDomain": "google.com",
        "ownerName": "Google",
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "basePath": "",
        "batchPath": "batch",
        "icons": {"x16": "", "x32": ""},
        "fullyEncodeReservedExpansion": True,
        "parameters": dict(_PARAMETERS),
        "schemas": dict(SCHEMAS),
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method("analyze", "AnalyzeComment"),
                    "suggestscore": _method("suggestscore", "SuggestCommentScore"),
                }
            }
        },
    }


def _method(name: str, message: str) -> Json:
    path = f"v1alpha1/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": path,
        "flatPath": path,
        "httpMethod": "POST",
        "parameters": {},
        "parameterOrder": [],
        "request": _ref(f"{message}Request"),
        "response": _ref(f"{message}Response"),
    }
