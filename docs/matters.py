"""What matters and qualities are worth: `python docs/matters.py PACK MATTER...`, each MATTER as `--matter` takes it.

PACK is laid out as `streammatte evaluate` takes it. Of its portraits every third is looked at, of its videos every
fourth frame. Alphas are brought to the size of their reference bilinearly; nothing is smoothed over time.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

import streammatte
from streammatte.compositing.fitting import fitted
from streammatte.compositing.frames import Alpha, Frame, Rgb
from streammatte.research.evaluate import metrics
from streammatte.research.evaluate.pictures import at_size, matte_by, pictures_in, read_alpha, read_rgb
from streammatte.research.evaluate.validation import clip_frames, sets_in

PORTRAITS, FRAMES, TIMED = 3, 4, 12


def main(pack: Path, texts: list[str]) -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    matters = [streammatte.parse_matter(text, threads=1) for text in texts]
    mattes = [matte_by(matter) for matter in matters]
    print(f"| | {' | '.join(f'`{text}`' for text in texts)} |")
    print("| --- " * (len(texts) + 1) + "|")
    for name, pairs in videos(pack):
        errors = [[metrics.mad(at_size(matte, rgb, true.shape), true) for matte in mattes] for rgb, true in pairs]
        row(name, [f"{1000 * error:.2f}" for error in np.mean(errors, axis=0)])
    overlaps = np.array(
        [[metrics.iou(at_size(matte, rgb, true.shape), true) for matte in mattes] for rgb, true in portraits(pack)]
    )
    row("portraits", [f"{ious.mean():.4f}, {np.percentile(ious, 5):.3f}" for ious in overlaps.T])
    row("CPU ms a frame of 1280x720", [f"{ms:.0f}" for ms in cpu_ms(matters)])


def row(name: str, cells: list[str]) -> None:
    """Print a row of the table."""
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def videos(pack: Path) -> Iterator[tuple[str, Iterator[tuple[Rgb, Alpha]]]]:
    """Each scene and clip by name, with its frames and their alphas."""
    for folder in sets_in(pack, ("dancer", "clips")):
        for part in sorted(folder.iterdir()):
            if folder.name == "dancer":
                photos = pictures_in(part / "photo")[::FRAMES]
                yield (
                    f"dancer {part.name}",
                    ((read_rgb(each), read_alpha(part / "alpha" / each.name)) for each in photos),
                )
            else:
                yield part.name, islice(clip_frames(part, pack / "clips"), 0, None, FRAMES)


def portraits(pack: Path) -> Iterator[tuple[Rgb, Alpha]]:
    """Portraits with their alphas."""
    (folder,) = sets_in(pack, ("portraits",))
    for path in pictures_in(folder / "photo")[::PORTRAITS]:
        yield read_rgb(path), read_alpha(folder / "alpha" / path.name)


def cpu_ms(matters: list[streammatte.Matter]) -> list[float]:
    """The median of the process's time for a frame at one thread, the matters taking turns."""
    with streammatte.open_source("sample") as source:
        pictures = [fitted(frame.rgb, (1280, 720)) for frame in islice(source, TIMED)]
    times: list[list[float]] = [[] for _ in matters]
    for picture in pictures:
        for matter, taken in zip(matters, times, strict=True):
            matter.matte(Frame(picture))  # the engine gets used to the size
            began = time.process_time()
            matter.matte(Frame(picture))
            taken.append(1000 * (time.process_time() - began))
    return [statistics.median(each) for each in times]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
