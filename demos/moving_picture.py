"""Make the README's moving picture: camera, alpha and composite side by side, from the sample clip.

::

    python demos/moving_picture.py docs/sample.webp
"""

import argparse
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

import streammatte
from streammatte import Layers, Rgb

BEACH = Path(streammatte.__file__).parent / "assets" / "beach.jpg"
SHOWN = (320, 240)  # pixels
EVERY = 2  # of two frames one is shown


def row(layers: Layers) -> Rgb:
    """The frame, its alpha and the composite side by side."""
    alpha = cv2.cvtColor(np.rint(layers.alpha * 255).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    pictures = (layers.frame.rgb, alpha, layers.composite.rgb)
    return np.hstack([cv2.resize(picture, SHOWN, interpolation=cv2.INTER_AREA) for picture in pictures])


def main(path: str) -> None:
    filters = [streammatte.load_filter("decontaminate")(), streammatte.load_filter("image")(BEACH)]
    chain = streammatte.Chain(streammatte.load(), streammatte.MotionSmoother(), filters)
    with streammatte.open_source("sample") as source, chain, av.open(path, "w", options={"loop": "0"}) as out:
        stream = out.add_stream("libwebp", rate=Fraction(source.rate, EVERY), options={"quality": "75"})
        stream.width, stream.height, stream.pix_fmt = 3 * SHOWN[0], SHOWN[1], "yuv420p"
        for index, frame in enumerate(source):
            layers, _ = chain(frame)
            if index % EVERY == 0:
                out.mux(stream.encode(av.VideoFrame.from_ndarray(row(layers), format="rgb24")))
        out.mux(stream.encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="the file to write, .webp")
    main(parser.parse_args().path)
