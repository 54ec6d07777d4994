"""Slurm's commands and slurmrestd about the same real cluster: the same profiles, counts and reasons."""

import http.server
import json
import threading
import unittest

from support import TestCase, eventually, request, rows, slurm_cluster

PROBE = {"kind": "slurm", "ttl": "1s", "timeout": "15s", "discover": True}


class Newer(http.server.ThreadingHTTPServer):
    """A slurmrestd of a later version in front of one of 22.05: it has v0.0.41, in the later shapes, and no other."""

    daemon_threads = True

    def __init__(self, port):
        super().__init__(("127.0.0.1", 0), NewerHandler)
        self.port, self.asked = port, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


def number(value):
    return {"set": value is not None, "infinite": False, "number": value or 0}


def limit(value):
    """Where 22.05 has null, -1 or 2^32 - 1, there is no limit."""
    infinite = value in (None, -1, 2**32 - 1)
    return {"set": not infinite, "infinite": infinite, "number": 0 if infinite else value}


def newer_node(node):
    state = [node.pop("state").upper(), *node.pop("state_flags")]
    return node | {"state": state, "effective_cpus": int(node.pop("tres").split(",")[0].removeprefix("cpu=")),
                   "alloc_idle_cpus": node.pop("idle_cpus"), "free_mem": number(node.pop("free_memory")),
                   "active_features": [name for name in node["active_features"].split(",") if name]}


def newer_partition(partition):
    most = {"cpus_per_node": limit(partition["maximum_cpus_per_node"]), "nodes": limit(partition["maximum_nodes_per_job"]),
            "shares": 0 if partition["name"] == "whole" else 1}
    return {"name": partition["name"], "partition": {"state": [partition["state"]]}, "maximums": most,
            "nodes": {"configured": partition["nodes"], "total": partition["total_nodes"]}}


def newer_job(job):
    for name in ("cpus", "node_count", "tasks", "start_time", "end_time", "sockets_per_node"):
        job[name] = number(job[name])
    for name in ("tres_per_node", "tres_per_socket"):
        job[name] = job[name].replace("gres:", "gres/")
    return job | {"job_state": [job["job_state"]], "time_limit": limit(job["time_limit"])}


class NewerHandler(http.server.BaseHTTPRequestHandler):
    SHAPES = {"nodes": newer_node, "partitions": newer_partition, "jobs": newer_job}

    def do_GET(self):
        self.server.asked.append(self.path)
        version, what = self.path.split("/")[2:]
        if version != "v0.0.41":
            self.send_error(404)
            return
        names = {name: self.headers[name] for name in ("X-SLURM-USER-NAME", "X-SLURM-USER-TOKEN")}
        answer = request(self.server.port, f"/slurm/v0.0.38/{what}", headers=names)
        body = answer.json
        body = {"errors": body["errors"], "warnings": [], what: [self.SHAPES[what](one) for one in body.get(what, [])]}
        text = json.dumps(body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class SlurmSourcesTest(TestCase):
    EXTRA = """\
PartitionName=both Nodes=cpu[1-2],gpu[1-2] State=UP
PartitionName=empty State=UP
PartitionName=closed Nodes=cpu1 State=DOWN
PartitionName=capped Nodes=cpu[1-2] MaxCPUsPerNode=2 MaxNodes=1 State=UP
PartitionName=whole Nodes=cpu[1-2] OverSubscribe=EXCLUSIVE State=UP
PartitionName=own Nodes=cpu[1-2] ExclusiveUser=YES State=UP
PartitionName=root Nodes=cpu[1-2] RootOnly=YES State=UP
"""
    # What slurmrestd does not say of these partitions: v0.0.38, and later versions.
    UNTOLD, UNTOLD_LATER = {"whole"}, {"own", "root"}

    @classmethod
    def setUpClass(cls):
        try:
            cls.cluster = cls.enterClassContext(slurm_cluster.SlurmCluster(
                2, 2, reserved_cpus=1, shards=5, gres="dcu:z100:8,npu:4", memory=True, jwt=True, extra=cls.EXTRA))
        except slurm_cluster.Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from None
        cls.port = cls.cluster.start_rest()

    def setUp(self):
        super().setUp()
        self.jwt = self.directory / "jwt"
        self.jwt.write_text(self.cluster.token())

    def rest(self, port=None, **keys):
        return PROBE | {"name": "rest", "match": {"provider": "rest"}, "url": f"http://127.0.0.1:{port or self.port}",
                        "jwt_file": str(self.jwt), "user": slurm_cluster.user()} | keys

    def commands(self, **keys):
        return PROBE | {"name": "commands", "match": {"provider": "commands"}, "conf": self.cluster.conf} | keys

    def submit(self, *options):
        job = self.cluster.sbatch("--ntasks=1", *options)
        self.addCleanup(self.cluster.run, "scancel", str(job))
        return job

    def seen(self, port, provider):
        """(free, total, largest, reason) of each profile of a provider that has been measured."""
        listed = request(port, "/api/v1/hardware?limit=1000").json["hardware"]
        return {row["name"]: tuple(row.get(key) for key in ("free", "total", "largest", "reason"))
                for row in listed if row["provider"] == provider and "reason" in row}

    def agree(self, *sources, untold=UNTOLD, **wanted):
        """Runs the probes until all say the same, but for some partitions, and some profiles have these numbers; what the
        first one says."""
        vacancy = self.up(probes=list(sources))
        names = [source["match"]["provider"] for source in sources]

        def said():
            all_of = [self.seen(vacancy.port, name) for name in names]
            numbers = {name: all_of[0].get(name.replace("__", ":"), ())[:2] for name in wanted}
            told = [{name: row for name, row in one.items() if name not in untold} for one in all_of]
            return told[0] and all(one == told[0] for one in told) and numbers == wanted and all_of[0]
        return eventually(f"{names} say {wanted}", said)

    def test_an_idle_cluster(self):
        seen = self.agree(self.commands(), self.rest(), gpu__a100=(8, 8))
        self.assertEqual({name: row[:3] for name, row in seen.items()}, {
            "batch": (6, 6, 3), "both": (20, 20, 7), "closed": (0, 3, 0), "empty": (0, 0, 0), "gpu": (14, 14, 7),
            "gpu:a100": (8, 8, 4), "gpu:dcu:z100": (16, 16, 8), "gpu:npu": (8, 8, 4), "gpu:shard:a100": (40, 40, 20),
            "capped": (4, 4, 2), "whole": (6, 6, 3), "own": (6, 6, 3), "root": (0, 6, 0), "both:a100": (8, 8, 4), "both:dcu:z100": (16, 16, 8), "both:npu": (8, 8, 4), "both:shard:a100": (40, 40, 20)})
        self.assertEqual(seen["closed"][3], "the partition is down")
        self.assertEqual(seen["root"][3], "the partition is open to root only")
        self.assertTrue(seen["gpu:dcu:z100"][3].startswith("16 of 16 z100 dcus free on 2 of 2 nodes, at most 8 on one ("))

    def test_what_partitions_allow(self):
        """Where a job is on each node, no other starts in a partition of whole nodes."""
        for node in ("cpu1", "cpu2"):
            self.cluster.wait_for_job(self.submit("--partition=batch", f"--nodelist={node}", "--mem=10"))
        waits = self.submit("--partition=whole", "--mem=10")
        why = ("squeue", "-h", "-j", str(waits), "-o", "%T %r")
        self.cluster.wait_until(lambda: self.cluster.run(*why).strip() == "PENDING Resources", "the job waits for a node")
        sources = [self.commands(), self.rest(), self.rest(self.later(), name="later", match={"provider": "later"})]
        seen = self.agree(*sources, untold=self.UNTOLD | self.UNTOLD_LATER, batch=(4, 6), capped=(4, 4), whole=(0, 6))
        self.assertRegex(seen["whole"][3], r"^0 of 6 CPUs free; only nodes without a job count \(LOW: ")
        self.assertEqual(seen["own"], seen["whole"])
        self.agree(sources[0], sources[2], untold=self.UNTOLD_LATER, whole=(0, 6))
        self.agree(sources[0], sources[1], own=(0, 6), root=(0, 6))

    def test_the_nodes_of_one_job(self):
        seen = self.agree(self.commands(unit="nodes"), self.rest(unit="nodes"), capped=(2, 2))
        self.assertEqual((seen["capped"][2], seen["batch"][2]), (1, 2))

    def busy(self):
        """Jobs of all kinds, one that waits, and a node that is drained."""
        for gres in ("gpu:a100:1", "shard:5", "shard:3", "dcu:z100:3", "npu:1"):
            self.cluster.wait_for_job(self.submit("--partition=gpu", "--nodelist=gpu1", "--mem=1000", f"--gres={gres}"))
        self.cluster.drain("cpu2", "a fan")
        self.addCleanup(self.cluster.wait_for_state, "idle", "cpu2")
        self.addCleanup(self.cluster.resume, "cpu2")
        self.submit("--partition=gpu", "--nodelist=gpu1", "--mem=100", "--gres=npu:4")
        self.submit("--partition=gpu", "--nodelist=gpu1", "--mem=100", "--gpus-per-socket=2", "--sockets-per-node=1")

    def test_a_busy_cluster(self):
        self.busy()
        seen = self.agree(self.commands(subtract_pending=True), self.rest(subtract_pending=True), gpu__npu=(4, 8))
        self.assertTrue(seen["gpu:npu"][3].startswith("4 of 8 npus free on 1 of 2 nodes; pending jobs take 3 ("))
        # One of the five that are idle is for a job that asks for two per socket.
        self.assertEqual(seen["gpu:a100"][:2], (4, 8))
        # One of gpu1's four GPUs is in use as a whole and two are shared, of which 22.05 does not say how much.
        self.assertEqual(seen["gpu:shard:a100"][:2], (25, 40))
        self.assertEqual(seen["gpu:dcu:z100"][:2], (13, 16))
        self.assertEqual(seen["batch"][:2], (3, 6))
        self.assertIn("; 1 drained", seen["batch"][3])

    def test_memory(self):
        self.cluster.wait_for_job(self.submit("--partition=gpu", "--nodelist=gpu1", "--mem=6500"))
        need = {"memory_per_unit": "1G"}
        seen = self.agree(self.commands(**need), self.rest(**need), gpu__a100=(5, 8))
        self.assertIn("; 3 more without memory", seen["gpu:a100"][3])
        self.assertEqual(seen["gpu"][:2], (8, 14))

    def test_expected_times(self):
        keys = {"expected_start": True}
        for node in ("gpu1", "gpu2"):
            self.cluster.wait_for_job(self.submit("--partition=gpu", f"--nodelist={node}", "--gres=npu:4", "--mem=10", "--time=30"))
        seen = self.agree(self.commands(**keys), self.rest(**keys), gpu__npu=(0, 8))
        self.assertRegex(seen["gpu:npu"][3], r"^0 of 8 npus free; by its time limit, a running job ends by 20\d\d-\d\d-\d\dT\d\d:\d\dZ")
        self.assertNotIn("ends by", seen["gpu:a100"][3])

    def test_jobs_without_a_limit_have_no_expected_end(self):
        keys = {"expected_start": True}
        for node in ("gpu1", "gpu2"):
            self.cluster.wait_for_job(self.submit("--partition=gpu", f"--nodelist={node}", "--gres=npu:4", "--mem=10"))
        later = self.rest(self.later(), name="later", match={"provider": "later"}, **keys)
        seen = self.agree(self.commands(**keys), self.rest(**keys), later, untold=self.UNTOLD | self.UNTOLD_LATER, gpu__npu=(0, 8))
        self.assertRegex(seen["gpu:npu"][3], r"^0 of 8 npus free \(LOW: ")

    def later(self):
        """The port of a later version."""
        self.double = Newer(self.port)
        self.addCleanup(self.double.server_close)
        self.addCleanup(self.double.shutdown)
        return self.double.server_port

    def test_a_later_version(self):
        self.busy()
        keys = {"subtract_pending": True, "memory_per_unit": "1G"}
        self.agree(self.commands(**keys), self.rest(self.later(), **keys), untold=self.UNTOLD_LATER, gpu__npu=(4, 8))
        versions = [path.split("/")[2] for path in self.double.asked]
        self.assertEqual(versions[:4], ["v0.0.44", "v0.0.43", "v0.0.42", "v0.0.41"])
        self.assertEqual(set(versions[4:]), {"v0.0.41"}, "the version is remembered")

    def test_the_token_is_read_anew(self):
        vacancy = self.up(profiles=[{"provider": "rest", "name": "batch"}], probes=[self.rest(discover=False)])
        eventually("measured", lambda: rows(vacancy.port)["batch"]["free"] == 6)
        self.jwt.write_text("SLURM_JWT=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.wrong-signature\n")
        row = eventually("refused", lambda: "error" in (row := rows(vacancy.port)["batch"]) and row)
        self.assertRegex(row["error"], r"^slurmrestd answered (401|500) ")
        self.assertNotIn("wrong-signature", row["error"])
        self.jwt.write_text(self.cluster.token())
        eventually("let in", lambda: "error" not in rows(vacancy.port)["batch"])
        shown = self.run_command("vacancy", "probe", "--hardware-url", f"http://127.0.0.1:{vacancy.ports[1]}", "--token-file",
                                 self.directory / "data" / "admin-token", "test", "rest/batch").stdout
        self.assertIn(f"GET http://127.0.0.1:{self.port}/slurm/v0.0.38/nodes\n", shown)
        self.assertIn("X-SLURM-USER-TOKEN: …\n", shown)
        self.assertIn("/slurm/v0.0.38/partitions\n", shown)
        self.assertNotIn(self.jwt.read_text().strip().removeprefix("SLURM_JWT="), shown)


class SlurmGoneTest(TestCase):
    """With a cluster of its own: a controller that was killed has forgotten what its nodes' shards are."""

    def test_a_controller_that_is_gone_is_a_failure(self):
        try:
            cluster = self.enterContext(slurm_cluster.SlurmCluster(1, 0, jwt=True))
        except slurm_cluster.Unavailable as reason:
            self.skipTest(str(reason))
        jwt = self.directory / "jwt"
        jwt.write_text(cluster.token())
        vacancy = self.up(probes=[PROBE | {"name": "rest", "match": {"provider": "rest"}, "jwt_file": str(jwt),
                                           "url": f"http://127.0.0.1:{cluster.start_rest()}", "user": slurm_cluster.user()}])
        eventually("measured", lambda: rows(vacancy.port)["batch"]["free"] == 4)
        cluster.kill_controller()
        row = eventually("a failure", lambda: "error" in (row := rows(vacancy.port)["batch"]) and row)
        self.assertEqual((row["free"], set(rows(vacancy.port))), (4, {"batch"}), row)
        cluster.start_controller()
        eventually("it recovers", lambda: "error" not in rows(vacancy.port)["batch"])


class SlurmMpsTest(TestCase):
    def test_shares_of_mps_count_as_shares(self):
        try:
            cluster = self.enterContext(slurm_cluster.SlurmCluster(0, 1, shards=100, share="mps"))
        except slurm_cluster.Unavailable as reason:
            self.skipTest(str(reason))
        for gres in ("gpu:a100:1", "mps:40"):
            cluster.wait_for_job(cluster.sbatch("--ntasks=1", "--partition=gpu", f"--gres={gres}"))
        vacancy = self.up(probes=[PROBE | {"name": "slurm", "match": {"provider": "cluster"}, "conf": cluster.conf}])
        eventually("it is measured", lambda: (row := rows(vacancy.port)["gpu:mps:a100"])["free"] == 200 and row["total"] == 400)
        self.assertEqual(rows(vacancy.port)["gpu:a100"]["free"], 2)
