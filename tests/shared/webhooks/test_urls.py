"""URLs of webhooks: what is no URL is refused always, what is not public unless private hosts are allowed."""

import pytest

from shared.errors import WebhookUrlError
from shared.webhooks.urls import check_ip, check_url


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1]/",
        "http://[64:ff9b::10.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[fec0::1]/",  # site-local
        "http://[2001:0:5ef5:79fd:0:59d:a0e5:ba1]/",  # Teredo
        "http://[64:ff9b:1::5db8:d822]/",  # NAT64 of a private network, RFC 8215
        "http://224.0.0.1/",
        "http://0.0.0.0/",
        "http://localhost:8000/",
        "http://localhost./",
        "http://a.localhost/",
        "http://redis:6379/",
    ],
)
def test_a_host_that_is_not_public_is_refused_unless_private_ones_are_allowed(url):
    with pytest.raises(WebhookUrlError, match="not public"):
        check_url(url, private=False)
    check_url(url, private=True)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://user@example.com/",
        "https:///x",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://example.com/a b",
        "https://example.com/a\r\nHost: x",
        "https://example.com/a\tb",
        "https://example.com/\0",
        "https://example.com/\x7f",
        " https://example.com/",
        "https://example.com/\u2028",
        "https://example.com/gr\u00fc\u00dfe",
        "https://example.com/?q=\u00fc",
        "https://example.com?q=\u00fc",
        "https://exa mple.com/",
        "https://exa%6Dple.com/",
        "https://exa;mple.com/",
        "http://a..b/",
        "http://.a.b/",
        f"http://{'a' * 64}.com/",
        f"http://{'a.' * 127}com/",
        "http://[2606:4700::1%25eth0]/",
        "http://[2606:4700::1%eth0]/",
        "http://[v1.fe80::a+en1]/",
        "http://[::1/",
        "http://１２７.0.0.1/",
        "nonsense",
    ],
)
@pytest.mark.parametrize("private", [False, True])
def test_what_is_no_url_of_a_webhook_is_always_refused(url, private):
    with pytest.raises(WebhookUrlError):
        check_url(url, private=private)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com", "example.com"),
        ("https://example.com/hook?x=1#y", "example.com"),
        ("https://example.com./gr%C3%BC%C3%9Fe", "example.com."),
        ("HTTPS://EXAMPLE.com:8443/", "example.com"),
        ("https://b\u00fccher.example/", "xn--bcher-kva.example"),
        ("https://a_b-c.example/", "a_b-c.example"),
        ("http://93.184.216.34:8080/", "93.184.216.34"),
        ("http://[64:ff9b::93.184.216.34]/", "64:ff9b::93.184.216.34"),
    ],
)
def test_a_public_url_is_accepted_and_its_host_is_returned_in_ascii(url, host):
    assert check_url(url, private=False) == host


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/secret token",
        "ftp://example.com/secret",
        "https://example.com:0/secret",
        "https://example.com/s\u00e9cret",
        "https://secret:word@example.com/",
        "http://localhost/secret",
        "http://[::1/secret",
    ],
)
def test_a_refusal_does_not_repeat_what_may_be_secret(url):
    with pytest.raises(WebhookUrlError) as refusal:
        check_url(url, private=False)
    assert "cret" not in str(refusal.value)


@pytest.mark.parametrize("address", ["fec0::1", "2001::1", "64:ff9b:1::5db8:d822", "fe80::1%eth0", "::10.0.0.1"])
def test_an_ip_address_that_is_not_public_is_refused(address):
    with pytest.raises(WebhookUrlError, match="not public"):
        check_ip(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_a_public_ip_address_is_accepted(address):
    check_ip(address)
