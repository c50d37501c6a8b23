# SPDX-License-Identifier: MIT
"""docker/Dockerfile and the compose files, without an engine: the list of packages is held to the programs,
and the second stage is put together from what is installed here, and run as the image's user."""
import fnmatch
import glob
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
import unittest

import yaml

import image
from container import Container, possible

BUILD = os.environ["ATCONFORM_BUILD"]
SOURCE = os.environ["ATCONFORM_SOURCE"]
with open(os.path.join(SOURCE, "docker/Dockerfile"), encoding="utf-8") as dockerfile:
    BUILT, IMAGE = image.parse(dockerfile.read())


def install(root):
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", root], check=True, timeout=120,
                   capture_output=True)


def programs(root):
    """What is installed and linked with something."""
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                if f.read(4) == b"\x7fELF":
                    found.append(path)
    return found


def linked(root):
    """Libraries that the installed programs are linked with: name -> package, None when it is in none."""
    own = {os.path.basename(p) for p in programs(root)}
    found = {name: path for program in programs(root) for name, path in image.libraries(program).items()
             if name not in own}
    owners = image.owners({path for path in found.values() if path})
    return {name: owners.get(path) for name, path in found.items()}


def strangers(libraries, packages):
    """Those that are in none of these packages, nor in what they need."""
    there = image.closure(packages)
    return {name: package for name, package in libraries.items() if package not in there}


class Reader(unittest.TestCase):
    def test_what_it_can_not_read(self):
        for text, line in (("FROM a\nRUM b\n", 2), ("COPY a b\n", 1), ("FROM a\nRUN b \\\n", 2), ("FROM\n", 1)):
            with self.subTest(text), self.assertRaisesRegex(ValueError, f"line {line}:"):
                image.parse(text)
        with self.assertRaises(ValueError):
            image.commands([("RUN", "a | b")])

    def test_what_it_reads(self):
        (stage,) = image.parse('# x\nFROM a\nRUN b \\\n # c\n && apt-get install -y d \\\n   e && f "g && h"\n')
        self.assertEqual(image.commands(stage), [["b"], ["apt-get", "install", "-y", "d", "e"], ["f", "g && h"]])
        self.assertEqual(image.packages(stage), ["d", "e"])


class Text(unittest.TestCase):
    def test_packages_are_debians(self):
        wanted = image.packages(IMAGE)
        self.assertGreater(len(wanted), 5)
        done = subprocess.run(["apt-cache", "show", *wanted, "libcriterion99"], capture_output=True, text=True, check=False)
        known = {line.partition(" ")[2] for line in done.stdout.splitlines() if line.startswith("Package: ")}
        self.assertEqual(known, set(wanted), "packages that Debian has, of those in the Dockerfile")

    def test_base_is_the_debian_that_the_project_is_built_with(self):
        with open("/etc/os-release", encoding="utf-8") as f:
            release = dict(l.rstrip("\n").split("=", 1) for l in f if "=" in l)
        for stage in (BUILT, IMAGE):
            self.assertEqual(stage[0][1].split(" AS ")[0], "debian:" + release["VERSION_ID"].strip('"'))

    def test_what_is_copied_is_there(self):
        with open(os.path.join(SOURCE, ".dockerignore"), encoding="utf-8") as f:
            patterns = [l.strip() for l in f if l.strip() and not l.startswith("#")]

        def ignored(name):
            parts = name.split("/")
            return any(fnmatch.fnmatch("/".join(parts[:n + 1]), p) for n in range(len(parts)) for p in patterns)
        copied = [c.split() for stage in (BUILT, IMAGE) for c in image.steps(stage, "COPY")]
        for words in copied:
            if words[0].startswith("--from="):
                self.assertEqual(BUILT[0][1].split(" AS ")[1], words[0][len("--from="):])
                self.assertIn(f"DESTDIR={words[1].rstrip('/')}", [w for c in image.commands(BUILT) for w in c])
                continue
            self.assertTrue(os.path.exists(os.path.join(SOURCE, words[0])), words)
            self.assertFalse(ignored(words[0]), words)
        for name in ("meson.build", "tools/packages.sh", "src/cli/main.c", "docker/health"):
            self.assertFalse(ignored(name), name)
        self.assertTrue(ignored("build-sanitized/src/cli/atconform"), "builds stay outside")

    def test_an_ordinary_user(self):
        (user,) = image.steps(IMAGE, "USER")
        self.assertNotIn(user, ("root", "0"))
        (made,) = [c for c in image.commands(IMAGE) if c[0] == "useradd"]
        self.assertEqual((made[-1], made[made.index("--groups") + 1]), (user, "dialout"))
        order = [word for word, _ in IMAGE]
        self.assertGreater(order.index("USER"), max(i for i, w in enumerate(order) if w in ("RUN", "COPY")))

    def test_health_check(self):
        (check,) = image.steps(IMAGE, "HEALTHCHECK")
        (script,) = json.loads(check.split(" CMD ")[1])
        self.assertIn(["docker/health", script], [c.split() for c in image.steps(IMAGE, "COPY")])
        self.assertTrue(os.access(os.path.join(SOURCE, "docker/health"), os.X_OK))
        if shutil.which("shellcheck"):
            done = subprocess.run(["shellcheck", os.path.join(SOURCE, "docker/health")], capture_output=True,
                                  text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout)


class Libraries(unittest.TestCase):
    def test_each_has_its_package(self):
        with tempfile.TemporaryDirectory() as root:
            install(root)
            self.assertGreater(len(programs(root)), 2)
            libraries = linked(root)
        wanted = image.packages(IMAGE) + image.base_packages()
        self.assertEqual(strangers(libraries, wanted), {})
        wanted.remove("libcriterion3")
        self.assertEqual(strangers(libraries, wanted).get("libcriterion.so.3"), "libcriterion3")


class Compose(unittest.TestCase):
    def config(self, name, **env):
        known = {"PATH": os.environ["PATH"], "HOME": "/tmp", **env}
        return subprocess.run(["docker-compose", "-f", os.path.join(SOURCE, "docker", name), "config"], env=known,
                              capture_output=True, text=True, check=False, timeout=120)

    def services(self, name, **env):
        done = self.config(name, **env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return yaml.safe_load(done.stdout)["services"]

    def check_tester(self, service):
        self.assertTrue(service["init"], "somebody takes leave of what a killed run leaves")
        self.assertEqual(service["network_mode"], "host")
        self.assertNotIn("privileged", service)
        self.assertNotIn("user", service, "the image's own")

    @unittest.skipUnless(shutil.which("docker-compose"), "docker-compose is not installed")
    def test_a_board(self):
        found = self.services("compose.yaml", BROKER_PASSWORD="word", MODULE="/dev/ttyACM3", MODULE_GROUP="986")
        self.assertEqual(set(found), {"broker", "tester", "board"})
        for name in ("tester", "board"):
            self.check_tester(found[name])
        self.assertEqual(found["board"]["devices"], ["/dev/ttyACM3:/dev/module"])
        self.assertEqual(found["board"]["group_add"], ["986"])
        self.assertIn("serial:/dev/module", found["board"]["command"])
        found = self.services("compose.yaml", BROKER_PASSWORD="word")
        self.assertEqual(found["board"]["group_add"], ["dialout"])
        (bench,) = [v.split(":")[0] for v in found["board"]["volumes"] if ":/bench.json:" in v]
        with open(bench, encoding="utf-8") as f:
            self.assertNotIn("iuts", json.load(f), "a board of its own would be refused")
        self.assertNotEqual(self.config("compose.yaml").returncode, 0, "no password for the broker")

    @unittest.skipUnless(shutil.which("docker-compose"), "docker-compose is not installed")
    def test_shards(self):
        env = {"RUN": "r", "GATE": "/tmp", "MODULE_1": "/dev/a", "MODULE_2": "/dev/b"}
        found = self.services("shards.yaml", **env)
        for name in ("shard-1", "shard-2"):
            self.check_tester(found[name])
            self.assertEqual(found[name]["group_add"], ["dialout"])
        self.assertEqual(found["shard-2"]["devices"], ["/dev/b:/dev/module"])
        del env["GATE"]
        self.assertNotEqual(self.config("shards.yaml", **env).returncode, 0)


@unittest.skipUnless(possible(), "needs root and namespaces: mounts, another user, a network of its own")
class Image(unittest.TestCase):
    """The second stage's own steps, in a root with its packages and nothing else."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        root = os.path.join(cls.folder.name, "root")
        os.chmod(cls.folder.name, 0o755)
        os.mkdir(root)
        image.make_root(root, image.closure(image.packages(IMAGE) + image.base_packages()))
        cls.box = Container(root)
        for word, rest in IMAGE:
            if word == "RUN":
                for words in image.commands([(word, rest)]):
                    if "apt-get" in words or "/var/lib/apt/lists/*" in words:
                        continue
                    code, said = cls.box.run("sh", "-c", shlex.join(words))
                    assert code == 0, f"{words}: {said}"
            elif word == "COPY" and rest.startswith("--from="):
                install(root)
            elif word == "COPY":
                source, target = rest.split()
                os.makedirs(os.path.dirname(root + target), exist_ok=True)
                shutil.copy(os.path.join(SOURCE, source), root + target)
            elif word == "USER":
                cls.box.user = rest
            elif word == "WORKDIR":
                cls.box.workdir = rest
        cls.entry = json.loads(image.steps(IMAGE, "ENTRYPOINT")[0])
        cls.health = json.loads(image.steps(IMAGE, "HEALTHCHECK")[0].split(" CMD ")[1])[0]

    def path(self, name):
        return self.box.root + name

    def atconform(self, *words, **more):
        return self.box.run(*self.entry, *words, **more)

    def test_it_is_an_ordinary_user_in_dialout(self):
        code, said = self.box.run("id", "-Gn")
        self.assertEqual((code, said.split()), (0, ["tester", "dialout"]))
        self.assertNotEqual(self.box.run("touch", "/usr/bin/x")[0], 0)

    def test_a_run_with_its_broker(self):
        """As process 1, from what was installed: models, suite, virtual module, broker, reports."""
        code, said = self.atconform("run", "--out", "/runs/one", "basic/gmr/*", "mqtt/mqttconn/connects*",
                                    "mqtt/mqttpub/*retain*")
        self.assertEqual(code, 0, said)
        with open(self.path("/runs/one/report.json"), encoding="utf-8") as f:
            summary = json.load(f)["results"]["summary"]
        self.assertEqual(summary["passed"], summary["tests"], said)
        with open(self.path("/runs/one/journal.jsonl"), encoding="utf-8") as f:
            self.assertIn('"e":"broker"', f.read())
        with open(self.path("/runs/one/report.html"), encoding="utf-8") as f:
            self.assertIn("<style", f.read())
        self.assertNotEqual(os.stat(self.path("/runs/one")).st_uid, 0)

    def test_without_out(self):
        code, said = self.atconform("run", "basic/at/*")
        self.assertEqual(code, 0, said)
        self.assertTrue(glob.glob(self.path("/runs/reports/runs/*/report.html")), said)

    def test_data_files(self):
        code, said = self.atconform("explain", "CWMODE-3")
        self.assertEqual(code, 0, said)
        self.assertRegex(said, "(?i)fault", "the kill matrix was installed")
        for bench in os.listdir(os.path.join(SOURCE, "fixtures/benches")):
            code, said = self.atconform("run", "--dry-run", "--bench", bench[:-len(".json")], "basic/at/*")
            self.assertEqual(code, 0, f"{bench}: {said}")

    def test_man_pages(self):
        for page in os.listdir(os.path.join(SOURCE, "docs/man")):
            with self.subTest(page):
                places = (self.path(f"/usr{p}/share/man/man{page[-1]}/{page}") for p in ("", "/local"))
                self.assertTrue(any(map(os.path.exists, places)))

    @staticmethod
    def begun(journal):
        if not os.path.exists(journal):
            return False
        with open(journal, encoding="utf-8") as f:
            return '"e":"lease"' in f.read()

    def test_stop(self):
        """SIGTERM to process 1: reports are written, and it ends by itself."""
        with self.box.start(*self.entry, "run", "--out", "/runs/stopped", "--iut", "virtual:?boot-ms=400", "basic/rst/*",
                            "basic/restore/*", "basic/uart_def/*") as process:
            journal, end = self.path("/runs/stopped/journal.jsonl"), time.monotonic() + 60
            while time.monotonic() < end and not self.begun(journal):
                time.sleep(0.05)
            self.box.stop(process)
            said = "".join(process.communicate(timeout=60))
        self.assertEqual(process.returncode, 143, said)
        self.assertTrue(os.path.exists(self.path("/runs/stopped/report.json")), said)

    # What the health check says.

    def check(self, journal=None, devices=(), age_s=0, **env):
        """With a run that stands still: a process of its name, and this journal."""
        words = [self.health]
        if journal is not None:
            folder = self.path("/runs/health")
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder + "/1")
            with open(folder + "/1/journal.jsonl", "w", encoding="utf-8") as f:
                f.write(journal)
            past = time.time() - age_s
            os.utime(folder + "/1/journal.jsonl", (past, past))
            with open(folder + "/run", "w", encoding="utf-8") as f:
                f.write("read -r line <>/tmp/never\n")
            words = ["bash", "-c", "cd /runs/health; [ -p /tmp/never ] || mkfifo /tmp/never\n"
                     "(exec -a atconform bash run) & name=\n"
                     # As a subshell it still has the name of the shell.
                     "while [ \"$name\" != atconform ]; do IFS= read -r -d '' name </proc/$!/cmdline; done\n"
                     f"{self.health}; code=$?; kill %1; exit $code"]
            env["HEALTH_RUNS"] = "/runs/health"
        return self.box.run(*words, devices=devices, **env)

    def test_healthy(self):
        self.assertEqual(self.check(), (0, ""))
        self.assertEqual(self.check('{"e":"run","iut":"virtual:"}\n'), (0, ""))
        port = '{"e":"run","iut":"serial:/dev/module?baud=115200"}\n'
        self.assertEqual(self.check(port, ["module,1,3,0,20,660"]), (0, ""))

    def test_ports(self):
        port = '{"e":"run","iut":"serial:/dev/ttyX1 serial:/dev/module?baud=9600"}\n'
        one = "ttyX1,1,3,0,20,660"
        for device, says in (((), "/dev/module is not in this container"),
                             (("module,188,254,0,20,660",), "/dev/module is gone"),
                             (("module,1,3,0,986,660",), "/dev/module may not be used: pass its group in by --group-add 986")):
            with self.subTest(says):
                code, said = self.check(port, [one, *device])
                self.assertEqual(code, 1)
                self.assertIn(says, said)

    def test_a_run_that_stands_still(self):
        journal = '{"e":"run","iut":"virtual:"}\n'
        code, said = self.check(journal, age_s=700)
        self.assertEqual((code, said), (1, "the run's journal has not grown for 600 seconds\n"))
        self.assertEqual(self.check(journal, age_s=700, HEALTH_QUIET_S="800"), (0, ""))

    def test_programs_that_are_not_there(self):
        for path, says in (("/usr/sbin/mosquitto", "mosquitto"), ("/usr/lib/x86_64-linux-gnu/libjansson.so.4", "atconform")):
            with self.subTest(path):
                self.assertTrue(os.path.exists(self.path(path)), path)
                os.rename(self.path(path), self.path(path) + ".away")
                try:
                    code, said = self.check()
                finally:
                    os.rename(self.path(path) + ".away", self.path(path))
                self.assertEqual(code, 1)
                self.assertIn(says, said)


if __name__ == "__main__":
    unittest.main()
