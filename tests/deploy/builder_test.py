"""The builder of engines that have no BuildKit, which docker-compose 1.29 uses unless it is told otherwise."""

from support import ENVIRONMENT, DeployTest, docker, subprocess


class BuilderTest(DeployTest):
    @classmethod
    def prepare(cls, system):
        pass

    def test_an_image_is_built_without_buildkit(self):
        name = f"{self.system.project}/portal"
        done = subprocess.run(["docker", "build", "-q", "-f", "deploy/docker/Dockerfile", "--target", "portal", "-t", name, "."],
                              cwd=self.system.directory, env=ENVIRONMENT | {"DOCKER_BUILDKIT": "0"}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        self.assertRegex(docker("run", "--rm", name, "--version"), r"^[0-9.]+$")
        self.assertLessEqual(int(docker("image", "inspect", "--format", "{{.Size}}", name)), 20_000_000)
