"""A report by its address, `/api/report/NAME.html?device=...&assume=KEY=VALUE`: the same bytes as the download.

It runs no script and loads nothing, whatever stands in it: browsers are told so. What cannot be made is told in a
sentence.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from stillroom.base.errors import InputError, StillroomError
from stillroom_app.services import reporting
from stillroom_app.services.reporting import ENDING, ROUTE

PATH = f"{ROUTE}{{name:path}}"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)


def report(request: Request) -> Response:
    """Makes it where it was not made yet; run in a thread of its own."""
    name = request.path_params["name"]
    if not name.endswith(ENDING):
        return _told(f"A report's address ends with {ENDING}.", 404)
    try:
        of = reporting.asked(
            name.removesuffix(ENDING),
            request.query_params.get("device", ""),
            request.query_params.getlist("assume"),
        )
        body = reporting.made(of)
    except InputError as error:
        return _told(error.sentence(), 404 if error.what.startswith("no such run") else 400)
    except StillroomError as error:
        return _told(error.sentence(), 503)
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    return Response(body, media_type="text/html", headers=headers)


def _told(why: str, status: int) -> Response:
    said = why[:1].upper() + why[1:].rstrip(".")
    return PlainTextResponse(f"{said}.\n", status_code=status)
