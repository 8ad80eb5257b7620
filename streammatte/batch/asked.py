"""What is asked to find alpha."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streammatte.matting.engines import Device, EngineName
    from streammatte.matting.matter import Quality
    from streammatte.stages import Matter

__all__ = ["AskedMatter", "usual_threads"]


def usual_threads() -> int:
    """The most that the CPU is given for the network unless somebody says otherwise: half of the cores, 2 at most."""
    return min(2, max(1, (os.cpu_count() or 1) // 2))


@dataclass(frozen=True)
class AskedMatter:
    """A matter that can be opened here or on another machine; the attributes are what `parse_matter` takes.

    Attributes
    ----------
    text : str
    weights : Path or None
    quality, engine, device : str
    threads : int
    """

    text: str = "streammatte"
    weights: Path | None = None
    quality: Quality = "normal"
    engine: EngineName = "auto"
    device: Device = "auto"
    threads: int = field(default_factory=usual_threads)

    def files(self) -> list[Path]:
        """What is read for it.

        Raises
        ------
        UsageError
            If there is no such matter.
        """
        from streammatte.matting.matter import weights_file
        from streammatte.plugins.text import split_matter

        _, values = split_matter(self.text)
        return [weights_file(self.weights), *(Path(value) for value in values.values())]

    def open(self) -> Matter:
        """Open it."""
        from streammatte.plugins.text import parse_matter

        return parse_matter(
            self.text,
            weights=self.weights,
            quality=self.quality,
            engine=self.engine,
            device=self.device,
            threads=self.threads,
        )
