"""Probes that call URLs, against a server of functions with every fault."""

import time

from support import TestCase, eventually, rows


def probe(name, url, **keys):
    return {"name": name, "kind": "http", "match": {"provider": name}, "url": url, "ttl": "1s", "timeout": "1s"} | keys


class HttpProbeTest(TestCase):
    def test_levels_numbers_and_faults_come_from_the_answers(self):
        url = self.functions().url
        levels = {"high": {"free": 4}, "medium": {"free": 1}}
        probes = [
            probe("says", f"{url}/level?level=medium&reason=for+{{name}}&price=1.5"),
            probe("counts", f"{url}/level?free={{name}}&total=16", levels=levels),
            probe("lambda", f"{url}/function-error", fail_if_header=["X-Amz-Function-Error"]),
            probe("busy", f"{url}/status?code=503&retry_after=7"),
            probe("hangs", f"{url}/hang", timeout="300ms"),
            probe("page", f"{url}/type"),
        ]
        profiles = [{"provider": "counts", "name": name} for name in "013"] + [{"provider": "counts", "name": "12"}]
        profiles += [{"provider": each["name"], "name": f"{each['name']} #1"} for each in probes if each["name"] != "counts"]
        vacancy = self.up(profiles=profiles, probes=probes)

        def all_answered():
            seen = rows(vacancy.port)
            return len(seen) == len(profiles) and all(row["measured_at"] or "error" in row for row in seen.values()) and seen

        seen = eventually("all have answered", all_answered)
        says = seen["says #1"]
        self.assertEqual((says["availability"], says["reason"], says["price"]), ("MEDIUM", "for says #1", 1.5))
        self.assertEqual({name: seen[name]["availability"] for name in ("0", "1", "3", "12")},
                         {"0": "LOW", "1": "MEDIUM", "3": "MEDIUM", "12": "HIGH"})
        self.assertEqual((seen["12"]["free"], seen["12"]["total"], seen["12"]["reason"]), (12, 16, "HIGH: free >= 4"))
        for name, error in [
            ("lambda #1", "answered with X-Amz-Function-Error"),
            ("busy #1", "answered 503 Service Unavailable (Retry-After: 7)"),
            ("hangs #1", "timed out after 300ms"),
            ("page #1", "the answer is not JSON"),
        ]:
            self.assertTrue(seen[name]["error"].startswith(error), seen[name])
            self.assertEqual(seen[name]["availability"], "UNKNOWN", "a fault is never a level")

    def test_one_call_a_ttl_for_each_profile_or_for_a_whole_batch(self):
        server = self.functions()
        each = probe("each", f"{server.url}/level?profile={{name}}&level=HIGH")
        batch = probe("batch", f"{server.url}/batch", method="POST", batch=True)
        profiles = [{"provider": name, "name": f"{name}-{i}"} for name in ("each", "batch") for i in range(20)]
        vacancy = self.up(profiles=profiles, probes=[each, batch])
        eventually("all are measured", lambda: all(row["measured_at"] for row in rows(vacancy.port).values()))
        begin = time.monotonic()

        def calls(target):
            return sum(begin <= when for when in server.times(target))

        def of_all():
            return {i: calls(f"/level?profile=each-{i}&") for i in range(20)} | {"batch": calls("/batch")}

        counts = eventually("five calls for each", lambda: min((counts := of_all()).values()) >= 5 and counts)
        # A busy machine skips what is a whole period late; nothing comes twice, and the batch is one call for 20 profiles. The
        # first periods are shortened at random, to spread the load.
        self.assertLessEqual(max(counts.values()), time.monotonic() - begin + 2, counts)
        seen = rows(vacancy.port)
        self.assertEqual({row["availability"] for row in seen.values()}, {"HIGH"})
        self.assertEqual([seen[f"batch-{i}"]["free"] for i in range(20)], list(range(20)), "each has its own part")

    def test_a_source_that_is_down_is_slowed_down_and_recovers(self):
        server = self.functions()
        vacancy = self.up(profiles=[{"provider": "source", "name": f"n{i}"} for i in range(5)],
                          probes=[probe("source", f"{server.url}/level?level=HIGH&free=2&n={{name}}", ttl="500ms", timeout="500ms", expire_after="1m")])
        eventually("levels", lambda: {row["availability"] for row in rows(vacancy.port).values()} == {"HIGH"})
        server.down.set()

        def slowed_down():
            seen = rows(vacancy.port).values()
            return all("slowed down since" in row.get("error", "") for row in seen) and seen

        for row in eventually("it is slowed down", slowed_down):
            self.assertRegex(row["error"], r"; slowed down since \d{4}-\d\d-\d\dT[\d:.]+Z after \d+ failures in a row$")
            self.assertEqual(row["availability"], "HIGH", "the level stays until it expires")
        self.assertEqual(vacancy.metric(r'vacancy_probe_slowed_down\{probe="source"\}'), 1)
        listed = self.run_command("vacancy", "probe", "list", "--hardware-url", f"http://127.0.0.1:{vacancy.ports[1]}")
        self.assertRegex(listed.stdout, r"\n  slowed down since \S+Z, because its source fails\n  last failure: ")
        before = len(server.times())
        calls = eventually("four more calls", lambda: len(server.times()) >= before + 4 and server.times()[before:])
        self.assertGreater(calls[3] - calls[0], 1, "in health there are ten a second")
        server.down.clear()
        eventually("it works again", lambda: all("error" not in row and row["freshness"] == "FRESH" for row in rows(vacancy.port).values()))
        self.assertEqual(vacancy.metric(r'vacancy_probe_slowed_down\{probe="source"\}'), 0)
        self.assertIn("source works again", vacancy.log())
        begin = time.monotonic()
        eventually("it goes on", lambda: sum(when > begin for when in server.times()) >= 10)
