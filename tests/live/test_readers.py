from __future__ import annotations

from time import sleep

from streammatte.live.readers import ReaderWatch


def test_who_comes_is_believed_at_once_and_who_leaves_after_a_while(until):
    readers, told = [1], []
    watch = ReaderWatch(lambda: readers[0], told.append, hold_off_s=0.3, every_s=0.01)
    sleep(0.5)
    assert told == []
    readers[0] = 0
    sleep(0.1)
    assert told == []  # a program may only have looked
    until(lambda: told == [False])
    readers[0] = 2
    until(lambda: told == [False, True])
    assert watch.readers == 2
    watch.close()
    readers[0] = 0
    sleep(0.5)
    assert told == [False, True]
