# SPDX-License-Identifier: MIT
"""A Debian kernel for the guest: the one that is installed, or one that is fetched into a folder of
the build, so that nothing of the machine is changed."""
import glob
import lzma
import os
import re
import shutil
import subprocess
import sys

PACKAGE = "linux-image-amd64"
# In the order of loading. A kernel for clouds has no USB; what one has built in is left out.
MODULES = ("xhci_pci", "usbserial", "ftdi_sio", "virtio_pci", "9pnet_virtio", "9p", "parport_pc", "lp")
WANTED = ("usbserial", "ftdi_sio", "9pnet_virtio")
FETCH_SECONDS = 400


class Missing(Exception):
    """There is no kernel; the text says why and what to do."""


class Kernel:
    def __init__(self, image, modules):
        self.image, self.modules = image, modules
        self.release = os.path.basename(modules)
        self.files = {}
        for path in glob.glob(os.path.join(glob.escape(modules), "kernel", "**", "*.ko*"), recursive=True):
            name = os.path.basename(path).split(".ko")[0].replace("-", "_")
            self.files.setdefault(name, path)

    def fits(self):
        return os.access(self.image, os.R_OK) and all(name in self.files for name in WANTED)

    def module(self, name):
        """The module's bytes, unpacked; None when it is part of the kernel or not there."""
        path = self.files.get(name)
        if not path:
            return None
        with open(path, "rb") as f:
            data = f.read()
        if path.endswith(".xz"):
            data = lzma.decompress(data)
        return data

    def with_dependencies(self, names):
        """[(name, bytes)], each behind what it needs."""
        order, seen = [], set()

        def visit(name):
            if name in seen:
                return
            seen.add(name)
            data = self.module(name)
            if data is None:
                return
            found = re.search(rb"\0depends=([^\0]*)\0", data)
            for other in (found.group(1).decode().split(",") if found else []):
                visit(other.replace("-", "_"))
            order.append((name, data))

        for name in names:
            visit(name)
        return order


def kernels_below(root):
    """Those of a root folder, the latest first."""
    found = []
    for image in glob.glob(os.path.join(glob.escape(root), "boot", "vmlinuz-*-amd64")):
        release = os.path.basename(image)[len("vmlinuz-"):]
        for lib in ("lib/modules", "usr/lib/modules"):
            kernel = Kernel(image, os.path.join(root, lib, release))
            if kernel.fits():
                found.append(kernel)
                break
    key = lambda k: [int(n) for n in re.findall(r"\d+", k.release)]
    return sorted(found, key=key, reverse=True)


def apt(folder, *words, cwd=None):
    """apt-get with lists and caches of its own: needs no rights, and leaves the system's alone."""
    options = []
    for name, place in (("Dir::State::lists", "lists"), ("Dir::Cache", "cache")):
        os.makedirs(os.path.join(folder, place, "partial"), exist_ok=True)
        options += ["-o", f"{name}={os.path.join(folder, place)}"]
    options += ["-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none"]
    return subprocess.run(["apt-get", "-q", *options, *words], cwd=cwd, text=True, check=True, timeout=FETCH_SECONDS,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def real_package(folder):
    """The package that the package of the latest kernel depends on."""
    said = subprocess.run(
        ["apt-cache", "-o", f"Dir::State::lists={os.path.join(folder, 'lists')}", "-o", f"Dir::Cache={os.path.join(folder, 'cache')}",
         "depends", PACKAGE], text=True, capture_output=True, check=True, timeout=60).stdout
    return re.search(r"Depends: (linux-image-\S+)", said).group(1)


def prune(root):
    """Of 400 MB the guest needs 10."""
    for kernel in kernels_below(root):
        keep = {kernel.files[name] for name, _ in kernel.with_dependencies(MODULES)}
        for path in set(kernel.files.values()) - keep:
            os.unlink(path)


def fetch(folder):
    """Downloads and unpacks the kernel's package below `folder`."""
    work = folder + ".part"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    try:
        apt(work, "update")
        apt(work, "download", real_package(work), cwd=work)
        deb = glob.glob(os.path.join(work, "*.deb"))[0]
        root = os.path.join(work, "root")
        subprocess.run(["dpkg-deb", "-x", deb, root], check=True, timeout=FETCH_SECONDS, capture_output=True)
        os.unlink(deb)
        prune(root)
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(root, folder)
    except FileNotFoundError as error:
        raise Missing(f"no kernel: {error.filename} is not on this machine; install {PACKAGE}") from error
    except (subprocess.SubprocessError, OSError, IndexError, AttributeError) as error:
        said = (getattr(error, "output", None) or str(error)).strip().splitlines()
        raise Missing(f"no kernel: {PACKAGE} is not installed and could not be fetched ({said[-1] if said else error})") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def find(build):
    """The kernel to boot. ATCONFORM_GUEST_KERNEL=fetch takes no notice of the installed one."""
    cached = os.path.join(build, "guest-kernel")
    roots = [cached] if os.environ.get("ATCONFORM_GUEST_KERNEL") == "fetch" else ["/", cached]
    for root in roots:
        found = kernels_below(root)
        if found:
            return found[0]
    fetch(cached)
    found = kernels_below(cached)
    if not found:
        raise Missing(f"no kernel: the package of {PACKAGE} has none with {', '.join(WANTED)}")
    return found[0]


if __name__ == "__main__":
    # kernel.py BUILD: fetches it ahead of the test, when it is needed.
    try:
        print(find(sys.argv[1]).image)
    except Missing as error:
        sys.exit(str(error))
