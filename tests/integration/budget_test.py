"""The budget of a probe holds over all replicas together, and they say what is left of it.

BUDGET_WINDOW=60 BUDGET_WINDOWS=10 makes it ten minutes of 60 calls each.
"""

import json
import os
import signal
import sys
import time

from support import PATIENCE, DatabaseCase, eventually, listed, request

CALLS, WINDOW, WINDOWS = 60, int(os.environ.get("BUDGET_WINDOW", "10")), float(os.environ.get("BUDGET_WINDOWS", "3.5"))
# A run is counted in the database, and is at the server a moment later: on a busy machine, some time later.
SLACK = 2
LEFT = r'vacancy_probe_budget_left\{probe="metered",window="[^"]*"\}'


class BudgetTest(DatabaseCase):
    def start(self, count, ttl, window=WINDOW):
        self.server_of_functions = self.functions()
        self.token = self.directory / "token"
        self.token.write_text("0123456789abcdef0123456789abcdef\n")
        probe = {"name": "metered", "kind": "http", "url": f"{self.server_of_functions.url}/level?level=HIGH", "ttl": ttl,
                 "timeout": "30s", "budget": [f"{CALLS}/{window}s"]}
        profiles = [{"provider": "cloud", "name": f"type-{i:03}"} for i in range(count)]
        return [self.hardware(config=f"hardware-{i}.yaml", profiles=profiles, probes=[probe], hardware={"admin_token_file": str(self.token)})
                for i in range(3)]

    def probe(self, hardware, *args):
        return self.run_command("vacancy", "probe", "--hardware-url", f"http://127.0.0.1:{hardware.port}", "--token-file", self.token, *args)

    def listed(self, hardware):
        (probe,) = json.loads(self.probe(hardware, "list", "--json").stdout)
        (limit,) = probe["limits"]
        self.assertEqual(limit["calls"], CALLS)
        return limit["left"]

    def test_no_window_holds_more_calls_and_what_waits_longest_goes_first(self):
        fleet = self.start(200, "1s")
        first = eventually("the first call", self.server_of_functions.times)[0]
        while time.monotonic() < first + WINDOWS * WINDOW:
            time.sleep(1)
            self.assertEqual([hardware.process.poll() for hardware in fleet], [None] * 3)
        times = self.server_of_functions.times()
        most = max(sum(begin <= when < begin + WINDOW - SLACK for when in times) for begin in times)
        self.assertLessEqual(most, CALLS)
        print(f"{len(times)} calls; at most {most} of {CALLS} in a window", file=sys.stderr)
        # A busy machine lets some of the budget lapse.
        self.assertGreaterEqual(len(times), int(WINDOWS) * CALLS / 2)
        ok = r'vacancy_probes_total\{[^}]*result="ok"\}'
        eventually("each call is a result", lambda: sum(hardware.metric(ok) for hardware in fleet) == len(self.server_of_functions.times()))
        # Each is due again a second later, so that not all of 200 would have their turn if those that wait longest did not go first.
        eventually("each has its turn", lambda: all(row["measured_at"] for row in listed(fleet[0].port)))

    def test_what_is_left_is_known_to_all_and_a_test_counts(self):
        window = 3 * WINDOW
        fleet = self.start(20, "1h", window)
        times = self.server_of_functions.times
        eventually("all are measured", lambda: all(row["measured_at"] for row in listed(fleet[0].port)))

        def agreed(left):
            return [hardware.metric(LEFT) for hardware in fleet] == [left] * 3 and [self.listed(hardware) for hardware in fleet] == [left] * 3

        self.assertEqual(len(times()), 20)
        eventually("40 are left", lambda: agreed(CALLS - 20))
        self.assertEqual(self.probe(fleet[0], "test", "cloud/type-003").returncode, 0)
        self.assertEqual(len(times()), 21)
        self.assertIn("60 of 60 in ", eventually("all are left again", lambda: agreed(CALLS) and self.probe(fleet[1], "list").stdout, window + PATIENCE))
        self.assertGreaterEqual(time.monotonic(), times()[-1] + window - SLACK)


class OncePerDayTest(DatabaseCase):
    """One call a day, which must not be lost, and must not be had twice."""

    def probe(self, **keys):
        return {"name": "metered", "kind": "http", "url": f"{self.functions_url}/batch", "batch": True, "ttl": "1s", "timeout": "1s"} | keys

    def setUp(self):
        super().setUp()
        server = self.functions()
        self.functions_url, self.times = server.url, server.times

    def measured(self, hardware):
        return all(row["measured_at"] for row in listed(hardware.port))

    def test_the_first_start_spends_its_call_on_the_profiles(self):
        profiles = [{"provider": "cloud", "name": f"type-{i}"} for i in range(3)]
        hardware = self.hardware(profiles=profiles, probes=[self.probe(budget=["1/1d"])])
        eventually("all are measured", lambda: len(request(hardware.port, "/hardware/").json) == 3 and self.measured(hardware))
        self.assertEqual(len(self.times()), 1)

    def test_a_probe_without_profiles_keeps_its_call(self):
        hardware = self.hardware(probes=[self.probe(budget=["1/1d"])])
        eventually("it has looked", lambda: hardware.metric(LEFT) == 1)
        self.sql("INSERT INTO hardware (provider, name) VALUES ('cloud', 'late')")
        eventually("it is measured", lambda: self.measured(hardware))
        self.assertEqual(len(self.times()), 1)
        eventually("nothing is left", lambda: hardware.metric(LEFT) == 0)

    def test_a_call_that_cannot_be_made_is_kept(self):
        token = self.directory / "source-token"
        hardware = self.hardware(profiles=[{"provider": "cloud", "name": "type"}], probes=[self.probe(budget=["1/1d"], token_file=str(token))])
        failed = r'vacancy_probes_total\{[^}]*result="failed"\}'
        eventually("it has failed", lambda: hardware.metric(failed) >= 3)
        self.assertIn("token_file", request(hardware.port, "/hardware/").json[0]["error"])
        token.write_text("0123456789abcdef\n")
        eventually("it is measured", lambda: self.measured(hardware))
        self.assertEqual(len(self.times()), 1)

    def test_other_windows_count_what_was_spent(self):
        profiles = [{"provider": "cloud", "name": "type"}]
        hardware = self.hardware(profiles=profiles, probes=[self.probe(budget=["1/1d"])])
        eventually("it is measured", lambda: self.measured(hardware))
        for count, limits in enumerate([{"budget": ["1/23h"]}, {"budget": ["1/22h"]}, {"rate": "1/1380m"}, {"budget": ["1/1h", "1/2h"]}]):
            self.config("hardware.yaml", profiles=profiles, probes=[self.probe(**limits)],
                        hardware={"database_password_file": self.server.password_file})
            hardware.send(signal.SIGHUP)
            eventually("it is reloaded", lambda: hardware.metric(r'vacancy_config_reloads_total\{result="applied"\}') == count + 1)
            windows = [f'window="{window}"' for window in ("23h", "22h", "23h", "1h")]
            eventually("it has looked", lambda: hardware.metric(rf'vacancy_probe_budget_left\{{probe="metered",{windows[count]}\}}') == 0)
        self.assertEqual(len(self.times()), 1)
