"""The whole system on a real Swarm of one node: it scales with the requests, rolls builds out and back."""

import http.client
import json
import os
import re
import subprocess
import threading
import time
import unittest

from support import ENVIRONMENT, Load, System, docker, eventually, no_engine

TARGET = 40  # requests/s and portal: so few that two cores show it
MOST = 5
WINDOW = 20  # seconds that a smaller number must hold
AWAY = int(os.environ.get("AWAY", "10"))  # seconds
AUTOSCALER = f"""
autoscaler:
  interval: 5s
  rate_window: 10s
  services:
    - name: '{{{{ index .Service.Labels "com.docker.stack.namespace" }}}}_portal'
      metrics_url: http://tasks.portal:5010
      spec:
        minReplicas: 1
        maxReplicas: {MOST}
        metrics:
          - type: Pods
            pods:
              metric: {{name: vacancy_offered_requests_total}}
              target: {{type: AverageValue, averageValue: {TARGET}}}
        behavior:
          scaleDown: {{stabilizationWindowSeconds: {WINDOW}, policies: [{{type: Percent, value: 100, periodSeconds: 15}}]}}
"""


class Stack(System):
    """The system as script/swarm deploys it."""

    def __init__(self):
        super().__init__()
        self.stack = self.project
        self.set(STACK=self.stack)
        (self.directory / "deploy/swarm/autoscaler.yaml").write_text(AUTOSCALER)
        self.initialised = docker("info", "--format", "{{.Swarm.ControlAvailable}}") != "true"
        if self.initialised:
            docker("swarm", "init", "--advertise-addr", "127.0.0.1")

    def deploy(self, *args, **options):
        return self.run("script/swarm", "deploy", *args, **options)

    def containers(self, service, state="running"):
        found = docker("ps", "-q", "--no-trunc", "--filter", f"label=com.docker.swarm.service.name={self.stack}_{service}",
                       "--filter", f"status={state}")
        return sorted(found.split())

    def replicas(self, service):
        return int(docker("service", "inspect", "--format", "{{.Spec.Mode.Replicated.Replicas}}", f"{self.stack}_{service}"))

    def update(self, service):
        return docker("service", "inspect", "--format", "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}", f"{self.stack}_{service}")

    def decisions(self):
        """What the autoscaler said, the oldest first."""
        lines = []
        for container in docker("ps", "-aq", "--filter", f"label=com.docker.swarm.service.name={self.stack}_autoscaler").split():
            done = subprocess.run(["docker", "logs", container], env=ENVIRONMENT, capture_output=True, text=True)
            lines += [line for line in done.stderr.splitlines() if "_portal: " in line]
        return sorted(lines)

    def offered(self):
        """Requests/s and portal of the last decision, 0 when it has no metrics."""
        found = re.search(r"vacancy_offered_requests_total ([\d.]+) of", self.decisions()[-1])
        return float(found[1]) if found else 0

    def call_engine(self, method, path, body="{}", headers=()):
        """Through the proxy, as the autoscaler would; the status."""
        (proxy,) = self.containers("engine")
        address = next(iter(json.loads(docker("inspect", proxy))[0]["NetworkSettings"]["Networks"].values()))["IPAddress"]
        pid = docker("inspect", "--format", "{{.State.Pid}}", proxy)
        script = ("import http.client, sys\n"
                  "connection = http.client.HTTPConnection('127.0.0.1', 2375, timeout=10)\n"
                  f"body = sys.stdin.buffer.read() if {method!r} == 'POST' else None\n"
                  f"connection.request({method!r}, {path!r}, body=body, headers=dict({list(headers)!r}))\n"
                  "print(connection.getresponse().status)")
        done = subprocess.run(["nsenter", "-t", pid, "-n", "python3", "-c", script], input=body.encode(), capture_output=True, check=True)
        return int(done.stdout), address

    def close(self):
        self.run("script/swarm", "remove", "--data", check=False)
        for config in docker("config", "ls", "-q", "--filter", f"name={self.stack}-", check=False).split():
            docker("config", "rm", config, check=False)
        docker("node", "update", "--label-rm", "vacancy.database", docker("info", "--format", "{{.Swarm.NodeID}}"), check=False)
        if self.initialised:
            docker("swarm", "leave", "--force", check=False)
        super().close()


class Watcher(threading.Thread):
    """Notes the numbers of replicas that there should be, as they change."""

    def __init__(self, stack, service):
        super().__init__()
        self.stack, self.service, self.ending, self.seen, self.error = stack, service, threading.Event(), [], None

    def run(self):
        try:
            while not self.ending.wait(0.2):
                replicas = self.stack.replicas(self.service)
                if not self.seen or self.seen[-1] != replicas:
                    self.seen.append(replicas)
        except Exception as error:
            self.error = error

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()
        if self.error:
            raise self.error


class SwarmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = no_engine()
        if reason:
            raise unittest.SkipTest(f"no container engine: {reason}")
        cls.stack = Stack()
        cls.addClassCleanup(cls.stack.close)
        begin = time.monotonic()
        cls.stack.deploy()
        cls.took = time.monotonic() - begin

    def note(self, what):
        print(f"\n    {what}", flush=True)

    def status(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=20)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        finally:
            connection.close()

    def until(self, service, replicas, seconds):
        begin = time.monotonic()
        eventually(f"{service} is told to have {replicas}", lambda: self.stack.replicas(service) == replicas, seconds)
        return time.monotonic() - begin

    def test_1_it_serves_and_keeps_its_secrets(self):
        self.note(f"built and deployed after {self.took:.0f} s")
        eventually("it serves", lambda: self.status() == 200)
        eventually("the rows are measured", lambda: all(row["availability"] != "UNKNOWN" for row in self.stack.rows().values()) and self.stack.rows())
        for service in ("portal", "hardware", "mysql", "autoscaler", "engine", "edge"):
            spec = docker("service", "inspect", f"{self.stack.stack}_{service}")
            self.assertNotIn("PASSWORD\":", spec)
            self.assertEqual(json.loads(spec)[0]["Spec"]["TaskTemplate"]["ContainerSpec"]["ReadOnly"], True)

    def test_2_replicas_follow_the_requests(self):
        eventually("one portal", lambda: len(self.stack.containers("portal")) == 1)
        with Watcher(self.stack, "portal") as watcher:
            with Load(self.stack.port, 20) as calm:
                time.sleep(20)
            with Load(self.stack.port, 200) as busy:
                reached = self.until("portal", MOST, 90)
                eventually("they run", lambda: len(self.stack.containers("portal")) == MOST)
                time.sleep(20)
            with Load(self.stack.port, 20) as quiet:
                back = self.until("portal", 1, 120)
                eventually("the others have ended", lambda: len(self.stack.containers("portal")) == 1)
        self.note(f"20, 200 and 20 requests/s: {watcher.seen} portals; 5 after {reached:.0f} s, 1 after {back:.0f} s")
        for load in (calm, busy, quiet):
            self.note(load)
            self.assertEqual(load.failed, 0, load.failures)
        self.assertEqual((watcher.seen[0], max(watcher.seen), watcher.seen[-1]), (1, MOST, 1))
        up = watcher.seen[:watcher.seen.index(MOST) + 1]
        self.assertEqual(watcher.seen, sorted(up) + sorted(watcher.seen[len(up):], reverse=True), "up, then down")
        steps = [line for line in self.stack.decisions() if " -> " in line]
        self.assertEqual(len(steps), len(watcher.seen) - 1, "each step is a line")
        for line in steps:
            self.assertRegex(line, r"_portal: \d+ -> \d+ replicas, SuccessfulRescale, \w+, \w+: "
                                   r"vacancy_offered_requests_total [\d.]+ of 40 \(ratio [\d.]+, \d+ replicas\)")

    def test_3_noise_changes_nothing(self):
        begin = len(self.stack.decisions())
        with Watcher(self.stack, "portal") as watcher, Load(self.stack.port, 30) as load:
            eventually("ten decisions", lambda: len(self.stack.decisions()) >= begin + 10, 120)
        self.assertEqual(watcher.seen, [1])
        self.assertEqual(load.failed, 0, load.failures)

    def test_4_no_wrong_step_while_something_is_away(self):
        portal = self.stack.containers("portal")[0]
        (autoscaler,) = self.stack.containers("autoscaler")
        with Watcher(self.stack, "portal") as watcher, Load(self.stack.port, 20) as load:
            docker("kill", autoscaler)
            eventually("another autoscaler", lambda: self.stack.containers("autoscaler") not in ([], [autoscaler]))
            known = len(self.stack.decisions())
            eventually("it decides", lambda: len(self.stack.decisions()) > known and " 1 replicas" in self.stack.decisions()[-1])
            (proxy,) = self.stack.containers("engine")
            docker("pause", proxy)
            begin = time.monotonic()
            lost = eventually("the engine is missed", lambda: self.log_has("cannot look at"))
            time.sleep(max(0, AWAY - (time.monotonic() - begin)))
            docker("unpause", proxy)
            eventually("it is back", lambda: self.log_has("works again"))
        docker("pause", portal)
        try:
            eventually("metrics are missed", lambda: "FailedGetMetrics" in self.stack.decisions()[-1])
        finally:
            docker("unpause", portal)
        eventually("it goes on", lambda: "DesiredWithinRange" in self.stack.decisions()[-1])
        self.assertTrue(lost)
        self.assertEqual(watcher.seen, [1])
        self.assertEqual(load.failed, 0, load.failures)
        self.note(f"autoscaler killed, engine away for {AWAY} s, no metrics: {load}")

    def test_4_one_portal_that_hangs_changes_nothing(self):
        # Threads that hang for long would be fewer requests, and so fewer portals.
        with Load(self.stack.port, 100, limit=1) as load:
            self.until("portal", 3, 90)
            eventually("they run", lambda: len(self.stack.containers("portal")) == 3)
            # A portal that runs is asked once it is healthy.
            eventually("all are asked", lambda: 0 < self.stack.offered() < TARGET)
            with Watcher(self.stack, "portal") as watcher:
                hanging = self.stack.containers("portal")[0]
                docker("pause", hanging)
                begin = len(self.stack.decisions())
                eventually("six decisions", lambda: len(self.stack.decisions()) >= begin + 6)
        docker("unpause", hanging, check=False)  # Swarm may have replaced it by now
        self.assertEqual(watcher.seen, [3], self.stack.decisions()[begin:])
        self.note(f"one of three portals hangs: {load}")
        self.until("portal", 1, 120)

    def log_has(self, text):
        (autoscaler,) = self.stack.containers("autoscaler")
        done = subprocess.run(["docker", "logs", autoscaler], env=ENVIRONMENT, capture_output=True, text=True)
        return text in done.stderr

    def test_5_the_proxy_lets_two_calls_through(self):
        portal, mysql = f"/services/{self.stack.stack}_portal", f"/services/{self.stack.stack}_mysql"
        self.assertEqual(self.stack.call_engine("GET", portal)[0], 200)
        # Passed on, and refused by the engine: the version is missing.
        self.assertIn(self.stack.call_engine("POST", f"{portal}/update")[0], (400, 500))
        update = f"{portal}/update?version=1"
        for body in ('{"Mounts":[{"Source":"/","Target":"/h"}]}', '{"Mounts":[{"Type":"bind"}]}', '{"MOUNTS":[{"Type":"b\u0131nd"}]}',
                     '{"a":{"Mount\u017f":[]}}', '{"\\u004dounts":[]}', '{"CapabilityAdd":["ALL"]}'):
            self.assertEqual(self.stack.call_engine("POST", update, body)[0], 403, body)
        large = " " * 118_000 + '{"Mounts":[{"Type":"bind"}]}'
        heads = [(f"X-{number}", "x" * 8000) for number in range(4)]
        self.assertIn(self.stack.call_engine("POST", update, large, heads)[0], (400, 403, 413), "what is not seen does not pass")
        for method, path in (("GET", "/services"), ("GET", mysql), ("POST", f"{mysql}/update?version=1"), ("DELETE", portal),
                             ("GET", "/containers/json"), ("POST", "/containers/create"), ("GET", "/secrets"), ("POST", portal),
                             ("GET", f"{portal}/../{self.stack.stack}_mysql"), ("GET", f"{portal}/logs"), ("PUT", f"{portal}/update")):
            self.assertEqual(self.stack.call_engine(method, path)[0], 403, f"{method} {path}")

    def test_6_a_new_build_fails_no_request(self):
        self.stack.change("portal")
        self.stack.change("hardware")
        before = {service: self.stack.containers(service) for service in ("portal", "hardware", "mysql")}
        with Load(self.stack.port, 300) as load:
            self.stack.deploy()
        self.note(f"a new portal and hardware: {load}")
        self.assertEqual(load.failed, 0, load.failures)
        for service in ("portal", "hardware"):
            # A rollout is complete when the new tasks run: the old ones may still drain.
            eventually(f"the old {service} tasks have ended", lambda: not set(before[service]) & set(self.stack.containers(service)))
        self.assertEqual(before["mysql"], self.stack.containers("mysql"), "an unchanged service stays")

    def test_7_a_build_that_never_gets_healthy_is_rolled_back(self):
        before = self.stack.containers("portal")
        broken = self.stack.directory / "broken"
        broken.mkdir()
        (broken / "Dockerfile").write_text(f"FROM {self.stack.project}/portal:latest\n"
                                           "HEALTHCHECK --interval=1s --retries=2 --start-period=1s CMD [\"/usr/bin/portal\", \"--no-such-flag\"]\n")
        docker("build", "-q", "-t", f"{self.stack.project}/portal:latest", str(broken))
        known = len(self.stack.decisions())
        with Load(self.stack.port, 300) as load:
            done = self.stack.deploy("--no-build", check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("portal did not get healthy: rollback_completed", done.stderr)
        self.note(f"a broken portal: {load}")
        self.assertEqual(load.failed, 0, load.failures)
        self.assertTrue(set(before) & set(self.stack.containers("portal")), "the old tasks stayed")
        self.assertIn("RolloutUnderWay", "\n".join(self.stack.decisions()[known:]))


if __name__ == "__main__":
    unittest.main()
