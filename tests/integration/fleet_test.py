"""Several hardware processes on one database share the work, and one may die."""

import signal
import time

from support import QUICK, TestCase, eventually, request, rows

COUNT = 20
PROFILES = [{"provider": "fleet", "name": f"node-{i:02}"} for i in range(COUNT)]
PROBE = QUICK | {"duration": "500ms", "timeout": "2s", "ttl": "2s"}
PROBES = r'vacancy_probes_total\{[^}]*\}'


class FleetTest(TestCase):
    def fleet(self, count, **keys):
        keys = {"profiles": PROFILES, "probes": [PROBE], **keys}
        return [self.hardware(config=f"hardware-{i}.yaml", **keys) for i in range(count)]

    def test_each_profile_is_probed_once_per_ttl_by_one_of_them(self):
        fleet = self.fleet(2)
        request(fleet[0].port, "/hardware/?wait=20")
        stream = self.events(fleet[1].port, "/hardware/events")
        stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")
        begin, ttls, seen = time.monotonic(), 5, {}
        while len(seen) < COUNT or min(map(len, seen.values())) < ttls:
            (_, _, data), _ = stream.until("a change", lambda *_: True)
            for row in data.get("changed", []):
                seen.setdefault(row["id"], set()).add(row["measured_at"])
        # A busy machine skips what is a whole period late; nothing comes twice. The first periods are shortened at random.
        most = (time.monotonic() - begin) / 2 + 3
        self.assertLessEqual(max(map(len, seen.values())), most, seen)
        self.assertTrue(all(hardware.metric(PROBES) > 0 for hardware in fleet))
        self.assertEqual(sum(hardware.metric(r"vacancy_writes_refused_total\{[^}]*\}") for hardware in fleet), 0)

    def test_a_killed_replicas_profiles_are_fresh_again_and_readers_never_fail(self):
        first, second = self.fleet(2, hardware={"lease": "1s"})
        portal = self.portal(first.port, second.port)
        eventually("all measured", lambda: all(row["measured_at"] for row in rows(portal.port).values()))
        epoch = request(portal.port, "/api/v1/hardware").json["version"].split("-")[0]
        first.send(signal.SIGKILL)
        killed = eventually("the time", lambda: max(row["measured_at"] for row in rows(portal.port).values()))
        failures = 0

        def all_newer():
            nonlocal failures
            answer = request(portal.port, "/api/v1/hardware?limit=1000")
            failures += answer.status != 200
            found = answer.json["hardware"]
            return found and all(row["measured_at"] > killed for row in found)

        eventually("all measured after the kill", all_newer)
        self.assertEqual(failures, 0)
        self.assertEqual(request(portal.port, "/api/v1/hardware").json["version"].split("-")[0], epoch)

    def test_a_stream_resumes_on_another_replica_by_revision(self):
        first, second = self.fleet(2, probes=[PROBE | {"ttl": "1h"}])
        request(first.port, "/hardware/?wait=20")
        stream = self.events(first.port, "/hardware/events")
        (_, version, _), _ = stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")
        eventually("the other has it", lambda: request(second.port, f"/hardware/?since={version}").status == 200)
        resumed = self.events(second.port, "/hardware/events", headers={"Last-Event-ID": version})
        (event, _, data), before = resumed.until("the first event about rows", lambda event, *_: event != "sets")
        self.assertEqual((event, data["changed"], data["removed"]), ("change", [], []))
        elsewhere = self.events(second.port, "/hardware/events", headers={"Last-Event-ID": "another-7"})
        (_, _, data), _ = elsewhere.until("the first event about rows", lambda event, *_: event != "sets")
        self.assertEqual(data["phase"], "begin", "another epoch gets the whole snapshot")
        self.assertEqual(request(second.port, "/hardware/?since=another-7").status, 410)
        self.assertEqual(request(second.port, "/hardware/?since=nonsense").status, 400)

    def test_a_replica_that_was_stopped_in_a_probe_cannot_overwrite_a_newer_reading(self):
        keys = {"profiles": PROFILES[:1], "hardware": {"lease": "1s"}, "probes": [PROBE | {"duration": "3s", "timeout": "10s", "ttl": "10s"}]}
        first = self.hardware(config="first.yaml", **keys)
        eventually("it probes", lambda: first.metric(r"vacancy_probes_running\{[^}]*\}") == 1)
        first.send(signal.SIGSTOP)
        second = self.hardware(config="second.yaml", **keys)
        newer = eventually("the second measures it", lambda: request(second.port, "/hardware/").json[0]["measured_at"])
        first.send(signal.SIGCONT)
        # Whichever it notices first: that its lease is over, or that the probe is done.
        eventually("the run is ended, or its late result refused",
                   lambda: first.metric(r"vacancy_leases_lost_total\{[^}]*\}") + first.metric(r"vacancy_writes_refused_total\{[^}]*\}") == 1)
        self.assertEqual(request(second.port, "/hardware/").json[0]["measured_at"], newer)
        eventually("the log says so", lambda: "refused" in first.log() or "leases lost" in first.log())
