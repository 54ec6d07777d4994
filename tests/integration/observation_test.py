"""Launches that somebody tells: through the portal and the hardware service, on SQLite and MariaDB, with several replicas."""

import concurrent.futures
import datetime
import json
import os
import pathlib
import subprocess
import time

from support import BIN, ENVIRONMENT, PATIENCE, DatabaseCase, TestCase, eventually, request, rows

LAUNCHES = pathlib.Path(__file__).resolve().parents[2] / "deploy/observe/launches"
TOKEN = "an-observer-token"
PROFILES = [{"provider": "Amazon", "name": name} for name in ("g4dn.xlarge", "c5n.18xlarge", "c5.large")]
PATH = "/api/v1/observations"
# How many launches the latency is taken of.
SAMPLES = int(os.environ.get("OBSERVATION_SAMPLES", "100"))

# As Karpenter (aws-provider 1.6), ParallelCluster (3.x) and Terraform (aws 5) write them, shortened.
KARPENTER = "\n".join([
    '{"level":"INFO","time":"2025-10-06T09:43:08.000Z","message":"created nodeclaim","instance-types":"g4dn.xlarge"}',
    '{"level":"ERROR","time":"NOW","message":"failed launching nodeclaim","NodeClaim":{"name":"a-4667w"},'
    '"error":"creating instance, insufficient capacity, with fleet error(s), InsufficientInstanceCapacity: We currently do not have '
    'sufficient g4dn.xlarge capacity in the Availability Zone you requested (eu-west-3b). Our system will be working on it.; '
    'InsufficientInstanceCapacity: We currently do not have sufficient g4dn.xlarge capacity in the Availability Zone you requested '
    '(eu-west-3b). Our system will be working on it."}',
    '{"level":"INFO","message":"launched nodeclaim","provider-id":"aws:///eu-west-3a/i-1","instance-type":"c5.large","zone":"eu-west-3a"}',
    "not JSON", "[]", '"text"'])
PARALLELCLUSTER = (
    "2022-03-23 21:04:23,600 - [slurm_plugin.instance_manager:add_instances_for_nodes] - ERROR - Encountered exception when launching "
    "instances for nodes (x1) ['queue1-dy-1']: An error occurred (InsufficientInstanceCapacity) when calling the RunInstances operation "
    "(reached max retries: 1): We currently do not have sufficient c5n.18xlarge capacity in the Availability Zone you requested "
    "(us-east-1a). Our system will be working on provisioning additional capacity.")


class Cases:
    def keys(self, **more):
        (self.directory / "token").write_text(TOKEN)
        probe = {"name": "file", "kind": "exec", "command": ["echo", '{"free": 42, "level": "HIGH", "reason": "42 idle"}'],
                 "ttl": "1h", "timeout": "5s"}
        return {"profiles": PROFILES, "probes": [probe], "hardware": {"observer_token_file": str(self.directory / "token")}} | more

    def start(self, replicas=1):
        replicas = [self.hardware(config=f"hardware-{i}.yaml", **self.keys()) for i in range(replicas)]
        portal = self.portal(*(one.port for one in replicas), config="portal.yaml",
                             portal={"observer_token_file": str(self.directory / "token")})
        eventually("all are measured", lambda: all(row["availability"] == "HIGH" for row in rows(portal.port).values()))
        return replicas, portal

    def tell(self, service, body, token=TOKEN):
        return request(service.port, PATH, "POST", {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}, json.dumps(body))

    def told(self, service, **launch):
        answer = self.tell(service, {"profile": "Amazon/g4dn.xlarge"} | launch)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def failed(self, service, error="InsufficientInstanceCapacity", **more):
        return self.told(service, outcome="failed", error=error, **more)

    def row(self, service, name="g4dn.xlarge"):
        return rows(service.port)[name]

    def calibration(self, service):
        return request(service.port, "/api/v1/calibration").json["calibration"]

    def test_a_launch_changes_the_row_everywhere_and_counts_once(self):
        replicas, portal = self.start(replicas=2)
        self.assertEqual(self.failed(portal, where="eu-1", source="karpenter", id="e1"),
                         {"provider": "Amazon", "name": "g4dn.xlarge", "effect": "applied", "said": "HIGH"})
        row = eventually("the row is LOW", lambda: (row := self.row(portal))["availability"] == "LOW" and row)
        self.assertEqual(row["reason"], "launch failed in eu-1: InsufficientInstanceCapacity (reported by karpenter)")
        self.assertEqual((row["freshness"], row["changed_from"], row.get("free")), ("FRESH", "HIGH", None))
        for replica in replicas:
            eventually("it is LOW there", lambda: any(each["availability"] == "LOW" for each in request(replica.port, "/hardware/").json))
            self.assertEqual(self.failed(replica, id="e1")["effect"], "repeated", "whoever is told")
        self.assertEqual(self.failed(replicas[1], error="UnauthorizedOperation: you may not")["effect"], "ignored")
        self.assertEqual(self.told(replicas[1], outcome="launched", took="1ms")["said"], "LOW")
        row = eventually("the row is MEDIUM", lambda: (row := self.row(portal))["availability"] == "MEDIUM" and row)
        self.assertEqual((row["reason"], row["took_ms"]), ("launched within 1ms", 1))
        old = {"profile": "Amazon/c5.large", "outcome": "launched", "at": "2020-01-01T00:00:00Z"}
        self.assertEqual(self.tell(portal, old).status, 400)

        counted = eventually("all are counted", lambda: (all_of := self.calibration(portal))["LOW"]["launched"] and all_of)
        self.assertEqual(counted, {"HIGH": {"launched": 0, "failed": 1}, "MEDIUM": {"launched": 0, "failed": 0},
                                   "LOW": {"launched": 1, "failed": 0}, "UNKNOWN": {"launched": 0, "failed": 0}})
        page = eventually("the page tells it", lambda: "When it was HIGH here, <b>0</b> of 1 launch worked." in (
            text := request(portal.port, "/profile/Amazon/g4dn.xlarge/history").text) and text)
        self.assertIn("When it was LOW here, <b>1</b> of 1 launch worked.", page)
        text = "".join(request(replica.admin_port, "/metrics").text for replica in replicas)
        self.assertIn('vacancy_launches_total{outcome="failed",said="HIGH"} 1', text)

        for replica in replicas:
            replica.stop()
        again = self.hardware(config="hardware-0.yaml", **self.keys())
        row = eventually("its row", lambda: next(each for each in request(again.port, "/hardware/").json if each["name"] == "g4dn.xlarge"))
        self.assertEqual(row["availability"], "MEDIUM", "a restart changes nothing")
        self.assertEqual(self.failed(again, id="e1")["effect"], "repeated")
        self.assertEqual(request(again.port, "/hardware/calibration").json["calibration"], counted)

    def test_from_the_request_to_the_browsers_stream(self):
        """The figure: how long until an event of the row is in a browser's stream, with two replicas, whichever is told."""
        _, portal = self.start(replicas=2)
        stream = self.events(portal.port, "/api/v1/events?limit=3")
        latencies = []
        for number in range(SAMPLES):
            launch = {"outcome": "launched", "source": f"s{number}"} if number % 2 else {
                "outcome": "failed", "error": "AllocationFailed", "source": f"s{number}"}
            begin = time.monotonic()
            self.assertEqual(self.told(portal, **launch)["effect"], "applied")
            stream.until(f"launch {number}", lambda event, _, data: f"reported by s{number})" in json.dumps(data))
            latencies.append(time.monotonic() - begin)
        latencies.sort()
        p99 = latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)]
        print(f"\n{SAMPLES} launches to the stream: p50 {latencies[len(latencies) // 2] * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms,"
              f" most {latencies[-1] * 1e3:.0f} ms")


class SqliteTest(Cases, TestCase):
    def test_only_those_with_the_token_tell(self):
        (hardware,), portal = self.start()
        launch = {"profile": "Amazon/c5.large", "outcome": "launched"}
        for service in (hardware, portal):
            for token in ("", "wrong", "another-token-of-16"):
                answer = self.tell(service, launch, token)
                self.assertEqual((answer.status, answer.headers["WWW-Authenticate"]), (401, "Bearer"))
            # Without the token, nobody learns what is there, and no body is read.
            self.assertEqual(request(service.port, PATH, "POST", {"Content-Length": "999999999"}).status, 401)
            self.assertEqual(self.tell(service, launch).status, 200)
            for body, status in (({"profile": "Amazon/none", "outcome": "launched"}, 404), ({"outcome": "launched"}, 400), ([], 400),
                                 ([launch] * 101, 400), (launch | {"error": "x" * 600_000}, 413)):
                answer = self.tell(service, body)
                self.assertEqual(answer.status, status, answer.text)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
            # It opens nothing else.
            for path in ("/hardware/profiles", "/hardware/probes"):
                self.assertIn(request(hardware.port, path, headers={"Authorization": f"Bearer {TOKEN}"}).status, (401, 403))
        closed = self.portal(hardware.port, config="closed.yaml")
        answer = self.tell(closed, launch)
        self.assertEqual((answer.status, answer.json["detail"]),
                         (403, "evidence of launches is off: no observer_token_file is configured"))
        hardware.stop()
        answer = eventually("the portal says so", lambda: (answer := self.tell(portal, launch)).status == 503 and answer)
        self.assertIn("tell it again", answer.json["detail"])

    def test_launches_that_end_together_are_all_taken(self):
        (hardware,), portal = self.start()
        for service in (hardware, portal):
            with concurrent.futures.ThreadPoolExecutor(40) as pool:
                answers = list(pool.map(lambda number: self.told(service, outcome="launched", id=f"{service.port}-{number}"), range(40)))
            self.assertEqual({answer["effect"] for answer in answers} - {"applied", "counted"}, set())
        counted = eventually("all are counted", lambda: (all_of := self.calibration(portal)) and
                             sum(of["launched"] for of in all_of.values()) == 80)
        self.assertTrue(counted)

    def test_a_launch_of_a_simulated_row_is_real(self):
        (self.directory / "token").write_text(TOKEN)
        hardware = self.hardware(config="simulated.yaml", profiles=PROFILES, hardware={"observer_token_file": str(self.directory / "token")}, probes=[{"name": "simulated", "duration": "1ms", "ttl": "1h"}])
        portal = self.portal(hardware.port)
        eventually("it is measured", lambda: self.row(portal)["measured_at"] and self.row(portal)["simulated"])
        ran = self.run_command("vacancy", "observe", "Amazon/g4dn.xlarge", "--failed", "tail: PASSWORD=hunter2 InsufficientInstanceCapacity",
                               "--url", f"http://127.0.0.1:{hardware.port}", "--token-file", str(self.directory / "token"))
        self.assertEqual(ran.returncode, 0, ran.stderr)
        row = eventually("the row is LOW", lambda: (row := self.row(portal))["reason"].startswith("launch") and row)
        self.assertEqual((row.get("simulated"), row["reason"]), (None, "launch failed: InsufficientInstanceCapacity"))
        self.assertIs(self.row(portal, "c5.large")["simulated"], True)

    def test_logs_of_programs_that_launch(self):
        _, portal = self.start()
        environment = ENVIRONMENT | {"VACANCY_URL": f"http://127.0.0.1:{portal.port}/", "VACANCY_TOKEN_FILE": str(self.directory / "token")}

        # A launch of last year would be refused, and one before the measurement only counted.
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

        def pipe(source, text):
            text = text.replace("NOW", now)
            ran = subprocess.run([LAUNCHES, source], input=text, env=environment, capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))
            return [json.loads(line) for line in ran.stdout.splitlines()]

        self.assertEqual([(one["name"], one["effect"]) for one in pipe("karpenter", KARPENTER)],
                         [("g4dn.xlarge", "applied"), ("c5.large", "applied")])
        self.assertEqual([one["effect"] for one in pipe("karpenter", KARPENTER)], ["repeated", "repeated"])
        environment["VACANCY_REGION"] = "us-east-1"
        self.assertEqual(pipe("karpenter", KARPENTER), [])
        self.assertEqual([(one["name"], one["effect"]) for one in pipe("parallelcluster", PARALLELCLUSTER)], [("c5n.18xlarge", "applied")])
        self.assertEqual(pipe("terraform", "Error: creating EC2 Instance: UnauthorizedOperation"), [])
        row = eventually("the row is LOW", lambda: (row := self.row(portal, "c5n.18xlarge"))["availability"] == "LOW" and row)
        self.assertEqual(row["reason"], "launch failed in us-east-1a: InsufficientInstanceCapacity (reported by parallelcluster)")

    def test_the_command_tells_portal_and_hardware_service(self):
        (hardware,), portal = self.start()
        for service, said in ((portal, "HIGH"), (hardware, "LOW")):
            ran = self.run_command("vacancy", "observe", "Amazon/c5.large", "--failed", "SkuNotAvailable", "--url",
                                   f"http://127.0.0.1:{service.port}", "--token-file", str(self.directory / "token"))
            self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (0, f"Amazon/c5.large: applied; it said {said}\n", ""))
        ran = self.run_command("vacancy", "observe", "Amazon/none", "--launched", "--url", f"http://127.0.0.1:{portal.port}",
                               "--token-file", str(self.directory / "token"))
        self.assertEqual(ran.returncode, 2)
        self.assertIn("there is no profile 'Amazon/none'", ran.stderr)


class MariadbTest(Cases, DatabaseCase):
    pass
