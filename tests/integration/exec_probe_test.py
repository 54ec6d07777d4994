"""Probes that run programs: bad ones do not hold up good ones, and none outlives the service."""

import os
import unittest
import uuid

from support import TestCase, children, eventually, processes_with, rows

PLUGINS = "/usr/lib/nagios/plugins"
GOOD = 100
TTL = 2

# What each bad program does, and what its row says then.
BAD = {
    "hangs": ("exec sleep 3600", "timed out after 1s"),
    "prints": ("exec head -c 1G /dev/zero", "prints more than 65536 bytes to standard output"),
    # All of them ignore SIGTERM.
    "forks": ("trap '' TERM; for i in 1 2 3; do (while :; do sleep 1; done) & done; while :; do sleep 1; done",
              "timed out after 1s"),
    "burns": ("while :; do :; done", "timed out after 1s"),
}


def probe(name, script, **keys):
    return {"name": name, "kind": "exec", "match": {"provider": name}, "command": ["/bin/sh", "-c", script], "ttl": f"{TTL}s", "expire_after": "1m"} | keys


class ExecProbeTest(TestCase):
    def test_bad_programs_delay_no_good_one_and_nothing_is_left_of_them(self):
        marker = f"marker-{uuid.uuid4()}"
        good = probe("good", 'echo "OK: $PROBE_NAME | free=3 total=4"', timeout=f"{TTL}s", environment=[f"MARKER={marker}"])
        bad = [probe(name, script, ttl="500ms", timeout="1s", environment=[f"MARKER={marker}-{name}"])
               for name, (script, _) in BAD.items()]
        profiles = [{"provider": "good", "name": f"node-{i:03}"} for i in range(GOOD)]
        profiles += [{"provider": name, "name": name} for name in BAD]
        vacancy = self.up(profiles=profiles, probes=[good, *bad])

        def all_measured():
            return [row["freshness"] for row in rows(vacancy.port).values() if row["provider"] == "good"] == ["FRESH"] * GOOD

        eventually("all good ones are measured", all_measured)
        eventually("all bad ones have failed", lambda: all("error" in rows(vacancy.port)[name] for name in BAD))
        descriptors, most_children, measured, wrong = [], 0, {}, []

        def look():
            nonlocal most_children
            good = [row for row in rows(vacancy.port).values() if row["provider"] == "good"]
            wrong.extend(row for row in good if (row["availability"], row["free"]) != ("HIGH", 3))
            for row in good:
                measured.setdefault(row["name"], set()).add(row["measured_at"])
            descriptors.append(vacancy.descriptors())
            most_children = max(most_children, len(children(vacancy.process.pid)))
            return min(map(len, measured.values())) >= 5

        eventually("all good ones are measured four times more", look)
        self.assertEqual(wrong, [])
        seen = rows(vacancy.port)
        for name, (_, says) in BAD.items():
            self.assertIn(says, seen[name]["error"])
            self.assertEqual(seen[name]["availability"], "UNKNOWN")
        # Programs come and go, each with three descriptors: what stays is in the least of many looks.
        third = len(descriptors) // 3
        self.assertLessEqual(min(descriptors[-third:]), min(descriptors[:third]) + 3, descriptors)
        # 32 of a kind at once, and three more kinds that fork a few.
        self.assertIn(most_children, range(1, 64), "what has ended is reaped")

        for name in ("hangs", "burns", "forks"):
            eventually(f"the one that {name} runs", lambda: processes_with(f"{marker}-{name}"))
        vacancy.stop()
        self.assertEqual(processes_with(marker), set())

    def test_what_leaves_the_group_of_its_program_holds_nothing_up_and_is_reaped(self):
        marker = f"marker-{uuid.uuid4()}"
        # No signal to the group reaches this child, which holds the output open and ends a second after its parent.
        script = "setsid sleep 1.5 & exec sleep 3600"
        vacancy = self.up(profiles=[{"provider": "leaves", "name": "x"}],
                          probes=[probe("leaves", script, timeout="500ms", environment=[f"MARKER={marker}"])])
        eventually("it has failed", lambda: rows(vacancy.port)["x"].get("error") == "timed out after 500ms")
        # Adopted by the service: no zombie stays.
        eventually("it goes on", lambda: vacancy.metric(r'vacancy_probes_total\{[^}]*\}') >= 6)
        self.assertLess(len(children(vacancy.process.pid)), 4)
        vacancy.stop()
        eventually("the last of them end by themselves", lambda: not processes_with(marker))

    @unittest.skipUnless(os.access(f"{PLUGINS}/check_dummy", os.X_OK), "no check_dummy: install Debian's monitoring-plugins-basic")
    def test_plugins_of_nagios_give_the_levels(self):
        dummy = {"name": "dummy", "kind": "exec", "match": {"provider": "dummy"}, "ttl": "1s", "timeout": "1s",
                 "command": [f"{PLUGINS}/check_dummy", "{name}", "for {provider} | free=3;;;0 'total'=8 score=0.5"]}
        judged = dummy | {"name": "judged", "match": {"provider": "judged"}, "levels": {"high": {"free": 4}, "medium": {"free": 2}}}
        disk = {"name": "disk", "kind": "exec", "match": {"provider": "disk"}, "ttl": "1s", "timeout": "1s",
                "command": ["check_disk", "-w", "{attribute.warn}", "-c", "0", "-p", "/"],
                "environment": [f"PATH={PLUGINS}:/usr/bin:/bin"]}
        profiles = [{"provider": "dummy", "name": str(code)} for code in range(5)]
        profiles += [{"provider": "judged", "name": name} for name in ("00", "02", "03")]
        vacancy = self.up(profiles=profiles, probes=[dummy, judged, disk])
        service = ("--hardware-url", f"http://127.0.0.1:{vacancy.ports[1]}")
        for name, warn in (("plenty", "0"), ("short", "100%")):
            result = self.run_command("vacancy", "profile", *service, "add", "disk", name, "--attribute", f"warn={warn}")
            self.assertEqual(result.returncode, 0, result)

        def all_measured():
            seen = rows(vacancy.port)
            return len(seen) == 10 and all(row["measured_at"] for row in seen.values()) and seen

        seen = eventually("all are measured", all_measured)
        for code, level in enumerate(["HIGH", "MEDIUM", "LOW", "UNKNOWN"]):
            row = seen[str(code)]
            self.assertEqual((row["availability"], row["free"], row["total"], row["score"]), (level, 3, 8, 0.5), row)
            self.assertTrue(row["reason"].endswith(": for dummy"), row)
        self.assertEqual(seen["2"]["reason"], "CRITICAL: for dummy")
        self.assertEqual(seen["4"]["reason"], "UNKNOWN: Status 4 is not a supported error state")
        # Thresholds outdo what the plugin says, but not that it could not find out.
        self.assertEqual({name: seen[name]["availability"] for name in ("00", "02", "03")}, {"00": "MEDIUM", "02": "MEDIUM", "03": "UNKNOWN"})
        self.assertRegex(seen["plenty"]["reason"], r"^DISK OK - free space: / \d+")
        self.assertEqual((seen["plenty"]["availability"], seen["short"]["availability"]), ("HIGH", "MEDIUM"))
