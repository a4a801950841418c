"""Which IP addresses are public, by IANA's registries of special-purpose addresses: a row for each of their blocks."""

import pytest

from shared.webhooks.addresses import is_public

SPECIAL = """
0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255
169.254.0.0 169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.1 192.0.0.8 192.0.0.9 192.0.0.10 192.0.0.170
192.0.0.171 192.0.0.192 192.0.0.255 192.0.2.0 192.0.2.255 192.31.196.0 192.31.196.255 192.52.193.0 192.52.193.255
192.88.99.0 192.88.99.1 192.88.99.2 192.88.99.255 192.168.0.0 192.168.255.255 192.175.48.0 192.175.48.255
198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255
224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255
:: ::1 ::2 ::10.0.0.1 ::93.184.216.34 ::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:192.0.0.192 ::ffff:0:93.184.216.34
64:ff9b::10.0.0.1 64:ff9b::192.88.99.1 64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff 64:ff9b:1::93.184.216.34
100:: 100::ffff:ffff:ffff:ffff 100:0:0:1::1 1fff:ffff::1 4000::1
2001:: 2001:0:5ef5:79fd:0:59d:a0e5:ba1 2001:1::1 2001:1::2 2001:1::3 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1
2001:20::1 2001:30::1 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
2002:0a00:0001::1 2002:7f00:1:: 2002:c058:6301:: 2002:c000:c0::1 2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff
3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff 5f00:: 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff
fc00:: fdff:ffff::1 fe80:: fe80::1%eth0 febf:ffff::1 fec0::1 feff::1 ff00:: ff02::1 ff0e::1
"""

PUBLIC = """
1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0
172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255 192.52.194.0
192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255 192.175.49.0 198.17.255.255 198.20.0.0
198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 93.184.216.34
2000:: 2001:200:: 2001:db7:ffff::1 2001:db9:: 2003:: 2606:4700::1111 2620:4f:7fff::1 2620:4f:8001:: 3ffe:ffff::1
3fff:1000:: 64:ff9b::93.184.216.34 ::ffff:93.184.216.34 2002:5db8:d822::1
"""


@pytest.mark.parametrize("address", SPECIAL.split())
def test_an_address_of_a_special_purpose_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_any_other_address_is_public_up_to_the_borders_of_the_special_blocks(address):
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "example.com", "1.2.3", "0127.0.0.1", "1.2.3.4/24", "::g"])
def test_what_is_no_address_is_an_error(text):
    with pytest.raises(ValueError, match="does not appear"):
        is_public(text)
