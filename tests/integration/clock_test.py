"""The database's clock steps, which on SQLite is the machine's: what it left in the future is put right."""

import os
import pathlib
import shutil
import sqlite3
import tempfile
import time
import unittest

from support import RELEASE_BIN, DatabaseCase, TestCase, eventually, listed

STEPS = "vacancy_database_clock_steps_total"
PROFILES = [{"provider": "fleet", "name": f"node-{i}"} for i in range(5)]
# Long enough that a repair is told from the next run, short enough to wait for.
PROBE = {"name": "simulated", "ttl": "20s", "timeout": "5s", "duration": "10ms"}


LIBRARY = next((path for path in (f"/usr/lib/{machine}/faketime/libfaketime.so.1" for machine in os.listdir("/usr/lib"))
                if os.path.exists(path)), None)


class Clock:
    """A program's clock, in a file."""

    def __init__(self, directory):
        self.file = directory / "clock"
        self.environment = {"LD_PRELOAD": LIBRARY or "", "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1", "NO_FAKE_STAT": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set(self, offset):
        """By a rename: the program reads the file at each look at the clock."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{offset}\n")
        new.chmod(0o644)  # a database server's user reads it, too
        new.rename(self.file)


def all_fresh(hardware, after=""):
    return all(row["freshness"] == "FRESH" and row["measured_at"] > after for row in listed(hardware.port))


def real_time():
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())


class ClockTest(TestCase):
    def setUp(self):
        super().setUp()
        if LIBRARY is None or not (RELEASE_BIN / "hardware").exists():
            self.skipTest("needs Debian's faketime and build/release: script/test integration makes both")
        self.clock = Clock(self.directory)
        self.set = self.clock.set

    def start(self, probe=PROBE):
        return self.hardware(profiles=PROFILES, probes=[probe],
                             process={"environment": self.clock.environment, "folder": RELEASE_BIN})

    def latest(self, column):
        """The latest time of a task, in seconds from now."""
        with sqlite3.connect(self.directory / "vacancy.db") as database:
            (latest,) = database.execute(f"SELECT MAX({column}) FROM task").fetchone()
        return (latest or 0) / 1e6 - time.time()  # none before the first plan

    def test_a_step_back_is_noticed_and_everything_is_measured_anew(self):
        self.set("+600")
        hardware = self.start()
        eventually("all are measured", lambda: all_fresh(hardware))
        self.assertEqual(hardware.metric(STEPS), 0)
        begin = real_time()
        self.set("+0")
        eventually("it is counted", lambda: hardware.metric(STEPS) == 1)
        self.assertEqual(hardware.log().count("the database's clock stepped back by 600"), 1, hardware.log())
        eventually("all are measured anew", lambda: all_fresh(hardware, begin))
        self.assertLessEqual(self.latest("due"), 20 + 1)
        self.set("+300")
        eventually("the step forward is counted", lambda: hardware.metric(STEPS) == 2)
        eventually("all are fresh", lambda: all_fresh(hardware))

    def test_a_process_that_starts_later_puts_right_what_a_killed_one_left(self):
        self.set("+600")
        hardware = self.start(PROBE | {"duration": "1h", "timeout": "1h"})
        eventually("all are leased", lambda: self.latest("lease_until") > 600)
        hardware.kill()
        self.set("+0")
        again = self.start()
        eventually("leases end as if they began now", lambda: self.latest("lease_until") <= 15 + 1)
        eventually("all are measured when the leases are over", lambda: all_fresh(again), 15 + 60)
        again.kill()
        self.set("+600")
        ahead = self.start()
        eventually("all are measured ahead of time", lambda: all_fresh(ahead))
        ahead.kill()
        self.set("+0")
        begin = real_time()
        last = self.start()
        eventually("due times are as if the runs were now", lambda: self.latest("due") <= 20 + 1)
        eventually("all are measured anew", lambda: all_fresh(last, begin))


class ServersClockTest(DatabaseCase):
    """The clock of a real MariaDB steps. The machine's own stays."""

    @classmethod
    def setUpClass(cls):
        if LIBRARY is None:
            raise unittest.SkipTest("needs Debian's faketime: script/test integration installs it")
        directory = pathlib.Path(tempfile.mkdtemp(prefix="vacancy-test-"))
        cls.addClassCleanup(shutil.rmtree, directory)
        directory.chmod(0o711)
        cls.clock = Clock(directory)
        cls.clock.set("+600")
        cls.environment = cls.clock.environment
        super().setUpClass()

    def test_a_step_back_and_forth_is_noticed_and_everything_is_measured_anew(self):
        fleet = [self.hardware(config=f"{number}.yaml", profiles=PROFILES, probes=[PROBE]) for number in range(2)]
        eventually("all are measured", lambda: all(all_fresh(hardware) for hardware in fleet))
        self.assertGreater(self.number("SELECT MAX(due) DIV 1000000 FROM task"), time.time() + 500)
        begin = real_time()
        self.clock.set("+0")
        eventually("both count it", lambda: all(hardware.metric(STEPS) == 1 for hardware in fleet))
        for hardware in fleet:
            eventually("it is logged", lambda: hardware.log().count("the database's clock stepped back by 600") == 1)
        eventually("all are measured anew", lambda: all(all_fresh(hardware, begin) for hardware in fleet))
        self.assertLessEqual(self.number("SELECT MAX(due) DIV 1000000 FROM task"), time.time() + 20 + 1)
        self.clock.set("+300")
        eventually("both count the step forward", lambda: all(hardware.metric(STEPS) == 2 for hardware in fleet))
        eventually("all are fresh", lambda: all(all_fresh(hardware) for hardware in fleet))
