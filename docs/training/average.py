"""Average networks of one descent, parameter by parameter.

python docs/training/average.py OUT FILE SHARE [FILE SHARE ...] [--norms DIR RUN/cache] [--lowered X]

Batch norm is averaged as all else is, or measured anew (--norms) for what comes of it. Of one file comes that network
itself, with other norms or with SN's logit for foreground X lower.
"""

from __future__ import annotations

import argparse
from pathlib import Path

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
    parser.add_argument("--lowered", type=float, default=0.0)
    options = parser.parse_args()
    networks = [load_network(Path(file)) for file in options.parts[::2]]
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
        measure_norms(networks[0], training_set, stage)
    networks[0].sn.head.bias.data[FOREGROUND] -= options.lowered
    save_network(networks[0], options.out, averaged=str(len(networks)))


if __name__ == "__main__":
    main()
