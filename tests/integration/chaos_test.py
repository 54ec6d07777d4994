"""Replicas and their database die, hang and part, while portals are read: nothing fails, nothing is lost."""

import os
import signal
import time

from clients import Readers, Tap
from support import QUICK, RELEASE_BIN, DatabaseCase, eventually, listed, request, rows

COUNT = 20
PROFILES = [{"provider": "fleet", "name": f"node-{i:02}"} for i in range(COUNT)]
PROBE = QUICK | {"duration": "300ms", "timeout": "1s", "ttl": "2s", "expire_after": "60s"}
PROBES = r'vacancy_probes_total\{[^}]*\}'
REFUSED = r"vacancy_writes_refused_total\{[^}]*\}"
LOST = r"vacancy_leases_lost_total\{[^}]*\}"


class ChaosTest(DatabaseCase):
    def fleet(self, count, **keys):
        keys = {"profiles": PROFILES, "probes": [PROBE], "hardware": {"lease": "2s"}, **keys}
        return [self.hardware(config=f"hardware-{i}.yaml", **keys) for i in range(count)]

    def portal_of(self, *fleet):
        portal = self.portal(*(hardware.port for hardware in fleet))
        self.measured_after(portal, "")
        return portal

    def newest(self, portal):
        return max(row["measured_at"] or "" for row in rows(portal.port).values())

    def measured_after(self, portal, time):
        eventually(f"all measured after {time}", lambda: len(rows(portal.port)) == COUNT and
                   all((row["measured_at"] or "") > time for row in rows(portal.port).values()))

    def readers(self, portal):
        readers = Readers(portal.port)
        self.addCleanup(readers.end)
        eventually("readers read", lambda: readers.answers > 100)
        return readers

    def test_work_is_shared_each_profile_once_per_ttl_and_a_new_replica_takes_its_part(self):
        fleet = self.fleet(2)
        portal = self.portal_of(*fleet)
        fleet.append(self.hardware(config="late.yaml", profiles=PROFILES, probes=[PROBE]))
        eventually("the new one works", lambda: fleet[2].metric(PROBES) >= 1)
        self.measured_after(portal, self.newest(portal))  # the first periods, shortened at random, are over
        before, begin = [hardware.metric(PROBES) for hardware in fleet], time.monotonic()

        def done():
            return [hardware.metric(PROBES) - was for hardware, was in zip(fleet, before)]

        eventually("four periods", lambda: sum(done()) >= 4 * COUNT and min(done()) > 0)
        # A busy machine skips what is a whole period late; nothing is probed twice in one.
        due = COUNT * (time.monotonic() - begin) / 2
        self.assertLessEqual(sum(done()), due + 2 * COUNT)
        self.assertEqual(sum(hardware.metric(REFUSED) for hardware in fleet), 0)

    def test_a_killed_replicas_profiles_are_measured_by_the_others(self):
        fleet = self.fleet(3, probes=[PROBE | {"duration": "1s", "timeout": "2s"}])
        portal = self.portal_of(*fleet)
        readers = self.readers(portal)
        eventually("it probes", lambda: fleet[0].metric(r"vacancy_probes_running\{[^}]*\}") > 0)
        fleet[0].send(signal.SIGKILL)
        self.measured_after(portal, self.newest(portal))
        readers.end()
        self.assertEqual(readers.failures, [])

    def test_a_replica_that_hung_beyond_its_lease_cannot_overwrite_a_newer_reading(self):
        slow = {"profiles": PROFILES[:1], "probes": [PROBE | {"duration": "3s", "timeout": "10s", "ttl": "10s"}]}
        first = self.fleet(1, **slow)[0]
        eventually("it probes", lambda: first.metric(r"vacancy_probes_running\{[^}]*\}") == 1)
        first.send(signal.SIGSTOP)
        second = self.hardware(config="second.yaml", hardware={"lease": "2s"}, **slow)
        newer = eventually("the second measures it", lambda: request(second.port, "/hardware/").json[0]["measured_at"])
        first.send(signal.SIGCONT)
        # Whichever it notices first: that its lease is over, or that the probe is done.
        eventually("the run is ended, or its late result refused", lambda: first.metric(LOST) + first.metric(REFUSED) == 1)
        self.assertEqual(request(second.port, "/hardware/").json[0]["measured_at"], newer)
        eventually("the log says so", lambda: "refused" in first.log() or "leases lost" in first.log())

    def database_goes_away(self, go, come_back):
        """Readers never fail, rows grow old, and all goes on when the database is back."""
        fleet = self.fleet(2)
        portal = self.portal_of(*fleet)
        readers = self.readers(portal)
        go()
        for hardware in fleet:
            eventually("it says so", lambda: request(hardware.admin_port, "/readyz").status == 503)
            self.assertEqual(hardware.metric("vacancy_database_up"), 0)
            self.assertIn("database", request(hardware.admin_port, "/readyz").text)
            self.assertEqual(request(hardware.port, "/hardware/").status, 200)
        eventually("rows grow old", lambda: {row["freshness"] for row in rows(portal.port).values()} == {"STALE"})
        committed = {row["name"]: row["measured_at"] for row in request(fleet[0].port, "/hardware/").json}
        come_back()
        eventually("all is fresh", lambda: {row["freshness"] for row in rows(portal.port).values()} == {"FRESH"})
        for hardware in fleet:
            eventually("it is ready", lambda: request(hardware.admin_port, "/readyz").status == 200)
        for hardware in fleet:
            now = {row["name"]: row["measured_at"] for row in request(hardware.port, "/hardware/").json}
            self.assertEqual([name for name in committed if now[name] < committed[name]], [], "no reading is lost")
            eventually("all are newer", lambda: all(row["measured_at"] > committed[row["name"]]
                                                    for row in listed(hardware.port)))
        readers.end()
        self.assertEqual(readers.failures, [])

    def test_the_database_is_killed_and_started(self):
        self.database_goes_away(self.server.kill, self.server.start)

    def test_the_database_hangs(self):
        self.addCleanup(lambda: self.server.state == "frozen" and self.server.thaw())
        self.database_goes_away(self.server.freeze, self.server.thaw)

    def test_a_replica_cut_off_from_the_database_leaves_its_work_to_the_other(self):
        link = Tap(self.server.port)
        self.addCleanup(link.close)
        cut_off = self.hardware(config="cut-off.yaml", database=self.url(link.port), hardware={"lease": "2s"}, profiles=PROFILES, probes=[PROBE])
        other = self.fleet(1)[0]
        portal = self.portal_of(other)
        readers = self.readers(portal)
        eventually("both work", lambda: cut_off.metric(PROBES) and other.metric(PROBES))
        link.cut()
        self.measured_after(portal, self.newest(portal))
        self.measured_after(portal, self.newest(portal))
        eventually("it says so", lambda: request(cut_off.admin_port, "/readyz").status == 503)
        self.assertEqual(request(cut_off.port, "/hardware/").status, 200)
        link.mend()
        eventually("it is back", lambda: request(cut_off.admin_port, "/readyz").status == 200)
        before = cut_off.metric(PROBES)
        eventually("it works again", lambda: cut_off.metric(PROBES) > before)
        readers.end()
        self.assertEqual(readers.failures, [])

    def test_no_source_is_asked_for_one_task_twice_at_the_same_time(self):
        """Counted at the source, while whoever has the task loses its database."""
        links = {name: Tap(self.server.port) for name in ("a", "b")}
        for name, link in links.items():
            self.addCleanup(link.close)
            script = f"echo {name} >>began; flock -n busy sleep 50 || echo {name} >>twice"
            probe = {"name": "scarce", "kind": "exec", "command": ["sh", "-c", script], "directory": str(self.directory),
                     "ttl": "1m", "timeout": "1m"}
            self.hardware(config=f"{name}.yaml", database=self.url(link.port), hardware={"lease": "2s"}, probes=[probe],
                          profiles=[{"provider": "scarce", "name": "one"}])
        began = self.directory / "began"
        for turn in range(1, 5):
            holder = eventually(f"run {turn}", lambda turn=turn: began.exists() and len(began.read_text().split()) == turn
                                and began.read_text().split()[-1])
            links[holder].cut()
            eventually("the other begins", lambda turn=turn: len(began.read_text().split()) == turn + 1)
            self.assertNotEqual(began.read_text().split()[-1], holder)
            links[holder].mend()
        self.assertFalse((self.directory / "twice").exists())

    def test_a_replica_whose_clock_is_wrong_changes_nothing(self):
        library = next((path for path in (f"/usr/lib/{machine}/faketime/libfaketime.so.1" for machine in os.listdir("/usr/lib"))
                        if os.path.exists(path)), None)
        if library is None or not (RELEASE_BIN / "hardware").exists():
            self.skipTest("needs Debian's faketime and build/release: script/test integration makes both")
        right = self.fleet(1)[0]
        environment = {"LD_PRELOAD": library, "FAKETIME": "-2d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        wrong = self.hardware(config="wrong.yaml", profiles=PROFILES, probes=[PROBE],
                              process={"environment": environment, "folder": RELEASE_BIN})
        portal = self.portal_of(right, wrong)
        day = slice(1, 11)
        self.assertNotEqual(wrong.log()[day], right.log()[day], "its clock is wrong indeed")
        for _ in range(2):
            self.measured_after(portal, self.newest(portal))
        eventually("both work", lambda: right.metric(PROBES) and wrong.metric(PROBES))
        for hardware in (right, wrong):
            answer = request(hardware.port, "/hardware/").json
            self.assertEqual({row["freshness"] for row in answer}, {"FRESH"})
            measured = max(row["measured_at"] for row in answer)
            now = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() - 60))
            self.assertGreater(measured, now, "the database's clock counts")
        self.assertEqual(right.metric(REFUSED) + wrong.metric(REFUSED), 0)
