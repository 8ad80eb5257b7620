from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from streammatte.nn.layers import CrossLevelFusion, OCBlock, OctaveFeatures, OctaveWidths, downsample, upsample


@pytest.mark.parametrize("stride", [1, 2])
def test_ocblock_is_four_separate_convolutions(stride: int) -> None:
    """Octave convolution (Chen et al. 2019): high = f(H->H) + up(f(L->H)), low = f(H->L) + f(L->L)."""
    torch.manual_seed(0)
    inputs, outputs = OctaveWidths(6, 4), OctaveWidths(5, 7)
    block = OCBlock(inputs, outputs, stride).eval()
    high, low = torch.randn(2, 6, 16, 8), torch.randn(2, 4, 8, 4)

    def separable(x: torch.Tensor, depthwise: torch.Tensor, pointwise: torch.Tensor) -> torch.Tensor:
        channels = [
            F.conv2d(x[:, c : c + 1], depthwise[c : c + 1], stride=stride, padding=1) for c in range(x.shape[1])
        ]
        return torch.cat(channels, 1), pointwise[:, :, 0, 0]

    d_high, w_hh = separable(high, block.depthwise_high.weight, block.high_to_high.weight)
    d_low, w_lh = separable(low, block.depthwise_low.weight, block.low_to_high.weight)
    w_hl, w_ll = block.both_to_low.weight[:, :6, 0, 0], block.both_to_low.weight[:, 6:, 0, 0]
    mix = "oc,nchw->nohw"
    low_to_high = torch.einsum(mix, w_lh, d_low).repeat_interleave(2, 2).repeat_interleave(2, 3)
    expected_high = F.relu(block.norm_high(torch.einsum(mix, w_hh, d_high) + low_to_high))
    high_to_low = torch.einsum(mix, w_hl, downsample(d_high))
    expected_low = F.relu(block.norm_low(high_to_low + torch.einsum(mix, w_ll, d_low)))

    out = block(OctaveFeatures(high, low))
    torch.testing.assert_close(out.high, expected_high, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(out.low, expected_low, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("sides", [(6, 8), (5, 7)])
def test_halving_in_bfloat16_is_halving_up_to_rounding(sides: tuple[int, int]) -> None:
    block = OCBlock(OctaveWidths(4, 0), OctaveWidths(4, 4), stride=2, odd=True)
    x = torch.rand(2, 4, *sides, requires_grad=True)
    exact = block.depthwise_high(x)
    (gradient,) = torch.autograd.grad(exact.sum(), x)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = block.depthwise_high(x)
    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), exact, rtol=0.05, atol=0.01)
    torch.testing.assert_close(torch.autograd.grad(rounded.sum(), x)[0], gradient, rtol=0.05, atol=0.01)


def test_shortcut_where_shapes_allow() -> None:
    widths = OctaveWidths(4, 4)
    block = OCBlock(widths, widths).eval()
    for name, parameter in block.named_parameters():
        if "high_to" in name or "to_high" in name or "to_low" in name:
            torch.nn.init.zeros_(parameter)
    high, low = torch.rand(1, 4, 8, 8), torch.rand(1, 4, 4, 4)
    out = block(OctaveFeatures(high, low))
    torch.testing.assert_close(out.high, high)
    torch.testing.assert_close(out.low, low)


def test_odd_sides_are_rounded_up_and_back() -> None:
    x = torch.randn(1, 2, 9, 7)
    for i, j in ((0, 0), (2, 1), (4, 3)):  # the mean of what is there of 3x3 pixels around each second one
        near = x[..., max(0, 2 * i - 1) : 2 * i + 2, max(0, 2 * j - 1) : 2 * j + 2]
        torch.testing.assert_close(downsample(x)[..., i, j], near.mean((2, 3)))
    assert downsample(x).shape == (1, 2, 5, 4)
    assert upsample(downsample(x), like=x).shape == x.shape
    block = OCBlock(OctaveWidths(2, 3), OctaveWidths(2, 3), odd=True).eval()
    out = block(OctaveFeatures(x, torch.randn(1, 3, 5, 4)))
    assert out.high.shape == (1, 2, 9, 7)
    assert out.low.shape == (1, 3, 5, 4)


def test_cross_level_fusion_weighs_channels() -> None:
    fusion = CrossLevelFusion(OctaveWidths(3, 2), OctaveWidths(4, 5)).eval()
    deep = OctaveFeatures(torch.randn(1, 3, 2, 2), torch.randn(1, 2, 1, 1))
    shallow = OctaveFeatures(torch.randn(1, 4, 8, 8), torch.randn(1, 5, 4, 4))
    means = torch.cat([deep.high.mean((2, 3)), deep.low.mean((2, 3))], 1)
    hidden = F.relu(means @ fusion.squeeze.weight[:, :, 0, 0].T + fusion.squeeze.bias)
    weights = torch.sigmoid(hidden @ fusion.excite.weight[:, :, 0, 0].T + fusion.excite.bias)[0]
    high = torch.einsum("oc,chw->ohw", fusion.high.weight[:, :, 0, 0], deep.high[0] * weights[:3, None, None])
    high = high + fusion.high.bias[:, None, None]
    expected = shallow.high[0] + high.repeat_interleave(4, 1).repeat_interleave(4, 2)
    torch.testing.assert_close(fusion(deep, shallow).high[0], expected, atol=1e-5, rtol=1e-5)
    low = torch.einsum("oc,chw->ohw", fusion.low.weight[:, :, 0, 0], deep.low[0] * weights[3:, None, None])
    low = low + fusion.low.bias[:, None, None]
    expected = shallow.low[0] + low.repeat_interleave(4, 1).repeat_interleave(4, 2)
    torch.testing.assert_close(fusion(deep, shallow).low[0], expected, atol=1e-5, rtol=1e-5)
