"""Several processes write to one store at once and are killed: what each had on the disk is there."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backprop_gui.runs.left import left_over, restore

WRITE = """
import sys
from pathlib import Path
from backprop_gui.runs.book import Book
from backprop_gui.runs.mirror import Mirror
from backprop_gui.runs.recorder import Recorder
from tests.runs.keeping import XOR, trained_run

recorder, book, mirror, session = Recorder(Path(sys.argv[1]), pause=0.0), Book(), Mirror(), XOR
while True:
    before = session
    _, session = trained_run(book, session, 3)
    recorder.keep_edits([("Training", before, session)])
    recorder.keep(session, None, sys.argv[2], dirty=True)
    for change in mirror.changes(book):
        recorder.keep_run(change)
    if recorder.flush(30):
        print(session.progress.epoch, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a kill is another thing there")
def test_a_crowd_of_writers_loses_nothing_that_was_written(tmp_path: Path) -> None:
    chance, root = random.Random(3), str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, str(tmp_path), str(k)], stdout=subprocess.PIPE, text=True, env=environment
        )
        for k in range(4)
    ]
    written: dict[str, int] = {}
    try:
        for one in writers:
            assert one.stdout is not None
            one.stdout.readline()  # all are at work
        time.sleep(1.0)
    finally:
        for one in writers:
            time.sleep(chance.uniform(0.0, 0.2))
            one.kill()
    for k, one in enumerate(writers):
        said, _ = one.communicate()
        written[str(k)] = int(said.split()[-1])
    found = left_over(tmp_path)
    assert sorted(left.title for left in found) == sorted(written)
    for left in found:
        back = restore(tmp_path, left)
        assert back.claim is not None
        back.claim.release()
        assert back.session.progress.epoch == left.epoch
        assert written[left.title] <= left.epoch <= written[left.title] + 3
        ((_, _, after),) = back.edits
        assert after is back.session
        (run,) = back.runs
        assert run.last.epoch == left.epoch
        assert run.history.epochs.tolist() == list(range(left.epoch + 1))
        trainer = run.stages[0].trainer()
        trainer.run(run.last.step)
        assert trainer.parameters() == back.session.parameters
