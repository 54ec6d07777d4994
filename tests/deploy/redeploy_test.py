"""New builds under load: by the plain command and by script/deploy."""

import time

from support import DeployTest, Load

SERVICES = ("edge", "portal", "hardware", "mysql")
CHANGES = (("portal",), ("hardware",), ("portal", "hardware"))


class RedeployTest(DeployTest):
    def containers(self):
        return {service: self.system.containers(service) for service in SERVICES}

    def change(self, services):
        """Changes their code; returns the containers before."""
        for service in services:
            self.system.change(service)
        return self.containers()

    def replaced(self, before, changed):
        after = self.containers()
        self.assertEqual({service for service in SERVICES if before[service] != after[service]}, set(changed))

    def held(self, load):
        """An answer that takes longer than load.py's LIMIT has failed."""
        self.note(load)
        self.assertEqual(load.failed, 0, load.failures)

    def test_1_the_same_build_again_recreates_nothing(self):
        before = self.containers()
        self.system.compose("up", "--build", "-d")
        self.replaced(before, ())

    def test_2_the_plain_command_fails_no_request(self):
        answers = 0
        for changed in CHANGES:
            with self.subTest(changed=changed):
                before = self.change(changed)
                with Load(self.system.port) as load:
                    begin = time.monotonic()
                    self.system.compose("up", "--build", "-d")
                    self.system.wait("hardware", "portal")
                    took = time.monotonic() - begin
                    time.sleep(max(0, 12 - took))  # answers enough to count
                self.note(f"a changed line in {' and '.join(changed)} serves after {took:.0f} s")
                self.held(load)
                answers += load.answers
                self.replaced(before, changed)
        self.assertGreaterEqual(answers, 1_000)

    def test_3_script_deploy_fails_no_request(self):
        answers = 0
        for changed in CHANGES:
            with self.subTest(changed=changed):
                before = self.change(changed)
                self.system.run("script/compose", "build", "portal", "hardware")
                with Load(self.system.port, rate=320) as load:
                    done = self.system.run("script/deploy", "--no-build")
                self.note(done.stdout)
                self.held(load)
                answers += load.answers
                self.replaced(before, changed)
        self.assertGreaterEqual(answers, 1_000)
