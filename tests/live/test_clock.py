from __future__ import annotations

from fractions import Fraction
from time import monotonic, sleep

import numpy as np

from streammatte.compositing.frames import Frame
from streammatte.compositing.layers import Layers
from streammatte.io import ListSink
from streammatte.live.clock import ClockedSink


def layers(level, time_s=None):
    time_s = monotonic() if time_s is None else time_s
    frame = Frame(np.full((4, 6, 3), level, np.uint8), round(time_s * 1e6), Fraction(1, 1_000_000))
    return Layers.of(frame, np.ones((4, 6), np.float32))


def levels(sink):
    return [int(each.composite.rgb[0, 0, 0]) for each in sink.layers]


def test_a_frame_is_there_before_the_first_comes():
    sink = ListSink()
    clock = ClockedSink(sink, 50, layers(7))
    assert levels(sink)[:1] == [7]
    clock.close()
    assert sink.closed


def test_a_late_frame_is_replaced_by_the_one_before():
    sink = ListSink()
    clock = ClockedSink(sink, 100, layers(0))
    for level in range(1, 6):
        clock.write(layers(level))
        sleep(0.1)
    report = clock.report()
    clock.close()
    shown = levels(sink)
    assert shown == sorted(shown)
    assert set(shown) >= {1, 2, 3, 4, 5}
    assert all(shown.count(level) > 3 for level in range(1, 6))  # 10 of each, were the machine never busy
    assert report.repeated >= report.written - 7
    assert report.worst_gap_ms >= 10


def test_of_frames_that_come_too_fast_the_newest_is_shown():
    sink = ListSink()
    clock = ClockedSink(sink, 20, layers(0))
    for level in range(1, 101):
        clock.write(layers(level))
        sleep(0.002)
    sleep(0.15)
    clock.close()
    assert levels(sink)[-1] == 100
    assert len(sink.layers) < 40


def test_latency_is_from_capture_to_first_showing(until):
    clock = ClockedSink(ListSink(), 100, layers(0))
    clock.write(layers(1, monotonic() - 0.25))
    until(lambda: clock.report().latency_median_ms is not None)
    report = clock.report()
    clock.close()
    assert 250 <= report.latency_median_ms < 1500


def test_at_rest_the_first_picture_is_shown_seldom_and_frames_are_left_aside(until):
    sink = ListSink()
    clock = ClockedSink(sink, 100, layers(7), idle_rate=4)
    clock.write(layers(1))
    until(lambda: 1 in levels(sink))
    clock.rest(True)
    clock.write(layers(2))
    before = len(sink.layers)
    sleep(0.6)
    assert set(levels(sink)[before + 1 :]) == {7}
    assert len(sink.layers) - before <= 5
    clock.rest(False)
    clock.write(layers(3))
    until(lambda: 3 in levels(sink))
    clock.abort()
    assert sink.aborted


def test_what_is_old_makes_room_for_the_first_picture(until, monkeypatch):
    monkeypatch.setattr("streammatte.live.clock._HELD_S", 0.3)
    sink = ListSink()
    clock = ClockedSink(sink, 100, layers(7))
    clock.write(layers(1))
    until(lambda: levels(sink)[-1] == 1)
    until(lambda: levels(sink)[-1] == 7)
    clock.write(layers(2))
    until(lambda: levels(sink)[-1] == 2)
    clock.close()


def test_while_it_is_covered_the_first_picture_is_shown_and_has_no_latency(until):
    sink, covered = ListSink(), [True]
    clock = ClockedSink(sink, 100, layers(7), covered=lambda: covered[0])
    clock.write(layers(1))
    until(lambda: len(sink.layers) > 5)
    assert set(levels(sink)) == {7}
    assert clock.report().latency_median_ms is None
    covered[0] = False
    until(lambda: levels(sink)[-1] == 1)
    clock.close()


def test_what_the_other_sink_raises_comes_out_of_write(until):
    class Broken(ListSink):
        def write(self, layers):
            if len(self.layers) == 2:
                raise OSError("the device is gone")
            super().write(layers)

    clock = ClockedSink(Broken(), 100, layers(0))

    def raised():
        try:
            clock.write(layers(1))
        except OSError as error:
            return "gone" in str(error)
        return False

    until(raised)
    clock.abort()
