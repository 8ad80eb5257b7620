"""What the C library does with memory, as the system counts it."""

from __future__ import annotations

import subprocess
import sys

import pytest

FRAMES = """
import resource, sys
import numpy as np
from streammatte.allocator import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def frame():
    return [np.ones(5_000_000, np.uint8) for _ in range(4)]
frame()
before = faults()
for _ in range(20):
    frame()
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks it of glibc")
def test_the_memory_of_a_frame_is_kept_for_the_next():
    def faults(how):
        return int(subprocess.run([sys.executable, "-c", FRAMES, how], stdout=-1, text=True, check=True).stdout)

    assert faults("kept") < faults("given back") / 20
