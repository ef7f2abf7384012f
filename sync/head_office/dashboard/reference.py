"""The API's reference at /schema: a plain page made here, because the usual viewers load from afar."""

from __future__ import annotations

from typing import Any

from litestar.openapi.plugins import OpenAPIRenderPlugin

from sync.head_office.dashboard.view import Req, page

_METHODS = ("get", "post", "put", "patch", "delete")


class ReferencePage(OpenAPIRenderPlugin):
    """Renders the OpenAPI document as one page without scripts."""

    def render(self, request: Req, openapi_schema: dict[str, Any]) -> bytes:
        """The page in the reader's language."""
        operations = [
            {"path": path, "method": method.upper(), **item[method]}
            for path, item in sorted((openapi_schema.get("paths") or {}).items())
            for method in _METHODS
            if method in item
        ]
        values = {
            "person": None,
            "here": "/schema",
            "version": openapi_schema["info"]["version"],
            "operations": operations,
        }
        text = page(request, "reference.html", values).content
        return text.encode()
