from __future__ import annotations

from pathlib import Path

import pytest
import torch

from streammatte.errors import WeightsError
from streammatte.nn.config import NetworkConfig
from streammatte.nn.folding import folded
from streammatte.nn.network import MattingNetwork
from streammatte.nn.weights import load_network, save_network
from streammatte.research.complexity import complexity
from streammatte.research.train.losses import Losses
from streammatte.research.variants import TABLES, VARIANTS, build

SIZES = [(32, 32), (288, 512), (512, 288), (96, 64)]


@pytest.fixture(scope="module")
def network() -> MattingNetwork:
    """A network whose statistics are not the initial ones."""
    torch.manual_seed(0)
    network = MattingNetwork()
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(4, 3, 64, 96))
    return network.eval()


def test_budget() -> None:
    """The paper's: 344.8 k parameters and 0.93 GFLOPs at 512x512, a multiply-add counted as two."""
    whole = complexity(MattingNetwork())[0]
    assert whole.parameters <= 344_800
    assert whole.flops <= 0.93e9


def test_flops_are_counted_as_two_for_a_multiply_add() -> None:
    parts = {part.name: part for part in complexity(MattingNetwork(), (64, 64))}
    config = NetworkConfig()
    # the stem of SN: 3x3x3 products for each of the 16x16 positions and each channel
    stem = 2 * 27 * config.segmentation_stem * 16 * 16
    head = 2 * 9 * config.segmentation_widths[1].high * 3 * 8 * 8
    inside = parts["SN encoder"].flops + parts["CFM"].flops + parts["SN decoder"].flops
    assert parts["SN"].flops == stem + inside + head
    assert parts["network"].flops == parts["SN"].flops + parts["MRN"].flops


@pytest.mark.parametrize("size", SIZES)
def test_alpha_has_the_image_s_size_and_range(network: MattingNetwork, size: tuple[int, int]) -> None:
    with torch.no_grad():
        output = network(torch.rand(2, 3, *size))
    assert output.alpha.shape == (2, 1, *size)
    assert output.logits[0].shape == (2, 3, size[0] // 8, size[1] // 8)
    assert output.alpha.min() >= 0
    assert output.alpha.max() <= 1


def test_alpha_is_equation_5(network: MattingNetwork) -> None:
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        alpha, (logits,) = network(image)
        maps = torch.softmax(logits, 1)
        refined = network.mrn(image, maps)
    powers = maps**3  # of a softmax's exponentials: three times the logits
    maps = powers / powers.sum(dim=1, keepdim=True)
    maps = torch.nn.functional.interpolate(maps, size=(64, 64), mode="bilinear", align_corners=False)
    torch.testing.assert_close(alpha, maps[:, 1:2] + maps[:, 2:] * refined)


@pytest.mark.parametrize("name", VARIANTS)
def test_gradients_reach_every_parameter_of_every_variant(name: str) -> None:
    torch.manual_seed(0)
    network = build(VARIANTS[name]).train()
    side = 128 if "8" in name else 64  # ENA works at an eighth of it, and needs several positions in a subset
    alpha = torch.zeros(2, 1, side, side)
    alpha[:, :, 16:48, 20:44] = torch.rand(2, 1, 32, 24)
    alpha[:, :, :16, :16] = 1
    output = network(torch.rand(2, 3, side, side))
    assert len(output.logits) == 3
    Losses().total(output, alpha).backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    # a bias of the keys adds the same to every similarity of a query, which softmax takes out again; and with an
    # interval of 1 the short-range attention sees one position, so that its answer is the value whatever query and key
    free = ("key.bias", "key.weight", "query.weight", "query.bias") if name == "short+long-1" else ("key.bias",)
    assert [parameter for parameter in without if not parameter.endswith(free)] == []


def assert_folding_changes_nothing(network: MattingNetwork, size: tuple[int, int]) -> None:
    picture = torch.randint(0, 256, (2, *size, 3), dtype=torch.uint8)
    with torch.no_grad():
        plain = network(picture.permute(0, 3, 1, 2) / 255).alpha
        torch.testing.assert_close(folded(network)(picture), plain, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", SIZES)
def test_folding_changes_nothing(network: MattingNetwork, size: tuple[int, int]) -> None:
    assert_folding_changes_nothing(network, size)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in folded(network).modules())


def test_weights_come_back(network: MattingNetwork, tmp_path: Path) -> None:
    save_network(network, tmp_path / "w.safetensors", images="12")
    again = load_network(tmp_path / "w.safetensors")
    assert again.config == network.config
    for key, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[key]), key


def test_other_files_are_no_weights(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"not weights")
    with pytest.raises(WeightsError, match="holds no weights"):
        load_network(tmp_path / "w.safetensors")


def test_every_row_of_the_paper_s_tables_can_be_built() -> None:
    """Parts that are on cost what they add, and no row costs less than the one without them."""
    counted = {row.variant: complexity(build(VARIANTS[row.variant]))[0] for t in TABLES.values() for row in t}
    assert counted["without-cfm-and-ena"].parameters < counted["without-cfm"].parameters < counted["ours"].parameters
    assert counted["short"].flops < counted["short+long-4"].flops < counted["short+long-2"].flops
    assert counted["short+long-1"].flops > counted["non-local"].flops > counted["short+long-2"].flops
    assert min(counted["mobilenetv2"].parameters, counted["shufflenetv2"].parameters) > 1_000_000


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_folds_and_works_at_any_multiple_of_the_stride(name: str) -> None:
    torch.manual_seed(0)
    network = build(VARIANTS[name])
    with torch.no_grad():
        network(torch.rand(2, 3, 96, 96))  # statistics that are not the initial ones
    assert_folding_changes_nothing(network.eval(), (96, 160))
