"""Probes that ask Slurm, on a real cluster: one controller, and a slurmd for each node."""

import time
import unittest

from support import TestCase, eventually, request, rows, slurm_cluster

TTL = 1.0
PROBE = {"name": "slurm", "kind": "slurm", "match": {"provider": "cluster"}, "ttl": "1s", "timeout": "15s", "discover": True}
NAMES = {"batch", "gpu", "gpu:a100"}
FORMAT = "NodeList:|,PartitionName:|,Available:|,StateComplete:|,CPUsState:|,Gres:|,GresUsed:|"


class SlurmProbeTest(TestCase):
    @classmethod
    def setUpClass(cls):
        try:
            # A node that is killed is soon called lost.
            cls.cluster = cls.enterClassContext(slurm_cluster.SlurmCluster(2, 1, slurmd_timeout=2, message_timeout=2))
        except slurm_cluster.Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from None

    def probe(self, **keys):
        return PROBE | {"conf": self.cluster.conf} | keys

    def levels(self, port):
        return {name: row["availability"] for name, row in rows(port).items()}

    def changes(self, stream, name, wanted, what):
        """The row of a profile when it is as wanted on the stream."""
        last = {}

        def is_wanted(_, __, data):
            for row in data.get("changed", []):
                if row["name"] == name:
                    last.update(row)
                    if wanted(row):
                        return True
            return False

        try:
            stream.until(what, is_wanted, 60)
        except AssertionError as error:
            raise AssertionError(f"{error}; the last row is {last}") from None
        return last

    def test_partitions_appear_and_follow_their_nodes(self):
        vacancy = self.up(profiles=[{"provider": "cluster", "name": "batch"}], probes=[self.probe()])
        eventually("all are found and measured", lambda: self.levels(vacancy.port) == dict.fromkeys(NAMES, "HIGH"))
        seen = rows(vacancy.port)
        self.assertEqual({name: (seen[name]["free"], seen[name]["total"]) for name in NAMES},
                         {"batch": (8, 8), "gpu": (8, 8), "gpu:a100": (4, 4)})
        self.assertEqual(seen["gpu:a100"]["reason"], "4 of 4 a100 GPUs free on 1 of 1 nodes (HIGH: free >= 1 and free/total >= 0.25)")
        stream = self.events(vacancy.port, "/api/v1/events")
        stream.until("the snapshot", lambda event, _, data: data.get("phase") == "end")

        self.cluster.drain("gpu1", "a fan")
        row = self.changes(stream, "gpu:a100", lambda row: row["availability"] == "LOW", "gpu1 is drained")
        self.assertEqual(row["reason"], "no node in service: 1 drained")
        self.assertEqual(row["free"], 0)
        self.cluster.resume("gpu1")
        self.changes(stream, "gpu:a100", lambda row: row["availability"] == "HIGH", "gpu1 is back")

        for flags, says in ((["MAINT", "IGNORE_JOBS"], "in maintenance"), ([], "reserved")):
            self.cluster.reserve("held", "gpu1", *flags)
            row = self.changes(stream, "gpu:a100", lambda row: row["availability"] == "LOW", says)
            self.assertEqual(row["reason"], f"no node in service: 1 {says}")
            self.cluster.run("scontrol", "delete", "ReservationName=held")
            self.changes(stream, "gpu:a100", lambda row: row["availability"] == "HIGH", "the reservation ends")

    def test_a_lost_node_is_out_of_service(self):
        vacancy = self.up(profiles=[{"provider": "cluster", "name": "batch"}], probes=[self.probe()])
        eventually("both nodes are idle", lambda: rows(vacancy.port)["batch"]["free"] == 8)
        self.cluster.kill_node("cpu2")
        self.addCleanup(self.cluster.wait_for_state, "idle", "cpu2")
        self.addCleanup(self.cluster.start_node, "cpu2")
        row = eventually("it is lost", lambda: (row := rows(vacancy.port)["batch"])["free"] == 4 and row)
        self.assertRegex(row["reason"], r"4 of 8 CPUs free on 1 of 2 nodes; 1 (down|not responding)")

    def test_without_a_controller_levels_stay_until_they_expire_and_come_back(self):
        vacancy = self.up(profiles=[{"provider": "cluster", "name": "batch"}], probes=[self.probe(timeout="2s", expire_after="3s")])
        eventually("all are measured", lambda: self.levels(vacancy.port) == dict.fromkeys(NAMES, "HIGH"))
        self.cluster.kill_controller()
        self.controller_is_down = True
        self.addCleanup(self.restart_controller)
        row = eventually("a failure", lambda: "error" in (row := rows(vacancy.port)["batch"]) and row)
        self.assertEqual((row["availability"], row["free"]), ("HIGH", 8), row)
        self.assertEqual(set(rows(vacancy.port)), NAMES, "a failure removes no profile")
        row = eventually("it expires", lambda: (row := rows(vacancy.port)["batch"])["freshness"] == "EXPIRED" and row)
        self.assertEqual((row["availability"], row["was"]), ("UNKNOWN", "HIGH"))
        self.assertIn("error", row)
        self.restart_controller()
        eventually("it recovers", lambda: {(row["availability"], row["freshness"], "error" in row) for row in rows(vacancy.port).values()}
                   == {("HIGH", "FRESH", False)})
        self.assertEqual(set(rows(vacancy.port)), NAMES)

    def restart_controller(self):
        if self.controller_is_down:
            self.cluster.start_controller()
            self.controller_is_down = False

    def test_two_replicas_ask_once_a_ttl(self):
        log = self.directory / "calls"
        wrapper = self.directory / "sinfo-counted"
        wrapper.write_text(f'#!/bin/sh\necho call >>{log}\nexec sinfo "$@"\n')
        wrapper.chmod(0o755)
        probe = self.probe(command=[str(wrapper), "-h", "-a", "-N", "--noconvert", f"--Format={FORMAT}"], subtract_pending=True)
        begin = time.monotonic()
        fleet = [self.hardware(config=f"hardware-{i}.yaml", probes=[probe]) for i in range(2)]
        eventually("both have all", lambda: all(
            {row["name"]: row["availability"] for row in request(hardware.port, "/hardware/").json} == dict.fromkeys(NAMES, "HIGH")
            for hardware in fleet))
        calls = eventually("eight calls", lambda: (calls := len(log.read_text().splitlines())) >= 8 and calls)
        # A busy machine makes them fewer. Discovery, and the first period, which is shortened at random, add some.
        self.assertLessEqual(calls, (time.monotonic() - begin) / TTL + 3)


class SlurmShapesTest(TestCase):
    """Clusters are not all alike: specialised cores, shards, partitions without nodes, hidden ones, cloud nodes."""

    PARTITIONS = """\
PartitionName=empty State=UP
PartitionName=secret Nodes=cpu2 Hidden=YES State=UP
PartitionName=dev* Nodes=cpu2 Default=YES State=UP
SuspendProgram=/bin/true
ResumeProgram=/bin/true
RebootProgram=/bin/true
SuspendTime=INFINITE
NodeName=cloud[1-2] NodeHostname=nowhere NodeAddr=127.0.0.1 Port=[9001-9002] CPUs=4 Gres=gpu:h100:2 State=CLOUD
PartitionName=cloud Nodes=cloud[1-2] State=UP
"""

    @classmethod
    def setUpClass(cls):
        try:
            cls.cluster = cls.enterClassContext(
                slurm_cluster.SlurmCluster(2, 1, reserved_cpus=1, shards=5, extra=cls.PARTITIONS))
        except slurm_cluster.Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from None

    def up_with(self, *names, **keys):
        return self.up(profiles=[{"provider": "cluster", "name": name} for name in ("batch", *names)],
                       probes=[PROBE | {"conf": self.cluster.conf} | keys])

    def wait_for(self, vacancy, **wanted):
        """Waits until profiles have these numbers: batch=(free, total)."""
        def numbers():
            seen = rows(vacancy.port)
            found = {name: (seen[name].get("free"), seen[name].get("total")) for name in wanted if name in seen}
            return found == wanted and seen
        return eventually(f"{wanted}", numbers)

    def test_every_partition_is_known_and_hidden_ones_when_asked_for(self):
        vacancy = self.up_with("cloud:h100")
        # One of four CPUs is set aside on each node.
        seen = self.wait_for(vacancy, **{"batch": (6, 6), "gpu": (7, 7), "empty": (0, 0), "dev*": (3, 3), "cloud": (0, 0),
                                         "gpu:a100": (4, 4), "cloud:h100": (0, 0)})
        self.assertEqual(set(seen), {"batch", "gpu", "gpu:a100", "gpu:shard:a100", "empty", "dev*", "cloud", "cloud:h100"})
        self.assertEqual(seen["empty"]["reason"], "no node in service")
        self.assertEqual(seen["cloud"]["reason"], "no node in service: 2 not shown")
        self.assertEqual(seen["empty"]["availability"], "LOW")
        vacancy.stop()
        vacancy = self.up_with(discover=["s*", "e*"], discover_hidden=True)
        self.wait_for(vacancy, secret=(3, 3), empty=(0, 0))
        eventually("what is no longer covered goes", lambda: set(rows(vacancy.port)) == {"batch", "cloud:h100", "secret", "empty"})

    def test_shared_gpus_are_not_free_as_a_whole(self):
        jobs = [self.cluster.sbatch("--partition=gpu", "--ntasks=1", f"--gres={gres}") for gres in ("gpu:a100:1", "shard:5", "shard:3")]
        self.addCleanup(lambda: self.cluster.run("scancel", *map(str, jobs)))
        for job in jobs:
            self.cluster.wait_for_job(job)
        vacancy = self.up_with()
        self.wait_for(vacancy, **{"gpu:a100": (1, 4), "gpu": (4, 7)})

    def test_a_reboot_that_is_asked_for_keeps_no_job_away(self):
        job = self.cluster.sbatch("--partition=batch", "--nodelist=cpu1", "--ntasks=1")
        self.addCleanup(self.cluster.wait_for_state, "idle", "cpu1")
        self.addCleanup(self.cluster.run, "scancel", str(job))
        self.addCleanup(self.cluster.run, "scontrol", "cancel_reboot", "cpu1")
        self.cluster.wait_for_job(job)
        self.cluster.run("scontrol", "reboot", "cpu1")
        vacancy = self.up_with()
        self.wait_for(vacancy, batch=(5, 6))

    def test_jobs_that_cannot_use_what_is_free_are_not_taken_off(self):
        self.cluster.drain("cpu1")
        self.addCleanup(self.cluster.resume, "cpu1")
        held = self.cluster.sbatch("--partition=batch", "--nodelist=cpu1", "--ntasks=1")
        self.addCleanup(self.cluster.run, "scancel", str(held))
        vacancy = self.up_with(subtract_pending=True)
        seen = self.wait_for(vacancy, batch=(3, 6))
        self.assertNotIn("pending", seen["batch"]["reason"])
