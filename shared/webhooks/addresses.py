"""Which IP addresses are public: those of no special purpose.

Sources, as of November 2026: IANA's IPv4 and IPv6 Special-Purpose Address Registries, wholly, also where they call a
block reachable from everywhere, since no receiver is there; multicast (RFC 5771, RFC 4291); and of IPv6 2000::/3 alone,
which is all that IANA has given out for unicast. What Python's `ipaddress` knows depends on its release.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

GLOBAL_UNICAST = IPv6Network("2000::/3")
SPECIAL_IPV4 = [
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private use
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local
        "172.16.0.0/12",  # private use
        "192.0.0.0/24",  # IETF protocol assignments, 192.0.0.192 among them
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4 and 6a44
        "192.168.0.0/16",  # private use
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
SPECIAL_IPV6 = [  # of those within 2000::/3, but for 6to4
    IPv6Network(block)
    for block in (
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarking, ORCHID, AMT, AS112 and more
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
]
EMBEDDING = {  # blocks whose addresses lead to an IPv4 one, and the place of its lowest bit
    IPv6Network("::ffff:0:0/96"): 0,  # mapped
    IPv6Network("64:ff9b::/96"): 0,  # NAT64; 64:ff9b:1::/48, of local networks, is not public
    IPv6Network("2002::/16"): 80,  # 6to4
}


def is_public(address: str) -> bool:
    """True where an IP address, or the IPv4 one that it leads to, is one of the public internet.

    Raises:
        ValueError: it is no IP address.
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        ip = _embedded(ip)
    if isinstance(ip, IPv4Address):
        return not any(ip in block for block in SPECIAL_IPV4)
    return ip in GLOBAL_UNICAST and not any(ip in block for block in SPECIAL_IPV6)


def _embedded(ip: IPv6Address) -> IPv4Address | IPv6Address:
    for block, shift in EMBEDDING.items():
        if ip in block:
            return IPv4Address(int(ip) >> shift & 0xFFFFFFFF)
    return ip
