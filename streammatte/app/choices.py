"""What the app asks of whatever keeps the user's choices; on the command line that is the config file."""

from __future__ import annotations

from typing import Any, Protocol

from streammatte.live.controls import LiveControls

__all__ = ["NOWHERE", "Choices"]

NOWHERE = "none"
"""The choice of no virtual camera at all."""


class Choices(Protocol):
    """What is chosen; each call that changes it keeps it for the next time, or raises UsageError or MediaError."""

    def options(self) -> dict[str, Any]:
        """What is chosen, as `open_session` takes it."""

    def chosen(self) -> dict[str, str]:
        """The "camera" and the "output", "" for the first, the "size", such as 1280x720, and the "profile", if any."""

    def profiles(self) -> list[str]:
        """Names under which choices were saved."""

    def choose(self, part: str, text: str) -> None:
        """Choose one of the parts that `chosen` gives; a profile is all that was saved under its name."""

    def keep(self, controls: LiveControls) -> None:
        """Take over the look of a session, if it has changed since the call before; called first when it is opened."""

    def withdraw(self, text: str) -> None:
        """Forget a background, or raise UsageError where it is the one that is chosen, or a chosen filter reads it."""

    def save(self, profile: str) -> None:
        """Save what is chosen under a name, too."""

    def forget(self) -> None:
        """Go back to what is chosen at first."""
