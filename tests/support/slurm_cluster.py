#!/usr/bin/env python3
"""Runs a real Slurm cluster for tests, in a temporary folder: one controller, and a slurmd for each node.

A class for tests in Python. As a program, for use by hand: when the nodes are idle, one line `export SLURM_CONF=…` on
standard output; cluster and folder go at the end of standard input, on SIGTERM, SIGINT and SIGHUP.

Exit codes: 0, 1 (the cluster does not start), 77 (programs are missing). Needs Debian's slurmctld, slurmd and
slurm-client. Works as root and as any user, without munge; nothing is looked up in DNS and GPUs are files.
"""

import argparse
import glob
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds for a start, a state that must come
CONTROLLER = "/usr/sbin/slurmctld"
REST = "/usr/sbin/slurmrestd"
JWT = "/usr/lib/x86_64-linux-gnu/slurm-wlm/auth_jwt.so"
NODE = "/usr/sbin/slurmd"

CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
SlurmctldPort={port}
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool/%n
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd-%n.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters={select}
ReturnToService=2
SlurmdTimeout={slurmd_timeout}
MessageTimeout={message_timeout}
SlurmdParameters=config_overrides
GresTypes=gpu,shard,mps,dcu,npu
"""


class Unavailable(Exception):
    """A program is missing: tests that need the cluster are to be skipped."""


class ClusterError(Exception):
    """The cluster did not do what it was asked for."""


def processes_of(directory):
    """The processes that were started with this cluster's configuration: daemons, job steps and jobs."""
    wanted = os.fsencode(f"SLURM_CONF={directory}/slurm.conf")
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as file:
                if wanted in file.read().split(b"\0"):
                    yield int(path.split("/")[2])
        except OSError:
            continue  # it has just ended, or is another user's


def sweep(directory):
    """Kills every process of the cluster and deletes its folder."""
    for _ in range(500):
        found = False
        for pid in processes_of(directory):
            found = True
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue  # it has just ended
        shutil.rmtree(directory, ignore_errors=True)
        if not found and not os.path.exists(directory):
            return
        time.sleep(0.02)


def user():
    """The name of this user, who runs the cluster."""
    return pwd.getpwuid(os.getuid()).pw_name


def free_ports(count):
    """Different ports that are free now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class SlurmCluster:
    """A running cluster: partition `batch` with nodes of 4 CPUs, `gpu` with nodes of 8 CPUs and 4 GPUs of type a100.

    stop() or a with statement ends it. `conf` is what SLURM_CONF must be; run() sets it. Not thread-safe.
    """

    def __init__(self, cpu_nodes=2, gpu_nodes=2, slurmd_timeout=30, message_timeout=10, reserved_cpus=0, shards=0,
                 share="shard", gres="", memory=False, jwt=False, extra=""):
        """`extra`: more lines of slurm.conf. `slurmd_timeout`: seconds until a node that does not answer is down.
        `reserved_cpus`: how many of each node's no job gets. `shards`: how many each GPU has, as `share` or mps. `gres`:
        more resources of each node with GPUs, such as "dcu:z100:8,npu:4". `memory`: jobs are given memory. `jwt`: tokens
        are taken, and start_rest() may be called."""
        for name in (CONTROLLER, NODE, "/usr/bin/sinfo", "/usr/bin/scontrol", "/usr/bin/sbatch"):
            if not os.access(name, os.X_OK):
                raise Unavailable(f"{name} is missing: install Debian's slurmctld, slurmd and slurm-client")
        for name in (REST, JWT) if jwt else ():
            if not os.path.exists(name):
                raise Unavailable(f"{name} is missing: install Debian's slurmrestd and slurm-wlm-jwt-plugin")
        self.shards, self.share, self.gres = shards, share, gres
        self.cpu_nodes = [f"cpu{n + 1}" for n in range(cpu_nodes)]
        self.gpu_nodes = [f"gpu{n + 1}" for n in range(gpu_nodes)]
        self.nodes = self.cpu_nodes + self.gpu_nodes
        self._controller = self._guard = self._rest = None
        self._node_processes = {}
        self.directory = os.path.realpath(tempfile.mkdtemp(prefix="vacancy-slurm-"))
        self.conf = f"{self.directory}/slurm.conf"
        # As in the environment of a service: no user's settings of squeue and sinfo.
        self.environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "HOME": self.directory,
                            "SLURM_CONF": self.conf}
        try:
            self._guard = self._start_guard()
            self._configure(slurmd_timeout, message_timeout, reserved_cpus, memory, jwt, extra)
            self.start_controller()
            for node in self.nodes:
                self.start_node(node)
            self.wait_for_state("idle", *self.nodes)
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _start_guard(self):
        """Starts the process that cleans up at the end of its standard input: when this one dies, however it dies."""
        return subprocess.Popen([sys.executable, "-I", os.path.abspath(__file__), "--guard", self.directory], cwd="/",
                                start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def _configure(self, slurmd_timeout, message_timeout, reserved_cpus, memory, jwt, extra):
        host = socket.gethostname().split(".")[0]
        port, *node_ports = free_ports(1 + len(self.nodes))
        lines = CONF.format(host=host, user=user(), port=port, directory=self.directory,
                            slurmd_timeout=slurmd_timeout, message_timeout=message_timeout,
                            select="CR_Core_Memory" if memory else "CR_Core")
        if jwt:
            lines += f"AuthAltTypes=auth/jwt\nAuthAltParameters=jwt_key={self.directory}/jwt.key\n"
            self._write("jwt.key", os.urandom(32).hex())
            os.chmod(f"{self.directory}/jwt.key", 0o600)
        for node, node_port in zip(self.nodes, node_ports):
            os.makedirs(f"{self.directory}/spool/{node}")
            size = "CPUs=4 RealMemory=4000" if node in self.cpu_nodes else "CPUs=8 RealMemory=8000 Gres=gpu:a100:4"
            if self.shards and node in self.gpu_nodes:
                size += f",{self.share}:a100:{4 * self.shards}"
            if self.gres and node in self.gpu_nodes:
                size += f",{self.gres}"
            if reserved_cpus:
                size += f" CoreSpecCount={reserved_cpus}"
            # Without an address, the node's name is looked up in DNS, which takes seconds.
            lines += f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={node_port} {size} State=UNKNOWN\n"
        for name, nodes in (("batch", self.cpu_nodes), ("gpu", self.gpu_nodes)):
            if nodes:
                lines += f"PartitionName={name} Nodes={','.join(nodes)} MaxTime=INFINITE State=UP\n"
        os.makedirs(f"{self.directory}/state")
        self._write("slurm.conf", lines + extra)
        # A GPU needs a file that exists; a count alone registers none.
        for number in range(4):
            self._write(f"gpu{number}", "")
        gres = [f"Name=gpu Type=a100 File={self.directory}/gpu[0-3]"]
        if self.shards:
            gres += [f"Name={self.share} Type=a100 Count={self.shards} File={self.directory}/gpu{number}" for number in range(4)]
        for one in filter(None, self.gres.split(",")):
            name, *kind, count = one.split(":")
            gres.append(f"Name={name} {''.join(f'Type={each} ' for each in kind)}Count={count}")
        self._write("gres.conf", "AutoDetect=off\n" + "".join(
            f"NodeName={node} {line}\n" for node in self.gpu_nodes for line in gres))

    def _write(self, name, text):
        with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def _daemon(self, *command):
        return subprocess.Popen(command, env=self.environment, cwd=self.directory, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    # --- Controller and nodes

    def start_controller(self):
        """Starts the controller and waits until it answers."""
        self._controller = self._daemon(CONTROLLER, "-D")
        self.wait_until(lambda: self._answers(), "the controller answers")

    def _answers(self):
        if self._controller.poll() is not None:
            raise ClusterError(f"slurmctld ended: {self._log('slurmctld.log')}")
        return subprocess.run(["scontrol", "ping"], env=self.environment, capture_output=True, check=False).returncode == 0

    def kill_controller(self):
        """The controller is gone at once; nodes and jobs go on."""
        self._controller.kill()
        self._controller.wait()

    def start_node(self, node):
        """Starts a node that is not running; wait_for_state() says when it is there."""
        self._node_processes[node] = self._daemon(NODE, "-D", "-N", node)

    def kill_node(self, node):
        """The node is gone at once; the controller notices later."""
        self._node_processes[node].kill()
        self._node_processes[node].wait()

    # --- slurmrestd

    def start_rest(self):
        """Starts slurmrestd for users with a token; its port, when it answers."""
        port, = free_ports(1)
        # SLURM_JWT: it uses the tokens of its clients. As root it would refuse to run.
        environment = self.environment | {"SLURM_JWT": "daemon", "SLURMRESTD_SECURITY": "disable_user_check"}
        with open(f"{self.directory}/slurmrestd.log", "wb") as log:
            self._rest = subprocess.Popen([REST, "-a", "rest_auth/jwt", "-s", "openapi/v0.0.38", f"127.0.0.1:{port}"],
                                          env=environment, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, start_new_session=True)
        self.wait_until(lambda: self._listens(port), "slurmrestd listens")
        return port

    def _listens(self, port):
        if self._rest.poll() is not None:
            raise ClusterError(f"slurmrestd ended: {self._log('slurmrestd.log')}")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            return False
        return True

    def token(self, lifespan=3600):
        """A token for this user, as scontrol prints it: SLURM_JWT=…"""
        return self.run("scontrol", "token", f"lifespan={lifespan}")

    def drain(self, node, reason="maintenance"):
        """Takes the node out of service for new jobs."""
        self.run("scontrol", "update", f"NodeName={node}", "State=DRAIN", f"Reason={reason}")

    def resume(self, node):
        """Takes the node back into service."""
        self.run("scontrol", "update", f"NodeName={node}", "State=RESUME")

    def reserve(self, name, node, *flags):
        """Reserves the node for this user; with the flag MAINT, for maintenance."""
        options = [f"Flags={','.join(flags)}"] if flags else []
        self.run("scontrol", "create", "reservation", f"ReservationName={name}", "StartTime=now", "Duration=60",
                 f"Nodes={node}", f"Users={user()}", *options)

    # --- Jobs and states

    def run(self, *command):
        """The standard output of one of Slurm's commands, which must succeed."""
        result = subprocess.run(command, env=self.environment, cwd=self.directory, capture_output=True, text=True,
                                timeout=PATIENCE, check=False)
        if result.returncode != 0:
            raise ClusterError(f"{' '.join(command)}: exit code {result.returncode}: {result.stderr.strip()}")
        return result.stdout

    def sbatch(self, *options, seconds=600):
        """Submits a job that sleeps; its number. Its options are sbatch's, such as "--partition=gpu"."""
        return int(self.run("sbatch", "--parsable", "--output=/dev/null", *options, f"--wrap=sleep {seconds}").strip())

    def wait_for_job(self, job, state="RUNNING"):
        """Waits until the job is in this state."""
        self.wait_until(lambda: self.run("squeue", "-h", "-j", str(job), "-o", "%T").split() == [state],
                        f"job {job} is {state}")

    def states(self):
        """The state of each node, as sinfo abbreviates it: {"cpu1": "idle", "gpu1": "down*"}."""
        return dict(line.split() for line in self.run("sinfo", "-h", "-N", "-o", "%N %t").splitlines())

    def wait_for_state(self, state, *nodes):
        """Waits until the nodes are in this state, as sinfo abbreviates it."""
        self.wait_until(lambda: all(self.states().get(node) == state for node in nodes),
                        f"{', '.join(nodes)}: state {state}")

    def wait_until(self, condition, what):
        """Waits until `condition()` holds; raises ClusterError when it does not in time."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise ClusterError(f"not within {PATIENCE} s: {what}; {self._log('slurmctld.log')}")
            time.sleep(0.05)

    def _log(self, name):
        try:
            with open(f"{self.directory}/{name}", encoding="utf-8", errors="replace") as file:
                return " | ".join(line.strip() for line in file.readlines()[-5:] if re.search(r"\S", line))
        except OSError:
            return "no log"

    def stop(self):
        """Ends everything that belongs to the cluster and deletes its folder. May be called again."""
        if self._guard:
            self._guard.stdin.close()
            self._guard.wait()
        else:
            sweep(self.directory)
        for process in filter(None, (self._controller, self._rest, *self._node_processes.values())):
            process.wait()


def guard(directory):
    """Waits for the end of standard input, then cleans up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    sweep(directory)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpu-nodes", type=int, default=2, help="nodes of partition batch (default: %(default)s)")
    parser.add_argument("--gpu-nodes", type=int, default=2, help="nodes of partition gpu (default: %(default)s)")
    parser.add_argument("--guard", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.guard:
        guard(arguments.guard)
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with SlurmCluster(arguments.cpu_nodes, arguments.gpu_nodes) as cluster:
            print(f"export SLURM_CONF={cluster.conf}", flush=True)
            sys.stdin.read()
    except KeyboardInterrupt:
        pass
    except Unavailable as error:
        print(f"{sys.argv[0]}: {error}", file=sys.stderr)
        return 77
    except ClusterError as error:
        print(f"{sys.argv[0]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
