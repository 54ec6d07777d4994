"""What happened: levels that change while real programs measure them, asked of the hardware service, the portal and the
command line, on SQLite and MariaDB."""

import datetime
import signal
import subprocess
import time
import urllib.parse

from support import BIN, DatabaseCase, TestCase, eventually, request

PROFILES = [{"provider": "lab", "name": "gpu a/b"}, {"provider": "lab", "name": "other"}]
PATH = "/api/v1/hardware/lab/gpu%20a%2Fb"


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")


def query(**parameters):
    return "?" + urllib.parse.urlencode(parameters)


class Cases:
    """The test says what the probe measures: the level in a file, or a failure where there is none."""

    def measure(self, level, score=1):
        new = self.directory / "new"
        new.write_text(f'{{"level":"{level}","score":{score},"reason":"is {level}"}}')
        new.rename(self.directory / "level")

    def keys(self, **more):
        # A reading is stale after 1 s, and expired after 2.
        return {"profiles": PROFILES, "probes": [
            {"name": "file", "kind": "exec", "match": {"name": "gpu a/b"}, "command": ["cat", str(self.directory / "level")],
             "ttl": "500ms", "timeout": "500ms", "expire_after": "2s"},
            {"name": "others", "ttl": "1h", "duration": "1ms"}]} | more

    def start(self):
        return self.hardware(**self.keys())

    def id_of(self, hardware):
        return next(row["id"] for row in request(hardware.port, "/hardware/").json if row["name"] == "gpu a/b")

    def past(self, hardware, **parameters):
        answer = request(hardware.port, f"/hardware/{self.id_of(hardware)}/history" + query(**{"since": "1h"} | parameters))
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def states(self, hardware, **parameters):
        return [(one["level"], one["freshness"]) for one in self.past(hardware, **parameters)["transitions"]]

    def await_states(self, hardware, *last):
        return eventually(f"the history ends with {last}", lambda: self.states(hardware)[-len(last):] == list(last))

    def test_changes_are_told_everywhere(self):
        self.measure("HIGH", score=3)
        hardware = self.start()
        portal = self.portal(hardware.port)
        self.await_states(hardware, ("HIGH", "FRESH"))
        high = now()
        self.measure("LOW", score=1)
        self.await_states(hardware, ("HIGH", "FRESH"), ("LOW", "FRESH"))
        low = now()
        eventually("the low one is counted", lambda: self.past(hardware)["numbers"]["score"][-1]["min"] == 1)

        past = eventually("the portal tells it", lambda: self.told(portal, "LOW"))
        self.assertEqual([one["reason"] for one in past["transitions"]], ["is HIGH", "is LOW"])
        times = [one["at"] for one in past["transitions"]]
        self.assertEqual(times, [one["at"] for one in self.past(hardware)["transitions"]])
        bucket = past["numbers"]["score"][-1]
        self.assertLessEqual((bucket["min"], bucket["mean"]), (1, 3))
        self.assertEqual(past["span"], "5m")
        lines = request(portal.port, PATH + "/history.csv").text.splitlines()
        self.assertEqual(lines[0], "at,until,level,freshness,reason")
        self.assertIn(f"{times[0]},{times[1]},HIGH,FRESH,is HIGH", lines)
        command = [f"{BIN}/vacancy", "history", "lab/gpu a/b", "--csv", "--url", f"http://127.0.0.1:{portal.port}"]
        for limit, said in ((["--limit", "1"], f"only the latest changes, since {times[1]}; for more of them give --limit"), ([], "")):
            done = subprocess.run(command + limit, capture_output=True, text=True, timeout=60, check=True)
            self.assertIn(said, done.stderr)
            self.assertEqual((bool(done.stderr), len(done.stdout.splitlines())), (bool(said), 2 if said else len(lines)))
        self.assertTrue(request(portal.port, PATH + "/history.csv?numbers=1").text.startswith("number,at,count,min,max,mean\r\nscore,"))

        for service, path, key in ((hardware, "/hardware/at", "time"), (portal, "/api/v1/hardware", "at")):
            for time_of_it, level in ((times[0], "HIGH"), (high, "HIGH"), (times[1], "LOW"), (low, "LOW"), ("2026-01-01T00:00:00Z", "UNKNOWN")):
                board = request(service.port, path + query(**{key: time_of_it})).json
                self.assertEqual(board["hardware"][0]["availability"], level, f"{path} at {time_of_it}: {board}")
            part = request(service.port, path + query(**{key: high, "limit": 1})).json
            rest = request(service.port, path + part["next"]).json
            self.assertEqual([row["name"] for row in part["hardware"] + rest["hardware"]], ["gpu a/b", "other"])
            self.assertIsNone(rest["next"])
        low_ones = request(portal.port, "/api/v1/hardware" + query(at=low, level="LOW", name="gpu a/b")).json
        self.assertEqual([row["reason"] for row in low_ones["hardware"]], ["is LOW"])

        newest = next(one for one in request(hardware.port, "/hardware/transitions").json["transitions"] if one["id"] == self.id_of(hardware))
        self.assertEqual((newest["level"], newest["at"]), ("LOW", times[1]))

        url = f"http://127.0.0.1:{portal.port}"
        shown = self.run_command("vacancy", "history", "lab/gpu a/b", "--url", url, environment={"LC_ALL": "C"})
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        lines = shown.stdout.splitlines()
        self.assertEqual(lines[0], "lab/gpu a/b")
        self.assertRegex(lines[1], "^-+[HML]*$")
        self.assertRegex(lines[3], "H HIGH .*L LOW .*unknown")
        self.assertIn(times[1], shown.stdout)
        self.assertIn("score", shown.stdout)
        listed = self.run_command("vacancy", "list", "--at", high, "--url", url)
        self.assertRegex(listed.stdout, r"lab +gpu a/b +HIGH +FRESH +\d+s +is HIGH")

    def told(self, portal, level):
        answer = request(portal.port, PATH + "/history")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json if answer.json["transitions"][-1]["level"] == level else None

    def test_what_was_not_observed_is_unknown(self):
        self.measure("HIGH")
        hardware = self.start()
        lost = [("HIGH", "FRESH"), ("HIGH", "STALE"), ("UNKNOWN", "EXPIRED")]
        self.await_states(hardware, ("HIGH", "FRESH"))
        (self.directory / "level").unlink()
        self.await_states(hardware, *lost)
        self.assertEqual(request(hardware.port, "/hardware/at" + query(time=now())).json["hardware"][0]["availability"], "UNKNOWN")
        self.measure("HIGH")
        self.await_states(hardware, *lost, ("HIGH", "FRESH"))

        before = self.past(hardware)["transitions"]
        hardware.stop()
        stopped = time.time()
        eventually("its reading has expired", lambda: time.time() > stopped + 2.5)
        down = now()
        again = self.start()
        self.await_states(again, *lost, *lost, ("HIGH", "FRESH"))
        after = self.past(again)["transitions"]
        self.assertEqual(after[:len(before)], before, "a restart changes nothing")
        row = request(again.port, "/hardware/at" + query(time=down)).json["hardware"][0]
        self.assertEqual((row["availability"], row["freshness"]), ("UNKNOWN", "EXPIRED"))


class SqliteTest(Cases, TestCase):
    def test_numbers_that_are_no_longer_kept_are_not_told(self):
        self.measure("HIGH", score=3)
        hardware = self.start()
        eventually("they are counted", lambda: self.past(hardware)["numbers"])
        self.config("hardware.yaml", **self.keys(hardware={"history": {"five_minutes": "0s"}}))
        hardware.send(signal.SIGHUP)
        eventually("those of five minutes are gone", lambda: not self.past(hardware, span="5m")["numbers"])
        self.assertEqual(self.states(hardware)[-1][0], "HIGH")

    def test_an_older_hardware_service_and_no_service(self):
        self.measure("HIGH")
        hardware = self.start()
        portal = self.portal(hardware.port)
        eventually("it is told", lambda: self.told(portal, "HIGH"))
        hardware.stop()
        refused = eventually("nobody answers", lambda: self.refusal(portal))
        self.assertEqual(refused.status, 503)
        self.assertTrue(refused.headers["Retry-After"])
        self.assertEqual(request(portal.port, "/").status, 200)

    def refusal(self, portal):
        answer = request(portal.port, PATH + "/history")
        return answer if answer.status >= 400 else None


class MariadbTest(Cases, DatabaseCase):
    def test_a_database_that_hangs_costs_history_alone(self):
        self.measure("HIGH")
        hardware = self.start()
        portal = self.portal(hardware.port)
        self.await_states(hardware, ("HIGH", "FRESH"))
        locking = self.lock("transition")
        for port, path in ((hardware.port, f"/hardware/{self.id_of(hardware)}/history?since=2h"), (portal.port, PATH + "/history?since=2h")):
            began = time.monotonic()
            self.assertEqual(request(port, path).status, 504)
            self.assertLess(time.monotonic() - began, 10)
            self.assertEqual(request(port, "/hardware/" if port == hardware.port else "/").status, 200)
        locking.stdin.write("UNLOCK TABLES;\n")
        locking.stdin.flush()
        eventually("it is told again", lambda: self.states(hardware, since="2h"))
        self.assertGreaterEqual(hardware.metric('vacancy_history_requests_total{.*outcome="late".*}'), 1)
