"""Average networks of one descent, parameter by parameter, and measure batch norm anew for what comes of it.

python docs/training/average.py OUT --data DIR FILE SHARE [FILE SHARE ...]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import gettempdir

from streammatte.nn.weights import load_network, save_network
from streammatte.research.train.config import RECIPES
from streammatte.research.train.data import load_training_set
from streammatte.research.train.norms import measure_norms


def main() -> None:
    """Read, average, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("parts", nargs="+", metavar="FILE SHARE")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds train/")
    parser.add_argument("--cache", type=Path, default=Path(gettempdir()) / "foregrounds", help="as a run's cache")
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
    stage = RECIPES["gpu"].stages[0]  # of the sizes that a box of 512 holds
    measure_norms(networks[0], load_training_set(options.data / "train", options.cache, stage.long_side), stage)
    save_network(networks[0], options.out, averaged=str(len(networks)))


if __name__ == "__main__":
    main()
