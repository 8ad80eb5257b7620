"""The table of many files."""

from __future__ import annotations

import io

from rich.console import Console

from streammatte.cli.table import Progress


def test_the_table_shows_what_is_at_work_and_what_ended_last(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    progress = Progress([f"{each}.mp4" for each in range(9)], quiet=False)
    for number in range(5):
        progress.tell(number, 0, 100)
    for number in range(4):
        progress.end(number, "not done" if number == 2 else "done in 3.0 s", failed=number == 2)
    progress.tell(4, 25, 100)
    console = Console(file=io.StringIO(), width=100)
    console.print(progress.table(5))
    *rows, caption = [line.split() for line in console.file.getvalue().splitlines()]
    assert [row[0] for row in rows] == ["1.mp4", "2.mp4", "3.mp4", "4.mp4", "5.mp4"]
    assert rows[1][1:] == ["not", "done"]
    assert rows[3][-2:] == ["left"] or rows[3][2:4] == ["25", "frames,"]
    assert rows[4][1:] == ["waiting"]
    assert " ".join(caption) == "4 of 9 files, 1 not done"


def test_a_name_in_brackets_is_shown_whole():
    progress = Progress(["[final] talk.mp4"], quiet=False)
    console = Console(width=80)
    with console.capture() as shown:
        console.print(progress.table(5))
    assert "[final] talk.mp4" in shown.get()
