"""Matte a camera from Python, with a blur and then with a picture behind the person, and keep what was shown last.

::

    python demos/live_api.py sample beach.jpg last.png

Nothing is written to a virtual camera here; with ``virtual_camera=True`` it goes to the first one as well, and from
there into a call.
"""

import argparse
import sys

import cv2

import streammatte


def main(camera: str, picture: str, result: str, seconds: float) -> None:
    with streammatte.open_session(camera, backgrounds=["blur:60", picture], virtual_camera=False) as session:
        for background in session.controls.backgrounds:
            session.controls.set_background(background)
            session.wait(seconds)  # it runs in threads of its own
            status = session.status()
            print(f"{background}: {status.fps_in:.0f} fps from the camera, {status.matte_fps:.0f} matted")
        cv2.imwrite(result, session.shown.composite.rgb[..., ::-1])  # OpenCV wants B,G,R


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("camera", help="a camera ('streammatte devices' lists them) or a video; sample is one")
    parser.add_argument("picture", help="the picture that comes after the blur")
    parser.add_argument("result", help="the picture to write")
    parser.add_argument("--seconds", type=float, default=5, help="for each background (default: 5)")
    arguments = parser.parse_args()
    try:
        main(arguments.camera, arguments.picture, arguments.result, arguments.seconds)
    except streammatte.StreammatteError as error:
        sys.exit(str(error))
