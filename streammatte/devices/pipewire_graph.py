"""What PipeWire tells of its graph: nodes, and the links between them. Asked through its own program pw-dump."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from threading import Condition, Thread
from typing import IO, Any

__all__ = ["GraphWatch", "pipewire_objects", "properties"]

_ANSWER_S = 5.0


def pipewire_objects() -> list[dict[str, Any]]:
    """Return all objects that PipeWire has now, as pw-dump prints them; none where it does not run."""
    try:
        told = subprocess.run(["pw-dump"], capture_output=True, timeout=_ANSWER_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [each for part in _documents(told.decode(errors="replace").splitlines()) for each in part]


def properties(thing: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of an object; empty where it has none."""
    return (thing.get("info") or {}).get("props") or {}


class GraphWatch:
    """Follows the graph from now on, in a thread of its own, and counts the readers of one node.

    Parameters
    ----------
    key, value : str and int
        The property by which the node is known.

    Attributes
    ----------
    ended : bool
        Whether PipeWire is gone, or never was there.
    """

    def __init__(self, key: str, value: int) -> None:
        self._known_by = key, value
        self._objects: dict[int, dict[str, Any]] = {}
        self._changed = Condition()
        self.ended = False
        self._process = subprocess.Popen(
            ["pw-dump", "--monitor"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is ours
        )
        self._thread = Thread(target=self._follow, name="streammatte pipewire", daemon=True)
        self._thread.start()

    def readers(self) -> int:
        """How many programs have the node's pictures flow to them."""
        with self._changed:
            nodes = self._nodes()
            links = [each["info"] for each in self._objects.values() if _is(each, "Link")]
            return sum(each.get("output-node-id") in nodes and each.get("state") == "active" for each in links)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the node; return whether it is there."""
        with self._changed:
            self._changed.wait_for(lambda: self._nodes() or self.ended, timeout_s)
            return bool(self._nodes())

    def close(self) -> None:
        """Stop following."""
        self._process.kill()
        self._process.wait()
        self._thread.join()

    def _nodes(self) -> set[int]:
        key, value = self._known_by
        return {
            number for number, each in self._objects.items() if _is(each, "Node") and properties(each).get(key) == value
        }

    def _follow(self) -> None:
        output: IO[str] | None = self._process.stdout
        assert output is not None
        with output:
            for part in _documents(output):
                with self._changed:
                    for each in part:
                        if each.get("info") is None:  # it is gone
                            self._objects.pop(each["id"], None)
                        elif _is(each, "Node") or _is(each, "Link"):
                            self._objects[each["id"]] = each
                    self._changed.notify_all()
        with self._changed:
            self._objects.clear()
            self.ended = True
            self._changed.notify_all()


def _is(thing: dict[str, Any], kind: str) -> bool:
    return thing.get("type") == f"PipeWire:Interface:{kind}"


def _documents(lines: Iterator[str] | IO[str] | list[str]) -> Iterator[list[dict[str, Any]]]:
    """Each array that is printed, one after the other; its brackets stand on lines of their own."""
    text = ""
    for line in lines:
        text += line
        if line.rstrip("\n") in ("]", "[]"):
            yield json.loads(text)
            text = ""
