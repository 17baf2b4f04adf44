"""Installs and builds what the benches need."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .failure import Failure
from .paths import BENCH, REPOSITORY, target

POLICY = Path("/usr/sbin/policy-rc.d")


@dataclass(frozen=True)
class Programs:
    """What was built."""

    gateway: Path
    loaders: Path

    def loader(self, name: str) -> str:
        return str(self.loaders / name)


def everything(packages: set[str]) -> Programs:
    """Installs Debian packages, builds the gateway and the loaders."""
    debian(packages)
    build("the gateway", REPOSITORY, "--package", "ximss-gateway")
    build("the loaders", BENCH, "--locked", "--bins")
    gateway = target(REPOSITORY / "target") / "release" / "ximss-gateway"
    return Programs(gateway, target(BENCH / "target") / "release")


def debian(packages: set[str]) -> None:
    missing = sorted(package for package in packages if not is_installed(package))
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Failure(f"install these Debian packages, or run as root on Debian: {' '.join(missing)}")
    print(f"installing {' '.join(missing)}", flush=True)
    # Packages start their daemons when they are installed, unless this says no.
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
            done = subprocess.run(["apt-get", "-q", *command], env=environment, capture_output=True, text=True)
            if done.returncode != 0:
                raise Failure(f"apt-get {command[0]} fails:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    finally:
        if ours:
            POLICY.unlink()


def is_installed(package: str) -> bool:
    asked = ["dpkg-query", "-W", "-f", "${Status}", package]
    try:
        return "ok installed" in subprocess.run(asked, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return False


def build(what: str, folder: Path, *arguments: str) -> None:
    print(f"building {what}", flush=True)
    if subprocess.run(["cargo", "build", "--quiet", "--release", *arguments], cwd=folder).returncode != 0:
        raise Failure(f"cargo build fails in {folder}")
