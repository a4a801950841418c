import subprocess
import sys

import pytest

from worker.memory import IdleMemory

ARRAYS_MB = 80
FREED = f"""
import sys, time
import numpy as np, psutil
from worker.memory import IdleMemory, give_memory_back, keep_freed_memory

def resident_mb():
    return psutil.Process().memory_info().rss / 1e6

def use_memory():
    arrays = [np.ones(1_000_000, np.uint8) for _ in range({ARRAYS_MB})]

keep_freed_memory()
before_mb = resident_mb()
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told what to keep")


def printed(code):
    done = subprocess.run([sys.executable, "-c", FREED + code], capture_output=True, text=True, timeout=60, check=True)
    return [float(figure) for figure in done.stdout.split()]


@LINUX
def test_freed_memory_is_kept_until_it_is_given_back():
    kept_mb, left_mb = printed("""
use_memory()
print(resident_mb() - before_mb)
give_memory_back()
print(resident_mb() - before_mb)
""")
    assert kept_mb > ARRAYS_MB * 0.9
    assert left_mb < ARRAYS_MB * 0.2


@LINUX
def test_an_idle_process_gives_its_memory_back_by_itself():
    (left_mb,) = printed(f"""
with IdleMemory(0.05).in_use():
    use_memory()
ends = time.monotonic() + 30
while resident_mb() - before_mb > {ARRAYS_MB} * 0.2 and time.monotonic() < ends:
    time.sleep(0.01)
print(resident_mb() - before_mb)
""")
    assert left_mb < ARRAYS_MB * 0.2


@LINUX
def test_memory_in_use_again_is_not_given_back():
    (kept_mb,) = printed("""
idle = IdleMemory(0.2)
with idle.in_use():
    use_memory()
with idle.in_use():
    time.sleep(0.6)
    print(resident_mb() - before_mb)
""")
    assert kept_mb > ARRAYS_MB * 0.9


def test_what_fails_in_use_is_told():
    with pytest.raises(ValueError, match="by a job"), IdleMemory().in_use():
        raise ValueError("by a job")
