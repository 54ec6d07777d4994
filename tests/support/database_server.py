#!/usr/bin/env python3
"""Runs a real MariaDB or MySQL server for tests, in a temporary folder.

A class for tests in Python. As a program: when the server is ready, one line of JSON on standard output says how to reach
it; server and folder go at the end of standard input, on SIGTERM, SIGINT and SIGHUP.

Exit codes: 0, 1 (the server does not start), 77 (programs are missing). MariaDB needs Debian's mariadb-server and
mariadb-client. MySQL needs mariadb-client and the environment variable MYSQL_ROOT, a folder that mysql_root has filled.
Started by root, the server runs as the user nobody, who must be able to enter the folders above both.
"""

import argparse
import glob
import json
import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 30  # seconds for a start, a clean shutdown, a statement
PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"  # an ordinary user's lacks these
CERTIFICATES = {  # TLS mode: signing CA, names
    "tls": ("ca", "DNS:localhost,IP:127.0.0.1"),
    "other-host": ("ca", "DNS:other.example"),
    "other-ca": ("other", "DNS:localhost,IP:127.0.0.1"),
}


class Unavailable(Exception):
    """A program is missing: tests that need the server are to be skipped."""


class ServerError(Exception):
    """The server did not do what it was asked for."""


def program(name, package):
    found = shutil.which(name, path=PATH)
    if not found:
        raise Unavailable(f"{name} is missing: install Debian's package {package}")
    return found


def sweep(directory):
    """Kills every server that works in this folder and deletes the folder."""
    wanted = os.fsencode(f"--datadir={directory}/data")
    for _ in range(500):
        found = False
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as file:
                    if wanted in file.read().split(b"\0"):
                        found = True
                        os.kill(int(path.split("/")[2]), signal.SIGKILL)
            except OSError:
                continue  # it has just ended
        shutil.rmtree(directory, ignore_errors=True)
        if not found and not os.path.exists(directory):
            return
        time.sleep(0.02)


class MariaDB:
    """What is particular to MariaDB."""

    password = "VIA mysql_native_password USING PASSWORD('{}')"
    options = ["--innodb-log-file-size=48M", "--aria-pagecache-buffer-size=8M"]
    fast = ["--debug-no-sync"]  # for Aria's files, too
    plain = ["--skip-ssl"]

    def __init__(self):
        self.server = [program("mariadbd", "mariadb-server")]
        self.installer = program("mariadb-install-db", "mariadb-server")

    def initialise(self, options):
        return [self.installer, *options, "--skip-test-db", "--auth-root-authentication-method=normal"]


class MySQL:
    """What is particular to MySQL."""

    password = "WITH caching_sha2_password BY '{}'"
    fast = []
    plain = ["--tls-version="]

    def __init__(self):
        root = os.path.abspath(os.environ.get("MYSQL_ROOT") or "/nonexistent")
        binary = f"{root}/usr/sbin/mysqld"
        # Its own loader gives it its own, newer libc without a chroot.
        loader = next(iter(glob.glob(f"{root}/usr/lib/*/ld-linux*.so.*")), None)
        if not loader or not os.path.exists(binary):
            raise Unavailable("no MySQL server: run tests/support/mysql_root DIR, which takes one from Debian sid, "
                              "and set the environment variable MYSQL_ROOT to DIR")
        self.server = [loader, "--library-path", os.path.dirname(loader), binary]
        self.options = [f"--basedir={root}/usr", f"--plugin-dir={root}/usr/lib/mysql/plugin", "--mysqlx=OFF",
                        "--secure-file-priv=NULL", "--auto-generate-certs=OFF", "--innodb-redo-log-capacity=64M"]

    def initialise(self, options):
        return [*self.server, *options, "--initialize-insecure"]


def unfriendly(kind):
    """Options with which a session has other defaults than most programs rely on."""
    own = {"mariadb": "max_statement_time = 30, sql_if_exists = 1", "mysql": "max_execution_time = 30000"}[kind]
    engine = {"mariadb": "Aria", "mysql": "MyISAM"}[kind]
    session = ("SET NAMES latin1; SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY; SET sql_select_limit = 1,"
               " autocommit = 0, completion_type = CHAIN, sql_safe_updates = 1, sql_big_selects = 0, sql_auto_is_null = 1,"
               " unique_checks = 0, foreign_key_checks = 0, time_zone = '-05:00', timestamp = 1000000000,"
               f" sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,ONLY_FULL_GROUP_BY', wait_timeout = 3600, {own}")
    return [f"--init-connect={session}", f"--default-storage-engine={engine}", "--innodb-default-row-format=compact"]


class DatabaseServer:
    """A server with its folder; close() or a with statement removes both. Not thread-safe."""

    user = "vacancy"

    def __init__(self, kind, tls=False, fast=False, options=(), environment=None):
        """`environment`: variables for the server alone, such as a preloaded library's."""
        self.kind = kind
        self.environment = environment or {}
        self.engine = {"mariadb": MariaDB, "mysql": MySQL}[kind]()
        self.client = program("mariadb", "mariadb-client")
        self.openssl = program("openssl", "openssl") if tls else None
        self.mode = "tls" if tls else "plain"
        self._process = self._guard = self._port_holder = None
        self.directory = os.path.realpath(tempfile.mkdtemp(prefix="vacancy-db-"))
        try:
            self._guard = self._start_guard()
            self._prepare(fast, options)
            self.start()
            self._create_user()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start_guard(self):
        """Starts the process that cleans up when this one dies, however it dies."""
        # A parent death signal would not do: it is bound to the thread that forked, and the files would stay.
        me = os.pidfd_open(os.getpid())
        try:
            return subprocess.Popen(
                [sys.executable, "-I", os.path.abspath(__file__), "--guard", str(me), self.directory], pass_fds=[me],
                cwd="/", start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
        finally:
            os.close(me)

    def _prepare(self, fast, options):
        self._identity = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chmod(self.directory, 0o711)  # for the server's user, and for readers of ca_file
        for name in ("data", "run"):
            os.mkdir(f"{self.directory}/{name}", 0o700)
            self._give_away(f"{self.directory}/{name}")
        self.log = f"{self.directory}/error.log"
        self.socket = f"{self.directory}/run/server.sock"
        self.ca_file = f"{self.directory}/ca.pem" if self.openssl else None

        # Bound without listening: connections are refused, the server can bind the port, too, because of
        # SO_REUSEADDR, and nobody else is given it while the server is down.
        self._port_holder = socket.socket()
        self._port_holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._port_holder.bind(("127.0.0.1", 0))
        self.port = self._port_holder.getsockname()[1]

        common = ["--no-defaults", f"--datadir={self.directory}/data", f"--tmpdir={self.directory}/run",
                  "--skip-name-resolve", "--skip-log-bin", "--performance-schema=OFF", "--key-buffer-size=1M",
                  "--innodb-buffer-pool-size=64M", "--character-set-server=utf8mb4", *self.engine.options]
        hasty = ["--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync", "--innodb-doublewrite=0",
                 *self.engine.fast]
        self._command = [*self.engine.server, *common, "--bind-address=127.0.0.1", f"--port={self.port}",
                         f"--socket={self.socket}", f"--pid-file={self.directory}/run/server.pid",
                         "--max-connections=500", "--table-open-cache=200", "--innodb-fast-shutdown=1",
                         *(hasty if fast else ["--innodb-flush-log-at-trx-commit=1"]), *options]
        self._process = self._spawn(self.engine.initialise(common + hasty))
        try:
            status = self._process.wait(2 * PATIENCE)
        except subprocess.TimeoutExpired:
            status = None
        if status != 0:
            raise ServerError(f"{self.kind} does not create its data directory:\n{self._tail()}")

    def _create_user(self):
        if self.kind == "mariadb":  # only root@localhost, that is the socket, may stay without a password
            self.sql("DELETE FROM mysql.global_priv WHERE User IN ('root', '') AND Host <> 'localhost'")
        self.password = secrets.token_urlsafe(18)
        self.password_file = f"{self.directory}/password"
        with open(os.open(self.password_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(self.password)
        name = f"'{self.user}'@'127.0.0.1'"
        self.version = self.sql(
            f"FLUSH PRIVILEGES; CREATE USER {name} IDENTIFIED {self.engine.password.format(self.password)}; "
            f"GRANT ALL ON `vacancy%`.* TO {name}; GRANT ALL ON `test%`.* TO {name}; SELECT VERSION()").strip()

    def _give_away(self, path):
        if self._identity:
            os.chown(path, self._identity["user"], self._identity["group"])

    def _spawn(self, command):
        # Clean of LD_PRELOAD and the like; in its own session, where no Ctrl-C reaches it.
        environment = {"PATH": PATH, "LC_ALL": "C"} | self.environment
        try:
            with open(self.log, "ab") as log:
                return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                        cwd=f"{self.directory}/data", start_new_session=True, **self._identity)
        except OSError as error:
            raise ServerError(f"cannot run {command[0]}: {error}") from error

    def _tail(self):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-15:]).rstrip()

    def _tls_options(self, mode):
        """Makes the certificate at its first use."""
        if mode == "plain":
            return self.engine.plain
        if not self.openssl:
            raise ServerError(f"start {mode} needs the option --tls")
        ca, names = CERTIFICATES[mode]
        path = f"{self.directory}/{ca}"
        self._sign(ca, "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign")
        self._sign(mode, "basicConstraints=critical,CA:FALSE", f"subjectAltName={names}",
                   signer=["-CA", f"{path}.pem", "-CAkey", f"{path}.key"])
        self._give_away(f"{self.directory}/{mode}.key")
        return [f"--ssl-cert={self.directory}/{mode}.pem", f"--ssl-key={self.directory}/{mode}.key"]

    def _sign(self, name, *extensions, signer=()):
        path = f"{self.directory}/{name}"
        if os.path.exists(f"{path}.pem"):
            return
        result = subprocess.run(
            [self.openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "30", "-subj", f"/CN=test {name}", "-keyout", f"{path}.key", "-out", f"{path}.pem", *signer,
             *(word for extension in extensions for word in ("-addext", extension))],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if result.returncode != 0:
            raise ServerError(f"openssl: {result.stderr.strip()}")

    def sql(self, statements):
        """Runs statements as the server's administrator and returns the rows, tab-separated."""
        try:
            result = subprocess.run(  # by standard input, so that ps shows no password
                [self.client, "--no-defaults", "--user=root", f"--socket={self.socket}", "--skip-ssl",
                 "--batch", "--skip-column-names"], input=statements, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise ServerError(f"no answer to SQL in {PATIENCE} s") from error
        if result.returncode != 0:
            raise ServerError(result.stderr.strip())
        return result.stdout

    @property
    def state(self):
        """stopped, running or frozen"""
        if self._process is None or self._process.poll() is not None:
            return "stopped"
        with open(f"/proc/{self._process.pid}/stat") as file:
            return "frozen" if file.read().rpartition(") ")[2][0] == "T" else "running"

    def _require(self, *states):
        if self.state not in states:
            raise ServerError(f"the server is {self.state}")

    def start(self, mode=None):
        self._require("stopped")
        mode = mode or self.mode
        if mode != "plain" and mode not in CERTIFICATES:
            raise ServerError(f"unknown mode {mode}: plain, " + ", ".join(CERTIFICATES))
        command = self._command + self._tls_options(mode)
        self.mode = mode
        with open(self.log, "ab+") as log:
            seen = log.tell()
            self._process = self._spawn(command)
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline and self._process.poll() is None:
                log.seek(seen)
                if b": ready for connections" in log.read():
                    return
                time.sleep(0.02)
        status = self._process.poll()
        self._process.kill()
        self._process.wait()
        reason = f"is not ready in {PATIENCE} s" if status is None else f"ended with status {status}"
        raise ServerError(f"{self.kind} {reason}:\n{self._tail()}")

    def stop(self):
        self._require("running", "frozen")
        self._process.terminate()
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise ServerError(f"killed, as it did not shut down in {PATIENCE} s") from error

    def kill(self):
        self._require("running", "frozen")
        self._process.kill()
        self._process.wait()

    def freeze(self):
        self._require("running")
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)  # until its last thread has stopped

    def thaw(self):
        self._require("frozen")
        self._process.send_signal(signal.SIGCONT)

    def flush(self):
        self._require("running")
        self.sql("FLUSH PRIVILEGES")

    def close(self):
        """Removes server and folder; may be called again."""
        if self._process:
            self._process.kill()
            self._process.wait()
        sweep(self.directory)
        if self._port_holder:
            self._port_holder.close()
        if self._guard:
            self._guard.kill()
            self._guard.wait()

    def description(self):
        names = ("kind", "version", "port", "socket", "user", "password_file", "ca_file", "directory")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def main():
    if sys.argv[1:2] == ["--guard"]:
        select.select([int(sys.argv[2])], [], [])  # until that process has ended
        sweep(sys.argv[3])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("mariadb", "mysql"))
    parser.add_argument("--tls", action="store_true", help="make certificates and start with TLS")
    parser.add_argument("--fast", action="store_true", help="do without durability: no fsync")
    parser.add_argument("--unfriendly", action="store_true", help="give sessions defaults that hardly a program expects")
    arguments = parser.parse_args()

    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    for number in signals:
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        options = unfriendly(arguments.kind) if arguments.unfriendly else ()
        with DatabaseServer(arguments.kind, arguments.tls, arguments.fast, options) as server:
            try:
                print(json.dumps(server.description()), flush=True)
                sys.stdin.read()
            finally:
                for number in signals:
                    signal.signal(number, signal.SIG_IGN)
    except (Unavailable, ServerError) as error:
        print(f"database_server: {error}", file=sys.stderr)
        sys.exit(77 if isinstance(error, Unavailable) else 1)


if __name__ == "__main__":
    main()
