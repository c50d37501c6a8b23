# SPDX-License-Identifier: MIT
"""What a container engine would make of docker/Dockerfile, as far as that goes without one: its steps
read from the file, its second stage put together from the packages that are installed here."""
import os
import re
import shlex
import shutil
import subprocess

WORDS = ("FROM", "COPY", "WORKDIR", "RUN", "USER", "ENV", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD")
# Not needed to run a program, and most of what packages hold.
LEFT_OUT = re.compile(r"/usr/share/(doc|man|locale|info|i18n|zoneinfo|perl|perl5|lintian|bash-completion)/|/usr/lib/[^/]*/perl")


def parse(text):
    """Stages, each a list of (word, rest); the first is its FROM. ValueError names the line."""
    stages, held, begun = [], "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        begun = begun or number
        held += line.rstrip("\\").strip() + " "
        if line.endswith("\\"):
            continue
        word, _, rest = held.strip().partition(" ")
        if word not in WORDS or not rest:
            raise ValueError(f"line {begun}: {word} is none of {', '.join(WORDS)}, or says nothing")
        if word == "FROM":
            stages.append([])
        elif not stages:
            raise ValueError(f"line {begun}: before FROM")
        stages[-1].append((word, rest.strip()))
        held, begun = "", 0
    if held:
        raise ValueError(f"line {begun}: goes on after the last line")
    return stages


def steps(stage, word):
    return [rest for w, rest in stage if w == word]


def commands(stage):
    """The words of each command of its RUN steps; between them there is nothing but &&."""
    found = []
    for run in steps(stage, "RUN"):
        found.append([])
        words = shlex.shlex(run, posix=True, punctuation_chars="&|;<>()")
        words.whitespace_split = True
        for word in words:
            if word == "&&":
                found.append([])
            elif set(word) <= set("&|;<>()"):
                raise ValueError(f"{word} in RUN {run}")
            else:
                found[-1].append(word)
    return found


def packages(stage):
    """What apt-get install is given."""
    found = []
    for words in commands(stage):
        if "apt-get" in words and "install" in words:
            found += [w for w in words[words.index("install") + 1:] if not w.startswith("-")]
    return found


def installed():
    """Debian's packages on this machine: name -> (names that it needs, whether every Debian has it)."""
    form = "${Package}\t${Status}\t${Essential}\t${Priority}\t${Provides}\t${Pre-Depends}, ${Depends}\n"
    text = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True).stdout
    known, provided = {}, {}
    for line in text.splitlines():
        name, status, essential, priority, provides, needs = line.split("\t")
        if not status.endswith(" installed"):
            continue
        alternatives = [[re.split(r"[ (:]", one.strip())[0] for one in need.split("|")] for need in needs.split(",")]
        known[name] = (alternatives, essential == "yes" or priority == "required")
        for one in provides.split(","):
            provided.setdefault(one.strip().split(" ")[0], name)
    return known, provided


def closure(names):
    """These packages and all that they need."""
    known, provided = installed()
    found, todo = set(), list(names)
    while todo:
        name = todo.pop()
        name = name if name in known else provided.get(name)
        if not name or name in found:
            continue
        found.add(name)
        for need in known[name][0]:
            there = [n for n in need if n in known or n in provided]
            todo += there[:1]
    return found


def base_packages():
    """What debian:12 has without asking."""
    return [name for name, (_, always) in installed()[0].items() if always]


def owners(paths):
    """path -> the package that it belongs to; dpkg knows either of its names before and after /usr was merged."""
    names = {}
    for path in paths:
        for name in (path, path[4:] if path.startswith("/usr/") else "/usr" + path):
            names[name] = path
    done = subprocess.run(["dpkg", "-S", *names], capture_output=True, text=True, check=False)
    found = dict.fromkeys(paths)
    for line in done.stdout.splitlines():
        package, _, name = line.partition(": ")
        if name in names:
            found[names[name]] = package.split(":")[0]
    return found


def libraries(program):
    """name -> path of each shared library that it is linked with, directly or not; None: not found."""
    text = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return {name: None if path == "not" else path
            for name, path in re.findall(r"^\s*(\S+) => (\S+)", text, re.M)}


def make_root(root, names):
    """A folder with the files of these packages, and the accounts that Debian begins with."""
    for link in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(os.path.join(root, "usr", link))
        os.symlink("usr/" + link, os.path.join(root, link))
    files = subprocess.run(["dpkg", "-L", *sorted(names)], capture_output=True, text=True, check=True).stdout
    wanted = {f for f in files.splitlines() if f.startswith("/") and not LEFT_OUT.search(f) and not os.path.isdir(f)
              and os.path.lexists(f)}
    # Through the links of the merged /usr, as dpkg unpacks them.
    merged = {re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", f) for f in wanted}
    listed = "".join(f[1:] + "\0" for f in sorted(merged))
    with subprocess.Popen(["tar", "-C", "/", "-c", "--null", "--no-recursion", "-T", "-"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as pack:
        with subprocess.Popen(["tar", "-C", root, "-x"], stdin=pack.stdout) as unpack:
            pack.stdin.write(listed.encode())
            pack.stdin.close()
            unpack.wait(60)
            trouble = pack.stderr.read().decode()
    if pack.returncode or unpack.returncode:
        raise RuntimeError("tar: " + trouble)
    for name in ("passwd", "group"):
        shutil.copy(f"/usr/share/base-passwd/{name}.master", os.path.join(root, "etc", name))
    for name in ("dev", "proc", "sys", "tmp", "root", "home", "run", "var/lib", "var/tmp"):
        os.makedirs(os.path.join(root, name), exist_ok=True)
    for name in ("tmp", "var/tmp"):
        os.chmod(os.path.join(root, name), 0o1777)
    subprocess.run(["ldconfig", "-r", root], check=True, timeout=60)
