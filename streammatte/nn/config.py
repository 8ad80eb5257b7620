"""What a matting network is made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from streammatte.nn.layers import OctaveWidths

__all__ = ["Attention", "NetworkConfig"]

Attention = Literal["none", "non-local", "short", "long", "short+long"]
"""The rows of the paper's table 3; `short+long` is ENA."""


@dataclass(frozen=True)
class NetworkConfig:
    """Widths, depths and parts of the matting network.

    Attributes
    ----------
    segmentation_stem : int
        Channels of SN's first convolution, whose output has a quarter of the input's resolution.
    segmentation_widths : tuple of OctaveWidths
        Channels of En1-1 to En1-4; the high groups have a 4th, 8th, 16th and 32nd of the resolution.
    segmentation_depths : tuple of int
        OCBlocks in En1-1 to En1-4.
    refinement_stem : int
        Channels of MRN's first convolution, at half the resolution.
    refinement_widths : tuple of OctaveWidths
        Channels of MRN's encoder levels; the high groups have half, a 4th, 8th and 16th of the resolution.
    refinement_depth : int
        OCBlocks in each of MRN's encoder levels.
    backbone : str
        The blocks of the encoders: "octave", or another one, which has one group of channels: low widths of 0.
    cross_level_fusion : bool
        Whether SN has CFM (table 2).
    attention : str
        The attention in MRN (table 3).
    attention_width : int
        Channels of query, key and value.
    attention_interval : int
        The square root of k.
    """

    segmentation_stem: int = 16
    segmentation_widths: tuple[OctaveWidths, ...] = (
        OctaveWidths(16, 32),
        OctaveWidths(32, 48),
        OctaveWidths(48, 80),
        OctaveWidths(64, 96),
    )
    segmentation_depths: tuple[int, ...] = (3, 4, 6, 4)
    refinement_stem: int = 16
    refinement_widths: tuple[OctaveWidths, ...] = (
        OctaveWidths(16, 16),
        OctaveWidths(16, 16),
        OctaveWidths(32, 32),
        OctaveWidths(32, 48),
    )
    refinement_depth: int = 2
    backbone: str = "octave"
    cross_level_fusion: bool = True
    attention: Attention = "short+long"
    attention_width: int = 16
    attention_interval: int = 4

    def __post_init__(self) -> None:
        for name in ("segmentation_widths", "refinement_widths", "segmentation_depths"):
            if len(getattr(self, name)) != 4:
                raise ValueError(f"{name} has {len(getattr(self, name))} entries; expected 4, one for each level")
        if self.attention not in get_args(Attention):
            raise ValueError(f"attention is {self.attention!r}; expected one of {', '.join(get_args(Attention))}")
        widths = (*self.segmentation_widths, *self.refinement_widths)
        if any((pair.low > 0) != (self.backbone == "octave") for pair in widths):
            raise ValueError("low widths must be above 0 for the backbone octave, and 0 for the others")
        if self.attention_interval not in (1, 2, 4, 8):
            raise ValueError(f"attention_interval is {self.attention_interval}; expected 1, 2, 4 or 8")

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration in the types of JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkConfig:
        """Read what `to_dict` wrote.

        Raises
        ------
        TypeError, ValueError
            If a key is unknown or a value does not fit.
        """
        values = dict(values)
        for name in ("segmentation_widths", "refinement_widths"):
            if name in values:
                values[name] = tuple(OctaveWidths(*pair) for pair in values[name])
        if "segmentation_depths" in values:
            values["segmentation_depths"] = tuple(values["segmentation_depths"])
        return cls(**values)
