"""A model that is learnt in another process is the same one, and that process does not outlive the worker."""

import datetime as dt
import multiprocessing
import os
import signal
import subprocess
import sys
import time

from wisebook_ml.pipeline.learners import Learners
from wisebook_ml.treasury.forecasting.learning import Lesson, learn
from wisebook_ml.treasury.series import DailySeries, series_from_rows

DAYS = 90
PATIENCE = 60.0

SCRIPT = """
import datetime as dt, multiprocessing, time
from wisebook_ml.pipeline.learners import Learners
from wisebook_ml.treasury.forecasting.learning import Lesson
from wisebook_ml.treasury.series import series_from_rows

learners = Learners()
days = [dt.date(2025, 1, 1) + dt.timedelta(days=at) for at in range(20)]
learners.start(Lesson(series_from_rows(days, range(20), range(20))))()
print(multiprocessing.active_children()[0].pid, flush=True)
time.sleep(600)
"""


def series() -> DailySeries:
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=at) for at in range(DAYS)]
    came = [100.0 + 7 * (at % 5) if day.weekday() < 5 else 0.0 for at, day in enumerate(days)]
    return series_from_rows(days, came, [one * 0.9 for one in came])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123  # a line of the kernel
        return file.read().rpartition(")")[2].split()[0] != "Z"


def test_the_model_is_the_one_that_is_learnt_here() -> None:
    learners = Learners()
    try:
        there, here = learners.start(Lesson(series()))(), learn(Lesson(series()))
        assert there is not None
        assert here is not None
        for quantity in ("entrees", "solde"):
            assert there.forecast(series()).by_date(quantity) == here.forecast(series()).by_date(quantity)
        assert learners.start(Lesson(series().until(dt.date(2025, 1, 9))))() is None, (
            "too short: no model, and no error"
        )
    finally:
        learners.close()
    deadline = time.monotonic() + PATIENCE
    while multiprocessing.active_children():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_ends_with_a_worker_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        child = int(worker.stdout.readline())
        assert alive(child)
        worker.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while alive(child):
        assert time.monotonic() < deadline, "it goes on without its worker"
        time.sleep(0.05)
