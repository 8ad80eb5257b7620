"""What `--keep-held-objects` does to a thing pasted beside somebody: `python docs/held.py CLIP...`.

In each clip, after 40 frames, a picture comes to the person's left side and moves up and down a little. The clip's own
alpha by the network, with the pasted rectangle opaque, is what the alphas are compared with.
"""

from __future__ import annotations

import sys
from importlib import resources

import numpy as np

import streammatte
from streammatte.compositing.fitting import fitted
from streammatte.compositing.layers import Layers
from streammatte.io import open_source

COMES, ENDS = 40, 90


def main(clips: list[str]) -> None:
    """Print the table."""
    matter = streammatte.load()
    with resources.as_file(resources.files("streammatte") / "assets" / "beach.jpg") as path:
        picture = next(iter(open_source(path))).rgb
    print("| clip | MAD x 1000, network alone | with `--keep-held-objects` | the same, before the thing comes |")
    print("| --- | --- | --- | --- |")
    for clip in clips:
        keep = streammatte.parse_filter("held")
        alone, kept, before = [], [], []
        for index, frame in enumerate(open_source(clip)):
            if index == ENDS:
                break
            truth = Layers.of(frame, matter.matte(frame)).alpha
            if index >= COMES:
                height, width = truth.shape
                high, wide = height // 5, width // 9
                left = int(np.nonzero((truth[2 * height // 5 : 3 * height // 5] > 0.5).any(axis=0))[0].min())
                x, y = max(0, left - wide + 6), int(0.45 * height + 8 * np.sin(index))
                rgb = frame.rgb.copy()
                rgb[y : y + high, x : x + wide] = fitted(picture, (wide, high))
                truth = truth.copy()
                truth[y : y + high, x : x + wide] = 1
                frame = frame.with_picture(rgb)
            layers = Layers.of(frame, matter.matte(frame))
            alpha, held = layers.alpha, keep(layers).alpha
            if index < COMES:
                before.append(np.abs(held - truth).mean())
            else:
                alone.append(np.abs(alpha - truth).mean())
                kept.append(np.abs(held - truth).mean())
        figures = " | ".join(f"{1000 * np.mean(part):.2f}" for part in (alone, kept, before))
        print(f"| {clip} | {figures} |")


if __name__ == "__main__":
    main(sys.argv[1:])
