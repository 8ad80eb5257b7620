"""Average networks of one descent, parameter by parameter.

python docs/training/average.py OUT FILE SHARE [FILE SHARE ...] [--norms DIR RUN/cache] [--sn-as-it-is] [--lowered X]

A file is one of weights, or the checkpoint of a run (.pt), whose last weights are taken and not their moving average.
Batch norm is averaged as all else is, or measured anew (--norms) for what comes of it, or for MRN alone
(--sn-as-it-is). Of one file comes that network itself, with other norms or with SN's logit for foreground X lower.
"""

from __future__ import annotations

import argparse
from copy import deepcopy
from pathlib import Path

import torch

from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network, save_network
from streammatte.research.train.config import RECIPES
from streammatte.research.train.data import load_training_set
from streammatte.research.train.losses import FOREGROUND
from streammatte.research.train.norms import measure_norms


def main() -> None:
    """Read, average, measure, shift and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("parts", nargs="+", metavar="FILE SHARE")
    parser.add_argument(
        "--norms", type=Path, nargs=2, metavar=("DIR", "CACHE"), help="the folder with train/, and a run's cache of it"
    )
    parser.add_argument("--sn-as-it-is", action="store_true")
    parser.add_argument("--lowered", type=float, default=0.0)
    options = parser.parse_args()
    networks = [_read(Path(file)) for file in options.parts[::2]]
    total = sum(map(float, options.parts[1::2]))
    shares = [float(share) / total for share in options.parts[1::2]]
    states = [network.state_dict() for network in networks]
    average = {
        name: sum(share * state[name] for share, state in zip(shares, states, strict=True)).to(first.dtype)
        for name, first in states[0].items()
    }
    networks[0].load_state_dict(average)
    if options.norms is not None:
        stage = next(stage for stage in RECIPES["long"].stages if stage.name == "decay")  # of the sizes in use
        directory, cache = options.norms
        training_set = load_training_set(directory / "train", cache, stage.long_side)
        sn = deepcopy(networks[0].sn.state_dict())
        measure_norms(networks[0], training_set, stage)
        if options.sn_as_it_is:
            networks[0].sn.load_state_dict(sn)
    networks[0].sn.head.bias.data[FOREGROUND] -= options.lowered
    save_network(networks[0], options.out, averaged=str(len(networks)))


def _read(path: Path) -> MattingNetwork:
    if path.suffix != ".pt":
        return load_network(path)
    network = MattingNetwork()
    network.load_state_dict(torch.load(path, map_location="cpu")["network"])
    return network


if __name__ == "__main__":
    main()
