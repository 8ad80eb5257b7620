"""A filter of your own: the person stays in colour, the background turns grey and dark.

::

    python demos/own_filter.py talk.mp4 faded.mp4

A filter is anything that takes `Layers` and returns `Layers`. It edits the foreground, the alpha or the background;
the picture is put together once, after the last filter. To have it in the command line as ``--filter fade``,
see filters/README.md.
"""

import argparse
import sys
from dataclasses import replace

import cv2
import numpy as np

import streammatte
from streammatte import Layers


class Fade:
    """Turns the background grey and dark.

    Parameters
    ----------
    brightness : float
        From 0, black, to 1, as bright as it was.
    """

    def __init__(self, brightness: float = 0.4) -> None:
        self._brightness = brightness

    def __call__(self, layers: Layers) -> Layers:
        grey = cv2.cvtColor(layers.frame.rgb, cv2.COLOR_RGB2GRAY) * self._brightness
        return replace(layers, background=cv2.cvtColor(grey.astype(np.uint8), cv2.COLOR_GRAY2RGB))


def main(video: str, result: str) -> None:
    source = streammatte.open_source(video)
    sink = streammatte.open_sink(result, source)
    streammatte.run(source, streammatte.load(), sink, filters=[Fade()])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", help="the video to read; sample is one")
    parser.add_argument("result", help="the video to write")
    arguments = parser.parse_args()
    try:
        main(arguments.video, arguments.result)
    except streammatte.StreammatteError as error:
        sys.exit(str(error))
