"""Standard streams that nobody reads, that are closed, or whose reader is gone: the work goes on, and ends in time."""

import os
import select
import socket
import subprocess

from support import PATIENCE, QUICK, TestCase, die_with_parent, eventually, request, rows


def free_ports(count):
    holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


class Full:
    """A pipe that is full, and that nobody reads until read() is called."""

    def __init__(self, case):
        self.reader, self.writer = os.pipe()
        for end in (self.reader, self.writer):
            case.addCleanup(os.close, end)
        os.set_blocking(self.writer, False)
        try:
            while True:
                os.write(self.writer, b"." * 65536)
        except BlockingIOError:
            os.set_blocking(self.writer, True)

    def read_until(self, wanted):
        text = b""
        while wanted not in text:
            readable, _, _ = select.select([self.reader], [], [], PATIENCE)
            assert readable, f"no {wanted} within {PATIENCE} s"
            text += os.read(self.reader, 65536)
        return text.decode()


class LogTest(TestCase):
    def ports(self, names):
        return [word for name, port in zip(names, free_ports(len(names))) for word in (name, port)]

    def vacancy(self, **streams):
        """`vacancy up` with these streams, once it measures."""
        words = self.ports(["--port", "--hardware-port", "--admin-port"])
        vacancy = self.program("vacancy", "up", "--config", self.config(probes=[QUICK]), "--data", "data", *words, **streams)
        vacancy.port, vacancy.admin_port = words[1], words[5]
        eventually("it measures", lambda: {row["freshness"] for row in rows(vacancy.port).values()} == {"FRESH"})
        return vacancy

    def goes_on(self, vacancy):
        before = max(row["measured_at"] for row in rows(vacancy.port).values())
        eventually("it goes on", lambda: min(row["measured_at"] for row in rows(vacancy.port).values()) > before)

    def test_a_log_that_nobody_reads_holds_nothing_up(self):
        pipe = Full(self)
        vacancy = self.vacancy(stderr=pipe.writer)
        self.goes_on(vacancy)
        vacancy.stop()

    def test_a_log_that_is_read_late_is_whole_and_in_order(self):
        pipe = Full(self)
        vacancy = self.vacancy(stderr=pipe.writer)
        text = pipe.read_until(b"following the events of")
        lines = text.lstrip(".").splitlines()
        self.assertIn("this replica leases tasks as", text)
        self.assertEqual([line[:24] for line in lines], sorted(line[:24] for line in lines))
        self.assertEqual(vacancy.metric("vacancy_log_lines_dropped_total"), 0)
        vacancy.stop()
        pipe.read_until(b"info ending\n")

    def test_a_log_whose_reader_is_gone_is_counted(self):
        reader, writer = os.pipe()
        os.close(reader)
        vacancy = self.vacancy(stderr=writer)
        os.close(writer)
        eventually("lines are dropped", lambda: vacancy.metric("vacancy_log_lines_dropped_total") > 0)
        self.goes_on(vacancy)
        vacancy.stop()

    def test_a_ready_line_that_cannot_be_printed_goes_to_the_log(self):
        pipe = Full(self)
        vacancy = self.vacancy(stdout=pipe.writer)
        eventually("it is told", lambda: "cannot write to standard output (nobody reads it): Vacancy is ready" in vacancy.log())
        self.goes_on(vacancy)
        vacancy.stop()

    def test_a_ready_line_whose_reader_is_gone_kills_nobody(self):
        reader, writer = os.pipe()
        os.close(reader)
        vacancy = self.vacancy(stdout=writer)
        os.close(writer)
        eventually("it is told", lambda: "cannot write to standard output (Broken pipe): Vacancy is ready" in vacancy.log())
        vacancy.stop()

    def test_an_error_on_a_pipe_that_nobody_reads_ends_the_program(self):
        pipe = Full(self)
        program = self.program("portal", "--config", "missing.yaml", stderr=pipe.writer)
        self.assertEqual(program.process.wait(PATIENCE), 2)

    def closed(self, *descriptors):
        def close():
            die_with_parent()
            for descriptor in descriptors:
                os.close(descriptor)
        return {"stdout": subprocess.DEVNULL, "preexec_fn": close}

    def has_nothing_open(self, program, *descriptors):
        """On these numbers, where lines would go into."""
        for descriptor in descriptors:
            self.assertEqual(os.readlink(f"/proc/{program.process.pid}/fd/{descriptor}"), "/dev/null")

    def test_every_program_opens_them_on_nothing(self):
        vacancy = self.vacancy(**self.closed(0, 1, 2))
        self.has_nothing_open(vacancy, 0, 1, 2)
        self.goes_on(vacancy)
        hardware_ports = self.ports(["--port", "--admin-port"])
        hardware = self.program("hardware", "--database", "sqlite:other.db", *hardware_ports, **self.closed(0, 1, 2))
        hardware.port, hardware.admin_port = hardware_ports[1::2]
        portal_ports = self.ports(["--port", "--admin-port"])
        portal = self.program("portal", "--hardware-url", f"http://127.0.0.1:{hardware.port}", *portal_ports, **self.closed(2))
        portal.port, portal.admin_port = portal_ports[1::2]
        for program in (hardware, portal):
            eventually("ready", lambda: request(program.admin_port, "/readyz").status == 200)
        self.has_nothing_open(hardware, 0, 1, 2)
        self.has_nothing_open(portal, 2)
        for program in (portal, hardware, vacancy):
            program.stop()
