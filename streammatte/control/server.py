"""The control page's server, in a thread of its own."""

from __future__ import annotations

import asyncio
import secrets
import socket
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread

from aiohttp import web

from streammatte.batch.queue import FileQueue
from streammatte.control.files import usual_queue
from streammatte.control.guard import Tokens, guard, set_headers
from streammatte.control.routes import Routes, Setup, errors_as_text
from streammatte.control.uploads import MOST_BYTES, Uploads
from streammatte.live.session import LiveSession

__all__ = ["ControlServer"]

_FAREWELL_S = 0.2
"""How long an open connection may take to end by itself when the server is closed."""


class ControlServer:
    """Serves a page that shows a running session and controls it, to this machine alone.

    Parameters
    ----------
    session : LiveSession, optional
    setup : Setup, optional
        What opens sessions, and lets the page choose of what; by default nothing but the session can be controlled.
    queue : FileQueue, optional
        What does the files that are dropped onto the page, and is closed with the server; by default one into this
        user's folders of videos and pictures.

    Attributes
    ----------
    session : LiveSession or None
        What the page shows; it may be replaced at any time.
    url : str
        The page's address. It holds a token: whoever has it can see the camera and control the session.
    """

    def __init__(
        self,
        session: LiveSession | None = None,
        *,
        setup: Setup | None = None,
        queue: FileQueue | None = None,
    ) -> None:
        self._tokens = Tokens()
        self._path = f"/{secrets.token_urlsafe(12)}"
        self._queue = queue or usual_queue()
        self._routes = Routes(Uploads(), setup, self._queue)
        self.session = session
        self._ended = asyncio.Event()
        started: Future[tuple[asyncio.AbstractEventLoop, int]] = Future()
        self._thread = Thread(target=self._run, args=(started,), name="streammatte control", daemon=True)
        self._thread.start()
        self._loop, port = started.result()
        self._address = f"http://127.0.0.1:{port}{self._path}/"
        self.url = f"{self._address}?token={self._tokens.lasting}"

    @property
    def session(self) -> LiveSession | None:
        """The session that the page shows."""
        return self._routes.session

    @session.setter
    def session(self, session: LiveSession | None) -> None:
        self._routes.session = session

    def invitation(self) -> str:
        """Return an address that opens the page once and soon: others may see with what a browser is started."""
        return f"{self._address}?token={self._tokens.once()}"

    def close(self) -> None:
        """End all connections and the server, and what is done of files."""
        with suppress(RuntimeError):  # it is closed already
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._queue.close()

    def __enter__(self) -> ControlServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, started: Future[tuple[asyncio.AbstractEventLoop, int]]) -> None:
        try:
            asyncio.run(self._serve(started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    async def _serve(self, started: Future[tuple[asyncio.AbstractEventLoop, int]]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            middlewares = [guard(self._tokens, port, f"{self._path}/"), errors_as_text]
            application = web.Application(middlewares=middlewares, client_max_size=MOST_BYTES)
            application.on_response_prepare.append(set_headers)
            page = web.Application()
            page.add_routes([*self._routes.table(), web.post("/invitation", self._invite)])
            application.add_subapp(self._path, page)
            runner = web.AppRunner(
                application, access_log=None, handler_cancellation=True, shutdown_timeout=_FAREWELL_S
            )
            await runner.setup()
            try:
                await web.SockSite(runner, listener).start()
                started.set_result((asyncio.get_running_loop(), port))
                await self._ended.wait()
            finally:
                await runner.cleanup()

    async def _invite(self, request: web.Request) -> web.Response:
        """An address that opens the page once."""
        return web.Response(text=self.invitation())
