"""Probes that call URLs, against a server of functions with every fault."""

import pathlib
import shutil
import subprocess
import threading
import time
import unittest

from support import TestCase, eventually, rows

TESTS = pathlib.Path(__file__).resolve().parent.parent
HAS_OIDC = shutil.which("node") and (TESTS / "e2e/node_modules/oidc-provider").exists()
MISSING = "npm's oidc-provider is missing: script/bootstrap test"


class Oidc:
    """The server of oidc_server.mjs."""

    def __init__(self, life, auth="client_secret_basic"):
        self.tokens = 0
        self.process = subprocess.Popen(["node", TESTS / "support/oidc_server.mjs", "--client", "our client", "--secret", "a:b+c/%",
                                         "--life", str(life), "--auth", auth], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = next(line for line in self.process.stdout if line.startswith("port "))
        self.url = f"http://127.0.0.1:{int(line.split()[1])}"
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.tokens += line == "token\n"

    def revoke(self):
        self.process.stdin.write("revoke\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


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
        self.assert_logged(vacancy, "source works again")
        begin = time.monotonic()
        eventually("it goes on", lambda: sum(when > begin for when in server.times()) >= 10)

    def test_profiles_come_from_a_list_and_go_with_it(self):
        server = self.functions()
        server.document = {"data": {"a": {"free": 1}, "b": {"free": 2}}}
        vacancy = self.up(profiles=[{"provider": "cloud", "name": "by hand"}],
                          probes=[probe("cloud", f"{server.url}/document", ttl="200ms", batch=True, discover={"list": "/data", "name": "{key}"},
                                        find="/data/{name}", missing="LOW")])

        def names(*wanted):
            return lambda: set(seen := rows(vacancy.port)) == set(wanted) and all(row["measured_at"] for row in seen.values()) and seen

        seen = eventually("all are there", names("a", "b", "by hand"))
        self.assertEqual((seen["a"]["free"], seen["by hand"]["availability"]), (1, "LOW"))
        server.document = {"data": {"b": {"free": 2}, "c": {"free": 3}}}
        eventually("one has gone, and one has come", names("b", "c", "by hand"))
        for other in ({"data": {}}, {"error": "busy"}, []):
            server.document = other
            eventually(f"{other} is a failure", lambda: all("lists nothing" in row.get("error", "") for row in rows(vacancy.port).values()))
            self.assertEqual(set(rows(vacancy.port)), {"b", "c", "by hand"}, "nothing is removed")
            server.document = {"data": {"b": {"free": 2}, "c": {"free": 3}}}
            eventually("it works again", lambda: all("error" not in row for row in rows(vacancy.port).values()))

    def test_a_test_shows_each_rule(self):
        server = self.functions()
        server.document = {"stocks": [{"region": "eu-1", "models": [{"model": "h100", "stock": "scarce", "cents_per_hour": 249}]}]}
        profiles = [{"provider": "gpu-cloud", "name": name, "labels": {"region": "eu-1"}} for name in ("h100", "b200")]
        vacancy = self.up(profiles=profiles, probes=[
            probe("gpu-cloud", f"{server.url}/document", batch=True, find="/stocks[region={label.region}]/models[model={name}]", missing="LOW",
                  map={"scarce": "MEDIUM"}, scale={"price": 0.01}, pointers={"level": "/stock", "price": "/cents_per_hour"}),
            probe("pages", f"{server.url}/page?n=1&of=2", batch=True, next="/next", find="/items[id={name}]",
                  discover={"list": "/items", "name": "{/id}"})])

        def read(profile):
            shown = self.run_command("vacancy", "probe", "test", profile, "--hardware-url", f"http://127.0.0.1:{vacancy.ports[1]}")
            self.assertEqual(shown.returncode, 0, shown)
            return shown.stdout.partition("\nread\n")[2].partition("\ntook")[0].split("\n")

        self.assertEqual(read("gpu-cloud/h100"), [
            '  /stocks[region=eu-1]/models[model=h100] is {"model":"h100","stock":"scarce","cents_per_hour":249}',
            '  /stock is "scarce", which map makes MEDIUM',
            "  /cents_per_hour is 249, times 0.01 is 2.49"])
        self.assertEqual(read("gpu-cloud/b200"), ["  /stocks[region=eu-1]/models[model=b200] is not there, which is LOW"])
        eventually("they are discovered", lambda: {"1", "2"} < set(rows(vacancy.port)))
        self.assertEqual(read("pages/2"), [
            f"  next (/next) leads to {server.url}/page?n=2&of=2",
            '  /items[id=2] is {"id":"2","free":2}',
            "  /items lists 2 profiles: 1, 2"])

    def test_a_busy_source_is_left_alone_as_long_as_it_asks(self):
        server = self.functions()
        vacancy = self.up(profiles=[{"provider": "busy", "name": f"n{i}"} for i in range(3)],
                          probes=[probe("busy", f"{server.url}/status?code=429&retry_after=3&n={{name}}", ttl="50ms", concurrency=1)])
        row = eventually("a row says so", lambda: next((row for row in rows(vacancy.port).values() if "not asked again" in row.get("error", "")), None))
        self.assertRegex(row["error"], r"^answered 429 Too Many Requests \(Retry-After: 3\); not asked again before 20\S+Z$")
        calls = eventually("three calls", lambda: len(server.times("/status")) >= 3 and server.times("/status"))
        for before, after in zip(calls, calls[1:]):
            self.assertGreaterEqual(after - before, 2.9, calls)

    def logged_in(self, oidc, **oauth):
        """A service whose rows come from a source that wants a token."""
        (self.directory / "secret").write_text("a:b+c/%\n")
        oauth |= {"token_url": f"{oidc.url}/token", "client_id": "our client", "client_secret_file": str(self.directory / "secret"),
                  "scope": "capacity"}
        vacancy = self.up(profiles=[{"provider": "api", "name": f"n{i}"} for i in range(20)],
                          probes=[probe("api", f"{oidc.url}/capacity", ttl="100ms", timeout="10s", oauth=oauth)])
        eventually("all are measured", lambda: all(row["availability"] == "HIGH" for row in rows(vacancy.port).values()))
        self.assertEqual(oidc.tokens, 1, "one for all")
        return vacancy

    @unittest.skipUnless(HAS_OIDC, MISSING)
    def test_a_secret_may_be_in_the_form(self):
        oidc = self.enterContext(Oidc(life=60, auth="client_secret_post"))
        self.logged_in(oidc, auth_method="client_secret_post")

    @unittest.skipUnless(HAS_OIDC, MISSING)
    def test_a_token_of_a_real_server_is_renewed_and_replaced(self):
        oidc = self.enterContext(Oidc(life=2))
        vacancy = self.logged_in(oidc)
        for _ in range(3):
            before = oidc.tokens
            eventually("a token has ended, and a new one has come", lambda: oidc.tokens > before)
            before = oidc.tokens
            oidc.revoke()
            eventually("a token was refused, and a new one has come", lambda: oidc.tokens > before)
        self.assertEqual(vacancy.metric(r'vacancy_probe_runs_total\{.*result="failed".*\}'), 0, "no run has failed")
        self.assertLess(oidc.tokens, 20, "a token serves many calls")
