"""Batch normalisation folded into convolutions, for inference."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_conv_bn_weights

from streammatte.nn.layers import OCBlock
from streammatte.nn.network import MattingNetwork

__all__ = ["folded"]


def folded(network: MattingNetwork) -> MattingNetwork:
    """Return a copy in evaluation mode without batch normalisation; its alpha is the same up to rounding."""
    network = copy.deepcopy(network).eval()
    for module in network.modules():
        if isinstance(module, OCBlock):
            _fold_block(module)
        elif isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            conv = module[0]
            assert isinstance(conv, nn.Conv2d)
            module[0], module[1] = fuse_conv_bn_eval(conv, module[1]), nn.Identity()
    return network


def _fold_block(block: OCBlock) -> None:
    if isinstance(block.norm_high, nn.BatchNorm2d):
        # norm(a + b) = scaled a + scaled b + shift: the shift goes to one of the two convolutions
        norm = block.norm_high
        block.high_to_high = fuse_conv_bn_eval(block.high_to_high, norm)
        if block.low_to_high is not None:
            block.low_to_high.weight = nn.Parameter(_scaled(block.low_to_high, norm))
        block.norm_high = nn.Identity()
    if isinstance(block.norm_low, nn.BatchNorm2d):
        assert block.both_to_low is not None
        block.both_to_low = fuse_conv_bn_eval(block.both_to_low, block.norm_low)
        block.norm_low = nn.Identity()


def _scaled(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> torch.Tensor:
    assert norm.running_mean is not None
    assert norm.running_var is not None
    fused = fuse_conv_bn_weights(
        conv.weight, None, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
    return fused[0].detach()
