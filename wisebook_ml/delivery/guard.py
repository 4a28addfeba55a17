"""Which addresses a webhook may lead to: a company's settings must not reach what only this network can.

References
----------
OWASP Server Side Request Forgery Prevention Cheat Sheet. RFC 6890 (special-purpose addresses); RFC 6052 (NAT64).
"""

import ipaddress
import socket

__all__ = ["Refused", "allowed_addresses", "fault_of"]

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")
"""Not public as a whole; Python knows that since 3.11.9."""

METADATA = frozenset(
    ipaddress.ip_address(one)
    for one in ("168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
"""Where hosts of Azure, Alibaba, Oracle, Amazon and Google tell what they are, or more, beside 169.254.0.0/16. No
receiver is ever there, and who reads their answers may have the machine."""

MOST_ADDRESSES = 4
"""Addresses of a name that are tried one after the other."""

LONGEST_NAME = 253

HINT = "; where receivers are in your own network, set WISEBOOK_ML_WEBHOOK_PRIVATE=true"

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """A destination that nothing is sent to; the message says why, and what to do."""


def allowed_addresses(host: str, port: int, *, private: bool) -> list[str]:
    """Return the addresses of a host, none of which is refused. Who connects must use these, and not ask again.

    Parameters
    ----------
    host : str
        A name, or an address.
    port : int
        Where the connection goes.
    private : bool
        Whether addresses of private networks and of this machine are allowed. Those of the local link and of a cloud
        host's metadata never are.

    Raises
    ------
    Refused
        Where one of them is refused: a name with a public and a private address is an attempt to confuse.
    OSError
        Where the name is not known.
    """
    if len(host) > LONGEST_NAME:
        raise Refused(f"its host name has {len(host)} characters; names have {LONGEST_NAME} at most")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise Refused(f"{host[:60]!r} is no host name ({error})") from error
    addresses = list(dict.fromkeys(str(address[0]).partition("%")[0] for *_, address in found))
    for address in addresses:
        fault = fault_of(address, private=private)
        if fault:
            named = "" if address == host else f"{host} is "
            hint = "" if fault_of(address, private=True) else HINT
            raise Refused(f"{named}{address}, {fault}{hint}")
    return addresses[:MOST_ADDRESSES]


def fault_of(address: str, *, private: bool) -> str:
    """Say what kind of address it is, where it is refused; empty where it is allowed.

    Examples
    --------
    >>> fault_of("127.0.0.1", private=False)
    'an address of this machine (loopback)'
    >>> fault_of("::ffff:169.254.169.254", private=True)
    'an address of the local link, such as a cloud host has for its metadata'
    >>> fault_of("168.63.129.16", private=True)
    "an address of a cloud host's metadata"
    >>> fault_of("93.184.215.14", private=False), fault_of("10.1.2.3", private=True)
    ('', '')
    """
    ip = _meant(ipaddress.ip_address(address))
    if ip.is_multicast or ip.is_unspecified:
        return "no address of one machine"
    if ip.is_link_local:
        return "an address of the local link, such as a cloud host has for its metadata"
    if ip in METADATA:
        return "an address of a cloud host's metadata"
    if private:
        return ""
    if ip.is_loopback:
        return "an address of this machine (loopback)"
    if ip.is_private or ip in PROTOCOLS:
        return "an address of a private network"
    if not ip.is_global or ip.is_reserved or getattr(ip, "is_site_local", False):
        return "an address that the public network does not have"
    return ""


def _meant(ip: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        return ip if inside is None else inside
    return ip
