"""The formats of a camera, which is played by structures laid out by ctypes after the kernel's header."""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_uint32
from fractions import Fraction

import pytest

from streammatte.devices.v4l2_formats import CameraMode, enumerate_modes


class Fmtdesc(ctypes.Structure):
    _fields_ = [
        *((name, c_uint32) for name in ("index", "type", "flags")),
        ("description", c_char * 32),
        ("pixelformat", c_uint32),
        ("mbus_code", c_uint32),
        ("reserved", c_uint32 * 3),
    ]


class Frmsize(ctypes.Structure):
    _fields_ = [
        *((name, c_uint32) for name in ("index", "pixel_format", "type")),
        ("union", c_uint32 * 6),
        ("reserved", c_uint32 * 2),
    ]


class Frmival(ctypes.Structure):
    _fields_ = [
        *((name, c_uint32) for name in ("index", "pixel_format", "width", "height", "type")),
        ("union", c_uint32 * 6),
        ("reserved", c_uint32 * 2),
    ]


def iowr(number, structure):
    """The kernel's _IOWR('V', number, structure)."""
    return 3 << 30 | ctypes.sizeof(structure) << 16 | ord("V") << 8 | number


def fourcc(name):
    return sum(ord(letter) << 8 * place for place, letter in enumerate(name))


class Camera:
    """Answers as a driver does.

    `offer` is {queue: {pixel format: [(kind of size, its numbers, kind of interval, intervals)]}}.
    """

    def __init__(self, offer):
        self.offer = offer

    def __call__(self, request, argument):
        number = request & 0xFF
        structure = {2: Fmtdesc, 74: Frmsize, 75: Frmival}[number]
        assert request == iowr(number, structure)
        asked = structure.from_buffer_copy(argument)
        try:
            {2: self.format, 74: self.size, 75: self.interval}[number](asked)
        except (IndexError, KeyError) as error:
            raise OSError(22, "Invalid argument") from error
        return bytes(asked)

    def format(self, asked):
        asked.pixelformat = fourcc(list(self.offer[asked.type])[asked.index])
        asked.description = b"What it is called"

    def sizes_of(self, pixel_format):
        return next(
            sizes for formats in self.offer.values() for name, sizes in formats.items() if fourcc(name) == pixel_format
        )

    def size(self, asked):
        asked.type, numbers, *_ = self.sizes_of(asked.pixel_format)[asked.index]
        asked.union[: len(numbers)] = numbers

    def interval(self, asked):
        for _, numbers, kind, intervals in self.sizes_of(asked.pixel_format):
            largest = (numbers[1], numbers[4]) if len(numbers) == 6 else numbers
            if largest == (asked.width, asked.height):
                asked.type = kind
                asked.union[: len(intervals[asked.index])] = intervals[asked.index]
                return
        raise KeyError


def test_a_webcam_lists_each_size_with_its_rates():
    webcam = Camera(
        {
            1: {
                "MJPG": [(1, (1920, 1080), 1, [(1, 30)]), (1, (1280, 720), 1, [(1001, 30000), (1, 60)])],
                "YUYV": [(1, (640, 480), 1, [(1, rate) for rate in (5, 30, 15, 10, 7)])],
            }
        }
    )
    modes = enumerate_modes(webcam)
    assert modes == [
        CameraMode("MJPG", (1920, 1080), (Fraction(30),)),
        CameraMode("MJPG", (1280, 720), (Fraction(60), Fraction(30000, 1001))),
        CameraMode("YUYV", (640, 480), tuple(map(Fraction, (30, 15, 10, 7, 5)))),
    ]
    assert [str(mode) for mode in modes] == ["1920x1080 (30 fps)", "1280x720 (60, 29.97 fps)", "640x480 (5 to 30 fps)"]


@pytest.mark.parametrize("kind", [2, 3])  # continuous, stepwise
def test_a_range_gives_its_ends(kind):
    scaler = Camera({9: {"NV12": [(kind, (48, 1920, 2, 32, 1080, 4), kind, [(1, 60, 1, 1, 1, 60)])]}})
    (mode,) = enumerate_modes(scaler)
    assert mode == CameraMode("NV12", (1920, 1080), (Fraction(60),), (48, 32), Fraction(1))
    assert str(mode) == "48x32 to 1920x1080 (1 to 60 fps)"


def test_what_a_driver_does_not_tell_is_left_out():
    dumb = Camera({1: {"GREY": [], "BGR3": [(1, (320, 240), 1, [])]}})
    (mode,) = enumerate_modes(dumb)
    assert (str(mode), mode.rates) == ("320x240", ())


def test_a_driver_that_never_ends_does():
    endless = Camera({1: {"MJPG": [(1, (640, 480), 1, [(1, 30)])] * 10_000}})
    assert 0 < len(enumerate_modes(endless)) < 1000
