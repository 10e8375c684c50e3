# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from workers.signals import StoppedEarly, stop_on_signals


def test_a_signal_at_work_sets_the_event() -> None:
    """While there is something to finish, the first signal only asks for the end."""
    stop = threading.Event()
    with stop_on_signals(stop) as at_work:
        at_work.set()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)


def test_a_signal_before_work_ends_the_start() -> None:
    """Before there is anything to finish, a signal ends what goes on, such as a compilation."""
    stop = threading.Event()

    def start() -> None:
        with stop_on_signals(stop):
            os.kill(os.getpid(), signal.SIGTERM)
            stop.wait(5)

    with pytest.raises(StoppedEarly):
        start()


def test_the_handlers_of_before_come_back() -> None:
    """After the block signals mean what they meant before it."""
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals(threading.Event()):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_worker_that_still_loads_ends_well() -> None:
    """A signal while modules are loaded ends the process with 0: there is nothing to lose."""
    code = (
        "import time; from workers.signals import leave_on_signals; leave_on_signals(); "
        "print(flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 0


def test_a_process_ends_with_its_limit_whatever_a_thread_does() -> None:
    """A main thread that never looks at what it was asked is ended, and the log says where it was."""
    code = (
        "import threading\nfrom workers.signals import stop_on_signals\n"
        "with stop_on_signals(threading.Event(), 0.3) as at_work:\n"
        "    at_work.set(); print(flush=True)\n    while True: pass\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, "most recent call first" in said) == (1, True)
