"""The database's clock steps, which on SQLite is the machine's: what it left in the future is put right."""

import os
import sqlite3
import time

from support import RELEASE_BIN, TestCase, eventually, request

STEPS = "vacancy_database_clock_steps_total"
PROFILES = [{"provider": "fleet", "name": f"node-{i}"} for i in range(5)]
# Long enough that a repair is told from the next run, short enough to wait for.
PROBE = {"name": "simulated", "ttl": "20s", "timeout": "5s", "duration": "10ms"}


class ClockTest(TestCase):
    def setUp(self):
        super().setUp()
        self.library = next((path for path in (f"/usr/lib/{machine}/faketime/libfaketime.so.1" for machine in os.listdir("/usr/lib"))
                             if os.path.exists(path)), None)
        if self.library is None or not (RELEASE_BIN / "hardware").exists():
            self.skipTest("needs Debian's faketime and build/release: script/test integration makes both")
        self.clock = self.directory / "clock"

    def set(self, offset):
        """By a rename: the program reads the file at each look at the clock."""
        new = self.directory / "clock.new"
        new.write_text(f"{offset}\n")
        new.rename(self.clock)

    def start(self, probe=PROBE):
        environment = {"LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1",
                       "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return self.hardware(profiles=PROFILES, probes=[probe], process={"environment": environment, "folder": RELEASE_BIN})

    def rows(self, hardware):
        return request(hardware.port, "/hardware/").json

    def all_fresh(self, hardware, after=""):
        return all(row["freshness"] == "FRESH" and row["measured_at"] > after for row in self.rows(hardware))

    def real_time(self):
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())

    def latest(self, column):
        """The latest time of a task, in seconds from now."""
        with sqlite3.connect(self.directory / "vacancy.db") as database:
            (latest,) = database.execute(f"SELECT MAX({column}) FROM task").fetchone()
        return (latest or 0) / 1e6 - time.time()  # none before the first plan

    def test_a_step_back_is_noticed_and_everything_is_measured_anew(self):
        self.set("+600")
        hardware = self.start()
        eventually("all are measured", lambda: self.all_fresh(hardware))
        self.assertEqual(hardware.metric(STEPS), 0)
        begin = self.real_time()
        self.set("+0")
        eventually("it is counted", lambda: hardware.metric(STEPS) == 1)
        self.assertEqual(hardware.log().count("the database's clock stepped back by 600"), 1, hardware.log())
        eventually("all are measured anew", lambda: self.all_fresh(hardware, begin))
        self.assertLessEqual(self.latest("due"), 20 + 1)
        self.set("+300")
        eventually("the step forward is counted", lambda: hardware.metric(STEPS) == 2)
        eventually("all are fresh", lambda: self.all_fresh(hardware))

    def test_a_process_that_starts_later_puts_right_what_a_killed_one_left(self):
        self.set("+600")
        hardware = self.start(PROBE | {"duration": "1h", "timeout": "1h"})
        eventually("all are leased", lambda: self.latest("lease_until") > 600)
        hardware.kill()
        self.set("+0")
        again = self.start()
        eventually("leases end as if they began now", lambda: self.latest("lease_until") <= 15 + 1)
        eventually("all are measured when the leases are over", lambda: self.all_fresh(again), 15 + 60)
        again.kill()
        self.set("+600")
        ahead = self.start()
        eventually("all are measured ahead of time", lambda: self.all_fresh(ahead))
        ahead.kill()
        self.set("+0")
        begin = self.real_time()
        last = self.start()
        self.assertLessEqual(self.latest("due"), 20 + 1)
        eventually("all are measured anew", lambda: self.all_fresh(last, begin))
