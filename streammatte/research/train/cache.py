"""Packs decoded once, into files that every process maps into its memory."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Decoded", "decoded_pack", "estimate_foreground"]

FORMAT = "1"
"""Of the files: another name makes all packs be decoded anew."""

LENGTH_BYTES = 8
"""The last bytes of a file hold the length of its index, which stands before them."""

TOGETHER = 64
"""Pictures that are decoded at a time."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture of a pack.

    Attributes
    ----------
    name : str
    photo : ndarray
        (H, W, 3) uint8, R,G,B.
    alpha, foreground : ndarray or None
        (H, W) and (H, W, 3) uint8: how opaque the people are, and their own colours; None in packs without people.
    """

    name: str
    photo: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    foreground: NDArray[np.uint8] | None = None


def decoded_pack(pack: Path, cache: Path, long_side: int) -> list[Decoded]:
    """The pictures of a pack in the order of their names, in memory that all processes share.

    Parameters
    ----------
    pack : Path
        A tar file of photo/ID.webp and, if it shows people, alpha/ID.webp.
    cache : Path
        The folder of the decoded files, which are made where they are missing: one for each content of a pack and
        each `long_side`.
    long_side : int
        Pixels; larger pictures are scaled down to it.
    """
    content = pack.read_bytes()
    key = hashlib.sha256(f"{FORMAT} {long_side} ".encode() + content).hexdigest()[:16]
    file = cache / f"{pack.stem}-{key}.pictures"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _write(file, _decode_all(content, long_side))
    return list(_mapped(file))


def estimate_foreground(photo: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The person's own colours, by the multi-level method (Germer et al. 2020)."""
    from pymatting import estimate_foreground_ml

    foreground = estimate_foreground_ml(photo / 255.0, alpha / 255.0)
    return np.asarray(np.rint(np.clip(foreground, 0, 1) * 255), np.uint8)


def _decode_all(content: bytes, long_side: int) -> Iterator[Decoded]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = {m.name.removeprefix("./"): tar.extractfile(m).read() for m in tar if m.isfile()}  # type: ignore[union-attr]

    def decoded(name: str) -> Decoded:
        photo = _decode(files[f"photo/{name}.webp"], cv2.IMREAD_COLOR, long_side)
        mask = files.get(f"alpha/{name}.webp")
        if mask is None:
            return Decoded(name, photo)
        alpha = _levels(_decode(mask, cv2.IMREAD_GRAYSCALE, long_side))
        return Decoded(name, photo, alpha, estimate_foreground(photo, alpha))

    names = iter(sorted(Path(file).stem for file in files if file.startswith("photo/")))
    with ThreadPoolExecutor() as pool:
        while some := list(islice(names, TOGETHER)):
            yield from pool.map(decoded, some)


def _decode(data: bytes, flags: int, long_side: int) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if image is None:
        raise ValueError("not a picture")
    scale = long_side / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return np.asarray(image, np.uint8)


def _levels(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Push the nearly clear and the nearly opaque of a network's alpha to the ends."""
    stretched = (alpha.astype(np.float32) - 8) * (255 / (247 - 8))
    return np.asarray(np.clip(np.rint(stretched), 0, 255), np.uint8)


def _write(file: Path, pictures: Iterator[Decoded]) -> None:
    """The planes of all pictures, then the index: names, heights, widths and whether there is a matte."""
    index: list[tuple[str, int, int, bool]] = []
    partial = file.with_suffix(".partial")
    with partial.open("wb") as out:
        for picture in pictures:
            planes = [picture.photo, picture.alpha, picture.foreground]
            for plane in planes:
                if plane is not None:
                    out.write(plane.tobytes())
            index.append((picture.name, *picture.photo.shape[:2], picture.alpha is not None))
        text = json.dumps(index).encode()
        out.write(text + len(text).to_bytes(LENGTH_BYTES, "little"))
    partial.replace(file)


def _mapped(file: Path) -> Iterator[Decoded]:
    whole = np.asarray(np.memmap(file, np.uint8, "r"))
    length = int.from_bytes(whole[-LENGTH_BYTES:].tobytes(), "little")
    position = 0

    def plane(*shape: int) -> NDArray[np.uint8]:
        nonlocal position
        start, position = position, position + int(np.prod(shape))
        return whole[start:position].reshape(shape)

    for name, height, width, has_matte in json.loads(whole[-LENGTH_BYTES - length : -LENGTH_BYTES].tobytes()):
        photo = plane(height, width, 3)
        matte = (plane(height, width), plane(height, width, 3)) if has_matte else ()
        yield Decoded(name, photo, *matte)
