"""What the page's addresses answer that are about files: they come, are done in a queue, and can be had."""

from __future__ import annotations

import errno
import os
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from aiohttp import web
from platformdirs import user_cache_path, user_pictures_path, user_videos_path

from streammatte.batch.look import SUFFIXES
from streammatte.batch.queue import Entry, FileQueue
from streammatte.batch.spool import plain_name
from streammatte.control.commands import look_of
from streammatte.control.kept_look import keep_look
from streammatte.errors import MediaError, UsageError
from streammatte.io.containers import PICTURES, VIDEOS

__all__ = ["FileRoutes", "files_catalogue", "usual_queue"]

MOST_BYTES = 20_000_000_000
"""The largest file that is taken."""

_SPARE_BYTES = 1_000_000_000
"""What is left free on the disk, for the result and for everybody else."""

_CHUNK_BYTES = 1 << 20


def usual_queue() -> FileQueue:
    """Return a queue whose results go into this user's folders of videos and pictures."""
    return FileQueue(
        user_cache_path("streammatte", appauthor=False) / "files",
        user_videos_path() / "streammatte",
        user_pictures_path() / "streammatte",
    )


def files_catalogue() -> dict[str, Any]:
    """Return what stays: what is taken, and what can become of it."""
    return {"kinds": sorted(PICTURES | VIDEOS), "suffixes": SUFFIXES}


class FileRoutes:
    """Answers for files.

    Parameters
    ----------
    queue : FileQueue
    backgrounds : callable
        Gives those that can be chosen.
    answer : callable
        Answers with the whole state.
    """

    def __init__(
        self,
        queue: FileQueue,
        backgrounds: Callable[[], Sequence[str]],
        answer: Callable[[web.Request], Awaitable[web.Response]],
    ) -> None:
        self._queue = queue
        self._backgrounds = backgrounds
        self._answer = answer

    def table(self) -> list[web.RouteDef]:
        """All addresses."""
        one = r"/files/{number:\d{1,9}}"
        return [
            web.post("/files", self._take),
            web.post("/files/look", self._choose),
            web.post(f"{one}/stop", self._stop),
            web.post(f"{one}/again", self._again),
            web.delete(one, self._remove),
            web.get(f"{one}/glimpse", self._glimpse),
            web.get(f"{one}/result", self._result),
        ]

    def state(self) -> dict[str, Any]:
        """How each file does, where results go, and the largest that there is room for."""
        home = Path.home()
        videos, pictures = (_shown(each, home) for each in self._queue.folders)
        return {
            "entries": [_entry(each, home) for each in self._queue.entries],
            "videos": videos,
            "pictures": pictures,
            "room": self._room(),
            "mostBytes": MOST_BYTES,
        }

    def _room(self) -> int:
        return min(MOST_BYTES, max(0, self._queue.room() - _SPARE_BYTES))

    async def _choose(self, request: web.Request) -> web.Response:
        """Keep the look that is chosen for what comes next."""
        look = look_of(request.query.get("look", ""), await to_thread(self._backgrounds))
        await to_thread(keep_look, look)
        return await self._answer(request)

    async def _take(self, request: web.Request) -> web.Response:
        """Take a file, which is the body, and let it wait for its turn."""
        name = plain_name(request.query.get("name", ""))
        look = look_of(request.query.get("look", ""), await to_thread(self._backgrounds))
        if Path(name).suffix not in PICTURES | VIDEOS:
            known = " ".join(sorted(PICTURES | VIDEOS))
            raise UsageError(f"{name!r} is no video or picture by its name; expected one of {known}")
        room = await to_thread(self._room)
        if (request.content_length or 0) > room:
            raise _too_large(room)
        entry = await to_thread(self._queue.add, name, request.content_length, look)
        try:
            with await to_thread(_fresh, entry.source) as file:
                left = room
                async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
                    left -= len(chunk)
                    if left < 0:
                        raise _too_large(room)
                    if not entry.removed:  # whoever sends it hears of that at its end alone
                        await to_thread(file.write, chunk)
                        entry.came += len(chunk)
            if not entry.removed:
                self._queue.start(entry.number)
        except OSError as error:
            self._forget(entry)
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise _too_large(await to_thread(self._room)) from error
            raise MediaError(f"{entry.name} cannot be taken ({error.strerror})", remedy="try again") from error
        except BaseException:  # the page was closed, say
            self._forget(entry)
            raise
        return await self._answer(request)

    def _forget(self, entry: Entry) -> None:
        if entry in self._queue.entries:
            self._queue.remove(entry.number)

    async def _stop(self, request: web.Request) -> web.Response:
        self._queue.stop(_number(request))
        return await self._answer(request)

    async def _again(self, request: web.Request) -> web.Response:
        """Do a file once more, with another look."""
        look = look_of(request.query.get("look", ""), await to_thread(self._backgrounds))
        self._queue.start(_number(request), look)
        return await self._answer(request)

    async def _remove(self, request: web.Request) -> web.Response:
        await to_thread(self._queue.remove, _number(request))
        return await self._answer(request)

    async def _glimpse(self, request: web.Request) -> web.Response:
        """A frame and, to its right, its result."""
        glimpse = self._queue.entry(_number(request)).glimpse
        if not glimpse:
            raise web.HTTPNotFound(text="nothing of this file is done yet")
        return web.Response(body=glimpse, content_type="image/webp")

    async def _result(self, request: web.Request) -> web.FileResponse:
        result = self._queue.entry(_number(request)).result
        if result is None or not await to_thread(result.is_file):
            raise web.HTTPNotFound(text=f"{result or 'the result'} is not there")
        told = f"attachment; filename*=UTF-8''{quote(result.name, safe='')}"
        return web.FileResponse(result, headers={"Content-Disposition": told})


def _entry(entry: Entry, home: Path) -> dict[str, Any]:
    """An entry in words that the page understands."""
    rate = entry.rate if entry.state == "working" else None
    left = None if rate is None or entry.total is None else max(0, entry.total - entry.frames) / rate
    return {
        "number": entry.number,
        "name": entry.name,
        "picture": entry.source.suffix in PICTURES,
        "state": entry.state,
        "came": entry.came,
        "size": entry.size,
        "frames": entry.frames,
        "total": entry.total,
        "rate": rate,
        "left": left,
        "glimpse": entry.glimpses,
        "error": entry.error,
        "notices": entry.notices,
        "result": None if entry.result is None else _shown(entry.result, home),
    }


def _number(request: web.Request) -> int:
    return int(request.match_info["number"])


def _shown(path: Path, home: Path) -> str:
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)


def _fresh(path: Path) -> BinaryIO:
    """A new file that this user alone can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb")


def _too_large(room: int) -> web.HTTPRequestEntityTooLarge:
    told = f"the file is too large; expected {_in_words(room)} at most"
    scarce = "" if room == MOST_BYTES else ", for which the disk has room: free some"
    return web.HTTPRequestEntityTooLarge(room, room + 1, text=told + scarce)


def _in_words(size: int) -> str:
    return f"{size / 1e9:.0f} GB" if size >= 10e9 else f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
