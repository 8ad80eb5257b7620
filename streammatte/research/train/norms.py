"""Batch norm's means and variances, measured for weights that no step of training ran with, as averages are."""

from __future__ import annotations

from dataclasses import replace

from torch.optim.swa_utils import update_bn

from streammatte.nn.network import MattingNetwork
from streammatte.research.train.batches import StageBatches
from streammatte.research.train.composer import Composer
from streammatte.research.train.config import Stage
from streammatte.research.train.data import TrainingSet
from streammatte.research.train.mix import Mix

__all__ = ["measure_norms"]

CALM = Mix.still(own_background=0.4, nobody=0.15, with_head=0.9, two_people=0.1, at_the_edge=0.1)
"""What cameras mostly show, without the faults and the rare things that training is full of."""

BATCHES, TOGETHER = 16, 32


def measure_norms(network: MattingNetwork, training_set: TrainingSet, stage: Stage) -> None:
    """Set each batch norm's running mean and variance to what it sees in 512 calm pictures of the stage's sizes.

    A moving average of weights, or a mean of networks, sees other values than any of the networks that it is made of,
    and pictures in use are calmer than those of training.

    Parameters
    ----------
    network : MattingNetwork
        Is left in evaluation mode; its weights stay as they are.
    training_set : TrainingSet
        What the pictures are made of.
    stage : Stage
        Its size and aspects are used.
    """
    calm = StageBatches(Composer(training_set, CALM), replace(stage, looks=1, pairs=0.0), (0, 0, 0), TOGETHER)
    pictures = (calm[batch].pictures.float().div_(255) for batch in range(BATCHES))
    update_bn(pictures, network, next(network.parameters()).device)
    network.eval()
