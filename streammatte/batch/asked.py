"""What is asked to find alpha."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streammatte.engines import Device, EngineName
    from streammatte.matting import Quality
    from streammatte.stages import Matter

__all__ = ["AskedMatter"]


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

    text: str
    weights: Path | None
    quality: Quality
    engine: EngineName
    device: Device
    threads: int

    def files(self) -> list[Path]:
        """What is read for it.

        Raises
        ------
        UsageError
            If there is no such matter.
        """
        from streammatte.matting import weights_file
        from streammatte.plugin_text import split_matter

        _, values = split_matter(self.text)
        return [weights_file(self.weights), *(Path(value) for value in values.values())]

    def open(self) -> Matter:
        """Open it."""
        from streammatte.plugin_text import parse_matter

        return parse_matter(
            self.text,
            weights=self.weights,
            quality=self.quality,
            engine=self.engine,
            device=self.device,
            threads=self.threads,
        )
