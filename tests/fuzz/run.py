"""Many hostile inputs: ``python -m tests.fuzz.run 200000 [seed [processes]]``. Each has 5 s and 500 MB.

Input k of a seed is the same in every run. What is wrong is written into ``fuzz-finds``, named by kind, seed and k;
a process that is gone or waits for ever is a find as well, and another goes on behind it. Ends with 1 where there
were any.
"""

import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.fuzz.mutations import mutated
from tests.fuzz.readers import KINDS, give, seeds

SECONDS, BYTES = 5, 500_000_000
FINDS = Path("fuzz-finds")
_WEIGHTS = {"command": 1}
"""Kinds come six times as often as these."""


def made(seed: int, number: int, good: dict[str, list[bytes]]) -> tuple[str, bytes]:
    """Return input ``number`` of a run: its kind and its bytes."""
    chance = random.Random(f"{seed}-{number}")
    kind = chance.choices(KINDS, [_WEIGHTS.get(kind, 6) for kind in KINDS])[0]
    return kind, mutated(kind, chance.choice(good[kind]), chance)


def work(numbers: range, seed: int, at: "Synchronized[int]", told: Any) -> None:
    """Give the inputs of ``numbers``; ``at`` says which is under way, ``told`` takes the counts in the end."""
    good, counts = {kind: seeds(kind) for kind in KINDS}, Counter[str]()
    with TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["XDG_DATA_HOME"] = place
        for kind in KINDS:  # whatever is imported on the way is there before memory is bounded
            give(kind, good[kind][0], folder)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        bound = pages * resource.getpagesize() + BYTES
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
        signal.signal(signal.SIGALRM, _too_long)
        for number in numbers:
            at.value = number
            kind, content = made(seed, number, good)
            signal.alarm(SECONDS)
            try:
                counts[f"{kind} {give(kind, content, folder)}"] += 1
            except Exception as error:
                counts[f"{kind} find"] += 1
                last = traceback.extract_tb(error.__traceback__)[-1]
                _keep(kind, seed, number, content, f"{type(error).__name__} {str(error)[:200]!r} {last}")
            finally:
                signal.alarm(0)
    at.value = numbers.stop
    told.put(json.dumps(counts))


def _keep(kind: str, seed: int, number: int, content: bytes, what: str) -> None:
    FINDS.mkdir(exist_ok=True)
    name = f"{kind.strip('.')}-{seed}-{number}"
    (FINDS / name).write_bytes(content)
    print(name, what, flush=True)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"longer than {SECONDS} s")


def main(count: int, seed: int, processes: int) -> int:
    """Give ``count`` inputs; return the exit code."""
    context, total = multiprocessing.get_context("spawn"), Counter[str]()
    told: Any = context.SimpleQueue()
    share = -(-count // processes)
    left = [range(first, min(first + share, count)) for first in range(0, count, share)]
    running: dict[Any, tuple[range, Synchronized[int], list[float]]] = {}
    while left or running:
        while left:
            numbers, at = left.pop(), context.Value("q", -1)
            one = context.Process(target=work, args=(numbers, seed, at, told))
            one.start()
            running[one] = numbers, at, [-1.0, time.monotonic()]
        time.sleep(0.2)
        while not told.empty():
            total.update(json.loads(told.get()))
        for one, (numbers, at, seen) in list(running.items()):
            number = int(at.value)
            if number != seen[0]:
                seen[:] = number, time.monotonic()
            stuck = 0 <= number < numbers.stop and time.monotonic() - seen[1] > 10 * SECONDS
            if stuck:
                one.kill()
            elif one.is_alive():
                continue
            one.join()
            del running[one]
            if number < numbers.stop:  # gone in the middle: that input is a find, and the rest goes on
                kind, content = made(seed, number, {kind: seeds(kind) for kind in KINDS})
                _keep(kind, seed, number, content, "waits for ever" if stuck else f"ends with {one.exitcode}")
                total[f"{kind} find"] += 1
                total["given before an end"] += number - numbers.start
                left.append(range(number + 1, numbers.stop))
    while not told.empty():
        total.update(json.loads(told.get()))
    for what in sorted(total):
        print(f"{what:24} {total[what]:,}")
    finds = sum(times for what, times in total.items() if what.endswith("find"))
    print(f"{count:,} inputs, {finds} finds")
    return finds > 0


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    sys.exit(main(given[0], given[1] if len(given) > 1 else 0, given[2] if len(given) > 2 else os.cpu_count() or 1))
