"""`vacancy up` from nothing, again, and administered."""

import os
import sqlite3
import stat

from support import QUICK, TestCase, eventually, request, rows

LEVELS = ("HIGH", "MEDIUM", "LOW")


class UpTest(TestCase):
    def test_a_newcomer_sees_every_profile_at_once_and_levels_soon(self):
        vacancy = self.up(probes=[QUICK | {"duration": "2s", "timeout": "5s", "ttl": "5s"}])
        port, hardware_port, _ = vacancy.ports
        first = rows(port)
        self.assertEqual(sorted(first), ["H16mr", "c5"])
        self.assertEqual({row["freshness"] for row in first.values()}, {"PENDING"})
        waited = request(hardware_port, "/hardware/?wait=20").json
        self.assertEqual({row["freshness"] for row in waited}, {"FRESH"})
        eventually("the portal has them", lambda: all(row["availability"] in LEVELS for row in rows(port).values()))
        page = request(port, "/", headers={"Accept": "text/html,*/*;q=0.8", "User-Agent": "Mozilla/5.0"})
        self.assertIn("text/html", page.headers["Content-Type"])
        self.assertIn("<table", page.text)
        self.assertIn("Accept", page.headers["Vary"])
        lines = request(port, "/", headers={"Accept": "*/*", "User-Agent": "curl/7.88.1"}).text.splitlines()
        self.assertRegex(lines[0], r"^Amazon - c5: (HIGH|MEDIUM|LOW)$")
        self.assertEqual(len(lines), 2)

    def test_a_restart_keeps_readings_and_the_epoch(self):
        first = self.up(probes=[QUICK | {"ttl": "1h"}])
        eventually("readings", lambda: all(row["measured_at"] for row in rows(first.port).values()))
        before = request(first.port, "/api/v1/hardware").json
        first.stop()
        second = self.up(probes=[QUICK | {"ttl": "1h"}])
        after = request(second.port, "/api/v1/hardware").json
        self.assertEqual([row["measured_at"] for row in after["hardware"]], [row["measured_at"] for row in before["hardware"]])
        self.assertEqual(after["version"].split("-")[0], before["version"].split("-")[0])

    def test_profiles_are_administered_with_the_written_token(self):
        vacancy = self.up()
        port, hardware_port, _ = vacancy.ports
        token = self.directory / "data" / "admin-token"
        self.assertEqual(stat.S_IMODE(os.stat(token).st_mode), 0o600)
        stream = self.events(port, "/api/v1/events")
        stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")

        def profile(*args):
            return self.run_command("vacancy", "profile", "--hardware-url", f"http://127.0.0.1:{hardware_port}", "--token-file", token, *args)

        added = profile("add", "our cluster", "gpu/a100")
        self.assertEqual((added.returncode, added.stderr), (0, ""))
        (_, _, data), _ = stream.until("the new row", lambda event, _, data: any(r["name"] == "gpu/a100" for r in data.get("changed", [])))
        self.assertEqual(request(port, "/api/v1/hardware/our%20cluster/gpu%2Fa100").json["provider"], "our cluster")
        again = profile("add", "our cluster", "gpu/a100")
        self.assertEqual(again.returncode, 2)
        self.assertIn("exists", again.stderr)
        self.assertEqual(profile("rename", "our cluster", "gpu/a100", "our cluster", "gpu").returncode, 0)
        eventually("the new name", lambda: "gpu" in rows(port) and "gpu/a100" not in rows(port))
        self.assertEqual(profile("remove", "our cluster", "gpu").returncode, 0)
        stream.until("the removal", lambda event, _, data: bool(data.get("removed")))
        self.assertEqual(sorted(rows(port)), ["H16mr", "c5"])

    def test_administration_refuses_what_it_must(self):
        hardware = self.hardware()
        body = '{"provider":"a","name":"b"}'
        headers = {"Content-Type": "application/json", "Authorization": "Bearer wrong"}
        self.assertEqual(request(hardware.port, "/hardware/", "POST", headers, body).status, 403, "no token configured")
        vacancy = self.up()
        port = vacancy.ports[1]
        answer = request(port, "/hardware/", "POST", headers, body)
        self.assertEqual(answer.status, 401)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        headers["Authorization"] = "Bearer " + (self.directory / "data" / "admin-token").read_text().strip()
        for bad, status in [("", 400), ("[1]", 400), ('{"provider":"a"}', 400), ('{"provider":"a","name":7}', 400),
                            ('{"provider":"a","name":"b","nmae":"c"}', 400), ('{"provider":"a","name":" b"}', 400),
                            ('{"provider":"a","name":"%s"}' % ("x" * 192), 400), ("x" * (2 << 20), 413)]:
            self.assertEqual(request(port, "/hardware/", "POST", headers, bad).status, status, bad[:40])
        self.assertEqual(request(port, "/hardware/99999", "DELETE", headers).status, 404)
        self.assertEqual(request(port, "/hardware/abc", "PUT", headers, body).status, 404)
        self.assertEqual(request(vacancy.port, "/hardware/", "POST", headers, body).status, 404, "the portal has no administration")
        self.assertEqual(sorted(rows(vacancy.port)), ["H16mr", "c5"])

    def test_rows_inserted_with_plain_sql_are_adopted(self):
        vacancy = self.up()
        with sqlite3.connect(self.directory / "data" / "vacancy.db", timeout=20) as database:
            database.execute("INSERT INTO hardware (provider, name) VALUES ('Plain', 'sql')")
        database.close()
        eventually("it is measured", lambda: rows(vacancy.port)["sql"]["availability"] in LEVELS)

    def test_list_prints_a_table_and_json(self):
        vacancy = self.up()
        eventually("levels", lambda: all(row["availability"] in LEVELS for row in rows(vacancy.port).values()))
        url = f"http://127.0.0.1:{vacancy.port}"
        lines = self.run_command("vacancy", "list", environment={"VACANCY_URL": url}).stdout.splitlines()
        self.assertEqual(lines[0].split(), ["PROVIDER", "NAME", "LEVEL", "FRESHNESS", "CAPACITY", "AGE"])
        self.assertRegex(lines[1], r"^Amazon    c5     (HIGH|MEDIUM|LOW) +FRESH +-")
        self.assertIn('"provider":"Azure"', self.run_command("vacancy", "list", "--json", "--url", url).stdout)
        nobody = self.run_command("vacancy", "list", "--url", "http://127.0.0.1:1")
        self.assertEqual(nobody.returncode, 1)
        self.assertIn("cannot connect to http://127.0.0.1:1", nobody.stderr)
