# SPDX-License-Identifier: MIT
"""A program in a root of its own as a container engine would start it: as the image's user, as process 1
of its own, with devices passed in and no network but the loopback. Needs root, and no engine."""
import os
import signal
import subprocess

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENTER = r"""
set -e
root=$1 user=$2 groups=$3 devices=$4
shift 4
ip link set lo up
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/dev"
for name in null zero full random urandom tty; do
  touch "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
for device in $devices; do
  IFS=, read -r name major minor owner group mode <<END
$device
END
  mknod -m "$mode" "$root/dev/$name" c "$major" "$minor"
  chown "$owner:$group" "$root/dev/$name"
done
exec chroot --userspec="$user" --groups="$groups" "$root" "$@"
"""


NAMESPACES = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]


def possible():
    """Whether this machine lets us."""
    if os.geteuid() != 0:
        return False
    done = subprocess.run([*NAMESPACES, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    return done.returncode == 0


class Container:
    def __init__(self, root):
        self.root = root
        self.user = "root"
        self.workdir = "/"

    def account(self):
        """(uid:gid, further groups) as the root's own files have them."""
        with open(os.path.join(self.root, "etc/passwd"), encoding="utf-8") as f:
            found = [l.split(":") for l in f if l.split(":")[0] == self.user]
        with open(os.path.join(self.root, "etc/group"), encoding="utf-8") as f:
            groups = [l.rstrip("\n").split(":") for l in f]
        (_, _, uid, gid, *_), = found
        more = [g[2] for g in groups if self.user in g[3].split(",")]
        return f"{uid}:{gid}", ",".join([gid, *more])

    def start(self, *words, devices=(), **env):
        """devices: "NAME,MAJOR,MINOR,UID,GID,MODE" of nodes below /dev."""
        user, groups = self.account()
        inner = ["env", "-C", self.workdir, *words] if self.workdir != "/" else list(words)
        return subprocess.Popen(
            [*NAMESPACES, "bash", "-c", ENTER, "enter", self.root, user, groups, " ".join(devices), *inner],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"PATH": PATH, "HOME": "/tmp", **env})

    def run(self, *words, timeout=120, **more):
        """(exit code, what it said on both)."""
        with self.start(*words, **more) as process:
            try:
                out, err = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                raise AssertionError(f"no end after {timeout} s: {words}\n{out[-2000:]}{err[-2000:]}") from None
        return process.returncode, out + err

    def first_process(self, process):
        """The id, out here, of the container's process 1."""
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="utf-8") as f:
            return int(f.read().split()[0])

    def stop(self, process):
        """What `docker stop` does first."""
        os.kill(self.first_process(process), signal.SIGTERM)
