"""What cannot be trusted says so."""

import signal

from support import QUICK, TestCase, eventually, request, rows

LEVELS = ("HIGH", "MEDIUM", "LOW")


class FreshnessTest(TestCase):
    def test_a_failing_probe_keeps_the_level_until_it_expires_and_shows_the_error(self):
        # One of the rows expires in a moment, the other does not while the test runs.
        good = [QUICK | {"name": name, "match": {"name": name}, "expire_after": expire_after, "timeout": "500ms"}
                for name, expire_after in (("c5", "3s"), ("H16mr", "1h"))]
        first = self.up(probes=good)
        eventually("levels", lambda: all(row["availability"] in LEVELS for row in rows(first.port).values()))
        first.stop()
        second = self.up(probes=[probe | {"duration": "5s"} for probe in good])
        failed = eventually("a failure", lambda: (row := rows(second.port)["H16mr"]).get("error") and row)
        self.assertEqual(failed["error"], "timed out after 500ms")
        self.assertIn(failed["freshness"], ("FRESH", "STALE"))
        self.assertIn(failed["availability"], LEVELS)
        expired = eventually("it expires", lambda: (row := rows(second.port)["c5"])["freshness"] == "EXPIRED" and row)
        self.assertEqual(expired["availability"], "UNKNOWN")
        self.assertIn(expired["was"], LEVELS)
        self.assertRegex(expired["error"], "^timed out after 500ms(; slowed down since .* failures in a row)?$")

    def test_rows_of_a_service_that_hangs_grow_old_and_events_without_id_tell(self):
        hardware = self.hardware(profiles=[{"provider": "a", "name": "b"}], probes=[QUICK | {"expire_after": "4s", "timeout": "500ms"}])
        portal = self.portal(hardware.port)
        eventually("a level", lambda: rows(portal.port)["b"]["availability"] in LEVELS)
        stream = self.events(portal.port, "/api/v1/events")
        hardware.send(signal.SIGSTOP)
        for freshness in ("STALE", "EXPIRED"):
            (_, version, data), _ = stream.until(freshness, lambda event, _, data: any(row["freshness"] == freshness for row in data.get("changed", [])))
            self.assertIsNone(version, "growing old is no revision")
        self.assertEqual(data["changed"][0]["availability"], "UNKNOWN")
        late = self.events(portal.port, "/api/v1/events", headers={"Last-Event-ID": request(portal.port, "/api/v1/hardware").json["version"]})
        (_, _, data), _ = late.until("the first event about rows", lambda event, *_: event != "sets")
        self.assertEqual([row["freshness"] for row in data["changed"]], ["EXPIRED"], "a resuming reader is told what is old")
        hardware.send(signal.SIGCONT)
        eventually("fresh again", lambda: rows(portal.port)["b"]["freshness"] == "FRESH")

    def test_no_probe_configured(self):
        vacancy = self.up(probes=[QUICK | {"match": {"provider": "Amazon"}}])
        row = eventually("c5 is measured", lambda: rows(vacancy.port)["c5"]["availability"] in LEVELS and rows(vacancy.port)["H16mr"])
        self.assertEqual((row["availability"], row["reason"]), ("UNKNOWN", "no probe configured"))
        self.assertEqual(request(vacancy.ports[1], "/hardware/?wait=3600").status, 200, "nobody waits for it")
