"""What Litestar cannot see of the routes: the hot one, bodies that are read as bytes, every failure.

A test holds the document and the running server together (schemathesis).
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    PathItem,
    Reference,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from sync.protocol import (
    HEADER_KEY,
    HEADER_MACHINE,
    HEADER_NONCE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    ROUTE_CHANGES,
    ROUTE_ENROL,
    ROUTE_HEARTBEAT,
    ROUTE_HELLO,
    ROUTE_JOURNAL,
    ROUTE_ROTATE_KEY,
    ROUTE_SNAPSHOT,
    ChangesAnswer,
    EnrolAnswer,
    EnrolRequest,
    ErrorAnswer,
    HeartbeatAnswer,
    HeartbeatRequest,
    HelloAnswer,
    HelloRequest,
    JournalAnswer,
    JournalRequest,
    OwnEntriesAnswer,
    RotateKeyAnswer,
    RotateKeyRequest,
    SnapshotAnswer,
)

_JSON = "application/json"
_STRING = Schema(type=OpenAPIType.STRING)
_FAILURES = {
    "400": "Malformed: cut off, wrong length, wrong types, duplicate keys, not exactly one gzip",
    "401": "Not signed, unknown key, clock too far away",
    "403": "Revoked, or another workstation's identity",
    "405": "Neither GET nor POST",
    "408": "The body came too slowly",
    "409": "A gap (`expected` is the sequence wanted) or a fork (R17)",
    "413": "Too large: halve the batch",
    "415": "Not gzip of application/json",
    "426": "No protocol in common",
    "503": "Busy: the same bytes again after Retry-After",
}


_ANY_FAILURE = {
    "400": "Malformed",
    "401": "Not signed or signed in, or not with a good key or token",
    "403": "Not allowed",
    "404": "Not here",
    "405": "Another method is meant",
    "409": "A rule of the shop stands against it",
    "410": "A cursor of another life or history of head office: take a snapshot (R11)",
    "413": "Too large",
    "415": "Not application/json",
    "426": "No protocol in common",
    "429": "Too many attempts; wait",
    "503": "Busy: again after Retry-After",
}
_SYNC_BODIES: dict[str, type[msgspec.Struct]] = {
    ROUTE_ENROL: EnrolRequest,
    ROUTE_HELLO: HelloRequest,
    ROUTE_HEARTBEAT: HeartbeatRequest,
    ROUTE_ROTATE_KEY: RotateKeyRequest,
}
_SYNC_ANSWERS: dict[str, type[msgspec.Struct]] = {
    ROUTE_ENROL: EnrolAnswer,
    ROUTE_HELLO: HelloAnswer,
    ROUTE_HEARTBEAT: HeartbeatAnswer,
    ROUTE_ROTATE_KEY: RotateKeyAnswer,
    ROUTE_CHANGES: ChangesAnswer,
    ROUTE_SNAPSHOT: SnapshotAnswer,
}
_FILES = (_JSON, "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def describe_routes(app: Litestar) -> None:
    """Make the document say what the routes read and answer, failures included."""
    for path, item in (app.openapi_schema.paths or {}).items():
        if not path.startswith(("/sync/v1/", "/api/v1/")) or path == ROUTE_JOURNAL:
            continue
        for method in ("get", "post", "delete"):
            operation: Operation | None = getattr(item, method)
            if operation is not None:
                _describe(path, operation)


def _describe(path: str, operation: Operation) -> None:
    body, answer = _SYNC_BODIES.get(path), _SYNC_ANSWERS.get(path)
    if body is not None:
        operation.request_body = RequestBody(
            content={_JSON: OpenAPIMediaType(schema=_schema(body))}, required=True
        )
    if answer is not None and path != ROUTE_ENROL:
        operation.parameters = [*(operation.parameters or []), *_signature_headers()]
    kinds = _FILES if path == "/api/v1/daily-sales" else (_JSON,)
    answered = (
        _response("OK", answer)
        if answer is not None
        else OpenAPIResponse(
            description="OK", content={kind: OpenAPIMediaType(schema=Schema()) for kind in kinds}
        )
    )
    operation.responses = {
        "200": answered,
        **({"304": OpenAPIResponse(description="As before")} if len(kinds) > 1 else {}),
        **{code: _response(text, ErrorAnswer) for code, text in _ANY_FAILURE.items()},
    }


def describe_ingest(app: Litestar) -> None:
    """Add the hot route to the application's OpenAPI document."""
    document = app.openapi_schema
    paths = dict(document.paths or {})
    paths[ROUTE_JOURNAL] = PathItem(
        post=Operation(
            operation_id="PushJournal",
            summary="Push journal entries (R5-R9)",
            description="gzip, at most 500 records, 1 MiB compressed, 8 MiB inflated.",
            parameters=_signature_headers(),
            request_body=RequestBody(
                content={_JSON: OpenAPIMediaType(schema=_schema(JournalRequest))}, required=True
            ),
            responses={
                "200": _response("Committed", JournalAnswer),
                **{code: _response(text, ErrorAnswer) for code, text in _FAILURES.items()},
            },
        ),
        get=Operation(
            operation_id="PullOwnEntries",
            summary="A till's own entries back (R24)",
            parameters=[
                *_signature_headers(),
                Parameter(name="epoch", param_in="query", required=True, schema=_STRING),
                Parameter(
                    name="after",
                    param_in="query",
                    schema=Schema(type=OpenAPIType.INTEGER, minimum=0),
                ),
            ],
            responses={
                "200": _response("Entries in order", OwnEntriesAnswer),
                "400": _response(_FAILURES["400"], ErrorAnswer),
                "401": _response(_FAILURES["401"], ErrorAnswer),
                "404": _response("An epoch that is not here", ErrorAnswer),
            },
        ),
    )
    document.paths = paths


def _signature_headers() -> list[Parameter | Reference]:
    names = (HEADER_KEY, HEADER_TIME, HEADER_NONCE, HEADER_SIGNATURE, HEADER_MACHINE)
    return [
        Parameter(name=name, param_in="header", required=name != HEADER_MACHINE, schema=_STRING)
        for name in names
    ]


def _response(text: str, message: type[msgspec.Struct]) -> OpenAPIResponse:
    return OpenAPIResponse(
        description=text, content={_JSON: OpenAPIMediaType(schema=_schema(message))}
    )


def _schema(message: type[msgspec.Struct]) -> Schema:
    """An inline schema from msgspec's JSON schema: top-level properties with their JSON types."""
    found: dict[str, Any] = msgspec.json.schema_components([message], ref_template="{name}")[1]
    own = found[message.__name__]
    return Schema(
        type=OpenAPIType.OBJECT,
        title=message.__name__,
        description=own.get("description"),
        required=own.get("required") or None,
        properties={
            name: Schema(
                type=OpenAPIType(value["type"]) if isinstance(value.get("type"), str) else None,
            )
            for name, value in own.get("properties", {}).items()
        },
    )
