"""Who reaches whom, what a container may do, and where secrets are."""

import json
import re
import subprocess
import time
import uuid
from pathlib import Path

from support import PATIENCE, ROOT, DeployTest, docker

SERVICES = ("edge", "portal", "hardware", "mysql")
OURS = ("portal", "hardware")


def host(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True)


class Neighbour:
    """A machine beside this one: a network namespace with a route to the containers' networks through the host."""

    def __init__(self):
        name = uuid.uuid4().hex[:8]
        self.namespace, self.link = f"vacancy-{name}", f"v{name}"
        self.subnet = f"10.{int(name[:2], 16)}.{int(name[2:4], 16)}"
        host("ip", "netns", "add", self.namespace)
        host("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        host("ip", "addr", "add", f"{self.subnet}.1/24", "dev", self.link)
        host("ip", "link", "set", self.link, "up")
        for command in (("addr", "add", f"{self.subnet}.2/24", "dev", "eth0"), ("link", "set", "eth0", "up"),
                        ("link", "set", "lo", "up"), ("route", "add", "default", "via", f"{self.subnet}.1")):
            host("ip", "-n", self.namespace, *command)

    def reaches(self, address, port):
        return host("ip", "netns", "exec", self.namespace, *dial(address, port), check=False).returncode == 0

    def close(self):
        host("ip", "netns", "del", self.namespace, check=False)
        host("ip", "link", "del", self.link, check=False)


def dial(address, port):
    return ("timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{address}/{port}")


class IsolationTest(DeployTest):
    def addresses(self, service):
        """Network name → address of the service's container."""
        networks = self.system.inspect(service)[0]["NetworkSettings"]["Networks"]
        return {name.removeprefix(f"{self.system.project}_"): network["IPAddress"] for name, network in networks.items()}

    def reaches(self, service, address, port):
        """From the container's own network namespace."""
        pid = self.system.inspect(service)[0]["State"]["Pid"]
        return host("nsenter", "--net", "--target", str(pid), *dial(address, port), check=False).returncode == 0

    def test_the_edge_alone_publishes_a_port(self):
        for service in SERVICES:
            ports = self.system.inspect(service)[0]["NetworkSettings"]["Ports"] or {}
            published = [port for port, bindings in ports.items() if bindings]
            self.assertEqual(published, ["5000/tcp"] if service == "edge" else [], service)

    def test_services_share_networks_with_their_neighbours_alone(self):
        self.assertEqual({service: set(self.addresses(service)) for service in SERVICES},
                         {"edge": {"ingress", "front"}, "portal": {"front", "app"}, "hardware": {"app", "data"}, "mysql": {"data"}})
        for network in ("front", "app", "data"):
            self.assertEqual(docker("network", "inspect", "--format", "{{.Internal}}", f"{self.system.project}_{network}"), "true")

    def test_nobody_reaches_what_is_not_a_neighbour(self):
        hardware, mysql, portal = (self.addresses(service) for service in ("hardware", "mysql", "portal"))
        self.assertTrue(self.reaches("edge", portal["front"], 5000))
        self.assertTrue(self.reaches("portal", hardware["app"], 5001))
        self.assertTrue(self.reaches("hardware", mysql["data"], 3306))
        for address in hardware.values():
            self.assertFalse(self.reaches("edge", address, 5001))
        for service in ("edge", "portal"):
            self.assertFalse(self.reaches(service, mysql["data"], 3306), service)

    def test_from_another_machine_only_the_published_port_is_reachable(self):
        neighbour = Neighbour()
        self.addCleanup(neighbour.close)
        self.assertTrue(neighbour.reaches(f"{neighbour.subnet}.1", self.system.port))
        self.assertFalse(neighbour.reaches(self.addresses("edge")["front"], 5000))
        for service, ports in {"edge": (2019,), "portal": (5000, 5010), "hardware": (5001, 5011), "mysql": (3306,)}.items():
            for address in self.addresses(service).values():
                for port in ports:
                    self.assertFalse(neighbour.reaches(address, port), f"{service} {address}:{port}")

    def test_private_containers_have_no_way_out(self):
        neighbour = Neighbour()
        self.addCleanup(neighbour.close)
        listen = f"import socket, time; s = socket.create_server(('{neighbour.subnet}.2', 8000)); time.sleep(600)"
        listener = subprocess.Popen(["ip", "netns", "exec", neighbour.namespace, "python3", "-c", listen])
        self.addCleanup(lambda: (listener.kill(), listener.wait()))
        deadline = time.monotonic() + PATIENCE
        while not self.reaches("edge", f"{neighbour.subnet}.2", 8000):
            self.assertLess(time.monotonic(), deadline, "the edge, which has a way out, does not reach the machine")
        for service in ("portal", "hardware", "mysql"):
            self.assertFalse(self.reaches(service, f"{neighbour.subnet}.2", 8000), service)
        # One file opens it for probes.
        self.system.compose("-f", "compose.yaml", "-f", "deploy/compose/egress.yaml", "up", "-d", "--no-build", "hardware")
        self.addCleanup(lambda: (self.system.compose("up", "-d", "--no-build", "hardware"), self.system.wait("hardware")))
        self.system.wait("hardware")
        self.assertTrue(self.reaches("hardware", f"{neighbour.subnet}.2", 8000))
        self.assertFalse(self.reaches("portal", f"{neighbour.subnet}.2", 8000))

    def test_containers_may_do_little(self):
        for service in SERVICES:
            with self.subTest(service=service):
                container = self.system.inspect(service)[0]
                limits = container["HostConfig"]
                self.assertTrue(limits["ReadonlyRootfs"])
                self.assertEqual(limits["CapDrop"], ["ALL"])
                self.assertEqual([name.removeprefix("CAP_") for name in limits["CapAdd"] or []],
                                 ["NET_BIND_SERVICE"] if service == "edge" else [])
                self.assertIn("no-new-privileges:true", limits["SecurityOpt"])
                self.assertGreater(limits["PidsLimit"], 0)
                self.assertGreater(limits["Memory"], 0)
                self.assertEqual(limits["LogConfig"]["Config"]["max-size"], "10m")
                self.assertEqual(limits["RestartPolicy"]["Name"], "unless-stopped")
                self.assertEqual({mount["Destination"] for mount in container["Mounts"] if mount["RW"]},
                                 {"/var/lib/mysql"} if service == "mysql" else set())
                self.assertFalse(limits["Privileged"])

    def test_no_process_is_root_and_nothing_but_tmpfs_is_writable(self):
        for service in SERVICES:
            with self.subTest(service=service):
                container = self.system.inspect(service)[0]
                users = docker("top", container["Id"], "-eo", "pid,uid,comm").splitlines()[1:]
                # docker-init reaps for hardware; as the container's user, too.
                self.assertNotIn("0", {line.split()[1] for line in users}, users)
                pid = container["State"]["Pid"]
                mounts = [line.split() for line in Path(f"/proc/{pid}/mounts").read_text(encoding="utf-8").splitlines()]
                writable = {where for _, where, kind, options, *_ in mounts
                            if options.split(",")[0] == "rw" and not where.startswith(("/proc", "/dev", "/sys"))}
                declared = set(container["HostConfig"].get("Tmpfs") or {})
                self.assertEqual(writable, declared | ({"/var/lib/mysql"} if service == "mysql" else set()))

    def test_images_hold_the_program_and_what_it_needs(self):
        for service, most in (("portal", 20_000_000), ("hardware", 38_000_000)):
            size = int(docker("image", "inspect", "--format", "{{.Size}}", f"{self.system.project}/{service}"))
            self.note(f"image {service}: {size / 1e6:.1f} MB")
            self.assertLessEqual(size, most)
            container = docker("create", f"{self.system.project}/{service}")
            self.addCleanup(docker, "rm", container)
            listed = subprocess.run(f"docker export {container} | tar -t", shell=True, capture_output=True, text=True, check=True)
            names = listed.stdout.split()
            self.assertEqual([name for name in names if re.fullmatch(r"usr/bin/.+", name)], [f"usr/bin/{service}"])
            self.assertFalse([name for name in names if re.search(r"(^|/)(sh|bash|dash|busybox|apt|dpkg)$", name)])
            self.assertIn("etc/ssl/certs/ca-certificates.crt", names)
            self.assertEqual(any("caching_sha2_password.so" in name for name in names), service == "hardware")
            sbom = json.loads(subprocess.run(f"docker cp {container}:/usr/share/vacancy/sbom.spdx.json - | tar -xO", shell=True,
                                             capture_output=True, text=True, check=True).stdout)
            packages = {package["name"]: package for package in sbom["packages"]}
            self.assertEqual(sbom["spdxVersion"], "SPDX-2.3")
            self.assertIn("libc6", packages)
            self.assertIn(f"vacancy-{service}", packages)
            self.assertEqual("libmariadb3" in packages, service == "hardware")
            ids = {package["SPDXID"] for package in sbom["packages"]} | {"SPDXRef-DOCUMENT"}
            self.assertTrue(all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name) for name in ids), ids)
            self.assertTrue(all(relation[end] in ids for relation in sbom["relationships"]
                                for end in ("spdxElementId", "relatedSpdxElement")))

    def test_secrets_are_in_their_volumes_alone(self):
        def secret(path):
            return self.system.compose("exec", "-T", "mysql", "cat", path).stdout.strip()

        secrets = [secret("/secrets/root/database-root-password"), secret("/secrets/application/database-password"),
                   secret("/secrets/application/admin-token")]
        for value in secrets:
            self.assertRegex(value, r"^[0-9a-f]{64}$")
        self.assertEqual(len(set(secrets)), 3)
        modes = self.system.compose("exec", "-T", "mysql", "bash", "-c", "stat -c '%a %u:%g' /secrets/*/*").stdout.split("\n")
        self.assertEqual(set(filter(None, modes)), {"440 10001:999"})

        def look(where, text):
            for value in secrets:
                self.assertNotIn(value, text, where)

        for service in (*SERVICES, "migrate", "secrets"):
            containers = self.system.containers(service) or self.system.containers(service, "exited")
            look(f"inspect {service}", docker("inspect", *containers))
            for container in containers:
                logs = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=True)
                look(f"logs of {service}", logs.stdout + logs.stderr)
        for service in OURS:
            look(f"history of {service}", docker("history", "--no-trunc", f"{self.system.project}/{service}"))
            saved = subprocess.run(["docker", "save", f"{self.system.project}/{service}"], capture_output=True, check=True).stdout
            look(f"layers of {service}", saved.decode("latin-1"))
            for pid in docker("top", self.system.containers(service)[0], "-eo", "pid").split()[1:]:
                with open(f"/proc/{pid}/environ", encoding="utf-8") as environment:
                    look(f"environment of {service}", environment.read())
        self.assertNotIn("/secrets", json.dumps(self.system.inspect("portal")[0]["Mounts"]))
        self.assertNotIn("/secrets/root", json.dumps(self.system.inspect("hardware")[0]["Mounts"]))
        for value in secrets:
            found = subprocess.run(["git", "grep", "-I", value], cwd=ROOT, capture_output=True, check=False)
            self.assertEqual(found.returncode, 1)
        # Nothing in the repository gives a secret as a value: files alone are named.
        # deploy/aws has tests of its own: names of secrets are keys there.
        given = host("git", "-C", str(ROOT), "grep", "-nIE", r"(PASSWORD|TOKEN|SECRET)[A-Z_]*[:=] *[^ /$\"'{<]", "--", "compose.yaml",
                     "deploy", "script", ".ci", ":!deploy/aws", check=False).stdout
        self.assertEqual([line for line in given.splitlines() if "_FILE" not in line], [])
