"""What the page's addresses answer."""

from __future__ import annotations

import json
from asyncio import get_running_loop, sleep, to_thread
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import PurePath
from typing import Any, Protocol

from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler

from streammatte.batch.queue import FileQueue
from streammatte.compositing.layers import Layers
from streammatte.control.commands import obey
from streammatte.control.files import FileRoutes
from streammatte.control.kept_look import kept_look
from streammatte.control.pictures import Thumbnails, preview
from streammatte.control.state import catalogue, state
from streammatte.control.uploads import MOST_BYTES, Uploads
from streammatte.errors import StreammatteError, UsageError
from streammatte.live.session import LiveSession

__all__ = ["Routes", "Setup", "errors_as_text"]

_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_STATE_EVERY_S = 0.35
_PREVIEW_EVERY_S = 1 / 15
_WAIT_AT_MOST_S = 0.5
"""A preview that is asked for is sent after so long though nothing has changed, so that one who left is noticed."""


class Setup(Protocol):
    """What opens sessions, as the page chooses."""

    @property
    def backgrounds(self) -> Sequence[str]:
        """Those to choose from while there is no session."""

    def state(self) -> dict[str, Any]:
        """What is chosen, what can be chosen, and what is amiss."""

    def obey(self, name: str, value: Any) -> bool:
        """Do what the page asks; return whether that is for the setup to do."""

    def withdraw(self, text: str) -> None:
        """Take a background out of what is kept, or raise UsageError where it is needed."""


class Routes:
    """Answers for a session, and while there is none.

    Parameters
    ----------
    uploads : Uploads
    setup : Setup or None
    queue : FileQueue
    """

    def __init__(self, uploads: Uploads, setup: Setup | None, queue: FileQueue) -> None:
        self._session: LiveSession | None = None
        self._uploads = uploads
        self._setup = setup
        self._thumbnails = Thumbnails()
        self._files = FileRoutes(queue, self._backgrounds, self._state)
        page = resources.files("streammatte.control") / "page"
        self._page = {file.name: file.read_bytes() for file in page.iterdir()}

    @property
    def session(self) -> LiveSession | None:
        """The session that is shown; it is offered what was uploaded."""
        return self._session

    @session.setter
    def session(self, session: LiveSession | None) -> None:
        if session is not None:
            for path in self._uploads.kept():
                session.controls.offer(str(path))
        self._session = session

    def _running(self) -> LiveSession:
        if self._session is None:
            raise web.HTTPConflict(text="there is no camera yet; the page says what is missing")
        return self._session

    def _backgrounds(self) -> Sequence[str]:
        """Those to choose from, with what was uploaded."""
        if self._session is not None:
            return self._session.controls.backgrounds
        listed = () if self._setup is None else self._setup.backgrounds
        return list(dict.fromkeys([*listed, *map(str, self._uploads.kept())]))

    def _now(self) -> dict[str, Any]:
        now = state(self._session, self._backgrounds(), self._thumbnails, self._uploads)
        setup = None if self._setup is None else self._setup.state()
        return {**now, "setup": setup, "files": self._files.state()}

    def table(self) -> list[web.RouteDef]:
        """All addresses."""
        return [
            web.get("/", self._file),
            web.get("/catalogue", self._catalogue),
            web.get("/state", self._state),
            web.get("/events", self._events),
            web.get("/preview", self._preview),
            web.get(r"/thumbnail/{index:\d{1,6}}", self._thumbnail),
            web.post("/command", self._command),
            web.post("/upload", self._upload),
            web.delete("/upload", self._discard),
            *self._files.table(),
            web.get(r"/{name:[a-z]+\.[a-z]+}", self._file),
        ]

    async def _file(self, request: web.Request) -> web.Response:
        """A file of the page."""
        name = request.match_info.get("name", "index.html")
        if name not in self._page:
            raise web.HTTPNotFound(text=f"there is no {name} here")
        return web.Response(body=self._page[name], content_type=_TYPES[PurePath(name).suffix], charset="utf-8")

    async def _catalogue(self, request: web.Request) -> web.Response:
        return web.json_response({**await to_thread(catalogue), "look": await to_thread(kept_look)})

    async def _state(self, request: web.Request) -> web.Response:
        return web.json_response(await to_thread(self._now))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """The state again and again, as Server-Sent Events."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        while True:
            now = json.dumps(await to_thread(self._now))
            try:
                await response.write(f"data: {now}\n\n".encode())
            except ConnectionError:  # the page was closed
                return response
            await sleep(_STATE_EVERY_S)

    async def _preview(self, request: web.Request) -> web.WebSocketResponse:
        """JPEGs over a WebSocket: each message asks for the next, so that a slow page is not behind.

        It ends with the session.
        """
        session = self._running()
        socket = web.WebSocketResponse(heartbeat=5, max_msg_size=64)
        await socket.prepare(request)
        clock = get_running_loop().time
        last: Layers | None = None
        due = clock()
        async with _watching(session):
            async for message in socket:
                if message.type != WSMsgType.TEXT or session is not self._session:
                    break
                await sleep(due - clock())
                until = clock() + _WAIT_AT_MOST_S
                while session.shown is last and clock() < until:
                    await sleep(0.01)
                last = session.shown
                due = clock() + _PREVIEW_EVERY_S
                try:
                    await socket.send_bytes(await to_thread(preview, last))
                except ConnectionError:  # the page was closed
                    break
        return socket

    async def _thumbnail(self, request: web.Request) -> web.Response:
        """A background, alone or, with ?live= and where there is somebody, with the person as they are now."""
        backgrounds = await to_thread(self._backgrounds)
        index = int(request.match_info["index"])
        if index >= len(backgrounds):
            raise web.HTTPNotFound(text=f"there is no background {index}; expected 0 to {len(backgrounds) - 1}")
        live, session = "live" in request.query, self._session  # which may just be opened anew
        jpeg = await to_thread(self._thumbnails, backgrounds[index], session.matted if live and session else None)
        kept = {} if live else {"Cache-Control": "private, max-age=86400"}
        return web.Response(body=jpeg, content_type="image/jpeg", headers=kept)

    async def _command(self, request: web.Request) -> web.Response:
        """Do what is asked and answer with the state."""
        try:
            message = json.loads(await request.read())
        except (ValueError, RecursionError):
            raise UsageError('a command is JSON; expected {"do": NAME, "value": VALUE}') from None
        name, value = (message.get("do"), message.get("value")) if isinstance(message, dict) else (None, None)
        if self._setup is None or not await to_thread(self._setup.obey, str(name), value):
            await to_thread(obey, self._running().controls, name, value)
        return await self._state(request)

    async def _upload(self, request: web.Request) -> web.Response:
        """Keep a picture, which is the body, and show it, or with ?show=no offer it alone."""
        session = self._running() if request.query.get("show") != "no" else self._session
        name = request.query.get("name", "")
        try:
            data = await request.read()
        except web.HTTPRequestEntityTooLarge:
            most = f"{MOST_BYTES // 1_000_000} MB"
            raise web.HTTPRequestEntityTooLarge(
                MOST_BYTES, MOST_BYTES + 1, text=f"the picture is too large; expected {most} at most: save it smaller"
            ) from None
        path = await to_thread(self._uploads.keep, name, data)
        if session is not None:
            show = session.controls.offer if request.query.get("show") == "no" else session.controls.set_background
            show(str(path))
        return await self._state(request)

    async def _discard(self, request: web.Request) -> web.Response:
        """Remove a picture that was uploaded, from the list and from the disk."""
        name = request.query.get("name", "")
        path = next((each for each in await to_thread(self._uploads.kept) if each.name == name), None)
        if path is None:
            raise web.HTTPNotFound(text=f"{name[-80:]!r} was not added here; expected one of the pictures that were")
        if self._setup is not None:
            await to_thread(self._setup.withdraw, str(path))
        if self._session is not None:
            self._session.controls.withdraw(str(path))
        await to_thread(path.unlink, missing_ok=True)
        return await self._state(request)


@asynccontextmanager
async def _watching(session: LiveSession) -> AsyncIterator[None]:
    """Keep the camera open meanwhile."""
    session.watching += 1
    try:
        yield
    finally:
        session.watching -= 1


@web.middleware
async def errors_as_text(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what was refused with the reason."""
    try:
        return await handler(request)
    except StreammatteError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    except web.RequestPayloadError as error:
        raise web.HTTPBadRequest(text=f"the body cannot be read ({error})") from error
