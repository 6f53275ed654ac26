"""Many hostile inputs: ``python -m tests.fuzz.run 200000 [seed]``. Each has 5 s and 500 MB.

Finds are written into ``fuzz-finds`` with the reader's kind in their names; end with 1 where there were any.
"""

import random
import resource
import signal
import sys
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.readers import KINDS, REFUSED, give, mutated, seeds

SECONDS, BYTES = 5, 500_000_000
FINDS = Path("fuzz-finds")


def main(count: int, seed: int) -> int:
    """Give ``count`` inputs; return the exit code."""
    chance, good = random.Random(seed), {kind: seeds(kind) for kind in KINDS}
    for kind in KINDS:  # whatever is imported on the way is there before memory is bounded
        with TemporaryDirectory() as folder:
            give(kind, good[kind][0], Path(folder))
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    bound = pages * resource.getpagesize() + BYTES
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    signal.signal(signal.SIGALRM, _too_long)
    finds = refused = 0
    with TemporaryDirectory() as folder:
        for number in range(count):
            kind = chance.choice(KINDS)
            content = mutated(kind, chance.choice(good[kind]), chance)
            signal.alarm(SECONDS)
            try:
                refused += give(kind, content, Path(folder)) == REFUSED
            except Exception as error:
                finds += 1
                FINDS.mkdir(exist_ok=True)
                name = f"{kind.strip('.')}-{seed}-{number}"
                (FINDS / name).write_bytes(content)
                print(name, type(error).__name__, str(error)[:200], traceback.extract_tb(error.__traceback__)[-1])
            finally:
                signal.alarm(0)
    print(f"{count:,} inputs, {refused:,} refused, {count - refused - finds:,} accepted, {finds} finds")
    return finds > 0


def _too_long(*_: object) -> None:
    raise TimeoutError(f"longer than {SECONDS} s")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
