"""One picture in, its alpha out: cut a person out of a photo.

::

    python demos/numpy_image.py portrait.jpg cutout.png
"""

import sys

import cv2
import numpy as np

import streammatte


def main(photo: str, cutout: str) -> None:
    bgr = cv2.imread(photo)  # OpenCV reads B,G,R
    if bgr is None:
        sys.exit(f"{photo} cannot be read; expected a picture")
    matter = streammatte.load()

    alpha = matter.matte(np.ascontiguousarray(bgr[..., ::-1]))  # (H, W, 3) uint8, R,G,B -> (H, W) float32 in [0, 1]

    cv2.imwrite(cutout, np.dstack([bgr, np.rint(alpha * 255).astype(np.uint8)]))
    print(f"{cutout}: the person covers {alpha.mean():.0%} of the picture")


if __name__ == "__main__":
    main(*sys.argv[1:])
