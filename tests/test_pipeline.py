from __future__ import annotations

import threading
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from streammatte.compositing.frames import Frame
from streammatte.errors import FilterError
from streammatte.pipeline import run

TIMES = [0, 40, 41, 120, 1000, 1001]
"""Irregular on purpose."""


class Pictures:
    """A source of noise that remembers how far it was read and whether it was closed."""

    rate = None
    size = (8, 6)

    def __init__(self, times=TIMES, live=False, interval=0.0, error=None):
        self.times, self.live, self.interval, self.error = times, live, interval, error
        self.read, self.closed = 0, False

    def __iter__(self):
        noise = np.random.default_rng(0)
        for pts in self.times:
            if self.closed:
                return
            time.sleep(self.interval)
            self.read += 1
            yield Frame(noise.integers(0, 256, (6, 8, 3), np.uint8), pts, Fraction(1, 1000))
        if self.error:
            raise self.error

    def close(self):
        self.closed = True


class Half:
    """Sees everything half transparent."""

    def __init__(self, delay=0.0):
        self.delay, self.resets = delay, 0

    def matte(self, frame):
        time.sleep(self.delay)
        return np.full((frame.size[1], frame.size[0]), 0.5, np.float32)

    def smooth(self, alpha, frame):
        return alpha * np.float32(0.5)

    def reset(self):
        self.resets += 1


class Kept:
    """A sink that keeps what it got, and what became of it."""

    def __init__(self, delay=0.0):
        self.layers, self.end, self.delay = [], None, delay

    def write(self, layers):
        time.sleep(self.delay)
        self.layers.append(layers)

    def close(self):
        self.end = self.end or "closed"

    def abort(self):
        self.end = self.end or "aborted"


class Failing:
    """Stands for any stage; raises at its second call."""

    def __init__(self, error):
        self.error, self.calls = error, 0

    def fail(self, *_):
        self.calls += 1
        if self.calls == 2:
            raise self.error

    def matte(self, frame):
        self.fail()
        return np.zeros((6, 8), np.float32)

    def smooth(self, alpha, frame):
        self.fail()
        return alpha

    def __call__(self, layers):
        self.fail()
        return layers

    def reset(self):
        pass


def in_time(call, seconds=10):
    """Call in a thread, so that a run that hangs fails the test instead of the whole suite."""
    outcome = {}

    def work():
        try:
            outcome["value"] = call()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    assert not thread.is_alive(), "the run hangs"
    assert not [t for t in threading.enumerate() if t.name.startswith("streammatte")], "a thread is left behind"
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


def test_every_frame_of_a_file_is_written_once_in_order_with_its_own_time():
    source, sink = Pictures(TIMES * 20), Kept()

    assert in_time(lambda: run(source, Half(), sink)) == 120
    assert [layers.frame.pts for layers in sink.layers] == TIMES * 20
    assert {layers.frame.time_base for layers in sink.layers} == {Fraction(1, 1000)}
    assert sink.end == "closed"
    assert source.closed


def test_without_filters_the_picture_is_the_input_bit_for_bit():
    sink = Kept()
    in_time(lambda: run(Pictures(), Half(), sink))

    for layers, frame in zip(sink.layers, Pictures(), strict=True):
        np.testing.assert_array_equal(layers.composite.rgb, frame.rgb)


def test_stages_follow_one_another_and_start_afresh():
    matter, smoother, sink = Half(), Half(), Kept()

    class Adds:
        def __init__(self, number):
            self.number, self.calls = number, []

        def __call__(self, layers):
            self.calls.append("call")
            return replace(layers, background=layers.foreground * 0 + 10 * layers.background[0, 0, 0] + self.number)

        def reset(self):
            self.calls.append("reset")

        def close(self):
            self.calls.append("close")

    first, second = Adds(1), Adds(2)

    def plain(layers):
        return replace(layers, background=layers.background * 0)

    in_time(lambda: run(Pictures(), matter, sink, smoother=smoother, filters=[plain, first, second]))

    assert sink.layers[0].background[0, 0, 0] == 12
    assert sink.layers[0].alpha[0, 0] == 0.25
    assert (matter.resets, smoother.resets) == (1, 1)
    assert first.calls == second.calls == ["reset", *["call"] * len(TIMES), "close"]


def test_all_start_afresh_where_time_steps_back():
    matter, smoother = Half(), Half()
    in_time(lambda: run(Pictures([0, 40, 80, 0, 40]), matter, Kept(), smoother=smoother))
    assert (matter.resets, smoother.resets) == (2, 2)


def test_reports_come_in_the_callers_thread_after_each_frame():
    reports, threads, sink = [], set(), Kept(delay=0.02)

    def on_frame(report):
        assert len(sink.layers) == report.index + 1
        reports.append(report)
        threads.add(threading.current_thread())

    def call():
        run(Pictures(interval=0.01), Half(delay=0.03), sink, on_frame=on_frame)
        return threading.current_thread()

    assert {in_time(call)} == threads
    assert [report.time for report in reports] == [pts / 1000 for pts in TIMES]
    assert reports[2].stages.decode_ms >= 10
    assert reports[2].stages.matte_ms >= 30
    assert reports[2].stages.write_ms >= 20


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("stage", ["source", "matter", "smoother", "filter", "sink", "on_frame", "close"])
def test_an_error_anywhere_is_raised_the_sink_aborted_and_nothing_hangs(stage, error):
    failing, sink = Failing(error), Kept()
    source = Pictures(TIMES * 20) if stage != "source" else Pictures(TIMES, error=error)
    matter = failing if stage == "matter" else Half()
    options = {
        "smoother": failing if stage == "smoother" else None,
        "filters": [failing] if stage == "filter" else [],
        "on_frame": failing.fail if stage == "on_frame" else None,
    }
    if stage == "sink":
        sink.write = failing.fail
    if stage == "close":
        failing.calls = 1
        sink.close = failing.fail

    with pytest.raises(type(error)) as caught:
        in_time(lambda: run(source, matter, sink, **options))

    assert caught.value is error
    assert sink.end == "aborted"
    assert source.closed


def test_a_failing_matter_does_not_wait_for_a_slow_camera():
    source = Pictures(range(10_000), live=True, interval=0.05)
    with pytest.raises(ValueError, match="broken"):
        in_time(lambda: run(source, Failing(ValueError("broken")), Kept()), seconds=2)


def test_closing_the_source_ends_the_run_and_completes_the_output():
    source, sink = Pictures(range(10_000)), Kept()

    def stop(report):
        if report.index == 2:
            source.close()

    written = in_time(lambda: run(source, Half(), sink, on_frame=stop))

    assert 3 <= written < 20
    assert len(sink.layers) == written
    assert sink.end == "closed"


def test_a_late_run_skips_to_the_newest_frame_of_a_live_source_and_counts_the_rest():
    source, sink, reports = Pictures(range(100), live=True, interval=0.005), Kept(), []
    written = in_time(lambda: run(source, Half(delay=0.05), sink, on_frame=reports.append))

    shown = [layers.frame.pts for layers in sink.layers]
    assert shown == sorted(shown)
    assert shown[-1] == 99  # the newest is not lost
    assert written + reports[-1].dropped == 100
    assert reports[-1].dropped > 0


def test_a_file_is_never_read_far_ahead():
    source, ahead = Pictures(range(60)), []
    in_time(
        lambda: run(source, Half(), Kept(delay=0.005), on_frame=lambda report: ahead.append(source.read - report.index))
    )

    assert max(ahead) <= 8  # two waiting in each queue and one in the hands of each stage


def test_a_filter_that_errs_is_closed_and_the_sink_aborted():
    class Careless:
        closed = False

        def __call__(self, layers):
            return None

        def close(self):
            self.closed = True

    careless, sink = Careless(), Kept()
    with pytest.raises(FilterError, match="Careless returned a NoneType"):
        in_time(lambda: run(Pictures(), Half(), sink, filters=[careless]))
    assert sink.end == "aborted"
    assert careless.closed
