"""Make the README's picture: rows of input, alpha and composite, from the sample clip.

::

    python demos/strip.py docs/strip.jpg
"""

import sys
from pathlib import Path

import cv2
import numpy as np

import streammatte
from streammatte import Filter, Frame, Layers, Matter, Rgb

BEACH = Path(streammatte.__file__).parent / "assets" / "beach.jpg"
TIMES_S = (0.6, 2.3, 3.9)
SHOWN = (400, 300)  # pixels


def row(frame: Frame, matter: Matter, filters: list[Filter]) -> Rgb:
    """Input, alpha and composite side by side."""
    layers = Layers.of(frame, matter.matte(frame))
    for edit in filters:
        layers = edit(layers)
    alpha = cv2.cvtColor(np.rint(layers.alpha * 255).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    pictures = (frame.rgb, alpha, layers.composite.rgb)
    return np.hstack([cv2.resize(picture, SHOWN, interpolation=cv2.INTER_AREA) for picture in pictures])


def main(path: str) -> None:
    matter = streammatte.load()
    filters = [streammatte.load_filter("decontaminate")(), streammatte.load_filter("image")(BEACH)]
    source = streammatte.open_source("sample")
    moments = list(TIMES_S)
    rows = []
    for frame in source:
        if moments and frame.time >= moments[0]:
            moments.pop(0)
            rows.append(row(frame, matter, filters))
    source.close()
    cv2.imwrite(path, np.vstack(rows)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])  # OpenCV wants B,G,R


if __name__ == "__main__":
    main(sys.argv[1])
