"""A profile that a reader watches is measured more often than others, within the budget, and others as was promised."""

import itertools
import subprocess
import sys
import threading
import time

from support import BIN, ENVIRONMENT, PATIENCE, DatabaseCase, TestCase, eventually, listed, request

MIN, MAX, CALLS, WINDOW = 0.5, 10, 22, 10
PROFILES = 8
# A busy machine begins a run later than it is due.
SLACK = 4


class Demand:
    def setUp(self):
        super().setUp()
        self.source = self.functions()
        self.token = self.directory / "token"
        self.token.write_text("0123456789abcdef0123456789abcdef\n")

    def start(self, replicas, **keys):
        probe = {"name": "metered", "kind": "http", "url": f"{self.source.url}/level?level=LOW&of={{name}}", "timeout": "30s",
                 "refresh": {"min": "500ms", "max": f"{MAX}s"}} | keys
        profiles = [{"provider": "cloud", "name": f"type-{i}"} for i in range(PROFILES)]
        fleet = [self.hardware(config=f"hardware-{i}.yaml", profiles=profiles, probes=[probe], hardware={"admin_token_file": str(self.token)})
                 for i in range(replicas)]
        portal = self.portal(*(hardware.port for hardware in fleet))
        eventually("all are measured", lambda: len(listed(fleet[0].port)) == PROFILES and all(row["measured_at"] for row in listed(fleet[0].port)))
        return fleet, portal

    def runs(self, profile):
        return self.source.times(f"/level?level=LOW&of={profile}")

    def reason(self, portal, profile):
        return request(portal.port, f"/api/v1/hardware/cloud/{profile}").json["due_reason"]

    def watch(self, portal, profile):
        stream = self.events(portal.port, f"/api/v1/events?provider=cloud&name={profile}&limit=1")
        eventually("it is watched", lambda: self.reason(portal, profile) in ("watched", "budget"))
        return stream

    def until_quiet(self, portal, profile):
        begin = time.monotonic()
        eventually("nobody watches any more", lambda: self.reason(portal, profile) == "quiet")
        return time.monotonic() - begin


class BudgetTest(Demand, DatabaseCase):
    def start(self, **keys):
        fleet, portal = super().start(2, budget=[f"{CALLS}/{WINDOW}s"], **keys)
        # The runs of the start leave the window first.
        self.begin = time.monotonic() + WINDOW
        return fleet, portal

    def during(self, times):
        return [when for when in times if self.begin < when < self.begin + 3 * WINDOW]

    def assert_kept(self, fleet):
        """The budget, and what each profile was promised."""
        everything = sorted(self.source.times())
        # The server hears of a run a moment after it was counted.
        most = max(sum(first <= when < first + WINDOW - 2 for when in everything) for first in everything)
        self.assertLessEqual(most, CALLS)
        gaps = [after - before for i in range(PROFILES) for times in [self.runs(f"type-{i}")] for before, after in zip(times, times[1:])]
        self.assertLessEqual(max(gaps), MAX + SLACK, "each was promised more")
        self.assertFalse([row for row in listed(fleet[0].port) if row["freshness"] != "FRESH"])
        return f"at most {most} runs in a window of {CALLS}, and {max(gaps):.1f} s between two of a profile"

    def test_it_is_measured_five_times_as_often_within_a_full_budget(self):
        fleet, portal = self.start()
        self.watch(portal, "type-0")
        eventually("some windows are over", lambda: time.monotonic() > self.begin + 3 * WINDOW)
        runs = [len(self.during(self.runs(f"type-{i}"))) for i in range(PROFILES)]
        kept = self.assert_kept(fleet)
        print(f"watched: {runs[0]} runs, others: at most {max(runs[1:])}, in {3 * WINDOW} s; {kept}", file=sys.stderr)
        self.assertGreaterEqual(runs[0], 5 * max(runs[1:]))
        times = self.during(self.runs("type-0"))
        self.assertGreaterEqual(min(after - before for before, after in zip(times, times[1:])), MIN / 2, "the server hears of a run a moment after it began")
        eventually("all replicas know", lambda: all(hardware.metric(r'vacancy_probe_watched_profiles\{probe="metered"\}') == 1 for hardware in fleet))

    def test_who_opens_one_page_after_the_other_takes_nothing_from_others(self):
        fleet, portal = self.start()
        for i in itertools.cycle(range(PROFILES)):
            self.watch(portal, f"type-{i}").close()
            if time.monotonic() > self.begin + 3 * WINDOW:
                break
        print(f"one after the other: {self.assert_kept(fleet)}", file=sys.stderr)


class DemandTest(Demand, TestCase):
    def test_a_closed_tab_stops_counting_within_a_minute(self):
        (hardware,), portal = self.start(1)
        self.assertEqual(self.reason(portal, "type-0"), "quiet")
        stream = self.watch(portal, "type-0")
        self.assertIn("every 500ms to 10s (1 watched, every 500ms)", eventually("it is listed", lambda: self.listed_with_a_watcher(hardware)))
        page = request(portal.port, "/profile/cloud/type-0").text
        self.assertIn("since somebody watches it or waits for it", page)
        self.assertIn("since it has never changed", request(portal.port, "/profile/cloud/type-1").text)
        stream.close()
        print(f"quiet again after {self.until_quiet(portal, 'type-0'):.0f} s", file=sys.stderr)

    def test_what_a_portal_that_died_has_told_is_forgotten(self):
        (hardware,), portal = self.start(1)
        self.watch(portal, "type-0")
        portal.kill()
        other = self.portal(hardware.port)
        eventually("it knows the rows", lambda: self.reason(other, "type-0") == "watched")
        self.until_quiet(other, "type-0")

    def test_the_command_that_names_a_profile_watches_it(self):
        _, portal = self.start(1)
        command = subprocess.Popen([BIN / "vacancy", "watch", "cloud/type-0", "cloud/type-2", "--url", f"http://127.0.0.1:{portal.port}"],
                                   stdout=subprocess.PIPE, env=ENVIRONMENT)
        self.addCleanup(command.stdout.close)
        self.addCleanup(command.wait)
        self.addCleanup(command.kill)
        self.assertIn(b"cloud/type-", command.stdout.readline())
        for name in ("type-0", "type-2"):
            eventually("it is watched", lambda: self.reason(portal, name) == "watched")
        self.assertEqual(self.reason(portal, "type-1"), "quiet")

    def test_a_time_that_has_passed_has_no_false_reason(self):
        probe = {"name": "rests", "kind": "http", "url": f"{self.source.url}/status?code=429&retry_after=600", "timeout": "5s",
                 "refresh": {"min": "500ms", "max": "1s"}}
        portal = self.portal(self.hardware(profiles=[{"provider": "cloud", "name": "type-0"}], probes=[probe]).port)
        eventually("its source rests", lambda: self.reason(portal, "type-0") == "overdue")
        self.assertIn("is measured now, or waits for its turn", request(portal.port, "/profile/cloud/type-0").text)

    def listed_with_a_watcher(self, hardware):
        text = self.run_command("vacancy", "probe", "--hardware-url", f"http://127.0.0.1:{hardware.port}", "--token-file", self.token, "list").stdout
        return text if "1 watched" in text else None

    def test_what_is_waited_for_is_watched_and_a_list_is_not(self):
        _, portal = self.start(1)
        self.events(portal.port, "/api/v1/events?provider=cloud&limit=50")
        waiter = threading.Thread(target=request, args=(portal.port, "/api/v1/wait?profile=cloud/type-1&at_least=HIGH&timeout=20s"))
        waiter.start()
        eventually("it is watched", lambda: self.reason(portal, "type-1") == "watched")
        self.assertEqual(self.reason(portal, "type-0"), "quiet")
        waiter.join(PATIENCE)


if __name__ == "__main__":
    import unittest

    unittest.main()
