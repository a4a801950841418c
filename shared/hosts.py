"""Names of hosts and IP networks as settings list them, with commas between."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, IPvAnyNetwork
from pydantic_settings import NoDecode

HOST_NAME = re.compile(r"\.?[\w-]+(\.[\w-]+)*")


def _parts(listed: object) -> object:
    """The parts of what has commas between them, in lower case; what is no text is left as it is."""
    return [part.strip().lower() for part in listed.split(",") if part.strip()] if isinstance(listed, str) else listed


def _host_name(name: str) -> str:
    if name != "*" and not HOST_NAME.fullmatch(name):
        raise ValueError(f"{name} is no host, such as relief.example.org or .example.org")
    name.removeprefix(".").encode("idna")  # raises a ValueError where a label is too long
    return name


Names = Annotated[tuple[Annotated[str, AfterValidator(_host_name)], ...], NoDecode, BeforeValidator(_parts)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_parts)]
