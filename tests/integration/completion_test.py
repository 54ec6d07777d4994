"""Help, manual pages and the completion of real shells, all made of the same."""

import os
import pty
import re
import shutil
import subprocess
import unicodedata

from support import BIN, ENVIRONMENT, PATIENCE, TestCase

SHELL = ENVIRONMENT | {"PATH": f"{BIN}:{os.environ['PATH']}"}
COMMANDS = ["up", "init", "list", "status", "wait", "watch", "profile", "profile list", "profile show", "profile export",
            "profile apply", "profile add", "profile set", "profile rename", "profile remove", "profile import", "probe",
            "probe list", "probe test", "history", "observe", "alert", "alert list", "alert test",
            "alert replay", "alert retry", "backup", "restore", "help", "version", "completion"]


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def on_terminal(args, cwd, columns=80):
    """What a command prints on a terminal of so many columns."""
    parent, child = pty.openpty()
    import fcntl
    import struct
    import termios
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(list(map(str, args)), stdin=child, stdout=child, stderr=child, cwd=cwd, env=SHELL)
    os.close(child)
    out = b""
    try:
        while piece := os.read(parent, 65536):
            out += piece
    except OSError:
        pass  # nobody has the other end any more
    os.close(parent)
    process.wait(timeout=PATIENCE)
    return out.decode()


class HelpTest(TestCase):
    def test_help_of_every_command_fits_80_columns(self):
        for command in ["", *COMMANDS]:
            text = on_terminal([BIN / "vacancy", *command.split(), "--help"], self.directory)
            self.assertIn(f"Usage: vacancy {command}".rstrip(), text)
            self.assertEqual([line for line in text.splitlines() if width(line) > 80], [], command)
        for program in ("hardware", "portal"):
            text = on_terminal([BIN / program, "--help"], self.directory)
            self.assertEqual([line for line in text.splitlines() if width(line) > 80], [], program)

    def test_every_command_is_in_the_help(self):
        listed = re.findall(r"^  (\w+) ", self.run_command("vacancy", "help").stdout, re.MULTILINE)
        self.assertEqual(sorted(listed), sorted(command for command in COMMANDS if " " not in command))
        self.assertEqual(self.run_command("vacancy", "help", "profile", "add").stdout,
                         self.run_command("vacancy", "profile", "add", "--help").stdout)
        for flag in ("-V", "--version", "version"):
            self.assertRegex(self.run_command("vacancy", flag).stdout, r"^\d+\.\d+\.\d+\n$")

    def test_what_was_meant_is_said(self):
        for args, says in [(["lits"], "did you mean 'list'?"), (["list", "--limt", 3], "did you mean '--limit'?"),
                           (["help", "profil"], "did you mean 'profile'?"), (["profile", "exprot"], "did you mean 'export'?"),
                           (["profile", "add", "a", "b", "--tokenfile", "x"], "did you mean '--token-file'?"),
                           (["list", "--srot", "x"], "did you mean '--sort'?")]:
            result = self.run_command("vacancy", *args)
            self.assertEqual(result.returncode, 2, args)
            self.assertIn(says, result.stderr, args)

    def test_manual_pages_and_completions_are_installed(self):
        self.assertEqual(self.run_command("vacancy", "manual", "share").returncode, 0)
        pages = {page.name for page in (self.directory / "share/man/man1").iterdir()}
        self.assertEqual(pages, {"vacancy.1"} | {f"vacancy-{command}.1" for command in COMMANDS if " " not in command})
        for file in ("bash-completion/completions/vacancy", "zsh/vendor-completions/_vacancy", "fish/vendor_completions.d/vacancy.fish"):
            self.assertTrue((self.directory / "share" / file).stat().st_size, file)
        if not shutil.which("groff"):
            self.skipTest("no groff")
        for page in sorted(pages):
            result = subprocess.run(["groff", "-Kutf8", "-man", "-Tutf8", "-ww", f"share/man/man1/{page}"], cwd=self.directory,
                                    capture_output=True, text=True)
            self.assertEqual((result.returncode, result.stderr), (0, ""), page)
        self.assertIn("--dry-run", re.sub(r".\x08|\x1b\[\d*m", "", subprocess.run(
            ["groff", "-man", "-Tascii", "share/man/man1/vacancy-profile.1"], cwd=self.directory, capture_output=True, text=True).stdout))


class CompletionTest(TestCase):
    # The words before the cursor, and what must be among the completions, or all of them.
    CASES = [("pro", {"profile", "probe"}, True), ("profile ap", {"apply"}, True), ("list --prov", {"--provider"}, True),
             ("list -o ", {"table", "wide", "json", "csv", "name"}, True), ("completion z", {"zsh"}, True),
             ("", {"up", "list", "help"}, False), ("wait --", {"--free", "--timeout", "--url"}, False),
             ("profile apply f", {"file.yaml"}, True), ("list --ca-file f", {"file.yaml"}, True),
             ("profile add --tok", {"--token-file"}, True), ("help profile a", {"add", "apply"}, True),
             ("list --level H", {"HIGH"}, True), ("list --freshness ", {"PENDING", "FRESH", "STALE", "EXPIRED"}, True),
             ("list --sort pr", {"provider", "price"}, True), ("list --sort -pr", {"-provider", "-price"}, True),
             ("list --sort = -pr", {"-provider", "-price"}, True), ("list --level = H", {"HIGH"}, True),
             ("wait --at-least ", {"LOW", "MEDIUM", "HIGH"}, True), ("list --color a", {"always", "auto"}, True)]

    def setUp(self):
        super().setUp()
        (self.directory / "file.yaml").write_text("")

    def check(self, complete):
        for line, expected, only in self.CASES:
            found = complete(line)
            (self.assertEqual if only else self.assertLessEqual)(expected, found & expected if not only else found, line)

    def test_bash(self):
        def complete(line):
            script = """source <(vacancy completion bash); COMP_WORDS=(vacancy "$@"); COMP_CWORD=$#
                        complete -p vacancy >/dev/null && _vacancy && printf '%s\\n' "${COMPREPLY[@]}" """
            words = line.split(" ") if line else [""]
            result = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], cwd=self.directory, env=SHELL,
                                    capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(result.stderr, "")
            return set(result.stdout.split())
        self.check(complete)

    def test_bash_as_typed(self):
        rc = self.directory / "rc"
        rc.write_text("PS1='> '; source <(vacancy completion bash); bind 'set show-all-if-ambiguous on'; bind 'set enable-bracketed-paste off'\n")
        parent, child = pty.openpty()
        shell = subprocess.Popen(["bash", "--noprofile", "--rcfile", rc, "-i"], stdin=child, stdout=child, stderr=child,
                                 cwd=self.directory, env=SHELL | {"TERM": "dumb"}, start_new_session=True)
        os.close(child)
        os.write(parent, b"echo vacancy; vacancy vers\t\nexit\n")
        out = b""
        try:
            while piece := os.read(parent, 65536):
                out += piece
        except OSError:
            pass
        os.close(parent)
        shell.wait(timeout=PATIENCE)
        self.assertRegex(out.decode(), r"vacancy version \r?\n")
        self.assertRegex(out.decode(), r"\n\d+\.\d+\.\d+\r?\n")

    def test_zsh(self):
        if not shutil.which("zsh"):
            self.skipTest("no zsh")
        stub = """compdef() { :; }; _files() { print -l -- *(N) }; _describe() { print -l -- "${(@)${(@P)2}%%:*}" }
                  source <(vacancy completion zsh); words=(vacancy "$@"); CURRENT=$#words; _vacancy"""

        def complete(line):
            result = subprocess.run(["zsh", "-f", "-c", stub, "zsh", *(line.split(" ") if line else [""])], cwd=self.directory,
                                    env=SHELL, capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(result.stderr, "")
            return set(result.stdout.split())
        self.check(complete)

    def test_fish(self):
        if not shutil.which("fish"):
            self.skipTest("no fish")
        home = SHELL | {"HOME": str(self.directory)}

        def complete(line):
            result = subprocess.run(["fish", "--no-config", "-c", f"vacancy completion fish | source; complete -C 'vacancy {line}'"],
                                    cwd=self.directory, env=home, capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(result.stderr, "")
            return {each.split("\t")[0] for each in result.stdout.splitlines()}
        self.check(complete)
