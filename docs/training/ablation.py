"""Measure what each choice of the recipe is worth: `python docs/training/ablation.py --data DIR --out DIR`.

Each variant is ours with one choice put back to the paper's, trained for the same steps at 256 px and measured on the
validation pack, looked at in about that size. The table goes to OUT/ablation.md. A variant that is finished is not
trained again, and one that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from streammatte.matting.matter import shipped_weights
from streammatte.nn.network import MattingNetwork, MattingOutput
from streammatte.nn.weights import load_network
from streammatte.research.evaluate.pictures import evenly, pictures_in, read_alpha, read_rgb
from streammatte.research.evaluate.validation import evaluate
from streammatte.research.train.cache import estimate_foreground
from streammatte.research.train.composer import Composer
from streammatte.research.train.config import RECIPES, Recipe, Stage
from streammatte.research.train.data import Person, TrainingSet
from streammatte.research.train.loop import train
from streammatte.research.train.mining import alpha_at, equal, hardness
from streammatte.research.train.mix import Hardness, Mix

PAPER = RECIPES["paper"]
LONG_SIDE = 320
"""Pixels: a picture of 4:3 then has about the area of those that were trained on."""

PICTURES = 56
"""So many of each kind are measured, but for the videos."""

POSTERS = Mix.still(nobody=1.0, clutter=1.0, poster=1.0)
HEADPHONES, NEAR_HANDS = Mix.still(headphones=1.0), Mix.still(near_hand=1.0)

COLUMNS = {
    "portraits IoU": 1,
    "dancer MAD x 1000": 1000,
    "clips MAD x 1000": 1000,
    "rooms mean alpha x 1000": 1000,
    "flicker x 1000": 1000,
    "posters mean alpha x 1000": 1000,
    "headphones MAD x 1000": 1000,
    "near hands MAD x 1000": 1000,
}
"""Header, and the factor in it."""


class DecidedNetwork(MattingNetwork):
    """Equation 5 as it is written: alpha = F + alpha_r with SN's decision, so that SN learns from L_SN alone."""

    def forward(self, image: torch.Tensor) -> MattingOutput:
        logits = self.sn(image)
        refined = self.mrn(image, torch.softmax(logits[0], dim=1))
        at_image = F.interpolate(logits[0], scale_factor=8.0, mode="bilinear", align_corners=False)
        decided = at_image.argmax(dim=1, keepdim=True)  # (N, 3, H, W) -> (N, 1, H, W)
        return MattingOutput((decided == 1) + (decided == 2) * refined, logits)


@dataclass(frozen=True)
class Variant:
    """A run, named for what differs. Without `trained`, only the weights that the runs begin with are measured."""

    name: str
    recipe: Recipe
    network: type[MattingNetwork] = MattingNetwork
    scratch: bool = False
    trained: bool = True


class WeighOnce:
    """Hardness by the first network that asks, kept in a file: all variants begin with the same weights."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, network: MattingNetwork, training_set: TrainingSet) -> Hardness:
        if not self.path.exists():
            weights = hardness(network, training_set)
            np.savez(self.path, people=weights.people, backgrounds=weights.backgrounds)
        return Hardness(**np.load(self.path))


def variants(steps: int, weigh: WeighOnce) -> Iterator[Variant]:
    """Ours, and ours with one choice put back."""
    stage = Stage("joint", steps, 12, (256,), 640, 4e-4, trained="both", warmup=max(1, steps // 10), pairs=1.0)
    single = replace(stage, pairs=0.0)
    ours = Recipe((stage,), losses=RECIPES["streammatte"].losses, weigh=weigh)
    yield Variant("(before)", ours, trained=False)
    yield Variant("ours", ours)
    yield Variant("ours, another seed", replace(ours, seed=1))
    yield Variant("the paper's pictures", replace(ours, mix=PAPER.mix, stages=(single,)))
    yield Variant("all of the paper's", replace(PAPER, stages=(replace(single, final=0.0, aspects=((1, 1),)),)))
    yield Variant("Adam's betas 0.5, 0.999", replace(ours, betas=PAPER.betas))
    by_truth, at_pixels = replace(ours.losses, weighed_by="target"), replace(ours.losses, classes="pixels")
    yield Variant("equation 8's weights by the true alpha", replace(ours, losses=by_truth))
    yield Variant("equation 6's classes at pixels", replace(ours, losses=at_pixels))
    alike = replace(ours.losses, unknown=1.0)
    yield Variant("equation 7's classes all alike", replace(ours, losses=alike))
    yield Variant("SN's decision", ours, DecidedNetwork)
    yield Variant("no own backgrounds", replace(ours, mix=Mix(own_background=0)))
    yield Variant("no clutter, bends, people at the edge", replace(ours, mix=Mix(clutter=0, bent=0, at_the_edge=0)))
    later = Mix(arms=0, strange=0, relit=0, alike=0, plain=0)
    yield Variant("no drawn arms, strange textures, other light, like colours, plain things", replace(ours, mix=later))
    yield Variant("no posters", replace(ours, mix=Mix(poster=0)))
    yield Variant("no headphones", replace(ours, mix=Mix(headphones=0)))
    yield Variant("no hands near the lens", replace(ours, mix=Mix(near_hand=0)))
    yield Variant("heads above the frame as chance has it", replace(ours, mix=Mix(with_head=0)))
    yield Variant("square pictures alone", replace(ours, stages=(replace(stage, aspects=PAPER.stages[0].aspects),)))
    larger = replace(stage, batch=6, sizes=(384,))  # about as many pixels in a step
    yield Variant("half as many pictures, at 384²", replace(ours, stages=(larger,)))
    yield Variant("three times the learning rate", replace(ours, stages=(replace(stage, learning_rate=1.2e-3),)))
    yield Variant("no pairs", replace(ours, stages=(single,)))
    yield Variant("no hard examples", replace(ours, weigh=equal))
    yield Variant("no moving average", replace(ours, average=0.0))
    # from nothing there is more to learn: twice the steps, at a higher learning rate
    joint = replace(ours, stages=(replace(stage, steps=2 * steps, learning_rate=1e-3),), weigh=equal)
    half = replace(joint.stages[0], steps=steps)
    alone = replace(half, name="segmentation", trained="sn", pairs=0.0)
    yield Variant("from scratch: SN first", replace(joint, stages=(alone, half)), scratch=True)
    yield Variant("from scratch: SN first, another seed", replace(joint, stages=(alone, half), seed=1), scratch=True)
    yield Variant("from scratch: jointly from the start", joint, scratch=True)


def run(variant: Variant, data: Path, out: Path) -> dict[str, float]:
    """Train a variant, and measure it."""
    torch.manual_seed(variant.recipe.seed)
    network = variant.network()
    if not variant.scratch:
        network.load_state_dict(load_network(shipped_weights()).state_dict())
    if variant.trained:
        train(
            network,
            data / "train",
            out,
            variant.recipe,
            workers=1,
            report_every=50,
            validate_every=10**9,
        )
    return measure(network.eval(), data)


def measure(network: MattingNetwork, data: Path) -> dict[str, float]:
    """The figures of `COLUMNS`."""
    results = evaluate(data, lambda picture: alpha_at(network, picture, LONG_SIDE), limit=PICTURES)
    sets = {result.name: result.figures for result in results}
    videos = [figures for figures in sets.values() if "flicker" in figures]
    clips = [figures["mad"] for name, figures in sets.items() if name not in ("portraits", "dancer", "rooms")]
    figures = (
        sets["portraits"]["iou"],
        sets["dancer"]["mad"],
        float(np.mean(clips)),
        sets["rooms"]["mean_alpha"],
        float(np.mean([figures["flicker"] for figures in videos])),
        *(_drawn_error(network, data / "val", mix) for mix in (POSTERS, HEADPHONES, NEAR_HANDS)),
    )
    return dict(zip(COLUMNS, figures, strict=True))


@lru_cache
def held_out(validation: Path) -> TrainingSet:
    """People and rooms that no training saw, for what the validation pack has no photos of."""
    folder, people = validation / "portraits", []
    for path in evenly(pictures_in(folder / "photo"), PICTURES):
        photo, alpha = read_rgb(path), np.rint(read_alpha(folder / "alpha" / path.name) * 255).astype(np.uint8)
        people.append((Person.of(path.stem, photo, alpha, estimate_foreground(photo, alpha)),))
    return TrainingSet(tuple(people), tuple(read_rgb(room) for room in pictures_in(validation / "rooms")))


def _drawn_error(network: MattingNetwork, validation: Path, mix: Mix) -> float:
    """The mean absolute error on drawn pictures; without people it is the mean alpha."""
    composer, errors = Composer(held_out(validation), mix), []
    for seed in range(PICTURES):
        picture, alpha = composer.draw(np.random.default_rng(seed), LONG_SIDE, LONG_SIDE * 3 // 4 // 32 * 32)
        errors.append(np.abs(alpha_at(network, picture, LONG_SIDE) - alpha).mean())
    return float(np.mean(errors))


def table(rows: dict[str, dict[str, float]]) -> str:
    """Markdown, a row for each variant."""
    lines = [["variant", *COLUMNS], ["---"] * (1 + len(COLUMNS))]
    lines += [[name, *(f"{row[key] * by:.4g}" for key, by in COLUMNS.items())] for name, row in rows.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Run what is not finished yet, and write the table after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with train/, val/ and clips/")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=400, help="of 12 pictures (default: 400)")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "cache").mkdir(exist_ok=True)
    rows: dict[str, dict[str, float]] = {}
    for variant in variants(arguments.steps, WeighOnce(arguments.out / "hardness.npz")):
        folder = arguments.out / re.sub(r"\W+", "-", variant.name).strip("-")
        result = folder / "result.json"
        if not result.exists():
            folder.mkdir(exist_ok=True)
            if not (folder / "cache").exists():
                (folder / "cache").symlink_to((arguments.out / "cache").resolve(), target_is_directory=True)
            figures = run(variant, arguments.data, folder)
            result.write_text(json.dumps(figures))
        rows[variant.name] = json.loads(result.read_text())
        (arguments.out / "ablation.md").write_text(table(rows))


if __name__ == "__main__":
    main()
