"""Probes that ask Slurm, on a real cluster: one controller, and a slurmd for each node."""

import time
import unittest

from support import TestCase, eventually, request, rows, slurm_cluster

# A drained node must show within a TTL and this: what sinfo takes, a poll of the portal, a busy machine.
SLACK = 1.0
TTL = 1.0
PROBE = {"name": "slurm", "kind": "slurm", "match": {"provider": "cluster"}, "ttl": "1s", "timeout": "1s", "discover": True}
NAMES = {"batch", "gpu", "gpu:a100"}


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

    def changes(self, stream, name, wanted, what, seconds):
        """The row of a profile when it is as wanted on the stream, and how long that took."""
        begin, last = time.monotonic(), {}

        def is_wanted(_, __, data):
            for row in data.get("changed", []):
                if row["name"] == name:
                    last.update(row)
                    if wanted(row):
                        return True
            return False

        try:
            stream.until(what, is_wanted, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; the last row is {last}") from None
        return last, time.monotonic() - begin

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
        row, took = self.changes(stream, "gpu:a100", lambda row: row["availability"] == "LOW", "gpu1 is drained", 10)
        self.assertLess(took, TTL + SLACK)
        self.assertEqual(row["reason"], "no node is in service: 1 drained")
        self.assertEqual(row["free"], 0)
        self.cluster.resume("gpu1")
        row, took = self.changes(stream, "gpu:a100", lambda row: row["availability"] == "HIGH", "gpu1 is back", 10)
        self.assertLess(took, TTL + SLACK)

        for flags, says in ((["MAINT", "IGNORE_JOBS"], "in maintenance"), ([], "reserved")):
            self.cluster.reserve("held", "gpu1", *flags)
            row, _ = self.changes(stream, "gpu:a100", lambda row: row["availability"] == "LOW", says, 15)
            self.assertEqual(row["reason"], f"no node is in service: 1 {says}")
            self.cluster.run("scontrol", "delete", "ReservationName=held")
            self.changes(stream, "gpu:a100", lambda row: row["availability"] == "HIGH", "the reservation ends", 15)

    def test_a_lost_node_is_out_of_service(self):
        vacancy = self.up(profiles=[{"provider": "cluster", "name": "batch"}], probes=[self.probe()])
        eventually("both nodes are idle", lambda: rows(vacancy.port)["batch"]["free"] == 8)
        self.cluster.kill_node("cpu2")
        self.addCleanup(self.cluster.wait_for_state, "idle", "cpu2")
        self.addCleanup(self.cluster.start_node, "cpu2")
        row = eventually("it is lost", lambda: (row := rows(vacancy.port)["batch"])["free"] == 4 and row)
        self.assertRegex(row["reason"], r"4 of 8 CPUs free on 1 of 2 nodes; 1 (down|not responding)")

    def test_without_a_controller_levels_stay_until_they_expire_and_come_back(self):
        vacancy = self.up(profiles=[{"provider": "cluster", "name": "batch"}], probes=[self.probe(expire_after="3s")])
        eventually("all are measured", lambda: self.levels(vacancy.port) == dict.fromkeys(NAMES, "HIGH"))
        self.cluster.kill_controller()
        self.controller_is_down = True
        killed = time.monotonic()
        self.addCleanup(self.restart_controller)
        row = eventually("a failure", lambda: "error" in (row := rows(vacancy.port)["batch"]) and row)
        self.assertLess(time.monotonic() - killed, 4)
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
        form = "NodeList:|,PartitionName:|,Available:|,StateComplete:|,CPUsState:|,Gres:|,GresUsed:|"
        probe = self.probe(command=[str(wrapper), "-h", "-a", "-N", "--noconvert", f"--Format={form}"], subtract_pending=True)
        fleet = [self.hardware(config=f"hardware-{i}.yaml", probes=[probe]) for i in range(2)]
        eventually("both have all", lambda: all(
            {row["name"]: row["availability"] for row in request(hardware.port, "/hardware/").json} == dict.fromkeys(NAMES, "HIGH")
            for hardware in fleet))
        time.sleep(1.2)  # the first period is shortened at random
        before, ttls = len(log.read_text().splitlines()), 3
        time.sleep(ttls * TTL)
        calls = len(log.read_text().splitlines()) - before
        self.assertIn(calls, range(ttls - 1, ttls + 2))
        for hardware in fleet:
            self.assertEqual({row["freshness"] for row in request(hardware.port, "/hardware/").json}, {"FRESH"})
