from __future__ import annotations

from pathlib import Path

import torch
from torch.multiprocessing.spawn import spawn

from streammatte.research.train.team import ALONE, Team


def _member(rank: int, size: int, folder: Path) -> None:
    team = Team.joined(folder / "meeting", rank, size)
    parameters = [torch.zeros(3, 2, 1, 1).to(memory_format=torch.channels_last), torch.zeros(4)]
    for number, parameter in enumerate(parameters):
        parameter.grad = (
            torch.arange(parameter.numel(), dtype=torch.float32).view(parameter.shape) * (rank + 1) + number
        )
    team.average(parameters)
    told = team.shared({"weights": [1, 2]} if rank == 0 else {})
    torch.save(([parameter.grad for parameter in parameters], told), folder / f"{rank}.pt")


def test_a_team_averages_gradients_and_does_what_the_first_says(tmp_path: Path) -> None:
    spawn(_member, (2, tmp_path), 2)
    for rank in range(2):
        gradients, told = torch.load(tmp_path / f"{rank}.pt")
        assert told == {"weights": [1, 2]}
        assert gradients[0].flatten().tolist() == [1.5 * i for i in range(6)]
        assert gradients[1].tolist() == [1.5 * i + 1 for i in range(4)]


def test_alone_nothing_changes() -> None:
    parameter = torch.zeros(2)
    parameter.grad = torch.tensor([1.0, 2.0])
    ALONE.average([parameter])
    assert parameter.grad.tolist() == [1, 2]
    assert ALONE.shared("as it is") == "as it is"
