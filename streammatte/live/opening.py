"""Opens a running session: the camera, the network, the virtual camera and what the user may change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from streammatte.live.controls import LiveControls
from streammatte.live.session import LiveSession
from streammatte.matting.smoothing import SmootherName
from streammatte.plugins.background import without_folders
from streammatte.stages import Matter, Source, SourceInfo

if TYPE_CHECKING:
    from streammatte.compositing.fitting import FitMode
    from streammatte.matting.engines import Device, EngineName
    from streammatte.matting.matter import Quality

__all__ = ["open_session"]


def open_session(
    camera: str | None = None,
    *,
    backgrounds: Sequence[str] = ("blur",),
    blur: float | None = None,
    filters: Sequence[str] = (),
    kept: Sequence[str] = (),
    smoothing: SmootherName = "motion",
    decontaminate: bool = True,
    mirror: bool = False,
    size: tuple[int, int] = (1280, 720),
    rate: Fraction | int = 30,
    virtual_camera: str | bool = True,
    fit: FitMode = "cover",
    always_on: bool = False,
    matte_fps: float | None = None,
    cpu_budget: float | None = None,
    matter: str = "streammatte",
    quality: Quality = "fast",
    weights: Path | None = None,
    engine: EngineName = "auto",
    device: Device = "auto",
    threads: int = 2,
) -> LiveSession:
    """Matte a camera live, as `streammatte webcam` does, in threads of the session's own.

    Use it with `with`, or close it. What it shows is changed by its `controls`, from any thread, and takes effect
    between two frames. A camera that is lost is looked for again and again.

    Parameters
    ----------
    camera : str, optional
        A camera's device or name; an address such as rtsp://... or http://...; a video, which is played in a loop;
        "sample" is one. The first camera by default.
    backgrounds : sequence of str
        As `--bg` takes them, folders of pictures among them; the first is shown.
    blur : float, optional
        How much the first is blurred, 0 to 100; by default as it says itself.
    filters : sequence of str
        Applied after the background, as `parse_filter` takes them.
    kept : sequence of str
        Applied before it: filters that say who and what is kept, such as ``people:largest`` and ``held``.
    smoothing : {"off", "motion"}
        How alpha is steadied over time.
    decontaminate : bool
        Whether to take the old background's colour out of hair and soft edges.
    mirror : bool
        Whether to show the picture mirrored.
    size : tuple of int
        (w, h) to ask of the camera; it may give another one.
    rate : Fraction or int
        Frames per second to ask of the camera.
    virtual_camera : str or bool
        The virtual camera to write to, "pipewire" for one in PipeWire; True for the first, False for none: what is
        shown is then had from `LiveSession.shown` alone.
    fit : {"cover", "contain"}
        Whether a frame of another shape than the virtual camera's is cut off at the edges, or has black bars.
    always_on : bool
        Whether the camera stays open while no program watches the virtual camera. Without one it always does.
    matte_fps : float, optional
        The most often in a second that alpha is found; in between, it follows the motion.
    cpu_budget : float, optional
        Percent of one core: alpha is found less often while the process uses more. What the least is, if that is more,
        is told to `LiveSession.controls.notices`.
    matter : str
        What finds alpha, as `parse_matter` takes it: by default our own network.
    quality, weights, engine, device, threads
        As `load` takes them; what the matter does not take is left out.

    Returns
    -------
    LiveSession

    Raises
    ------
    UsageError, FilterError
        If a background, a filter or a limit cannot be.
    DeviceError
        If the camera or the virtual camera is not there or does not answer.
    MediaError, WeightsError, MissingExtraError
        As `load` raises them, and for a background that cannot be read.
    """
    from streammatte.devices import open_virtual_camera
    from streammatte.plugins.parameters import describe
    from streammatte.plugins.registry import load_matter
    from streammatte.plugins.text import parse_matter, split_matter

    name, values = split_matter(matter)
    choosable = "quality" not in values and "quality" in [each.name for each in describe(load_matter(name))]

    def loaded(weights: Path | None, quality: Quality | None) -> Matter:
        return parse_matter(matter, weights=weights, quality=quality, engine=engine, device=device, threads=threads)

    controls = LiveControls(
        without_folders(backgrounds),
        blur=blur,
        filters=filters,
        kept=kept,
        smoothing=smoothing,
        decontaminate=decontaminate,
        load=loaded,
        weights=weights,
        quality=quality if choosable else None,
    )
    if mirror:
        controls.toggle("mirror")
    shown_as = None if virtual_camera is True else virtual_camera or None
    try:
        network = loaded(weights, quality)
    except BaseException:
        controls.close()
        raise
    return LiveSession(
        _Camera(camera, size, rate, controls.notify),
        controls,
        network,
        open_output=(lambda size, rate: open_virtual_camera(size, rate, shown_as, fit)) if virtual_camera else None,
        always_on=always_on,
        matte_fps=matte_fps,
        cpu_budget=cpu_budget,
    )


class _Camera:
    """Opens the camera; later no other is taken in its place, whatever its number is then."""

    def __init__(
        self, spec: str | None, size: tuple[int, int], rate: Fraction | int, notify: Callable[[str], None]
    ) -> None:
        self._spec = spec
        self._asked = size, Fraction(rate)
        self._notify = notify
        self._taken: tuple[str, str, list[str]] | None = None  # as `find_again` takes it

    def __call__(self) -> Source:
        from streammatte.devices import open_camera
        from streammatte.devices.listing import find_again, list_cameras

        source = open_camera(find_again(*self._taken) if self._taken else self._spec, *self._asked)
        device, names = source.info.device, {each.device: each.name for each in list_cameras()}
        if self._taken:
            self._taken = device, *self._taken[1:]
        elif device in names:  # which an address and a video are not
            twins = [other for other in names if other != device and names[other] == names[device]]
            self._taken = device, names[device], twins
        self._notify(_given(source.info))
        return source


def _given(info: SourceInfo) -> str:
    """What was asked for is not always what a camera gives."""
    coding = f" {info.coding}" if info.coding else ""
    rate = f" at {float(info.rate):.3g} fps" if info.rate else ""
    return f"{info.device or 'the video'} gives {info.size[0]}x{info.size[1]}{coding}{rate}"
