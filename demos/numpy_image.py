"""One picture in, its alpha out: cut a person out of a photo.

::

    python demos/numpy_image.py portrait.jpg cutout.png
"""

import argparse
import sys

import cv2
import numpy as np

import streammatte


def main(photo: str, cutout: str) -> None:
    bgr = cv2.imread(photo)  # OpenCV reads B,G,R
    if bgr is None:
        sys.exit(f"{photo} cannot be read; expected a picture")
    rgb = np.ascontiguousarray(bgr[..., ::-1])

    alpha = streammatte.load().matte(rgb)  # (H, W, 3) uint8, R,G,B -> (H, W) float32 in [0, 1]
    foreground = streammatte.estimate_foreground(rgb, alpha)  # without the old background's colour in soft edges

    cv2.imwrite(cutout, np.dstack([foreground[..., ::-1], np.rint(alpha * 255).astype(np.uint8)]))
    print(f"{cutout}: the person covers {alpha.mean():.0%} of the picture")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", help="the picture to read")
    parser.add_argument("cutout", help="the picture to write, .png")
    arguments = parser.parse_args()
    main(arguments.photo, arguments.cutout)
