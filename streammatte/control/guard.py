"""Who may talk to the page: whoever has the token, from this machine, and no other site in the same browser."""

from __future__ import annotations

from math import inf
from secrets import compare_digest, token_urlsafe
from time import monotonic

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

__all__ = ["Tokens", "guard", "set_headers"]

_COOKIE = "streammatte"
_INVITED_S = 60.0


class Tokens:
    """What lets somebody in: a token that lasts, and others that do so once.

    Attributes
    ----------
    lasting : str
    """

    def __init__(self) -> None:
        self.lasting = token_urlsafe(24)
        self._once: dict[str, float] = {}  # and until when

    def once(self) -> str:
        """Return a new token that is good for one request within a minute."""
        token = token_urlsafe(24)
        self._once[token] = monotonic() + _INVITED_S
        return token

    def allow(self, given: str) -> bool:
        """Whether a token is good, now."""
        if monotonic() < self._once.pop(given, -inf):
            return True
        return compare_digest(given.encode(errors="replace"), self.lasting.encode())


def guard(tokens: Tokens, port: int, path: str) -> Middleware:
    """Return what refuses strangers.

    A token comes in the address of the first request, and the lasting one in a cookie from then on. A browser's other
    pages cannot send that cookie (SameSite=Strict); those of other servers on this machine, which count as the same
    site, are told by their Origin or Sec-Fetch-Site; and a name that was made to point to this machine by its Host.
    Those servers do not get it either, as browsers heed no port, but send it below `path` alone, which nobody guesses.
    """
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.host.lower()
        if host not in hosts:
            raise web.HTTPForbidden(text=f"this is not {host}; open the address that streammatte printed")
        origin = request.headers.get("Origin", f"http://{host}")
        if origin != f"http://{host}" or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise web.HTTPForbidden(text="another page cannot control streammatte; open the address that it printed")
        if not any(map(tokens.allow, (request.query.get("token", ""), request.cookies.get(_COOKIE, "")))):
            raise web.HTTPForbidden(text="the token is missing or wrong; open the whole address that was printed")
        response = await handler(request)
        if "token" in request.query and not response.prepared:
            response.set_cookie(_COOKIE, tokens.lasting, path=path, httponly=True, samesite="Strict")
        return response

    return guarded


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Let the page load nothing from elsewhere, be framed by nobody, and tell its address to nobody."""
    live = f"ws://{request.host}"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; connect-src 'self' {live}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
