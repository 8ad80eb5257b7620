"""A checkpoint of a run of SN alone, less MRN, which such a run leaves as it is: small enough to be kept in git.

python docs/training/keep.py RUN FILE                        RUN/checkpoint.pt to FILE
python docs/training/keep.py --back FILE RUN --init WEIGHTS  and back, with the MRN of the weights that RUN began with
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from streammatte.nn.weights import load_network


def main() -> None:
    """Read one, write the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--back", action="store_true")
    parser.add_argument("--init", type=Path, help="the weights that the run began with")
    options = parser.parse_args()
    content = torch.load(options.source if options.back else options.source / "checkpoint.pt", map_location="cpu")
    begun = load_network(options.init).state_dict() if options.back else {}
    for part in ("network", "average"):
        own = {key: value for key, value in content[part].items() if key.startswith("sn.")}
        content[part] = begun | own
    if options.back:
        options.target.mkdir(parents=True, exist_ok=True)
    torch.save(content, options.target / "checkpoint.pt" if options.back else options.target)


if __name__ == "__main__":
    main()
