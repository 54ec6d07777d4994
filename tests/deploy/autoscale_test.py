"""script/autoscale beside compose: portals follow the requests, hardware processes the work that is due."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request

from support import COMPOSE, ENVIRONMENT, ROOT, DeployTest, Load, docker, eventually

TARGET = 40  # requests/s and portal: so few that two cores show it
MOST = 5
WINDOW = 20  # seconds that a smaller number must hold
TTL, DURATION, SLOTS, PROFILES = 10, 2, 32, 400  # two and a half replicas
AUTOSCALER = f"""
autoscaler:
  actuator: command
  list_command: [script/scale, --list, "{{service}}"]
  scale_command: [script/scale, "{{service}}={{replicas}}"]
  interval: 5s
  rate_window: 10s
  services:
    - name: portal
      spec:
        maxReplicas: {MOST}
        metrics:
          - type: Pods
            pods:
              metric: {{name: vacancy_offered_requests_total}}
              target: {{type: AverageValue, averageValue: {TARGET}}}
        behavior:
          scaleDown: {{stabilizationWindowSeconds: {WINDOW}, policies: [{{type: Percent, value: 100, periodSeconds: 15}}]}}
    - name: hardware
      spec:
        maxReplicas: 6
        metrics:
          - type: Pods
            pods:
              metric: {{name: vacancy_probe_slots_used_ratio}}
              target: {{type: AverageValue, averageValue: 800m}}
        behavior:
          scaleUp: {{stabilizationWindowSeconds: 10, policies: [{{type: Pods, value: 1, periodSeconds: 5}}]}}
          scaleDown: {{stabilizationWindowSeconds: {WINDOW}, policies: [{{type: Percent, value: 100, periodSeconds: 15}}]}}
"""
BUSY = f"""
profiles: [{", ".join(f"test/node-{number}" for number in range(PROFILES))}]
probes:
  - {{name: slow, match: {{provider: test}}, ttl: {TTL}s, duration: {DURATION}s, timeout: 8s, concurrency: {SLOTS}}}
"""


class Autoscaler:
    """script/autoscale, in the foreground."""

    def __init__(self, system, *args):
        self.log = system.directory / "autoscaler.log"
        environment = ENVIRONMENT | {"COMPOSE": " ".join(COMPOSE), "AUTOSCALER": str(ROOT / "build/release/bin/autoscaler"),
                                     "VACANCY_CONFIG": "deploy/compose/autoscaler.yaml", "VACANCY_ADMIN_PORT": "0"}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["script/autoscale", *args], cwd=system.directory, env=environment, stdout=log, stderr=log)

    def lines(self, service):
        return [line for line in self.log.read_text().splitlines() if re.search(rf" {service}: ", line)]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()


class AutoscaleTest(DeployTest):
    @classmethod
    def prepare(cls, system):
        (system.directory / "deploy/compose/autoscaler.yaml").write_text(AUTOSCALER)
        super().prepare(system)

    def count(self, service):
        return len(self.system.containers(service))

    def until(self, service, count, seconds):
        begin = time.monotonic()
        eventually(f"{count} of {service}", lambda: self.count(service) == count, seconds)
        return time.monotonic() - begin

    def test_1_a_dry_run_tells_and_changes_nothing(self):
        with Autoscaler(self.system, "--dry-run") as autoscaler, Load(self.system.port, 200):
            eventually("it would scale", lambda: any("1 -> 5 replicas, DryRun" in line for line in autoscaler.lines("portal")))
        self.assertEqual(self.count("portal"), 1)

    def test_2_portals_follow_the_requests(self):
        with Autoscaler(self.system) as autoscaler:
            with Load(self.system.port, 20) as calm:
                time.sleep(20)
            with Load(self.system.port, 200) as busy:
                reached = self.until("portal", MOST, 90)
                time.sleep(15)
            with Load(self.system.port, 20) as quiet:
                back = self.until("portal", 1, 120)
                eventually("it has said so", lambda: ": 1 replicas" in autoscaler.lines("portal")[-1])
        self.note(f"20, 200 and 20 requests/s: 5 portals after {reached:.0f} s, 1 after {back:.0f} s")
        for load in (calm, busy, quiet):
            self.note(load)
            self.assertEqual(load.failed, 0, load.failures)
        steps = [tuple(map(int, re.search(r": (\d+) -> (\d+) replicas, SuccessfulRescale", line).groups()))
                 for line in autoscaler.lines("portal") if "->" in line]
        self.assertEqual((steps[0][0], max(to for _, to in steps), steps[-1][1]), (1, MOST, 1))
        turns = [to > begin for begin, to in steps]
        self.assertEqual(turns, sorted(turns, reverse=True), f"up, then down: {steps}")

    def test_3_a_restart_takes_no_step_back(self):
        with Autoscaler(self.system) as first, Load(self.system.port, 100) as load:
            self.until("portal", 3, 90)
            first.end(signal.SIGKILL)
        self.assertEqual(load.failed, 0, load.failures)
        state = json.loads((self.system.directory / "data/autoscaler.json").read_text())
        self.assertIn("portal", state["services"])
        with Autoscaler(self.system) as second:
            eventually("the window holds", lambda: any("ScaleDownStabilized" in line for line in second.lines("portal")[-3:]))
            self.until("portal", 1, 120)

    def test_4_a_deploy_freezes_it(self):
        with Autoscaler(self.system) as autoscaler, Load(self.system.port, 200):
            self.until("portal", MOST, 90)
            self.system.change("portal")
            self.system.run("script/deploy", "portal")
            self.assertTrue(any("RolloutUnderWay: script/deploy is under way" in line for line in autoscaler.lines("portal")))
            self.assertEqual(self.count("portal"), MOST)

    def test_5_hardware_follows_the_work(self):
        (self.system.directory / "deploy/compose/config/vacancy.yaml").write_text(BUSY)
        self.system.run("script/scale", "portal=1", "hardware=1")
        self.system.compose("up", "-d", "--no-build", "--no-deps", "--force-recreate", "hardware")
        self.system.wait("hardware")
        begin = time.monotonic()
        with Autoscaler(self.system) as autoscaler:
            eventually("three", lambda: self.count("hardware") >= 3, 120)
            reached = time.monotonic() - begin
            eventually("nothing is late", lambda: self.overdue() < 1, 120)
            caught_up = time.monotonic() - begin - reached
            eventually("three again", lambda: self.count("hardware") == 3 and "DesiredWithinRange" in autoscaler.lines("hardware")[-1]
                       and "->" not in "".join(autoscaler.lines("hardware")[-6:]), 180)
            most = max(map(int, re.findall(r"(\d+) replicas,", "\n".join(autoscaler.lines("hardware")))))
        self.note(f"{PROFILES} profiles of {DURATION} s, TTL {TTL} s, {SLOTS} slots a replica: 3 replicas after {reached:.0f} s, "
                  f"nothing late {caught_up:.0f} s later; {most} replicas at most")

    def overdue(self):
        worst = 0
        for container in self.system.containers("hardware"):
            networks = json.loads(docker("inspect", container))[0]["NetworkSettings"]["Networks"]
            address = next(iter(networks.values()))["IPAddress"]
            text = urllib.request.urlopen(f"http://{address}:5011/metrics", timeout=5).read().decode()
            worst = max(worst, float(re.search(r"^vacancy_overdue_max_seconds (\S+)$", text, re.MULTILINE)[1]))
        return worst
