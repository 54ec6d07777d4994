"""The database cannot be read or written: each fault is a few lines, readiness and metrics know, and all goes on after it."""

import signal
import sqlite3
import subprocess
import time

from support import PATIENCE, QUICK, DatabaseCase, TestCase, eventually, request

# Twenty, each of a profile.
NAMES = [f"node-{i:02}" for i in range(20)]
PROBES = [QUICK | {"name": name, "match": {"name": name}} for name in NAMES]
PROFILES = [{"provider": "fleet", "name": name} for name in NAMES]
OVERDUE = r"vacancy_overdue_seconds\{[^}]*\}"
ERRORS = r"vacancy_refresh_database_errors_total\{[^}]*\}"
LAST_WRITE = "vacancy_database_last_write_timestamp_seconds"


class Faults:
    """What holds for each kind of fault, on a database of any kind."""

    def start(self, **options):
        hardware = self.hardware(profiles=PROFILES, probes=PROBES, **options)
        eventually("all is measured", lambda: {row["freshness"] for row in request(hardware.port, "/hardware/").json} == {"FRESH"})
        return hardware

    def readiness(self, hardware):
        return request(hardware.admin_port, "/readyz")

    def is_known(self, hardware, reason):
        """Not ready for this reason, which metrics tell too, and a line or two."""
        answer = eventually("not ready", lambda: (found := self.readiness(hardware)).status == 503 and found)
        self.assertIn("database", answer.text)
        eventually(reason, lambda: reason in self.readiness(hardware).text)
        self.assertEqual(hardware.metric("vacancy_database_up"), 0)
        eventually("tasks are late", lambda: hardware.metric(OVERDUE) > 3)
        late, wrote = hardware.metric(OVERDUE), hardware.metric(LAST_WRITE)
        eventually("they get later", lambda: hardware.metric(OVERDUE) > late)
        self.assertEqual(hardware.metric(LAST_WRITE), wrote)
        self.assertEqual(request(hardware.port, "/hardware/").status, 200, "what is known is served")

    def is_over(self, hardware, wrote):
        eventually("ready again", lambda: self.readiness(hardware).status == 200)
        eventually("it writes again", lambda: hardware.metric(LAST_WRITE) > wrote)
        eventually("all is fresh", lambda: {row["freshness"] for row in request(hardware.port, "/hardware/").json} == {"FRESH"})
        self.assertEqual(hardware.metric("vacancy_database_up"), 1)
        eventually("it is told", lambda: "the database works again" in hardware.log())

    def lines_during(self, hardware, fault):
        """The lines of the log that a fault makes."""
        before = len(hardware.log().splitlines())
        fault()
        return eventually("it is told", lambda: hardware.log().splitlines()[before:])


class SqliteFaultTest(Faults, TestCase):
    def test_a_file_that_another_program_has_locked(self):
        hardware = self.start()
        wrote = hardware.metric(LAST_WRITE)
        database = sqlite3.connect(self.directory / "vacancy.db", timeout=PATIENCE, isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN IMMEDIATE")
        lines = self.lines_during(hardware, lambda: self.is_known(hardware, "database has"))
        self.assertLessEqual(len(lines), 4, lines)
        database.execute("ROLLBACK")
        self.is_over(hardware, wrote)

    def test_an_idle_replica_stays_ready(self):
        idle = self.hardware(profiles=PROFILES, probes=[probe | {"ttl": "1h"} for probe in PROBES])
        eventually("all is measured", lambda: {row["freshness"] for row in request(idle.port, "/hardware/").json} == {"FRESH"})
        wrote = idle.metric(LAST_WRITE)
        self.assertGreater(wrote, time.time() - 600)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            self.assertEqual(self.readiness(idle).status, 200)
            time.sleep(0.5)
        self.assertEqual(idle.metric(LAST_WRITE), wrote, "nothing was to be written")

    def test_a_replica_with_too_much_work_is_late_and_ready(self):
        busy = self.hardware(profiles=PROFILES, probes=[QUICK | {"duration": "900ms", "concurrency": 1}])
        eventually("it is late", lambda: busy.metric(OVERDUE) > 15)
        self.assertEqual(self.readiness(busy).text, "ready\n")


class DatabaseFaultTest(Faults, DatabaseCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.is_well)

    def is_well(self):
        """The server is for the next test, too."""
        if self.server.state == "frozen":
            self.server.thaw()
        if self.server.state == "stopped":
            self.server.start()

    def test_a_server_that_is_away(self):
        hardware = self.start()
        wrote = hardware.metric(LAST_WRITE)
        self.server.kill()
        lines = self.lines_during(hardware, lambda: self.is_known(hardware, "cannot be read"))
        self.assertLessEqual(len(lines), 3, lines)
        # Of each probe claims and results that wait, every 1.5 s at the least after the first pauses, and renewals.
        errors, begin = hardware.metric(ERRORS), time.monotonic()
        eventually("it tries", lambda: hardware.metric(ERRORS) > errors + 400)
        self.assertGreater(time.monotonic() - begin, 5)
        self.server.start()
        self.is_over(hardware, wrote)

    def test_a_server_that_takes_no_writes(self):
        hardware = self.start()
        wrote = hardware.metric(LAST_WRITE)
        self.sql("SET GLOBAL read_only = 1")
        try:
            lines = self.lines_during(hardware, lambda: self.is_known(hardware, "read-only"))
        finally:
            self.sql("SET GLOBAL read_only = 0")
        self.assertLessEqual(len(lines), 3, lines)
        self.is_over(hardware, wrote)

    def test_a_table_that_is_locked(self):
        hardware = self.start()
        wrote = hardware.metric(LAST_WRITE)
        locking = self.lock("task")
        lines = self.lines_during(hardware, lambda: self.is_known(hardware, "database"))
        self.assertLessEqual(len(lines), 4, lines)
        locking.stdin.write("UNLOCK TABLES;\n")
        locking.stdin.flush()
        self.is_over(hardware, wrote)

    def test_a_table_that_is_gone(self):
        hardware = self.start()
        self.sql("DROP TABLE task")
        lines = self.lines_during(hardware, lambda: self.is_known(hardware, "task"))
        self.assertLessEqual(len(lines), 3, lines)

    def ends(self, make):
        """Although calls of the database wait, and results for being written."""
        hardware = self.start(drain_timeout="1s500ms")
        make()
        eventually("calls wait or fail", lambda: self.readiness(hardware).status == 503)
        hardware.send(signal.SIGTERM)
        hardware.process.wait(PATIENCE)
        self.assert_logged(hardware, "ending")

    def test_it_ends_while_a_table_is_locked(self):
        self.ends(lambda: self.lock("task"))

    def test_it_ends_while_the_server_hangs(self):
        self.ends(self.server.freeze)

    def test_it_ends_while_the_server_is_away(self):
        self.ends(self.server.kill)
