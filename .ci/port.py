"""Ends with a clear message when the address that the server wants is taken or cannot be had."""

from __future__ import annotations

import errno
import socket
import sys


def complaint(host: str, port: str) -> str | None:
    """What stands in the way of listening there, or None."""
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        return f"PORT is {port!r}: use a number from 1 to 65535."
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the server does: an address whose last connections are still closing is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        return f"HOST is {host!r}: this machine has no such address. Use 127.0.0.1, or 0.0.0.0 for every network."
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            other = int(port) + 1
            return (
                f"Port {port} is in use: perhaps this program runs already (http://{host}:{port}). "
                f"End that one, or start this one elsewhere: make run PORT={other}"
            )
        if problem.errno == errno.EACCES:
            return f"Port {port} needs the rights of root. Use one above 1023: make run PORT=8000"
        return f"Cannot listen on {host}:{port}: {problem.strerror}."
    return None


if __name__ == "__main__":
    sys.exit(complaint(sys.argv[1], sys.argv[2]))
