from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest

from streammatte.cli.keys import pressed_keys

pty = pytest.importorskip("pty", reason="there are pseudo-terminals on Unix alone")


def test_keys_come_one_by_one_and_the_terminal_is_left_as_it_was(monkeypatch, until):
    import termios

    user, terminal = pty.openpty()
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        before = termios.tcgetattr(terminal)
        with pressed_keys() as typed:
            assert typed() == ""
            os.write(user, b"n")  # no Enter after it
            until(lambda: typed() == "n")
            os.write(user, b"m?")
            until(lambda: typed() == "m?")
            os.write(user, b"\x1b[Ao\x1b[1;5Dp\x1bOP\x1b[[A\x1b\x1b[B")  # up, o, Ctrl left, p, F1 twice, Alt down
            until(lambda: typed() == "op")
            assert typed() == ""
        assert termios.tcgetattr(terminal) == before
    os.close(user)


def test_in_the_background_the_terminal_is_left_alone(monkeypatch):
    user, terminal = pty.openpty()
    os.write(user, b"q")
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
        monkeypatch.setattr("tty.setcbreak", lambda _: pytest.fail("the system would stop the program"))
        with pressed_keys() as typed:
            assert typed() == ""
    os.close(user)


def test_on_windows_the_second_part_of_a_key_is_no_letter(monkeypatch):
    pressed = list("n\0o\xe0Hm\0")  # Alt F8, up, and the first part of a key
    keyboard = SimpleNamespace(kbhit=lambda: bool(pressed), getwch=lambda: pressed.pop(0))
    monkeypatch.setitem(sys.modules, "msvcrt", keyboard)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    with pressed_keys() as typed:
        assert typed() == "nm"
        pressed += "oc"
        assert typed() == "c"


def test_without_a_terminal_nothing_is_pressed():
    with pressed_keys() as typed:  # pytest's standard input is none
        assert typed() == ""
