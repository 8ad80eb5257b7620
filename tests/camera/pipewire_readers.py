"""Proves that real programs read the camera in PipeWire, Firefox through the camera portal; README.md says how."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from functools import partial

from pipewire_proof import Daemon, published
from readers import Reader, in_browser, in_window, told
from running import live, until
from window import Screen

READERS = {
    "firefox-esr": Reader(
        "firefox-esr xdg-desktop-portal xdg-desktop-portal-gtk",
        partial(in_browser, "firefox-esr", **{"media.webrtc.camera.allow-pipewire": True}),
    ),
    "gst-launch-1.0": Reader(
        "gstreamer1.0-tools gstreamer1.0-pipewire gstreamer1.0-x",
        partial(in_window, "gst-launch-1.0 pipewiresrc target-object={name} ! video/x-raw ! videoconvert ! ximagesink"),
    ),
}


def allow_cameras() -> None:
    """Answer beforehand what the portal would ask the user."""
    store = "org.freedesktop.impl.portal.PermissionStore"
    call = f"gdbus call --session --dest {store} --object-path /{store.replace('.', '/')}"
    permission = f"--method {store}.SetPermission devices true camera".split()
    subprocess.run([*call.split(), *permission, "", "['yes']"], stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=f"all by default; {', '.join(READERS)}")
    arguments = parser.parse_args()
    if not READERS.keys() >= set(arguments.programs):
        parser.error(f"there are the programs {', '.join(READERS)}")
    arguments.name = arguments.output = "streammatte"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Screen() as screen:
        os.environ |= {"HOME": folder, "DISPLAY": screen.display}  # for what the bus starts
        daemon = Daemon(folder)
        try:
            daemon.start()
            allow_cameras()
            with live("--camera", "sample", "--virtual-camera", "pipewire") as streammatte:
                until(published, 60, "the camera is there")
                good = told(READERS, arguments)
                print("streammatte said:", streammatte.end().strip().splitlines()[-1], file=sys.stderr)
        finally:
            daemon.end()
    sys.exit(not good)


if __name__ == "__main__":
    main()
