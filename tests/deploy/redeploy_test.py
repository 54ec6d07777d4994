"""New builds under load: by the plain command and by script/deploy."""

from support import DeployTest, Load


class RedeployTest(DeployTest):
    def held(self, load, slowest):
        self.note(load)
        self.assertEqual(load.failed, 0, load.failures)
        self.assertGreaterEqual(load.rate, 300)
        self.assertLessEqual(load.slowest, slowest, f"sent {load.slowest_at:.1f} s after the begin")

    def test_1_the_same_build_again_recreates_nothing(self):
        services = ("edge", "portal", "hardware", "mysql")
        before = {service: self.system.containers(service) for service in services}
        self.system.compose("up", "--build", "-d")
        self.assertEqual({service: self.system.containers(service) for service in services}, before)

    def test_2_the_plain_command_fails_no_request(self):
        answers = 0
        for changed in (("portal",), ("hardware",), ("portal", "hardware")):
            with self.subTest(changed=changed):
                before = {service: self.system.containers(service) for service in ("edge", "portal", "hardware", "mysql")}
                for service in changed:
                    self.system.change(service)
                with Load(self.system.port) as load:
                    self.system.compose("up", "--build", "-d")
                    self.system.wait("hardware", "portal")
                self.held(load, slowest=5)
                answers += load.answers
                for service, containers in before.items():
                    compare = self.assertNotEqual if service in changed else self.assertEqual
                    compare(self.system.containers(service), containers, service)
        self.assertGreaterEqual(answers, 10_000)

    def test_3_script_deploy_makes_no_request_wait(self):
        answers = 0
        for changed in (("portal",), ("hardware",), ("portal", "hardware")):
            with self.subTest(changed=changed):
                before = {service: self.system.containers(service) for service in ("edge", "portal", "hardware", "mysql")}
                for service in changed:
                    self.system.change(service)
                self.system.run("script/compose", "build", "portal", "hardware")
                with Load(self.system.port) as load:
                    done = self.system.run("script/deploy", "--no-build")
                self.note(done.stdout)
                self.held(load, slowest=0.2)
                answers += load.answers
                for service, containers in before.items():
                    compare = self.assertNotEqual if service in changed else self.assertEqual
                    compare(self.system.containers(service), containers, service)
        self.assertGreaterEqual(answers, 5_000)
