"""Matte a video from Python: steady the alpha, blur the background, watch the frames go by.

::

    python demos/video_api.py talk.mp4 blurred.mp4
"""

import argparse
import sys

import streammatte
from streammatte import FrameReport, MotionSmoother


def tell(report: FrameReport) -> None:
    if report.index % 25 == 0:
        print(f"{report.time:6.2f} s: alpha took {report.stages.matte_ms:.0f} ms")


def main(video: str, result: str) -> None:
    source = streammatte.open_source(video)
    sink = streammatte.open_sink(result, source)
    frames = streammatte.run(
        source,
        streammatte.load(threads=2),
        sink,
        smoother=MotionSmoother(),
        filters=[streammatte.parse_filter("decontaminate"), streammatte.parse_filter("blur:30")],
        on_frame=tell,
    )
    print(f"{result}: {frames} frames")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", help="the video to read; sample is one")
    parser.add_argument("result", help="the video to write")
    arguments = parser.parse_args()
    try:
        main(arguments.video, arguments.result)
    except streammatte.StreammatteError as error:
        sys.exit(str(error))
