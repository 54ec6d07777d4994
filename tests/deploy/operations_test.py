"""What docs/operations.md tells an operator to do, done."""

import os
import signal
import time
from datetime import datetime

from support import DeployTest, Load, docker, eventually


def seconds_between(begin, end):
    """Of two times as the engine writes them, with nanoseconds."""
    return (datetime.fromisoformat(end[:26]) - datetime.fromisoformat(begin[:26])).total_seconds()


class OperationsTest(DeployTest):
    def profile(self, *args):
        return self.system.compose("exec", "-T", "hardware", "hardware", "profile", *args)

    def test_0_a_container_becomes_healthy(self):
        for service in ("hardware", "portal"):
            self.system.compose("up", "-d", "--no-deps", "--force-recreate", service)
            container = eventually(f"{service} runs", lambda service=service: self.system.containers(service))[0]
            self.system.wait(service)
            # The engine's own times; the first check that succeeds is the one that makes it healthy.
            state = self.system.inspect(service)[0]["State"]
            healthy = next(check["End"] for check in state["Health"]["Log"] if check["ExitCode"] == 0)
            took = seconds_between(state["StartedAt"], healthy)
            self.note(f"{service}: healthy {took:.2f} s after its start ({container[:12]})")

    def test_1_a_new_database_has_the_sample_profiles_and_takes_more(self):
        self.assertEqual(sorted(self.system.rows()), ["H16mr", "c5"])
        self.assertIn("added", self.profile("add", "our-cluster", "gpu").stdout)
        eventually("the profile", lambda: "gpu" in self.system.rows())
        eventually("its level", lambda: self.system.rows()["gpu"]["freshness"] == "FRESH")

    def test_2_data_survives_down_and_up(self):
        before = self.system.rows()
        self.assertIn("gpu", before)
        self.system.compose("down")
        self.system.compose("up", "-d")
        self.system.wait()
        after = self.system.rows()
        self.assertEqual(sorted(after), sorted(before))
        self.assertEqual({row["id"] for row in after.values()}, {row["id"] for row in before.values()})

    def test_3_a_backup_brings_back_what_was(self):
        backup = self.system.run("script/database", "backup").stdout
        self.assertIn("gpu", backup)
        self.profile("remove", "our-cluster", "gpu")
        self.profile("add", "our-cluster", "later")
        eventually("the change", lambda: set(self.system.rows()) == {"c5", "H16mr", "later"})
        with Load(self.system.port, rate=100) as load:
            self.system.run("script/database", "restore", stdin=backup)
            eventually("what was", lambda: set(self.system.rows()) == {"c5", "H16mr", "gpu"})
            eventually("is measured again", lambda: {row["freshness"] for row in self.system.rows().values()} == {"FRESH"})
        self.assertEqual(load.failed, 0, load.failures)

    def test_4_the_password_is_changed_while_everything_runs(self):
        def password():
            return self.system.compose("exec", "-T", "mysql", "cat", "/secrets/application/database-password").stdout

        before = password()
        started = [container["State"]["StartedAt"] for container in self.system.inspect("hardware")]
        with Load(self.system.port, rate=100) as load:
            self.system.run("script/database", "rotate-password")
            self.profile("add", "our-cluster", "rotated")
            eventually("work goes on", lambda: self.system.rows().get("rotated", {}).get("freshness") == "FRESH")
        self.assertEqual(load.failed, 0, load.failures)
        self.assertNotEqual(password(), before)
        self.assertEqual([container["State"]["StartedAt"] for container in self.system.inspect("hardware")], started)
        self.system.compose("restart", "hardware")
        self.system.wait("hardware")

    def test_5_a_container_that_is_killed_comes_back_and_nobody_notices(self):
        self.system.run("script/scale", "portal=2", "hardware=2")
        self.system.wait("portal", "hardware")
        time.sleep(1)  # the edge knows both
        for service in ("portal", "hardware", "mysql"):
            with self.subTest(service=service):
                container = self.system.containers(service)[0]
                started = docker("inspect", "--format", "{{.State.StartedAt}}", container)
                with Load(self.system.port) as load:
                    begin = time.monotonic()
                    os.kill(int(docker("inspect", "--format", "{{.State.Pid}}", container)), signal.SIGKILL)
                    eventually("it runs again",
                               lambda: docker("inspect", "--format", "{{.State.StartedAt}}", container) != started)
                    self.system.wait(service)
                    took = time.monotonic() - begin
                    time.sleep(1)
                self.note(f"kill -9 {service}: healthy after {took:.1f} s; {load}")
                self.assertEqual(load.failed, 0, load.failures)
        edge = self.system.containers("edge")[0]
        begin = time.monotonic()
        os.kill(int(docker("inspect", "--format", "{{.State.Pid}}", edge)), signal.SIGKILL)
        eventually("the edge is started again", lambda: docker("inspect", "--format", "{{.RestartCount}}", edge) == "1")
        eventually("the edge serves again", lambda: self.system.get()[0] == 200)
        self.note(f"kill -9 edge: serves after {time.monotonic() - begin:.1f} s")

    def test_6_the_numbers_of_script_scale_last(self):
        self.system.run("script/scale", "portal=3")
        self.system.compose("up", "-d")
        self.assertEqual(len(self.system.containers("portal")), 3)
        self.assertEqual(len(self.system.containers("hardware")), 2)
        self.system.compose("up", "-d", "--scale", "portal=1", "--scale", "hardware=1")
        self.assertEqual(len(self.system.containers("portal")), 1)
        self.system.compose("up", "-d")
        self.assertEqual(len(self.system.containers("portal")), 3)
        self.system.run("script/scale", "portal=1", "hardware=1")
        refused = self.system.run("script/scale", "mysql=2", check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("hardware=N or portal=N", refused.stderr)

    def test_7_a_build_that_does_not_become_healthy_is_taken_back(self):
        before, image = self.system.containers("portal"), self.system.image("portal")
        main = self.system.directory / "src/app/portal_main.cpp"
        text = main.read_text()
        main.write_text(text.replace("int main(int argc, char** argv) {", "int main(int argc, char** argv) {\n  return 3;"))
        with Load(self.system.port) as load:
            done = self.system.run("script/deploy", check=False)
        main.write_text(text)
        self.note(done.stdout)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("taking the new build back", done.stdout)
        self.assertEqual(load.failed, 0, load.failures)
        self.assertEqual(self.system.containers("portal"), before)
        self.assertEqual(self.system.image("portal"), image)
        self.assertEqual(self.system.containers("portal", "exited"), [])
        self.system.compose("up", "-d")
        self.assertEqual(self.system.containers("portal"), before)

    def test_8_the_edge_takes_over_its_configuration_without_a_restart(self):
        edge = self.system.containers("edge")
        file = self.system.directory / "deploy/docker/edge/Caddyfile"
        text = file.read_text()
        file.write_text(text.replace("	reverse_proxy {", "	respond /edge-says \"new\"\n	reverse_proxy {"))
        with Load(self.system.port) as load:
            self.system.run("script/deploy", "edge")
            eventually("the new configuration", lambda: self.system.get("/edge-says") == (200, "new"))
        self.assertEqual(load.failed, 0, load.failures)
        file.write_text(text.replace("reverse_proxy {", "nonsense {"))
        self.assertNotEqual(self.system.run("script/deploy", "edge", check=False).returncode, 0)
        self.assertEqual(self.system.get("/edge-says"), (200, "new"))
        file.write_text(text)
        self.system.run("script/deploy", "edge")
        self.assertEqual(self.system.containers("edge"), edge)

    def test_9_down_with_volumes_forgets_everything(self):
        self.system.compose("down", "-v")
        volumes = docker("volume", "ls", "-q", "--filter", f"label=com.docker.compose.project={self.system.project}")
        self.assertEqual(volumes, "")
        self.system.compose("up", "-d")
        self.system.wait()
        self.assertEqual(sorted(self.system.rows()), ["H16mr", "c5"])
