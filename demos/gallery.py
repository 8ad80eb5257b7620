"""Make the pictures of the page about filters: a frame of the sample clip, through each of them.

::

    python demos/gallery.py docs/gallery
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import streammatte

FRAME, MIDDLE = 60, 293  # of the sample, and column of the person's middle in it
NEW = ("decontaminate", f'image:"{Path(streammatte.__file__).parent / "assets" / "beach.jpg"}"')
LOOKS = {
    "camera": (),
    "blur": ("blur:40",),
    "lens": ("blur:40,shape=lens",),
    "colour": ("decontaminate", "colour:teal"),
    "image": NEW,
    "transparent": ("decontaminate", "transparent"),
    "match": ("decontaminate", "colour:#1c2c54", "match:80"),
    "light-wrap": (*NEW, "light-wrap:100"),
    "shadow": (*NEW, "shadow"),
    "spotlight": ("decontaminate", "spotlight"),
    "shrink": (*NEW, "shrink:4"),
    "feather": (*NEW, "feather:4"),
    "auto-frame": ("blur:40", "auto-frame"),
}
HALVES = ("match", "light-wrap", "shrink", "feather")  # shown on the right half of the person, near


def shown(layers: streammatte.Layers) -> streammatte.Rgb:
    """The composite; a chequered board stands behind a transparent one."""
    board = 205 + 50 * ((np.indices(layers.frame.rgb.shape) // 16)[:2].sum(0) % 2).astype(np.uint8)
    return (layers if layers.background is not None else layers.with_background(board)).composite.rgb


def main(folder: Path) -> None:
    with streammatte.open_source("sample") as source:
        frame = next(frame for index, frame in enumerate(source) if index == FRAME)
    alpha = streammatte.load().matte(frame)
    for name, texts in LOOKS.items():
        before = after = streammatte.Layers.of(frame, alpha)
        for text in texts:
            before, after = after, streammatte.parse_filter(text)(after)
        picture = shown(after)
        if name in HALVES:
            picture = np.hstack([shown(before)[:240, MIDDLE - 160 : MIDDLE], picture[:240, MIDDLE : MIDDLE + 160]])
        bgr = cv2.resize(picture, (480, 360), interpolation=cv2.INTER_AREA)[..., ::-1]
        cv2.imwrite(str(folder / f"{name}.webp"), bgr, [cv2.IMWRITE_WEBP_QUALITY, 85])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder to write the pictures to")
    main(parser.parse_args().folder)
