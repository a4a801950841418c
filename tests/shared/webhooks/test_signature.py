"""Deliveries are signed as the Standard Webhooks specification says, by whatever secret their owner chose."""

import time

import pytest
import standardwebhooks

from shared.webhooks.delivery import signed_headers
from shared.webhooks.queue import Delivery
from tests.support.webhooks import SECRET, delivery_to


@pytest.mark.parametrize("encoded", ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "c2VjcmV0IG9mIHR3ZW50eSBieXRlcw"])
def test_a_secret_in_the_specifications_form_is_decoded_as_the_receivers_library_does(encoded):
    delivery = delivery_to("http://a.example/", f"whsec_{encoded}")
    headers = signed_headers(delivery, int(time.time()))
    library = standardwebhooks.Webhook(f"whsec_{encoded}")
    assert library.verify(delivery.body, headers) == {"state": "é"}
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        library.verify(delivery.body.replace("é", "e"), headers)


@pytest.mark.parametrize("secret", ["whsec_not Base64!", "whsec_abcde", "ein gehütetes Geheimnis"])
def test_any_other_secret_signs_with_its_own_bytes(secret):
    delivery = delivery_to("http://a.example/", secret)
    headers = signed_headers(delivery, int(time.time()))
    assert standardwebhooks.Webhook(secret.encode()).verify(delivery.body, headers)


def test_a_signature_agrees_with_one_made_by_openssl():
    # printf '1f-1.1700000000.{}' | openssl dgst -sha256 -hmac 'a secret of sixteen' -binary | base64
    headers = signed_headers(Delivery("1", "1f-1", "http://a.example/", SECRET, "{}", 1), 1700000000)
    assert headers["webhook-signature"] == "v1,bJLtqMXiQKTjzjRhicZJ/kDdK+KM775F+SMa4O1bOPk="
