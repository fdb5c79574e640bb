"""Files of the pages themselves: kept for ever under an address that names their content, asked for again otherwise."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope


class Static(StaticFiles):
    """Static files with cache headers."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; kept for a year when its address carries its hash."""
        response = await super().get_response(path, scope)
        named = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if named else "no-cache"
        return response
