"""Probes that ask Kubernetes: a server that speaks the protocol of its lists, with objects of its own client's models;
the same is asked with the real kubectl."""

import base64
import json
import re
import shutil
import subprocess
import textwrap
import unittest

from support import ENVIRONMENT, PATIENCE, TestCase, eventually, kube_objects, kube_server, listed, rows
from kube_objects import GPU, node, plain, pod

PROBE = {"name": "k8s", "kind": "kubernetes", "match": {"provider": "k8s"}, "ttl": "1s", "timeout": "20s", "discover": True}
GPUS = {"cpu": "96", "memory": "1152Gi", GPU: "4", "pods": "110"}
KUBECTL = shutil.which("kubectl")


def small_cluster():
    nodes = [node("gpu1", "p4d", GPUS, taints=[f"{GPU}=present:NoSchedule"]), node("gpu2", "p4d", GPUS),
             node("gpu3", "p4d", GPUS, cordoned=True),
             node("cpu1", "m5", {"cpu": "3920m", "memory": "15842360Ki", "pods": "58"}),
             node("mig1", "a30", {"cpu": "64", "nvidia.com/mig-1g.6gb": "7", GPU: "0", "pods": "110"}, ready="Unknown")]
    pods = [pod("train-0", {"cpu": "8", "memory": "64Gi", GPU: "3"}, "gpu1"),
            pod("train-1", {"cpu": "500m"}, "gpu2", init=[{"cpu": "2", "memory": "1Gi"}], overhead={"cpu": "250m"}),
            pod("done", {GPU: "4"}, "gpu2", phase="Succeeded"),
            *[pod(f"wait-{i}", {GPU: "1"}, selector={kube_objects.CLASS: "p4d"}) for i in range(3)]]
    return plain(nodes), plain(pods)


class Certificates:
    """An authority, the server's certificate, and one for a client, made by openssl in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kubernetes-ca", "-keyout", "ca.key", "-out", "ca.crt")
        self.issue("server", "/CN=kube-apiserver", "subjectAltName=IP:127.0.0.1")

    def run(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True, timeout=PATIENCE)

    def issue(self, name, subject, extension="extendedKeyUsage=clientAuth"):
        (self.folder / "extension").write_text(extension)
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                 "-extfile", "extension", "-out", f"{name}.crt")

    def path(self, name):
        return str(self.folder / name)


@unittest.skipUnless(kube_objects.client, "python3-kubernetes is missing")
class KubernetesProbeTest(TestCase):
    def serve(self, nodes, pods, **options):
        return self.enterContext(kube_server.KubeServer(nodes, pods, **options))

    def secure(self, nodes, pods, **options):
        self.certificates = Certificates(self.directory)
        return self.serve(nodes, pods, cert=self.certificates.path("server.crt"), key=self.certificates.path("server.key"), **options)

    def kubeconfig(self, server, user=None, **cluster):
        file = self.directory / "kubeconfig"
        new = self.directory / "kubeconfig.new"
        new.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test", "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": server.url} | cluster}], "users": [{"name": "u", "user": user or {}}]}))
        new.rename(file)
        return str(file)

    def up_with(self, kubeconfig, names=(), environment=None, **keys):
        config = self.config(probes=[PROBE | {"kubeconfig": kubeconfig} | keys], profiles=[{"provider": "k8s", "name": name} for name in names])
        return self.program("vacancy", "up", "--config", config, "--data", "data", "--port", 0, "--hardware-port", 0, "--admin-port", 0,
                            environment=environment).wait_ready()

    def probe_test(self, vacancy, name):
        return self.run_command("vacancy", "probe", "test", f"k8s/{name}", "--hardware-url", f"http://127.0.0.1:{vacancy.ports[1]}",
                                "--token-file", self.directory / "data" / "admin-token")

    def run_kubectl(self, kubeconfig, *args, **environment):
        return subprocess.run([KUBECTL, "--kubeconfig", kubeconfig, "--cache-dir", str(self.directory / "cache"), *args], capture_output=True,
                              text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL, env=ENVIRONMENT | {"HOME": str(self.directory)} | environment)

    def kubectl(self, kubeconfig, *args):
        result = self.run_kubectl(kubeconfig, *args)
        self.assertEqual(result.returncode, 0, result)
        return json.loads(result.stdout)

    def test_classes_and_gpus_appear_and_follow_the_cluster(self):
        nodes, pods = small_cluster()
        server = self.serve(nodes, pods)
        vacancy = self.up_with(self.kubeconfig(server), ["p4d"], subtract_pending=True)
        names = {"p4d", f"p4d:{GPU}", GPU, "m5", "a30", "a30:nvidia.com/mig-1g.6gb", "nvidia.com/mig-1g.6gb"}
        eventually("all are found and measured", lambda: set(seen := rows(vacancy.port)) == names and all("free" in row for row in seen.values()))
        seen = rows(vacancy.port)
        self.assertEqual(seen[GPU]["reason"], f"2 of 12 {GPU} free on 2 of 3 nodes, at most 1 on one; 1 cordoned; 3 wanted by pending pods (MEDIUM: free >= 1)")
        self.assertEqual((seen[GPU]["free"], seen[GPU]["total"], seen[GPU]["largest"], seen[GPU]["unit"]), (2, 12, 1, GPU))
        # gpu1 is kept for GPUs; the pod on gpu2 once needed 2 CPUs at a time, and 250m beside them.
        self.assertEqual(seen["p4d"]["reason"], f"93.75 of 288 CPUs free on 1 of 3 nodes; 1 cordoned, 1 tainted {GPU} (HIGH: free >= 1 and free/total >= 0.25)")
        self.assertEqual((seen["m5"]["free"], seen["m5"]["unit"]), (3.92, "CPUs"))
        self.assertEqual((seen["a30:nvidia.com/mig-1g.6gb"]["reason"], seen["a30"]["availability"]), ("no node in service: 1 not ready", "LOW"))

        shown = self.probe_test(vacancy, GPU)
        self.assertEqual(shown.returncode, 0, shown)
        self.assertIn(f"  GET {server.url}/api/v1/nodes?limit=500\n", shown.stdout)
        self.assertRegex(shown.stdout, r"(?s)\nreceived\n  200 OK\n  \d+ bytes; 5 nodes so far\n.*\n  gpu3 \(cordoned\): free 96 of 96 CPUs, .*\n"
                                       r"numbers   free 2, total 12, largest 1\nlevel     MEDIUM\n")
        self.assertNotIn("hunter22", shown.stdout)

        server.set(nodes=[each for each in nodes if each["metadata"]["name"] != "cpu1"], pods=pods[:2])
        eventually("a class goes with its last node", lambda: set(seen := rows(vacancy.port)) == names - {"m5"} and seen[GPU]["free"] == 5)

        server.forbidden = ["pods"]
        row = eventually("a failure", lambda: "error" in (row := rows(vacancy.port)[GPU]) and row)
        self.assertEqual((row["free"], row["error"]), (5, "answered 403 Forbidden: the account may not list the pods of all namespaces; it needs a "
                                                          "ClusterRole with get and list of nodes and pods"))
        self.assertEqual(set(rows(vacancy.port)), names - {"m5"}, "a failure removes no profile")

    @unittest.skipUnless(KUBECTL, "kubectl is missing")
    def test_kubectl_sees_the_same_with_the_same_login(self):
        nodes, pods = small_cluster()
        server = self.secure(nodes, pods, tokens=["s3cret-of-kubectl"])
        kubeconfig = self.kubeconfig(server, {"token": "s3cret-of-kubectl"}, **{"certificate-authority": self.certificates.path("ca.crt")})
        listed = self.kubectl(kubeconfig, "get", "nodes", "-o", "json")["items"]
        running = self.kubectl(kubeconfig, "get", "pods", "-A", "-o", "json", "--field-selector", "status.phase!=Succeeded,status.phase!=Failed")["items"]
        self.assertEqual((len(listed), len(running)), (5, 5))
        total = sum(int(each["status"]["allocatable"].get(GPU, 0)) for each in listed)
        usable = {each["metadata"]["name"]: int(each["status"]["allocatable"].get(GPU, 0)) for each in listed if not each["spec"].get("unschedulable")}
        for each in running:
            name = each["spec"].get("nodeName")
            if name in usable:
                usable[name] -= sum(int(one["resources"]["requests"].get(GPU, 0)) for one in each["spec"]["containers"])
        vacancy = self.up_with(kubeconfig)
        row = eventually("it is measured", lambda: (row := rows_or_none(vacancy.port).get(GPU)) and "free" in row and row)
        self.assertEqual((row["free"], row["total"], row["largest"]), (sum(usable.values()), total, max(usable.values())))

    def test_pods_count_as_the_scheduler_counts_them(self):
        nodes = plain([node(name, "p4d", GPUS) for name in ("a", "b")])
        server = self.serve(nodes, [])
        vacancy = self.up_with(self.kubeconfig(server), ["p4d", GPU, "pods", "none/here"], subtract_pending=True, discover=False, ttl="1h")
        self.assertEqual({name: row["unit"] for name, row in rows(vacancy.port).items()},
                         {"p4d": "CPUs", GPU: GPU, "pods": "pods", "none/here": "none/here"})

        def free(name, pods):
            server.set(pods=pods)
            shown = self.probe_test(vacancy, name)
            return re.search("numbers   free ([0-9.]+),", shown.stdout)[1]

        def resized(asked, **running):
            return kube_objects.running(plain([pod("p", {"cpu": asked}, "a")]), **running)

        self.assertEqual(free("p4d", resized("2")), "190")
        self.assertEqual(free("p4d", resized("1000", requests={"cpu": "2"}, why="Infeasible")), "190")
        self.assertEqual(free("p4d", resized("8", requests={"cpu": "2"}, why="Deferred")), "184")
        self.assertEqual(free("p4d", resized("2", requests={"cpu": "1"}, allocated={"cpu": "64"})), "128")

        pinned = plain([pod(f"pinned-{i}", {GPU: "1"}, selector={"kubernetes.io/hostname": "a"}) for i in range(4)])
        for kinds in (1, 2, 3):
            others = plain([pod(f"any-{i}", {GPU: "1", "cpu": str(1 + i % kinds)}) for i in range(4)])
            self.assertEqual((free(GPU, pinned + others), free(GPU, others + pinned)), ("0", "0"))
        ending = {"deletionTimestamp": "2026-11-30T00:00:00Z", "finalizers": ["batch.kubernetes.io/job-tracking"]}
        self.assertEqual(free(GPU, [each | {"metadata": each["metadata"] | ending} for each in pinned]), "8")

        for each in nodes:
            each["status"]["allocatable"][GPU] = "0"
        server.set(nodes=nodes)
        self.assertIn(f"because   no node has any {GPU} now\n", self.probe_test(vacancy, GPU).stdout)

    def test_every_login(self):
        nodes, pods = small_cluster()
        server = self.secure(nodes, pods, tokens=["good-token"], client_ca=self.directory / "ca.crt")
        self.certificates.issue("me", "/O=system:masters/CN=me")
        trusted = {"certificate-authority": "ca.crt"}
        (self.directory / "token").write_text("good-token\n")
        program = self.directory / "login"
        program.write_text('#!/bin/sh\n[ "$AWS_REGION" = eu-1 ] && [ "$WHO" = me ] && [ -z "$OTHER_SECRET" ] || exit 3\n'
                           'echo \'{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"good-token"}}\'\n')
        program.chmod(0o755)
        exec_ = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login", "env": [{"name": "WHO", "value": "me"}],
                 "interactiveMode": "Never"}
        failing = exec_ | {"command": "false"}
        in_lines = "".join(f"{line}\n" for line in textwrap.wrap(encoded(self.directory / "ca.crt"), 64))
        bad = "answered 401 Unauthorized: the API server does not take the login of the kubeconfig"
        environment = {"AWS_REGION": "eu-1", "OTHER_SECRET": "x"}
        kubeconfig = self.kubeconfig(server, {"token": "good-token"}, **trusted)
        vacancy = self.up_with(kubeconfig, [GPU], environment, ttl="1h", discover=False)
        for user, cluster, says in [
            ({"token": "good-token"}, trusted, ""),
            ({"tokenFile": "token"}, trusted, ""),
            ({"client-certificate": "me.crt", "client-key": "me.key"}, trusted, ""),
            ({"client-certificate-data": encoded(self.directory / "me.crt"), "client-key-data": encoded(self.directory / "me.key")},
             {"certificate-authority-data": encoded(self.directory / "ca.crt")}, ""),
            ({"exec": exec_}, trusted, ""),
            # Of two logins that of kubectl counts.
            ({"token": "old-token", "tokenFile": "token"}, trusted, ""),
            ({"token": "good-token", "tokenFile": "none"}, trusted, ""),
            ({"token": "good-token", "exec": failing}, trusted, ""),
            ({"tokenFile": "token", "exec": failing}, trusted, ""),
            ({"client-certificate": "me.crt", "client-key": "me.key", "exec": failing}, trusted, ""),
            ({"token": "bad-token", "exec": exec_}, trusted, bad),
            ({"token": "good-token"}, {"certificate-authority-data": in_lines}, ""),
            ({"token": "good-token"}, {"certificate-authority-data": in_lines.replace("\n", " ")}, "certificate-authority-data is not base64"),
            ({"token": "good-token"}, {"certificate-authority-data": in_lines[:200] + "!" + in_lines[201:]}, "certificate-authority-data is not base64"),
            ({"exec": exec_ | {"env": []}}, trusted, "login, which logs in, failed with exit code 3"),
            ({"exec": exec_ | {"command": "./none"}}, trusted, "cannot run "),
            ({"token": "bad-token"}, trusted, bad),
            ({}, trusted, bad),
            ({"token": "good-token"}, {}, "certificate not trusted: "),
            ({"token": "good-token"}, {"certificate-authority": "me.crt"}, "certificate not trusted: "),
            ({"token": "good-token"}, {"certificate-authority": "me.key"}, "certificate"),
            ({"token": "good-token"}, {"certificate-authority": "none"}, "cannot read certificate-authority from the file"),
            ({"token": "good-token"}, {"insecure-skip-tls-verify": True}, "turns the check of certificates off"),
        ]:
            self.kubeconfig(server, user, **cluster)
            shown = self.probe_test(vacancy, GPU)
            with self.subTest(user=user, cluster=cluster):
                self.assertEqual(shown.returncode, 1 if says else 0, shown)
                self.assertIn(says or "numbers   free 5, total 12, largest 4\n", shown.stdout)
                self.assertNotIn("good-token", shown.stdout)
                # Without the check of certificates kubectl goes on.
                if KUBECTL and cluster.get("insecure-skip-tls-verify") is None:
                    self.assertEqual(self.run_kubectl(kubeconfig, "get", "nodes", "-o", "json", AWS_REGION="eu-1").returncode, 1 if says else 0)

    @unittest.skipUnless(KUBECTL, "kubectl is missing")
    def test_a_program_is_told_what_kubectl_tells_it(self):
        server = self.secure(*small_cluster(), tokens=["good-token"])
        program = self.directory / "login"
        program.write_text(f'#!/bin/sh\nprintf %s "$KUBERNETES_EXEC_INFO" > "{self.directory}/told"\n'
                           'echo \'{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"good-token"}}\'\n')
        program.chmod(0o755)
        own = {"audience": "x", "scopes": ["a", "b"], "hours": 1.5, "strict": True}
        cluster = {"certificate-authority": "ca.crt", "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": own}]}

        def told(run):
            (self.directory / "told").unlink(missing_ok=True)
            result = run()
            self.assertEqual(result.returncode, 0, result)
            info = json.loads((self.directory / "told").read_text())
            if info["spec"].get("cluster", {}).get("config", 0) is None:
                del info["spec"]["cluster"]["config"]  # null is none
            return info

        vacancy = None
        for provides, keys in [(False, cluster), (True, cluster), (True, {"certificate-authority-data": encoded(self.directory / "ca.crt")})]:
            user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "./login", "provideClusterInfo": provides,
                             "interactiveMode": "Never"}}
            kubeconfig = self.kubeconfig(server, user, **keys)
            vacancy = vacancy or self.up_with(kubeconfig, [GPU], ttl="1h", discover=False)
            by_kubectl = told(lambda: self.run_kubectl(kubeconfig, "get", "nodes"))
            self.assertEqual("cluster" in by_kubectl["spec"], provides)
            self.assertEqual(told(lambda: self.probe_test(vacancy, GPU)), by_kubectl)

    def test_a_pod_asks_its_own_cluster(self):
        nodes, pods = small_cluster()
        server = self.secure(nodes, pods, tokens=["of-the-pod"])
        (self.directory / "token").write_text("of-the-pod")
        environment = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(server.port)}
        vacancy = self.up_with("", [GPU], environment, service_account=str(self.directory))
        eventually("it is measured", lambda: rows(vacancy.port)[GPU].get("free") == 5)

    def test_logins_that_are_replaced_fail_no_run(self):
        """The old token ends as soon as the new one is written: a run may be anywhere in its lists then."""
        nodes, pods = small_cluster()
        pods = [*pods, *plain([pod(f"p{i}", {"cpu": "1m"}, "cpu1") for i in range(2000)])]
        server = self.secure(nodes, pods, tokens=["token-0"])
        token = self.directory / "token"
        token.write_text("token-0")
        environment = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(server.port)}
        vacancy = self.up_with("", [GPU], environment, service_account=str(self.directory), ttl="50ms")
        eventually("it is measured", lambda: rows(vacancy.port)[GPU].get("free") == 5)
        for i in range(1, 101):
            asked = len(server.requests)
            new = self.directory / "token.new"
            new.write_text(f"token-{i}")
            server.tokens = [f"token-{i - 1}", f"token-{i}"]  # what is written is valid
            new.rename(token)
            server.tokens = [f"token-{i}"]
            eventually("more is asked", lambda: len(server.requests) > asked + 5)
        runs = {result: vacancy.metric(rf'vacancy_probes_total\{{probe="k8s",result="{result}"\}}') for result in ("ok", "failed")}
        self.assertEqual(runs["failed"], 0)
        self.assertGreater(runs["ok"], 50)
        self.assertNotIn("error", rows(vacancy.port)[GPU])


def encoded(file):
    return base64.b64encode(file.read_bytes()).decode()


def rows_or_none(port):
    try:
        return rows(port)
    except AssertionError:
        return {}


@unittest.skipUnless(kube_objects.client, "python3-kubernetes is missing")
class LargeClusterTest(TestCase):
    NODES, PODS = 10_000, 50_000

    def test_a_large_cluster_is_counted_page_by_page(self):
        nodes, pods = kube_objects.large_cluster(self.NODES, self.PODS)
        server = self.enterContext(kube_server.KubeServer(nodes, pods))
        file = self.directory / "kubeconfig"
        file.write_text(json.dumps({"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "c"}}],
                                    "clusters": [{"name": "c", "cluster": {"server": server.url}}]}))
        hardware = self.hardware(probes=[PROBE | {"kubeconfig": str(file), "ttl": "1h", "timeout": "5m", "discover": False, "subtract_pending": True}],
                                 profiles=[{"provider": "k8s", "name": GPU}])
        row = eventually("it is measured", lambda: (row := listed(hardware.port)[0]).get("free") is not None and row, 300)
        self.assertEqual((row["free"], row["total"]), (self.NODES // 2 * 8 - self.PODS // 2, self.NODES // 2 * 8))
