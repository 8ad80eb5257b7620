"""Average networks of one descent, parameter by parameter.

python docs/training/average.py OUT FILE SHARE [FILE SHARE ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

from streammatte.nn.weights import load_network, save_network


def main() -> None:
    """Read, average and write."""
    out, *rest = sys.argv[1:]
    networks = [load_network(Path(file)) for file in rest[::2]]
    shares = [float(share) / sum(map(float, rest[1::2])) for share in rest[1::2]]
    states = [network.state_dict() for network in networks]
    average = {
        name: sum(share * state[name] for share, state in zip(shares, states, strict=True)).to(first.dtype)
        for name, first in states[0].items()
    }
    networks[0].load_state_dict(average)
    save_network(networks[0], Path(out), averaged=str(len(networks)))


if __name__ == "__main__":
    main()
