"""The pictures of a sheet, made all at once on a device."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from streammatte.research.train.batched.faults import block_coded, filtered, gaussian, reduced
from streammatte.research.train.batched.packing import Packed
from streammatte.research.train.batched.sheets import (
    Colours,
    Exposures,
    Extras,
    Figures,
    Looks,
    Sensors,
    Sheet,
    Things,
    Views,
)
from streammatte.research.train.batched.stacks import Stack, Stacks
from streammatte.research.train.geometry import REACH

__all__ = ["Renderer"]


class Renderer:
    """Makes pictures: `pictures, alpha = renderer.render(packed)`.

    Parameters
    ----------
    stacks : Stacks
        What the sheets' numbers of people and backgrounds are of.
    """

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks
        self._device = stacks.skin.device

    @torch.no_grad()
    def render(self, packed: Packed) -> tuple[Tensor, Tensor]:
        """Make the pictures of a sheet of N scenes.

        Returns
        -------
        pictures : Tensor
            (N, 3, H, W) float16, R,G,B in [0, 1]; with looks 2 N, of which i and i + N are of one scene.
        alpha : Tensor
            (N, 1, H, W) float32 in [0, 1]; with looks 2 N.
        """
        sheet: Sheet = packed.on(self._device)
        size = (sheet.height, sheet.width)
        picture = torch.zeros(sheet.count, 3, *size, dtype=torch.float16, device=self._device)
        alpha = torch.zeros(sheet.count, 1, *size, dtype=torch.float16, device=self._device)
        if len(sheet.rooms_at):
            rooms = self._look(self._stacks.backgrounds, sheet.rooms, size)
            picture[sheet.rooms_at] = _recoloured(rooms, sheet.room_colours)
        if len(sheet.photos_at):
            picture[sheet.photos_at] = self._look(self._stacks.photos, sheet.photos, size)
            alpha[sheet.photos_at] = self._look(self._stacks.people, sheet.photos, size)[:, 3:]
        self._lay(picture, sheet.relit_at, _recoloured(picture[sheet.relit_at], sheet.relit), 1.0, alpha)
        for things in sheet.clutter:
            mask, look = self._things(things, size)
            self._lay(picture, things.at, look, mask, alpha)
        if len(sheet.blur_at):
            picture[sheet.blur_at] = gaussian(picture[sheet.blur_at], sheet.blur)
        screens = _enlarged(sheet.screens.pixels, size)
        self._lay(picture, sheet.screens.at, screens[:, :3], screens[:, 3:], alpha)
        if len(sheet.figures.at):
            self._people(picture, alpha, sheet.figures)
        mask, look = self._things(sheet.occluders, size)
        at = sheet.occluders.at
        picture[at] = torch.lerp(picture[at], look, mask)
        alpha[at] = alpha[at] * (1 - mask)
        picture, alpha = self._exposed(picture, alpha, sheet.exposures)
        generator = torch.Generator(self._device).manual_seed(sheet.sensors.seed)
        picture = self._sensed(picture, sheet.sensors, generator)
        if sheet.looks is not None:
            picture, alpha = self._looked_at(picture, alpha, sheet.looks, generator)
        return picture, alpha.float()

    def _where(self, matrix: Tensor, size: tuple[int, int], shifts: Tensor | None = None) -> Tensor:
        """Places (n, H, W, 2) in the pixels of pictures, by maps (n, 2, 3) from the frame."""
        y = torch.arange(size[0], device=self._device, dtype=torch.float32)[None, :, None]
        x = torch.arange(size[1], device=self._device, dtype=torch.float32)[None, None]
        if shifts is not None:
            x, y = x + shifts[:, 0], y + shifts[:, 1]
        return _by(matrix, x, y)

    def _look(self, stack: Stack, views: Views, size: tuple[int, int]) -> Tensor:
        return stack.sample(views.index, self._where(views.matrix, size), reflect=True)

    @staticmethod
    def _lay(picture: Tensor, at: Tensor, look: Tensor, mask: Tensor | float, alpha: Tensor) -> None:
        """Lay looks over pictures, in place, behind the people that are in them."""
        picture[at] = torch.lerp(picture[at], look.half(), (mask * (1 - alpha[at])).expand_as(look))

    def _things(self, things: Things, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Where things are (n, 1, H, W) in [0, 1], and what they look like (n, 3, H, W)."""
        planes = F.interpolate(things.masks.float() / 255, size, mode="bilinear", align_corners=False)
        mask, light = planes[:, :1], planes[:, 1:]
        mask = (3 * (mask - 0.5) + 0.5).clamp(0, 1).half()
        look = torch.zeros(len(mask), 3, *size, dtype=torch.float16, device=self._device)
        look[things.backgrounds_at] = self._look(self._stacks.backgrounds, things.backgrounds, size)
        look[things.posters_at] = self._look(self._stacks.photos, things.posters, size)
        look = _recoloured(look, things.colours)
        look[things.plain_at] = F.interpolate(things.plain, size, mode="bilinear", align_corners=False).half()
        columns = torch.arange(size[1], device=self._device)[None, None]
        rows = torch.arange(size[0], device=self._device)[None, :, None]
        slanted = columns + things.slant[:, None, None] * rows
        sway = F.interpolate(things.sway, size, mode="bicubic", align_corners=False)[:, 0]
        waves = torch.sin(2 * math.pi * slanted / things.length[:, None, None] + 2 * sway)
        shade = 1 + things.depth[:, None, None] * waves
        return mask, (look * shade[:, None] * light).clamp(0, 1).half()

    def _people(self, picture: Tensor, alpha: Tensor, figures: Figures) -> None:
        """Set people before pictures, in place."""
        size = (picture.shape[-2], picture.shape[-1])
        shifts = F.interpolate(figures.bend, size, mode="bicubic", align_corners=False)
        where = self._where(figures.views.matrix, size, shifts)
        who = figures.views.index
        front = self._stacks.people.sample(who, where, reflect=False)
        width_height = self._stacks.people.sizes[who][:, None, None]  # (n, 1, 1, 2)
        beyond = torch.maximum(-where, where - (width_height - 1)).amax(-1)
        bent = figures.bend.abs().amax((1, 2, 3)) > 0  # others end where their photo does
        reach = torch.where(bent[:, None, None], REACH * width_height[..., 1], 0.5)
        colours, a = front[:, :3], front[:, 3:] * (beyond <= reach)[:, None]
        colours = self._dressed(colours, where, figures)
        for extras in figures.extras:
            _with_extras(colours, a, extras)
        colours = _recoloured(colours, figures.colours)
        column, row = figures.spot.unbind(1)
        tones = colours[torch.arange(len(colours), device=self._device), :, row, column]
        shade = self._shadows(a, figures)
        for rows in (slice(0, figures.backs), slice(figures.backs, None)):
            at = figures.at[rows]
            behind = _toned(picture[at], tones[rows], figures.share[rows], figures.contrast[rows]) * shade[rows]
            picture[at] = colours[rows] * a[rows] + behind * (1 - a[rows])
            alpha[at] = a[rows] + (1 - a[rows]) * alpha[at]

    def _dressed(self, colours: Tensor, where: Tensor, figures: Figures) -> Tensor:
        worn = figures.clothing
        if not len(worn.at):
            return colours
        old, places = colours[worn.at], where[worn.at]
        rows = places[..., 1]
        below = ((rows - _wide(worn.chin)) * _wide(worn.chin_slope) + 0.5).clamp(0, 1) * _wide(worn.below)
        above = ((_wide(worn.brow) - rows) * _wide(worn.brow_slope) + 0.5).clamp(0, 1) * _wide(worn.above)
        weight = (below + above)[:, None]
        shading = F.avg_pool2d(old.float().mean(1, keepdim=True), 5, 1, 2)
        middle = shading.mean((1, 2, 3), keepdim=True)
        skin = self._stacks.skin[figures.views.index[worn.at]][:, :, None, None]
        bare = (1 + 0.5 * (shading - middle) / middle.clamp(min=60 / 255)) * skin
        dyed = _mixed(old, worn.dye).clamp(0, 1)
        dyed = torch.lerp(dyed, 1 - dyed, _wide(worn.inverted)[:, None].half())
        cloth = self._stacks.backgrounds.sample(
            worn.cloth.index, _by(worn.cloth.matrix, places[..., 0], places[..., 1]), reflect=True
        )
        turns = (places + worn.phase[:, None, None]) / worn.period[:, None, None] % 1
        on = (turns < worn.on[:, None, None]).float()[:, None]  # (n, 1, H, W, 2)
        palette = worn.palette.permute(0, 2, 1)[:, :, :, None, None]  # (n, 3, 4, 1, 1)
        checks = on[..., 0] * palette[:, :, 0] + (1 - on[..., 0]) * palette[:, :, 1]
        checks = (checks + on[..., 1] * palette[:, :, 2] + (1 - on[..., 1]) * palette[:, :, 3]) / 2
        by_cloth, by_checks = _wide(worn.cloth_share)[:, None], _wide(worn.check_share)[:, None]
        dyed = dyed * (1 - by_cloth - by_checks) + by_cloth * cloth + by_checks * checks
        dyed = torch.lerp(dyed, bare, _wide(worn.bare)[:, None])
        dyed = _recoloured(dyed.clamp(0, 1), worn.colours)
        colours = colours.clone()
        colours[worn.at] = (dyed * weight + old * (1 - weight)).half()
        return colours

    def _shadows(self, a: Tensor, figures: Figures) -> Tensor:
        """What is left of the light behind people: (n, 1, H, W)."""
        small = F.avg_pool2d(a.float(), 8)
        theta = torch.zeros(len(small), 2, 3, device=self._device)
        theta[:, 0, 0] = theta[:, 1, 1] = 1
        theta[:, :, 2] = -2 * figures.shift
        moved = F.grid_sample(small, F.affine_grid(theta, list(small.shape), align_corners=False), align_corners=False)
        soft = gaussian(moved, figures.sigma / 8)
        soft = F.interpolate(soft, a.shape[-2:], mode="bilinear", align_corners=False)
        return (1 - _wide(figures.depth)[:, None] * soft).half()

    def _exposed(self, picture: Tensor, alpha: Tensor, exposures: Exposures) -> tuple[Tensor, Tensor]:
        picture = _recoloured(picture, exposures.colours)
        at = exposures.strange_at
        if len(at):
            picture[at] = _strange(picture[at], exposures)
        grey = picture.new_tensor((0.299, 0.587, 0.114))[None, :, None, None]
        at = exposures.grey_at
        picture[at] = (picture[at] * grey).sum(1, keepdim=True).expand(-1, 3, -1, -1)
        at = exposures.motion_at
        if len(at):
            both = filtered(torch.cat([picture[at], alpha[at]], dim=1), exposures.strokes)
            picture[at], alpha[at] = both[:, :3], both[:, 3:]
        light = F.interpolate(exposures.light, picture.shape[-2:], mode="bilinear", align_corners=False)
        return (picture * light.half()).clamp(0, 1), alpha

    def _looked_at(
        self, picture: Tensor, alpha: Tensor, looks: Looks, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """See `looks.looked_at`."""
        size = (picture.shape[-2], picture.shape[-1])
        where = (2 * self._where(looks.matrix, size) + 1) / picture.new_tensor((size[1], size[0])).float() - 1
        both = torch.cat([picture, alpha], dim=1).float().repeat(2, 1, 1, 1)
        moved = F.grid_sample(both, where, mode="bilinear", padding_mode="reflection", align_corners=False)
        noise = torch.randn(moved[:, :3].shape, generator=generator, device=self._device)
        seen = moved[:, :3] * _wide(looks.gain)[:, None] + _wide(looks.offset)[:, None]
        return (seen + _wide(looks.noise)[:, None] * noise).clamp(0, 1).half(), moved[:, 3:]

    def _sensed(self, picture: Tensor, sensors: Sensors, generator: torch.Generator) -> Tensor:
        height, width = picture.shape[-2:]
        for number, resolution in sensors.small:
            picture[number : number + 1] = reduced(picture[number : number + 1], resolution)
        fine, rough = (
            torch.randn(shape, generator=generator, dtype=picture.dtype, device=self._device)
            for shape in (picture.shape, (*picture.shape[:2], height // 2, width // 2))
        )
        rough = F.interpolate(rough, (height, width), mode="bilinear", align_corners=False)
        grain = torch.lerp(fine, rough, sensors.coarse[:, None, None, None].half())
        picture = picture + sensors.noise[:, None, None, None].half() * grain
        picture = ((picture.clamp(0, 1) * 255).round() / 255).contiguous()
        for at, loss, jpeg in ((sensors.jpeg_at, sensors.jpeg, True), (sensors.video_at, sensors.video, False)):
            if len(at):
                picture[at] = block_coded(picture[at], loss, jpeg=jpeg)
        return picture


def _wide(values: Tensor) -> Tensor:
    """(n,) to (n, 1, 1)."""
    return values[:, None, None]


def _by(matrix: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Places (n, H, W) by affine maps (n, 2, 3): (n, H, W, 2)."""
    m = matrix[..., None, None]  # (n, 2, 3, 1, 1)
    return torch.stack([m[:, i, 0] * x + m[:, i, 1] * y + m[:, i, 2] for i in range(2)], dim=-1)


def _enlarged(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Layers (n, h, w, 4) uint8 as (n, 4, H, W) in [0, 1]."""
    return F.interpolate(pixels.permute(0, 3, 1, 2).half() / 255, size, mode="bilinear", align_corners=False)


def _with_extras(colours: Tensor, alpha: Tensor, extras: Extras) -> None:
    """Add what was drawn for people, (n, 3, H, W) and (n, 1, H, W), in place; see `extras.with_extra`."""
    at = extras.layers.at
    if not len(at):
        return
    extra = _enlarged(extras.layers.pixels, (colours.shape[-2], colours.shape[-1]))
    own, a = extra[:, 3:], alpha[at]
    total = own + (1 - own) * a
    share = own * torch.lerp(torch.ones_like(a), (1 - a) / total.clamp(min=1e-3), _wide(extras.behind)[:, None].half())
    colours[at] = torch.lerp(colours[at], extra[:, :3], share)
    alpha[at] = total


def _strange(picture: Tensor, exposures: Exposures) -> Tensor:
    """Pictures (n, 3, H, W) in [0, 1] mixed with themselves through the plan's filters; see `colour.strange`."""
    n, _, h, w = picture.shape
    image = picture.float()
    odd = filtered(image.reshape(n * 3, 1, h, w), exposures.kernels.reshape(n * 3, 3, 3)).reshape(n, 3, h, w)
    odd = _mixed(odd, exposures.mixing)
    whole = (1, 2, 3)
    spread = image.std(whole, keepdim=True) / odd.std(whole, keepdim=True).clamp(min=1 / 255)
    odd = (odd - odd.mean((2, 3), keepdim=True)) * spread + image.mean(whole, keepdim=True)
    share = _wide(exposures.share)[:, None]
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


def _recoloured(picture: Tensor, colours: Colours) -> Tensor:
    """Pictures (n, 3, H, W) in [0, 1] in other colours."""
    return _mixed(picture.half(), colours.matrix).clamp_(0, 1).pow_(_wide(colours.gamma)[:, None].half())
