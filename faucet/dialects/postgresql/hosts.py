"""Hosts, ports and database of a PostgreSQL DSN, as libpq would fail to use them. Pure."""

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from faucet.model.bounds import MOST_PORT
from faucet.model.dsn import DsnError

HINT: Final = "a password with @, /, #, % or : must be percent-encoded or a reference"
_PORTS: Final = range(1, MOST_PORT + 1)
_MOST_DIGITS: Final = 5
_NAME: Final = re.compile(r"[\w.-]+(%\w+)?", re.ASCII).fullmatch
_BRACKETED: Final = re.compile(r"\[(?P<address>[^\[\]]*)\](?P<port>:.*)?").fullmatch
_IPV6: Final = "an IPv6 address must be in brackets: [::1]:5432"
_SOCKET: Final = re.compile(r"(var|run|tmp|private)/")
_PLACEHOLDER: Final = "the password is a placeholder: write a reference, such as ${env:NAME}"
_STAND_IN: Final = re.compile(
    r"\$[A-Z]{2,}(_[A-Z]+)*|\$\([\w.-]+\)|<[\w .-]+>|\[[A-Z][A-Z _-]+\]|\{\{.*\}\}|\{env:.*\}",
    re.ASCII,
).fullmatch


def check_credentials(user: str, password: str) -> None:
    """Raise `DsnError` if the *user* as written in a URL has blanks, or the *password* is none."""
    if user != user.strip():
        raise DsnError("remove the blanks around the user")
    if _STAND_IN(password):
        raise DsnError(_PLACEHOLDER)


def check_hosts(hosts: str) -> None:
    """Raise `DsnError` unless *hosts* can be the hosts and ports of a URL, decoded after this."""
    several = hosts.split(",")
    for host in several:
        if not host and len(several) > 1:
            raise DsnError("one of the hosts is empty: remove the comma, or write the host")
        check_port(_port_of(host))


def _port_of(host: str) -> str:
    if host.startswith("["):
        found = _BRACKETED(host)
        if found is None or not _is_ipv6(found["address"]):
            raise DsnError(_IPV6)
        return (found["port"] or "").removeprefix(":")
    _, _, port = host.partition(":")
    if ":" in port and (_is_ipv6(host) or "::" in host or _is_ipv6(host.rpartition(":")[0])):
        raise DsnError(_IPV6)
    return port


def host_names(hosts: str) -> tuple[str, ...]:
    """Return the names in *hosts*, which are those of a URL, without their ports."""
    return tuple(
        host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
        for host in hosts.split(",")
    )


def check_port(port: str) -> None:
    """Raise `DsnError` unless *port* is empty or a port."""
    is_number = port.isascii() and port.isdecimal() and len(port) <= _MOST_DIGITS
    if port and not (is_number and int(port) in _PORTS):
        raise DsnError(
            f"the port must be a number from 1 to {MOST_PORT}, followed by /DATABASE; {HINT}"
        )


def check_names(names: str) -> None:
    """Raise `DsnError` unless *names*, decoded, can be hosts, addresses or folders of sockets."""
    for name in names.split(","):
        # An undecodable one is for libpq to refuse.
        if not name or name.startswith(("/", "@")) or "\ufffd" in name or "\0" in name:
            continue
        if name.startswith("["):
            raise DsnError("in key=value pairs, an IPv6 address is written without brackets")
        if _is_ipv6(name):
            continue
        if ":" in name:
            raise DsnError("the port is a parameter of its own: port=5432")
        if not _NAME(name):
            raise DsnError(
                "a host consists of letters, digits, dots and hyphens; pairs are separated by "
                f"blanks; {HINT}"
            )


def check_url_database(written: str) -> None:
    """Raise `DsnError` if the database as *written* in a URL is meant otherwise."""
    if _SOCKET.match(written):
        raise DsnError("the folder of a socket is a parameter: ?host=/var/run/postgresql")
    if "/" in written:
        raise DsnError(
            "the name of the database contains a slash: a schema is the key `schema` of the "
            "service, and a slash in a name is written %2F"
        )


def check_database(settings: Mapping[str, str]) -> None:
    """Raise `DsnError` unless *settings* name a database, or a service that does."""
    if not settings.get("dbname") and "service" not in settings:
        raise DsnError("the DSN names no database: end it with /DATABASE, or dbname=DATABASE")


def check_counts(settings: Mapping[str, str]) -> None:
    """Raise `DsnError` if *settings* have several ports, but not one for each host."""
    ports = settings.get("port", "").count(",") + 1
    hosts = (settings.get("host") or settings.get("hostaddr") or "").count(",") + 1
    if ports not in {1, hosts}:
        raise DsnError(f"there are {ports} ports for {hosts} hosts: write one, or one for each")


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except (AddressValueError, ValueError):
        return False
    return True
