"""Metrics as Prometheus reads them, the opt-in ones of each profile, and the example dashboard's queries on them."""

import json
import pathlib
import re
import socket
import subprocess
import time
import urllib.parse

from support import PATIENCE, QUICK, TestCase, eventually, request, rows

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"
PROFILES = [{"provider": "lab", "name": "idle"}, {"provider": "lab", "name": "busy"}, {"provider": "lab", "name": "broken"},
            {"provider": 'odd "one" \\', "name": "gpu{a=1}"}]


def probe(name, output, **keys):
    return {"name": name, "kind": "exec", "ttl": "1h", "timeout": "5s", "match": {"name": name},
            "command": ["/bin/sh", "-c", output]} | keys


PROBES = [probe("idle", """echo '{"free": 8, "total": 10, "price": 1.5}'""", levels={"high": {"ratio": 0.5}, "medium": {"free": 1}}),
          probe("busy", """echo '{"level": "LOW", "score": 0.25}'"""), probe("broken", "exit 7"), QUICK | {"ttl": "1h"}]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class MetricsTest(TestCase):
    def measured(self):
        vacancy = self.up(profiles=PROFILES, probes=PROBES)
        eventually("all measured", lambda: all(row["measured_at"] or "error" in row for row in rows(vacancy.port).values()))
        return vacancy

    def samples(self, vacancy, query=""):
        text = request(vacancy.admin_port, "/metrics/profiles" + query).text
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if not line.startswith("#")}

    def test_each_profile_has_its_samples_when_asked(self):
        vacancy = self.measured()
        self.assertNotIn("busy", request(vacancy.admin_port, "/metrics").text.replace('probe="busy"', ""))
        self.assertEqual(request(vacancy.port, "/metrics/profiles").status, 404, "not on the public port")
        samples = self.samples(vacancy)
        level = 'vacancy_profile_level{{provider="lab",name="{}"}}'
        self.assertEqual([samples[level.format(name)] for name in ("idle", "busy", "broken")], [3, 1, 0])
        self.assertIn('vacancy_profile_level{provider="odd \\"one\\" \\\\",name="gpu{a=1}"}', samples)
        for name, value in (("free", 8), ("capacity", 10), ("price", 1.5), ("fresh", 1), ("failing", 0)):
            self.assertEqual(samples[f'vacancy_profile_{name}{{provider="lab",name="idle"}}'], value)
        self.assertEqual(samples['vacancy_profile_failing{provider="lab",name="broken"}'], 1)
        self.assertNotIn('vacancy_profile_free{provider="lab",name="busy"}', samples)
        self.assertNotIn('vacancy_profile_measured_timestamp_seconds{provider="lab",name="broken"}', samples)
        self.assertEqual(sum("vacancy_profile_level" in key for key in self.samples(vacancy, "?provider=lab&q=b")), 3)
        self.assertEqual(sum("vacancy_profile_level" in key for key in self.samples(vacancy, "?level=HIGH&provider=lab")), 1)
        self.assertEqual(request(vacancy.admin_port, "/metrics/profiles?color=red").status, 400)

    def test_promtool_finds_nothing_to_complain_about(self):
        vacancy = self.measured()
        for path in ("/metrics", "/metrics/profiles"):
            checked = subprocess.run(["promtool", "check", "metrics"], input=request(vacancy.admin_port, path).text,
                                     capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((checked.returncode, checked.stderr), (0, ""), path)

    def test_the_alert_fires_when_something_is_not_current_and_only_then(self):
        support = pathlib.Path(__file__).parents[1] / "support"
        for command in (["check", "rules", DEPLOY / "prometheus" / "rules.yml"], ["test", "rules", support / "prometheus_rules.yml"]):
            checked = subprocess.run(["promtool", *command], capture_output=True, text=True, timeout=60)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_the_alert_asks_for_metrics_that_exist(self):
        vacancy = self.measured()
        text = request(vacancy.admin_port, "/metrics").text
        for name in set(re.findall(r"\bvacancy_\w+", (DEPLOY / "prometheus" / "rules.yml").read_text())):
            self.assertRegex(text, rf"(?m)^{name}[ {{]", name)
        for server in ("hardware", "portal"):
            for freshness, count in (("FRESH", 3), ("PENDING", 1), ("STALE", 0), ("EXPIRED", 0)):
                labels = rf'\{{freshness="{freshness}",server="{server}"\}}'
                eventually(f"{server} {freshness}", lambda: vacancy.metric("vacancy_rows" + labels) == count)
        self.assertGreater(vacancy.metric("vacancy_database_last_write_timestamp_seconds"), time.time() - 600)
        self.assertGreater(vacancy.metric(r'vacancy_oldest_reading_seconds\{server="portal"\}'), 0)

    def test_prometheus_answers_every_query_of_the_dashboard(self):
        vacancy = self.measured()
        config = (DEPLOY / "grafana" / "prometheus.yml").read_text().replace("localhost:5010", f"127.0.0.1:{vacancy.admin_port}")
        (self.directory / "prometheus.yml").write_text("global: {scrape_interval: 1s, scrape_timeout: 1s}\n" + config)
        port = free_port()
        self.program("prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus",
                     f"--web.listen-address=127.0.0.1:{port}", folder=pathlib.Path("/usr/bin"))

        def query(expression):
            try:
                answer = request(port, "/api/v1/query?query=" + urllib.parse.quote(expression))
            except OSError:
                return None
            return answer.json["data"]["result"] if answer.status == 200 else None

        eventually("both scraped", lambda: query("sum(up)") and query("sum(up)")[0]["value"][1] == "2")
        dashboard = json.loads((DEPLOY / "grafana" / "vacancy.json").read_text())
        shown = {}
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                expression = re.sub(r"\$(provider|name)\b", ".*", target["expr"])
                self.assertNotIn("$", expression)
                shown[panel["title"]] = eventually(panel["title"], lambda: query(expression))
        counts = {title: float(shown[title][0]["value"][1]) for title in ("HIGH", "MEDIUM", "LOW", "UNKNOWN", "Latest attempt failed")}
        self.assertEqual(counts["UNKNOWN"], 1)
        self.assertEqual(counts["Latest attempt failed"], 1)
        self.assertEqual(sum(counts[title] for title in ("HIGH", "MEDIUM", "LOW")), 3)
        self.assertEqual(len(shown["Availability"]), 4)
        self.assertEqual([float(one["value"][1]) for one in shown["Free units"]], [8])
        self.assertEqual(len(shown["Age of the readings"]), 3)
        for variable in dashboard["templating"]["list"]:
            found = re.search(r"label_values\((.+), (\w+)\)", variable.get("definition", ""))
            if found:
                values = query(f"count by ({found[2]}) ({found[1].replace('$provider', '.*')})")
                self.assertEqual(len(values), {"provider": 2, "name": 4}[found[2]])
