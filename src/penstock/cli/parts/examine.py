"""Gathers what `penstock doctor` examines, and runs its checks."""

import shlex
from pathlib import Path
from typing import TypeVar

from penstock.cli.parts.checked import checked, complete
from penstock.cli.parts.checkup import CHECKS, Finding, Patient, check_online
from penstock.config.folder import data_folder
from penstock.config.load import Source, section
from penstock.config.mistakes import ConfigInvalid
from penstock.config.tree import Section, Server, Storage

S = TypeVar("S", bound=Section)


def examine(config: Path | None, overlay: str | None, data: Path | None, *, online: bool) -> list[Finding]:
    """Run all checks; changes nothing."""
    made_of = complete(config, overlay)
    loaded, mistakes, _ = checked(made_of)
    server = loaded.config.server if loaded else _section(made_of, "server", Server) or Server()
    patient = Patient(
        loaded=loaded,
        mistakes=mistakes,
        storage=_section(made_of, "storage", Storage),
        data=data_folder(data, made_of.env),
        host=server.host,
        port=server.port,
        config_option=f"--config {shlex.quote(str(config))}" if config else "",
    )
    checks = (*CHECKS, check_online) if online else CHECKS
    return [finding for check in checks for finding in check(patient)]


def _section(made_of: Source, name: str, kind: type[S]) -> S | None:
    try:
        return section(made_of, name, kind)
    except ConfigInvalid:
        return None
