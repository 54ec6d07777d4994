"""A replica of the hardware service leaves, suddenly or orderly: the portal's readers do not notice."""

import re
import signal

from clients import Readers, Tap
from support import QUICK, TestCase, eventually, listed, request, rows

PROFILES = [{"provider": "fleet", "name": f"node-{i:02}"} for i in range(20)]
PROBE = QUICK | {"duration": "500ms", "timeout": "2s", "ttl": "2s"}


class FailoverTest(TestCase):
    def start(self, probe, lease):
        """Two replicas, the one that the portal follows first, their taps in the same order, the portal and its readers."""
        keys = {"profiles": PROFILES, "probes": [probe], "hardware": {"lease": lease}}
        first, second = (self.hardware(config=f"hardware-{i}.yaml", **keys) for i in range(2))
        request(first.port, "/hardware/?wait=20")
        eventually("the other has all", lambda: all(row["measured_at"] for row in listed(second.port)))
        taps = [Tap(first.port), Tap(second.port)]
        for tap in taps:
            self.addCleanup(tap.close)
        portal = self.portal(*(tap.port for tap in taps))
        eventually("rows", lambda: len(rows(portal.port)) == len(PROFILES))
        self.assertEqual(sorted(len(tap.sent) for tap in taps), [0, 1], "it follows one of them")
        if taps[1].sent:
            first, second = second, first
            taps.reverse()
        readers = Readers(portal.port)
        self.addCleanup(readers.end)
        eventually("readers read", lambda: readers.answers > 100)
        return first, second, taps, portal, readers

    def moves_over(self, taps, portal, readers):
        """The portal follows the second replica from the revision where the first one left it."""
        eventually("it asks the second", lambda: taps[1].sent and taps[1].sent[0].endswith(b"\r\n\r\n"))
        version = re.search(rb"(?i)\r\nLast-Event-ID: (\w+-\d+)\r\n", taps[1].sent[0]).group(1)
        self.assertIn(b"id: " + version + b"\n", taps[0].answered[0], "what it had last")
        eventually("changes come", lambda: b"event: change" in taps[1].answered[0])
        seen = max(row["measured_at"] for row in rows(portal.port).values())
        eventually("all are measured anew", lambda: all(row["measured_at"] > seen for row in rows(portal.port).values()))
        readers.end()
        self.assertNotIn(b"event: snapshot", taps[1].answered[0], "it resumes, without a whole snapshot")
        self.assertEqual(readers.failures, [])

    def test_a_portal_resumes_on_the_other_replica_when_one_is_killed(self):
        first, second, taps, portal, readers = self.start(PROBE, "1s")
        stream = self.events(first.port, "/hardware/events")
        stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")
        eventually("it probes", lambda: first.metric(r"vacancy_probes_running\{[^}]*\}") > 0)
        first.send(signal.SIGKILL)
        self.moves_over(taps, portal, readers)
        eventually("the stream breaks off", lambda: stream.ended)
        self.assertNotEqual(stream.ended, "clean")
        freshness = {row["freshness"] for row in request(second.port, "/hardware/").json}
        self.assertEqual(freshness, {"FRESH"})

    def test_a_replica_that_ends_orderly_hands_its_leases_over_at_once(self):
        # With leases of an hour, only those that were given back are taken.
        first, _, taps, portal, readers = self.start(PROBE, "1h")
        eventually("it probes", lambda: first.metric(r"vacancy_probes_running\{[^}]*\}") > 0)
        first.stop()
        self.moves_over(taps, portal, readers)

    def test_a_portal_stays_on_a_quiet_replica_and_leaves_one_that_hangs(self):
        first, _, taps, portal, readers = self.start(PROBE | {"ttl": "1h"}, "1s")
        # Longer than the silence that it takes for a failure.
        eventually("heartbeats", lambda: taps[0].answered[0].count(b"event: heartbeat\n") >= 4)
        self.assertEqual(portal.metric("vacancy_feed_failures_total"), 0)
        first.send(signal.SIGSTOP)
        eventually("it asks the other", lambda: taps[1].sent and b"\r\nLast-Event-ID: " in taps[1].sent[0])
        eventually("it goes on", lambda: b"event: change" in taps[1].answered[0])
        readers.end()
        self.assertEqual(readers.failures, [])
        self.assertEqual(portal.metric("vacancy_feed_ejections_total"), 1)
        self.assertEqual(portal.metric("vacancy_feed_replicas"), 2)

    def test_a_reader_that_knows_more_than_the_other_replica_is_not_taken_back_in_time(self):
        keys = {"profiles": PROFILES, "probes": [PROBE | {"ttl": "1h"}]}
        first = self.hardware(config="first.yaml", **keys)
        second = self.hardware(config="second.yaml", hardware={"poll_interval": "1s"}, **keys)
        request(first.port, "/hardware/?wait=20")
        stream = self.events(first.port, "/hardware/events")
        (_, version, _), _ = stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")
        resumed = self.events(second.port, "/hardware/events", headers={"Last-Event-ID": version})
        (event, reached, _), _ = resumed.until("the first event about rows", lambda event, *_: event != "sets")
        self.assertEqual(event, "change")
        self.assertGreaterEqual(int(reached.split("-")[1]), int(version.split("-")[1]))
        # Never reached, for example after a backup was put back: everything, after a moment.
        beyond = self.events(second.port, "/hardware/events", headers={"Last-Event-ID": version + "000"})
        (event, _, data), _ = beyond.until("the first event about rows", lambda event, *_: event != "sets")
        self.assertEqual((event, data["phase"]), ("snapshot", "begin"))
