"""Replicas that come and go under load."""

import json
import re
import threading
import time
import urllib.request
from datetime import datetime

from support import DeployTest, Load, docker, eventually

TTL = 5
PROFILES = 40
UNSEEN = 2  # seconds: what was measured later may not have been seen
CONFIGURATION = f"""
profiles: [{", ".join(f"test/node-{number}" for number in range(PROFILES))}]
probes:
  - {{name: quick, match: {{provider: test}}, ttl: {TTL}s, duration: 500ms, timeout: 3s}}
"""


class Watcher(threading.Thread):
    """Collects when each profile was measured, as readers see it."""

    def __init__(self, system):
        super().__init__()
        self.system, self.measured, self.ending, self.error = system, set(), threading.Event(), None

    def look(self):
        return {(row["name"], row["measured_at"]) for row in self.system.rows().values()
                if row["provider"] == "test" and row["measured_at"]}

    def run(self):
        try:
            while not self.ending.wait(0.5):
                self.measured |= self.look()
        except Exception as error:
            self.error = error

    def __enter__(self):
        self.begin = time.time()
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()
        if self.error:
            raise self.error
        end = time.time() - UNSEEN
        self.seconds = end - self.begin
        times = (datetime.fromisoformat(measured).timestamp() for _, measured in self.measured)
        self.readings = sum(self.begin <= at < end for at in times)


class ScaleTest(DeployTest):
    @classmethod
    def prepare(cls, system):
        (system.directory / "deploy/compose/config/vacancy.yaml").write_text(CONFIGURATION)
        super().prepare(system)

    def metric(self, container, port, name):
        """The sum of a counter over its labels."""
        networks = json.loads(docker("inspect", container))[0]["NetworkSettings"]["Networks"]
        address = next(iter(networks.values()))["IPAddress"]
        text = urllib.request.urlopen(f"http://{address}:{port}/metrics", timeout=5).read().decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))

    def everybody_works(self, service, port, metric):
        for container in self.system.containers(service):
            before = self.metric(container, port, metric)
            eventually(f"{service} {container[:12]} works", lambda: self.metric(container, port, metric) > before)

    def scale(self, service, count):
        self.system.run("script/scale", f"{service}={count}")
        self.system.wait(service)
        self.assertEqual(len(self.system.containers(service)), count)

    def test_replicas_share_the_work_and_nobody_notices_that_they_come_and_go(self):
        eventually("all are measured", lambda: [row["freshness"] for row in self.system.rows().values()].count("FRESH") == PROFILES)
        time.sleep(2 * TTL)  # first runs are apart by less than a ttl
        with Load(self.system.port, rate=320) as load, Watcher(self.system) as watcher:
            self.scale("hardware", 4)
            self.everybody_works("hardware", 5011, "vacancy_probes_total")
            self.scale("portal", 3)
            self.everybody_works("portal", 5010, "vacancy_http_requests_total")
            time.sleep(2 * TTL)
            self.scale("portal", 1)
            self.scale("hardware", 1)
            time.sleep(2 * TTL)
        per_ttl = watcher.readings / PROFILES / (watcher.seconds / TTL)
        self.note(f"hardware 1, 4, 1 and portal 1, 3, 1: {load}; {per_ttl:.3f} readings per profile and TTL")
        self.assertEqual(load.failed, 0, load.failures)
        # A busy machine skips what is a whole period late; nothing is measured twice in one.
        self.assertGreater(per_ttl, 0.5)
        self.assertLessEqual(per_ttl, 1.05)
