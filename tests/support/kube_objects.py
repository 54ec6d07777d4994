"""Nodes and pods as Kubernetes' own client writes them: its models (python3-kubernetes), which refuse what the API
does not have."""

import datetime
import sys

# Debian's packages, for whichever python3 runs this.
sys.path.append("/usr/lib/python3/dist-packages")
try:
    from kubernetes import client
except ImportError:
    client = None  # tests that need it are skipped

CLASS = "node.kubernetes.io/instance-type"
GPU = "nvidia.com/gpu"


def plain(objects):
    """The JSON of models."""
    serialize = client.ApiClient().sanitize_for_serialization
    return [serialize(each) for each in objects]


def node(name, kind, allocatable, *, labels=None, taints=(), cordoned=None, ready="True", images=0):
    """taints: "key=value:effect"."""
    def taint(text):
        key, _, effect = text.partition(":")
        key, _, value = key.partition("=")
        return client.V1Taint(key=key, value=value or None, effect=effect)

    condition = client.V1NodeCondition(type="Ready", status=ready, reason="KubeletReady", message="kubelet is posting ready status",
                                       last_heartbeat_time=datetime.datetime(2026, 11, 30, tzinfo=datetime.timezone.utc))
    info = client.V1NodeSystemInfo(
        architecture="amd64", boot_id="b", container_runtime_version="containerd://1.7.2", kernel_version="6.1.0", kube_proxy_version="",
        kubelet_version="v1.32.1", machine_id="m", operating_system="linux", os_image="Debian GNU/Linux 12", system_uuid="u")
    pulled = [client.V1ContainerImage(names=[f"registry.example.org/team/image-{i}@sha256:{i:064x}", f"registry.example.org/team/image-{i}:v1.{i}"],
                                      size_bytes=10**7 + i) for i in range(images)]
    return client.V1Node(
        api_version="v1", kind="Node",
        metadata=client.V1ObjectMeta(name=name, uid=f"uid-{name}", labels={
            CLASS: kind, "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
            "topology.kubernetes.io/region": "eu-1", "topology.kubernetes.io/zone": "eu-1a"} | (labels or {}),
            annotations={"volumes.kubernetes.io/controller-managed-attach-detach": "true", "node.alpha.kubernetes.io/ttl": "0"}),
        spec=client.V1NodeSpec(pod_cidr="10.0.0.0/24", provider_id=f"cloud:///{name}", unschedulable=cordoned,
                               taints=[taint(text) for text in taints] or None),
        status=client.V1NodeStatus(allocatable=allocatable, capacity=allocatable, conditions=[condition], node_info=info, images=pulled,
                                   addresses=[client.V1NodeAddress(address="10.0.0.1", type="InternalIP")]))


def container(requests, name="main"):
    return client.V1Container(name=name, image="registry.example.org/team/image:v1", args=["--verbose", "--port=8080"],
                              resources=client.V1ResourceRequirements(requests=requests, limits=requests),
                              env=[client.V1EnvVar(name="PASSWORD", value="hunter22-in-a-pod")],
                              volume_mounts=[client.V1VolumeMount(name="token", mount_path="/var/run/secrets/kubernetes.io/serviceaccount",
                                                                  read_only=True)])


def pod(name, requests, node_name=None, *, phase=None, init=(), overhead=None, selector=None, tolerations=None):
    return client.V1Pod(
        api_version="v1", kind="Pod", metadata=client.V1ObjectMeta(name=name, namespace="team", uid=f"uid-{name}", labels={"app": "training"}),
        spec=client.V1PodSpec(containers=[container(requests)], init_containers=[container(each, f"init-{i}") for i, each in enumerate(init)] or None,
                              node_name=node_name, overhead=overhead, node_selector=selector, tolerations=tolerations,
                              service_account_name="default", scheduler_name="default-scheduler",
                              volumes=[client.V1Volume(name="token", empty_dir=client.V1EmptyDirVolumeSource())]),
        status=client.V1PodStatus(phase=phase or ("Running" if node_name else "Pending")))


def running(pods, requests=None, allocated=None, why=""):
    """JSON of pods with what their node says about their containers, which the client's models of Debian 12 do not know: they have
    `requests`, by default what they ask for, and `allocated`, by default the same. `why` a resize waits: Deferred, Infeasible."""
    ready = {"status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-11-30T00:00:00Z"}
    conditions = [ready | {"type": name} for name in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")]
    if why:
        conditions.append(ready | {"type": "PodResizePending", "reason": why, "message": "Node didn't have enough resource"})

    def status(container):
        has = requests or container["resources"]["requests"]
        return {"name": container["name"], "ready": True, "restartCount": 0, "image": container["image"], "imageID": "sha256:0",
                "containerID": "containerd://0", "state": {"running": {"startedAt": "2026-11-30T00:00:00Z"}}, "lastState": {},
                "allocatedResources": allocated or has, "resources": {"limits": has, "requests": has}}

    def told(pod):
        statuses = {name: [status(each) for each in pod["spec"].get(containers, [])]
                    for name, containers in (("containerStatuses", "containers"), ("initContainerStatuses", "initContainers"))}
        return pod | {"status": pod["status"] | statuses | {"conditions": conditions}}

    return [told(each) for each in pods]


def with_history(objects):
    """With metadata.managedFields, as the API server adds them: a third of what a list has."""
    def owned(*names):
        return {f"f:{name}": {} for name in names}

    container_fields = owned("args", "env", "image", "imagePullPolicy", "name", "resources", "terminationMessagePath", "volumeMounts")
    spec = owned("dnsPolicy", "restartPolicy", "schedulerName", "securityContext", "terminationGracePeriodSeconds", "volumes")
    fields = {"f:metadata": {"f:labels": owned("app"), "f:annotations": owned("owner")},
              "f:spec": spec | {f'k:{{"name":"{name}"}}': container_fields for name in ("main", "sidecar")}}
    entry = client.V1ManagedFieldsEntry(
        api_version="v1", fields_type="FieldsV1", fields_v1=fields, manager="kube-controller-manager", operation="Update",
        time=datetime.datetime(2026, 11, 30, tzinfo=datetime.timezone.utc))
    for each in objects:
        each.metadata.managed_fields = [entry, entry]
    return objects


def large_cluster(nodes, pods):
    """Half of the nodes have 8 GPUs. Every other pod has one, on one of these."""
    gpu, cpu = plain(with_history([
        node("gpu", "p5", {"cpu": "192", "memory": "2Ti", GPU: "8", "pods": "110"}, images=20, labels={"nvidia.com/gpu.product": "H100"}),
        node("cpu", "m5", {"cpu": "15890m", "memory": "61234567Ki", "pods": "110"}, images=20)]))
    with_gpu, without = running(plain(with_history([pod("with", {"cpu": "4", "memory": "32Gi", GPU: "1"}, "x", init=[{"cpu": "1"}]),
                                                    pod("without", {"cpu": "250m", "memory": "512Mi"}, "x")])))

    def named(like, name, **spec):
        return like | {"metadata": like["metadata"] | {"name": name}, "spec": like["spec"] | spec}

    return ([named(cpu if i % 2 else gpu, f"node-{i}") for i in range(nodes)],
            [named(without if i % 2 else with_gpu, f"pod-{i}", nodeName=f"node-{i % nodes}") for i in range(pods)])
