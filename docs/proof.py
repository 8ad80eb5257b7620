"""What becomes of clips of many kinds: `python docs/proof.py [--clips DIR] > docs/proof.md` makes that page.

The clips of DIR, and those that ffmpeg makes here of the sample, are matted twice, a second of each at most: with a
blur into MP4, and as a cut-out into MOV. What is in a clip and in what came of it is read by ffmpeg and ffprobe alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

SECONDS, ALPHA_SECONDS, HZ = 1, 0.2, 48_000
SAMPLE = Path(str(resources.files("streammatte"))) / "assets" / "sample.mp4"
SMALL, H264 = "-vf scale=640:360", "-c:v libx264 -preset veryfast -c:a aac"
HEVC10 = "-c:v libx265 -preset veryfast -x265-params log-level=none -pix_fmt yuv420p10le"
MADE = {
    "prores_timecode.mov": f"{SMALL} -c:v prores_ks -profile:v hq -timecode 01:00:00:00 -c:a pcm_s24le",
    "variable_rate.mp4": f"-vf scale=640:360,select='lt(n,8)+not(mod(n,3))' -fps_mode vfr {H264}",
    "hevc_10bit.mov": f"{SMALL} {HEVC10} -tag:v hvc1 -c:a aac",
    "hlg.mp4": f"{SMALL} {HEVC10} -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc -c:a aac",
    "pq.mkv": f"{SMALL} {HEVC10} -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -c:a flac",
    "h264_422.mov": f"{SMALL} -pix_fmt yuv422p {H264}",
    "interlaced.mp4": f"-vf scale=640:360,interlace -flags +ildct+ilme {H264}",
    "two_sound_tracks.mkv": f"{SMALL} -map 0:v -map 0:a -map 0:a -c:v libx264 -c:a:0 aac -c:a:1 ac3",
    "854x480.mp4": f"-vf scale=854:480 {H264}",
    "odd_size.webm": "-vf scale=637:359 -c:v libvpx-vp9 -deadline realtime -c:a libopus",
    "mpeg2.ts": f"{SMALL} -c:v mpeg2video -q:v 4 -c:a mp2",
    "xvid.avi": f"{SMALL} -c:v mpeg4 -q:v 4 -bf 2 -c:a libmp3lame",
}
"""By name, how ffmpeg makes them of the sample."""

COLOURS = ("color_range", "color_space", "color_transfer", "color_primaries")
HEADS = ("clip", "what it is", "opened", "becomes", "frames", "times", "sound", "size", "colour tags", "alpha")


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, metavar="DIR", help="more clips")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = sorted(arguments.clips.iterdir()) if arguments.clips else []
        print(HEAD.format(version=tool("ffmpeg", "-version").decode().split()[2]))
        print(f"| {' | '.join(HEADS)} |\n{'| --- ' * len(HEADS)}|")
        told = {}
        for clip in [*clips, *made(folder)]:
            cells, told[clip.name] = row(clip, folder)
            print(f"| {' | '.join((f'`{clip.name}`', kind(clip), *cells))} |", flush=True)
        print("\n## What was told\n\nstreammatte itself says where something is not as it was:\n")
        for clip, lines in told.items():
            if lines:
                print(f"- `{clip}`: {'; '.join(lines)}.")


def made(folder: Path) -> Iterator[Path]:
    """Make the clips that are not lying about."""
    for name, how in MADE.items():
        tool("ffmpeg", "-i", SAMPLE, "-t", SECONDS, *how.split(), folder / name)
        yield folder / name
    whole = folder / "h264_aac.mp4"
    tool("ffmpeg", "-i", SAMPLE, "-t", 2, *SMALL.split(), *H264.split(), "-g", 50, whole)
    for name, how in {
        "rotated_90.mp4": "-t 1 -c copy -metadata:s:v rotate=90",
        "edit_list.mp4": "-t 1 -c copy",
    }.items():
        start = ("-ss", 0.43) if name == "edit_list.mp4" else ()
        tool("ffmpeg", *start, "-i", whole, *how.split(), folder / name)
        yield folder / name
    for part in (1, 2):
        tool("ffmpeg", "-i", whole, "-t", 0.4, "-c:v", "libx264", "-c:a", "mp2", folder / f"part{part}.ts")
    joined = folder / "joined.ts"
    joined.write_bytes((folder / "part1.ts").read_bytes() + (folder / "part2.ts").read_bytes())
    yield joined
    unknown = folder / "undecodable_sound.mp4"
    two = "-t 1 -map 0:v -map 0:a -map 0:a -c copy -movflags faststart"
    tool("ffmpeg", "-i", whole, *two.split(), unknown)
    data = bytearray(unknown.read_bytes())
    for known, other in ((b"mp4a", b"apac"), (b"esds", b"dapa")):
        where = data.rindex(known)
        data[where : where + 4] = other
    unknown.write_bytes(data)
    yield unknown


def row(clip: Path, folder: Path) -> tuple[list[str], list[str]]:
    """The cells of a clip, and what was told of it."""
    out, cutout = folder / "out.mp4", folder / "cutout.mov"
    alphas = folder / f"alphas of {clip.name}" / "%06d.png"
    opaque = matted(clip, out, "--duration", SECONDS, "--bg", "blur")
    cut = matted(clip, cutout, "--duration", ALPHA_SECONDS, "--bg", "none", "--alpha-out", alphas)
    told = [line.removeprefix(f"streammatte: {clip}: ").removeprefix("streammatte: ") for line in opaque.told]
    told = list(dict.fromkeys(line.replace(f"{folder}/", "") for line in told))
    if opaque.code:
        return ["no", *["–"] * (len(HEADS) - 3)], told
    before, after = Film.read(clip), Film.read(out)
    cells = [
        "yes",
        kind(out),
        f"{len(after.times)} of {len(before.times)}",
        times(before, after),
        sound(clip, out, before, after),
    ]
    cells += [f"{before.size}" if before.size == after.size else f"{before.size} → {after.size}", colours(clip, out)]
    return [*cells, alpha(cutout, alphas) if not cut.code else "refused"], told


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    told: list[str]


def matted(clip: Path, out: Path, *options: object) -> Done:
    """Run the program."""
    command = [sys.executable, "-m", "streammatte", "video", "--quality", "fast", *options, "--", clip, out]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    return Done(done.returncode, [line for line in done.stderr.splitlines() if line.startswith("streammatte: ")])


@dataclass(frozen=True)
class Film:
    """The pictures of a file: their size as ffmpeg shows them, and their times in seconds."""

    size: str
    times: list[float]

    @classmethod
    def read(cls, path: Path) -> Film:
        """Read those of the first second."""
        first = tool("ffmpeg", "-i", f"file:{path}", "-an", "-sn", "-frames:v", 1, "-f", "framecrc", "-").decode()
        size = next(line.split()[-1] for line in first.splitlines() if line.startswith("#dimensions"))
        info = json.loads(tool("ffprobe", "-show_format", "-of", "json", f"file:{path}"))["format"]
        origin = float(info["start_time"]) if info["format_name"] == "mpegts" else 0.0
        seen = moments(path, film_of(path)["index"])
        return cls(size.replace("x", "×"), [time for time in seen if time - origin < SECONDS - 1e-3])


def moments(path: Path, stream: int) -> list[float]:
    """When what is decoded of a stream is to be shown or heard, in seconds; of the first ones."""
    how = f"-read_intervals %+{SECONDS + 1} -show_entries frame=best_effort_timestamp_time -of json".split()
    frames = json.loads(tool("ffprobe", "-select_streams", stream, *how, f"file:{path}"))["frames"]
    return [float(each["best_effort_timestamp_time"]) for each in frames if "best_effort_timestamp_time" in each]


def times(before: Film, after: Film) -> str:
    """By how much a picture's time from the first one on differs, at most."""
    if len(before.times) != len(after.times) or min(np.diff(before.times), default=0) < 0:
        return "–"
    one, other = (np.subtract(film.times, film.times[0]) for film in (before, after))
    return f"{1000 * np.abs(one - other).max():.1f} ms"


def sound(clip: Path, out: Path, before: Film, after: Film) -> str:
    """How many tracks there are still, how far they have moved against the pictures, and how alike they sound."""
    tracks = [[each["index"] for each in streams(path) if each["codec_type"] == "audio"] for path in (clip, out)]
    if not tracks[0]:
        return "none"
    lags, likeness = [0.0], [1.0]
    for one, other in zip(*tracks, strict=False):
        heard_before, heard_after = heard(clip, one, before.times[0]), heard(out, other, after.times[0])
        length = min(len(heard_before), len(heard_after), int(0.9 * HZ))
        pair = np.stack([heard_before[:length], heard_after[:length]])
        spectra = np.fft.rfft(pair, 2 * length)
        curve = np.fft.irfft(spectra[1] * np.conj(spectra[0]))
        lag = int(curve.argmax())
        lags.append((lag - 2 * length if lag > length else lag) / HZ)
        likeness.append(curve.max() / np.prod(np.linalg.norm(pair, axis=1)) if pair.any() else 1.0)
    return f"{len(tracks[1])} of {len(tracks[0])}; {1000 * max(map(abs, lags)):.1f} ms; {min(likeness):.3f}"


def heard(path: Path, stream: int, start_s: float) -> np.ndarray:
    """The sound of a stream from a time on, one channel of HZ."""
    how = f"-map 0:{stream} -t {SECONDS + 1} -ar {HZ} -ac 1 -f f32le -"
    samples = np.frombuffer(tool("ffmpeg", "-i", f"file:{path}", *how.split()), np.float32)
    early = round((start_s - moments(path, stream)[0]) * HZ)
    return samples[early:] if early > 0 else np.pad(samples, (-early, 0))


def alpha(cutout: Path, alphas: Path) -> str:
    """By how much alpha in the cut-out differs from the one written beside it, at most, in 255 steps."""
    one, other = (
        np.frombuffer(tool("ffmpeg", "-i", path, *how.split(), "-f", "rawvideo", "-"), np.uint8).astype(int)
        for path, how in ((cutout, "-fps_mode passthrough -vf alphaextract,format=gray"), (alphas, "-pix_fmt gray"))
    )
    if one.shape != other.shape:
        return "another size"
    return f"within {np.abs(one - other).max()}"


def colours(clip: Path, out: Path) -> str:
    """Which of the tags are others, and which are new."""
    before, after = (film_of(path) for path in (clip, out))
    changed = [
        f"{before[tag]} → {after.get(tag)}" for tag in COLOURS if before.get(tag, after.get(tag)) != after.get(tag)
    ]
    added = dict.fromkeys(after[tag] for tag in COLOURS if tag not in before and tag in after)
    return "; ".join([*changed, *([f"added: {', '.join(added)}"] if added else [])]) or "kept"


def kind(clip: Path) -> str:
    """What a clip is."""
    film = film_of(clip)
    sounds = [each.get("codec_name", "unknown") for each in streams(clip) if each["codec_type"] == "audio"]
    return ", ".join([film["codec_name"], film["pix_fmt"], *sounds])


def film_of(path: Path) -> dict[str, Any]:
    """What ffprobe tells of the largest video stream, which ffmpeg takes."""
    films = [each for each in streams(path) if each["codec_type"] == "video"]
    return max(films, key=lambda each: each["width"] * each["height"])


def streams(path: Path) -> list[dict[str, Any]]:
    """What ffprobe tells of the streams."""
    found: list[dict[str, Any]] = json.loads(tool("ffprobe", "-show_streams", "-of", "json", f"file:{path}"))["streams"]
    return found


def tool(program: str, *arguments: object) -> bytes:
    """Run ffmpeg or ffprobe and return what it prints; damaged sound is no reason to stop."""
    more = ("-y",) if program == "ffmpeg" else ()
    command = [program, "-v", "fatal", *more, *map(str, arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout


HEAD = """# Files: the proof

What becomes of clips from many sources, a second of each at most, made by `python docs/proof.py --clips DIR`; the later
ones ffmpeg makes of the [sample](../streammatte/assets/sample.mp4), so that the command works without any. Each is
matted twice: with a blur into MP4, which the columns up to the colours are about, and as a cut-out into MOV (ProRes
4444). All figures are read by ffmpeg and ffprobe {version}, none by streammatte.

- **frames**: of those that the clip shows in that second, how many are there.
- **times**: by how much one of them comes earlier or later, counted from the first one, at most; of a clip whose own
  times jump back there is no telling.
- **sound**: tracks; by how much they have moved against the pictures, at most (WebM and Matroska round times to
  milliseconds); how alike they sound, as the correlation of the two.
- **colour tags**: range, matrix, transfer and primaries. Where a clip has none, those are added that players assume by
  its size.
- **alpha**: by how much a value of the cut-out differs from the lossless pictures of `--alpha-out`, in 255 steps; 0
  where nobody is seen.
"""

if __name__ == "__main__":
    main()
