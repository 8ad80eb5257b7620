"""The pictures of a plan, made all at once on a device."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from streammatte.research.train.augment import EXTRAS
from streammatte.research.train.batched.faults import block_coded, filtered, gaussian, reduced
from streammatte.research.train.batched.plans import CLUTTER, Plan
from streammatte.research.train.batched.stacks import Stack, Stacks, uploaded
from streammatte.research.train.geometry import REACH

__all__ = ["Renderer"]


class Renderer:
    """Makes pictures: `pictures, alpha = renderer.render(plan)`.

    Parameters
    ----------
    stacks : Stacks
        What the plans' numbers of people and backgrounds are of.
    """

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks
        self._device = stacks.skin.device

    @torch.no_grad()
    def render(self, plan: Plan) -> tuple[Tensor, Tensor]:
        """Make the pictures of a plan, N scenes.

        Returns
        -------
        pictures : Tensor
            (copies x N, 3, H, W) float16, R,G,B in [0, 1]; pictures i and i + N are of one scene.
        alpha : Tensor
            (copies x N, 1, H, W) float32 in [0, 1].
        """
        say = uploaded(plan.choices, self._device)
        picture = self._backgrounds(say, plan)
        self._things(picture, say, plan, "clutter")
        blur = say["blur_at"]
        if len(blur):
            picture[blur] = gaussian(picture[blur], say["blur_sigma"])
        alpha = torch.zeros_like(picture[:, :1])
        picture, alpha = self._people(picture, alpha, say, plan)
        if plan.photos:
            photo = self._look(self._stacks.photos, say["photo"], say["photo_matrix"], plan)
            matte = self._look(self._stacks.people, say["photo"], say["photo_matrix"], plan)[:, 3:]
            at = say["relit_at"]
            if len(at):
                behind = _recoloured(photo[at], say["relit_colour"], say["relit_gamma"])
                photo[at] = photo[at] * matte[at] + behind * (1 - matte[at])
            hidden = torch.cat([torch.zeros_like(alpha), matte])
            picture, alpha = torch.cat([picture, photo]), torch.cat([alpha, matte])
            self._things(picture, say, plan, "photo_clutter", hidden=hidden)
        at = say["occluder0_at"]
        if len(at):
            mask, look = self._thing(say, plan, "occluder0_")
            picture[at] = look * mask + picture[at] * (1 - mask)
            alpha[at] = alpha[at] * (1 - mask)
        picture, alpha = self._expose(picture, alpha, say)
        generator = torch.Generator(self._device).manual_seed(plan.seed)
        taken = [self._sense(picture, plan, say, f"copy{copy}_", generator) for copy in range(plan.copies)]
        return torch.cat(taken), torch.cat([alpha.float()] * plan.copies)

    def _where(self, matrix: Tensor, plan: Plan, shifts: Tensor | None = None) -> Tensor:
        """Places (n, H, W, 2) in the pixels of pictures, by maps (n, 2, 3) from the frame."""
        y = torch.arange(plan.height, device=self._device, dtype=torch.float32)[None, :, None]
        x = torch.arange(plan.width, device=self._device, dtype=torch.float32)[None, None]
        if shifts is not None:
            x, y = x + shifts[:, 0], y + shifts[:, 1]
        m = matrix[..., None, None]  # (n, 2, 3, 1, 1)
        return torch.stack([m[:, i, 0] * x + m[:, i, 1] * y + m[:, i, 2] for i in range(2)], dim=-1)

    def _look(self, stack: Stack, index: Tensor, matrix: Tensor, plan: Plan) -> Tensor:
        return stack.sample(index, self._where(matrix, plan), reflect=True)

    def _backgrounds(self, say: dict[str, Tensor], plan: Plan) -> Tensor:
        picture = self._look(self._stacks.backgrounds, say["background"], say["background_matrix"], plan)
        return _recoloured(picture, say["background_colour"], say["background_gamma"])

    def _things(
        self, picture: Tensor, say: dict[str, Tensor], plan: Plan, name: str, hidden: Tensor | None = None
    ) -> None:
        """Paste things into pictures (N, 3, H, W), behind `hidden` (N, 1, H, W)."""
        for turn in range(CLUTTER):
            key = f"{name}{turn}_"
            at = say[key + "at"]
            if len(at):
                mask, look = self._thing(say, plan, key)
                if hidden is not None:
                    mask = mask * (1 - hidden[at])
                picture[at] = look * mask + picture[at] * (1 - mask)

    def _thing(self, say: dict[str, Tensor], plan: Plan, key: str) -> tuple[Tensor, Tensor]:
        """Where things are (n, 1, H, W) in [0, 1], and what they look like (n, 3, H, W)."""
        mine = {name.removeprefix(key): choice for name, choice in say.items() if name.startswith(key)}
        size = (plan.height, plan.width)
        planes = F.interpolate(mine["planes"].float() / 255, size, mode="bilinear", align_corners=False)
        mask, rim = planes[:, :1], planes[:, 1:]
        mask = (3 * (mask - 0.5) + 0.5).clamp(0, 1).half()
        look = self._look(self._stacks.backgrounds, mine["look"], mine["matrix"], plan)
        at = mine["poster_at"]
        if len(at):
            look[at] = self._look(self._stacks.photos, mine["poster"], mine["poster_matrix"], plan)
        look = _recoloured(look, mine["colour"], mine["gamma"])
        plain = F.interpolate(mine["plain"], size, mode="bilinear", align_corners=False)
        look = torch.lerp(look, plain.half(), mine["is_plain"][:, None, None, None].half())
        columns = torch.arange(plan.width, device=self._device)[None, None]
        rows = torch.arange(plan.height, device=self._device)[None, :, None]
        slanted = columns + mine["fold_slant"][:, None, None] * rows
        sway = F.interpolate(mine["sway"], size, mode="bicubic", align_corners=False)[:, 0]
        shade = torch.sin(2 * math.pi * slanted / mine["fold_length"][:, None, None] + 2 * sway)
        shade = 1 + mine["folds"][:, None, None] * shade
        return mask, (look * shade[:, None] * rim).clamp(0, 1).half()

    def _people(self, picture: Tensor, alpha: Tensor, say: dict[str, Tensor], plan: Plan) -> tuple[Tensor, Tensor]:
        if not plan.composites:
            return picture, alpha
        size = (plan.height, plan.width)
        shifts = F.interpolate(say["bend"], size, mode="bicubic", align_corners=False)
        where = self._where(say["person_matrix"], plan, shifts)
        front = self._stacks.people.sample(say["person"], where, reflect=False)
        width_height = self._stacks.people.sizes[say["person"]][:, None, None]  # (n, 1, 1, 2)
        beyond = torch.maximum(-where, where - width_height).amax(-1)
        colours, a = front[:, :3], front[:, 3:] * (beyond <= REACH * width_height[..., 1])[:, None]
        colours = self._dressed(colours, where, say, plan)
        for turn in range(EXTRAS):
            _with_extras(colours, a, say, f"extra{turn}_")
        colours = _recoloured(colours, say["person_colour"], say["person_gamma"])
        column, row = say["tone_spot"].unbind(1)
        tones = colours[torch.arange(len(colours), device=self._device), :, row, column]
        share, contrast = say["tone_share"], say["tone_contrast"]
        shade = self._shadows(a, say)
        first = plan.composites
        for rows in (slice(0, first), slice(first, None)):
            at = say["person_at"][rows]
            if len(at):
                behind = _toned(picture[at], tones[rows], share[rows], contrast[rows]) * shade[rows]
                picture[at] = colours[rows] * a[rows] + behind * (1 - a[rows])
                alpha[at] = a[rows] + (1 - a[rows]) * alpha[at]
        return picture, alpha

    def _dressed(self, colours: Tensor, where: Tensor, say: dict[str, Tensor], plan: Plan) -> Tensor:
        at = say["dress_at"]
        if not len(at):
            return colours
        old, places = colours[at], where[at]

        def wide(name: str) -> Tensor:
            return say[name][:, None, None]

        rows = places[..., 1]
        below = ((rows - wide("chin")) * wide("chin_slope") + 0.5).clamp(0, 1) * wide("below")
        above = ((wide("brow") - rows) * wide("brow_slope") + 0.5).clamp(0, 1) * wide("above")
        weight = (below + above)[:, None]
        grey = old.float().mean(1, keepdim=True)
        shading = F.avg_pool2d(grey, 5, 1, 2)
        middle = shading.mean((1, 2, 3), keepdim=True)
        bare = (1 + 0.5 * (shading - middle) / middle.clamp(min=60 / 255)) * self._stacks.skin[say["person"][at]][
            :, :, None, None
        ]
        dyed = _mixed(old, say["dye"])
        inverted = say["inverted"][:, None, None, None]
        dyed = inverted * (1 - dyed) + (1 - inverted) * dyed
        cloth = self._look(self._stacks.backgrounds, say["cloth"], say["cloth_matrix"], plan)
        turns = (places / say["check_period"][:, None, None].clamp(min=1) + say["check_phase"][:, None, None]) % 1
        on = (turns < say["check_share"][:, None, None]).float()[:, None]  # (n, 1, H, W, 2)
        palette = say["check_colours"].permute(0, 2, 1)[:, :, :, None, None]  # (n, 3, 4, 1, 1)
        checks = on[..., 0] * palette[:, :, 0] + (1 - on[..., 0]) * palette[:, :, 1]
        checks = (checks + on[..., 1] * palette[:, :, 2] + (1 - on[..., 1]) * palette[:, :, 3]) / 2
        by_cloth, by_checks = (say[name][:, None, None, None] for name in ("cloth_weight", "check_weight"))
        dyed = dyed * (1 - by_cloth - by_checks) + by_cloth * cloth + by_checks * checks
        plain = say["bare"][:, None, None, None]
        dyed = plain * bare + (1 - plain) * dyed
        dyed = _recoloured(dyed.clamp(0, 1), say["dye_colour"], say["dye_gamma"])
        colours = colours.clone()
        colours[at] = (dyed * weight + old * (1 - weight)).half()
        return colours

    def _shadows(self, a: Tensor, say: dict[str, Tensor]) -> Tensor:
        """What is left of the light behind people: (n, 1, H, W)."""
        small = F.avg_pool2d(a.float(), 8)
        count = len(small)
        theta = torch.zeros(count, 2, 3, device=self._device)
        theta[:, 0, 0] = theta[:, 1, 1] = 1
        theta[:, :, 2] = 2 * say["shadow_shift"]
        moved = F.grid_sample(small, F.affine_grid(theta, list(small.shape), align_corners=False), align_corners=False)
        soft = gaussian(moved, say["shadow_sigma"] / 8)
        soft = F.interpolate(soft, a.shape[-2:], mode="bilinear", align_corners=False)
        return (1 - say["shadow_depth"][:, None, None, None] * soft).half()

    def _expose(self, picture: Tensor, alpha: Tensor, say: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        picture = _recoloured(picture, say["colour"], say["gamma"])
        at = say["strange_at"]
        if len(at):
            picture[at] = _strange(picture[at], say)
        grey = picture.new_tensor((0.299, 0.587, 0.114))[None, :, None, None]
        picture = torch.lerp(picture, (picture * grey).sum(1, keepdim=True), say["grey"][:, None, None, None].half())
        at = say["motion_at"]
        if len(at):
            both = torch.cat([picture[at], alpha[at]], dim=1)
            both = filtered(both, say["motion"])
            picture[at], alpha[at] = both[:, :3], both[:, 3:]
        light = F.interpolate(say["light"], picture.shape[-2:], mode="bilinear", align_corners=False)
        return (picture * light.half()).clamp(0, 1), alpha

    def _sense(
        self, picture: Tensor, plan: Plan, say: dict[str, Tensor], key: str, generator: torch.Generator
    ) -> Tensor:
        picture = picture.clone()
        height, width = picture.shape[-2:]
        for at, factor in zip(plan.choices[key + "small_at"], plan.choices[key + "small"], strict=True):
            picture[at : at + 1] = reduced(picture[at : at + 1], factor)
        strength, coarse = (say[key + name][:, None, None, None].half() for name in ("noise", "coarse"))
        fine, rough = (
            torch.randn(shape, generator=generator, dtype=picture.dtype, device=self._device)
            for shape in (picture.shape, (*picture.shape[:2], height // 2, width // 2))
        )
        rough = F.interpolate(rough, (height, width), mode="bilinear", align_corners=False)
        picture = picture + strength * (coarse * rough + (1 - coarse) * fine)
        picture = ((picture.clamp(0, 1) * 255).round() / 255).contiguous()
        for name in ("jpeg", "video"):
            at = say[key + name + "_at"]
            if len(at):
                picture[at] = block_coded(picture[at], say[key + name], jpeg=name == "jpeg")
        return picture


def _with_extras(colours: Tensor, alpha: Tensor, say: dict[str, Tensor], key: str) -> None:
    """Add what was drawn for people, (n, 3, H, W) and (n, 1, H, W), in place; see `extras.with_extra`."""
    at = say[key + "at"]
    if not len(at):
        return
    extra = say[key + "picture"].permute(0, 3, 1, 2).half() / 255  # (n, H / 2, W / 2, 4) -> (n, 4, H / 2, W / 2)
    extra = F.interpolate(extra, colours.shape[-2:], mode="bilinear", align_corners=False)
    own, a = extra[:, 3:], alpha[at]
    total = own + (1 - own) * a
    behind = say[key + "behind"][:, None, None, None].half()
    share = own * torch.lerp(torch.ones_like(a), (1 - a) / total.clamp(min=1e-3), behind)
    colours[at] = torch.lerp(colours[at], extra[:, :3], share)
    alpha[at] = total


def _strange(picture: Tensor, say: dict[str, Tensor]) -> Tensor:
    """Pictures (n, 3, H, W) in [0, 1] mixed with themselves through the plan's filters; see `colour.strange`."""
    n, _, h, w = picture.shape
    image = picture.float()
    odd = filtered(image.reshape(n * 3, 1, h, w), say["strange_filter"].reshape(n * 3, 3, 3)).reshape(n, 3, h, w)
    odd = _mixed(odd, say["strange_mixing"])
    whole = (1, 2, 3)
    spread = image.std(whole, keepdim=True) / odd.std(whole, keepdim=True).clamp(min=1 / 255)
    odd = (odd - odd.mean((2, 3), keepdim=True)) * spread + image.mean(whole, keepdim=True)
    share = say["strange_share"][:, None, None, None]
    return (share * odd + (1 - share) * image).clamp(0, 1).half()


def _toned(picture: Tensor, colour: Tensor, share: Tensor, contrast: Tensor) -> Tensor:
    """Pictures (n, 3, H, W) with means at or near colours (n, 3) and less contrast; see `colour.toned`."""
    share, contrast = share[:, None], contrast[:, None]
    offset = picture.float().mean((2, 3)) * (1 - share - contrast) + share * colour
    return (picture * contrast[..., None, None].half() + offset[..., None, None].half()).clamp(0, 1)


def _mixed(picture: Tensor, matrix: Tensor) -> Tensor:
    """Colours (n, 3, H, W) by matrices (n, 3, 3 or 4), whose fourth column is added."""
    column = matrix.to(picture.dtype)[..., None, None].unbind(2)  # each (n, 3, 1, 1)
    out = column[0] * picture[:, :1]
    out = torch.addcmul(out, column[1], picture[:, 1:2]).addcmul_(column[2], picture[:, 2:])
    return out.add_(column[3]) if len(column) == 4 else out


def _recoloured(picture: Tensor, colour: Tensor, gamma: Tensor) -> Tensor:
    """Colours (n, 3, H, W) in [0, 1] by matrices (n, 3, 4), then gammas (n,)."""
    return _mixed(picture.half(), colour).clamp_(0, 1).pow_(gamma[:, None, None, None].half())
