"""A batch of scenes as tensors, with a row for each thing of a kind: what the renderer on a device reads."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

__all__ = [
    "Clothing",
    "Colours",
    "Exposures",
    "Extras",
    "Figures",
    "Layers",
    "Sensors",
    "Sheet",
    "Things",
    "Views",
]


@dataclass(frozen=True)
class Views:
    """Pictures in frames.

    Attributes
    ----------
    index : Tensor
        (n,) int64: which pictures.
    matrix : Tensor
        (n, 2, 3) float32: the maps from frame to picture.
    """

    index: Tensor
    matrix: Tensor


@dataclass(frozen=True)
class Colours:
    """Recolourings: matrices (n, 3, 4) and gammas (n,), float32."""

    matrix: Tensor
    gamma: Tensor


@dataclass(frozen=True)
class Layers:
    """What was painted small: for the rows `at` (n,), `pixels` (n, h, w, 4) uint8: R,G,B and alpha."""

    at: Tensor
    pixels: Tensor


@dataclass(frozen=True)
class Things:
    """Things, at most one for each picture.

    Attributes
    ----------
    at : Tensor
        (n,) int64: the pictures that they are in.
    masks : Tensor
        (n, 2, h, w) uint8, small: where they are, and what is left of the light there.
    backgrounds, posters : Views
    backgrounds_at, posters_at, plain_at : Tensor
        int64: the things whose looks these are.
    plain : Tensor
        (p, 3, 3, 3) float32: colours, rows, columns.
    colours : Colours
    depth, length, slant : Tensor
        (n,) float32: of folds; a depth of 0 where there are none.
    sway : Tensor
        (n, 1, 4, 8) float32.
    """

    at: Tensor
    masks: Tensor
    backgrounds_at: Tensor
    backgrounds: Views
    posters_at: Tensor
    posters: Views
    plain_at: Tensor
    plain: Tensor
    colours: Colours
    depth: Tensor
    length: Tensor
    slant: Tensor
    sway: Tensor


@dataclass(frozen=True)
class Clothing:
    """Other clothes.

    Attributes
    ----------
    at : Tensor
        (n,) int64: the figures that wear them.
    brow, chin, brow_slope, chin_slope : Tensor
        (n,) float32: rows of the photo, and how quickly the change sets in there.
    above, below, bare, inverted, cloth_share, check_share : Tensor
        (n,) float32: 0 or 1, and for the last two 0 or a half.
    dye : Tensor
        (n, 3, 3) float32.
    cloth : Views
        From photo to background.
    period, phase, on : Tensor
        (n, 2) float32: of checks.
    palette : Tensor
        (n, 4, 3) float32.
    colours : Colours
    """

    at: Tensor
    brow: Tensor
    chin: Tensor
    brow_slope: Tensor
    chin_slope: Tensor
    above: Tensor
    below: Tensor
    bare: Tensor
    inverted: Tensor
    cloth_share: Tensor
    check_share: Tensor
    dye: Tensor
    cloth: Views
    period: Tensor
    phase: Tensor
    on: Tensor
    palette: Tensor
    colours: Colours


@dataclass(frozen=True)
class Extras:
    """What is drawn for figures, at most one for each: `layers`, and whether it is `behind` (n,) float32."""

    layers: Layers
    behind: Tensor


@dataclass(frozen=True)
class Figures:
    """People who have been cut out, first those at the back.

    Attributes
    ----------
    at : Tensor
        (n,) int64: the pictures that they are in.
    backs : int
        How many are at the back; no two of these, nor of the others, are in one picture.
    views : Views
    bend : Tensor
        (n, 2, CELLS, CELLS) float32: shifts in pixels.
    clothing : Clothing
    extras : tuple of Extras
    colours : Colours
    spot : Tensor
        (n, 2) int64: column and row of the colour that what is behind goes to.
    share, contrast : Tensor
        (n,) float32: how far, and how much contrast it keeps; 0 and 1 where it stays as it is.
    depth, sigma : Tensor
        (n,) float32: of the shadow; a depth of 0 where there is none.
    shift : Tensor
        (n, 2) float32: the shadow's, as a share of width and height.
    """

    at: Tensor
    backs: int
    views: Views
    bend: Tensor
    clothing: Clothing
    extras: tuple[Extras, ...]
    colours: Colours
    spot: Tensor
    share: Tensor
    contrast: Tensor
    depth: Tensor
    sigma: Tensor
    shift: Tensor


@dataclass(frozen=True)
class Exposures:
    """Light and motion of N pictures.

    Attributes
    ----------
    colours : Colours
    strange_at, grey_at, motion_at : Tensor
        int64: which pictures.
    kernels, mixing, share : Tensor
        (n, 3, 3, 3), (n, 3, 3) and (n,) float32: of the strange.
    strokes : Tensor
        (n, k, k) float32, k odd: of those that move.
    light : Tensor
        (N, 3, 3, 3) float32: gains, colours first.
    """

    colours: Colours
    strange_at: Tensor
    kernels: Tensor
    mixing: Tensor
    share: Tensor
    grey_at: Tensor
    motion_at: Tensor
    strokes: Tensor
    light: Tensor


@dataclass(frozen=True)
class Sensors:
    """Sensor and encoder of N pictures.

    Attributes
    ----------
    small : tuple
        Pairs of a picture's number and the share of its sides that it is reduced to.
    noise, coarse : Tensor
        (N,) float32: standard deviation in [0, 1], and 1 where it is of half the resolution.
    seed : int
        Of all the noise.
    jpeg_at, video_at : Tensor
        int64: which pictures.
    jpeg, video : Tensor
        float32: quality; constant rate factor.
    """

    small: tuple[tuple[int, float], ...]
    noise: Tensor
    coarse: Tensor
    seed: int
    jpeg_at: Tensor
    jpeg: Tensor
    video_at: Tensor
    video: Tensor


@dataclass(frozen=True)
class Looks:
    """Two looks at each of N scenes: first N, then a second at each.

    Attributes
    ----------
    matrix : Tensor
        (2 N, 2, 3) float32: the maps from the picture to the scene.
    gain, offset, noise : Tensor
        (2 N,) float32: light, and standard deviation of the noise, in [0, 1].
    """

    matrix: Tensor
    gain: Tensor
    offset: Tensor
    noise: Tensor


@dataclass(frozen=True)
class Sheet:
    """A batch of N scenes.

    Attributes
    ----------
    width, height, count : int
        Pixels of the frame; N.
    rooms_at, photos_at, blur_at, relit_at : Tensor
        int64: which pictures these are.
    rooms, photos : Views
    room_colours, relit : Colours
    blur : Tensor
        (n,) float32: sigmas.
    clutter : tuple of Things
    screens : Layers
    figures : Figures
    occluders : Things
    exposures : Exposures
    sensors : Sensors
    looks : Looks or None
        Where each scene is looked at twice.
    """

    width: int
    height: int
    count: int
    rooms_at: Tensor
    rooms: Views
    room_colours: Colours
    blur_at: Tensor
    blur: Tensor
    photos_at: Tensor
    photos: Views
    relit_at: Tensor
    relit: Colours
    clutter: tuple[Things, ...]
    screens: Layers
    figures: Figures
    occluders: Things
    exposures: Exposures
    sensors: Sensors
    looks: Looks | None
