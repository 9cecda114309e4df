"""A bounce finds its delivery, and only bounces of our own mails do."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.errors import InvalidInput
from promo.mailing import codes, verp
from promo.mailing.codes import Purpose
from promo.mailing.headers import DomainName

KEY, OLD_KEY = b"k" * 32, b"o" * 32
DOMAIN = DomainName("bounces.example.org")
ISSUE, READER = UUID(int=1), UUID(int=2)

deliveries = st.integers(1, 2**63 - 1)


def bounce_code(delivery_id: int, *, key: bytes = KEY) -> str:
    return codes.codes_of(delivery_id, key=key).bounce


def delivery_of(address: str) -> int:
    return codes.read(Purpose.BOUNCE, verp.code_of(address), keys=[KEY])


def test_a_message_id_is_the_same_in_each_attempt() -> None:
    first = verp.message_id(ISSUE, READER, DOMAIN)
    assert first == verp.message_id(ISSUE, READER, DOMAIN)
    assert first == (
        "<00000000000000000000000000000002.00000000000000000000000000000001@bounces.example.org>"
    )


def test_another_reader_or_issue_has_another_message_id() -> None:
    ids = {verp.message_id(a, b, DOMAIN) for a in (ISSUE, READER) for b in (ISSUE, READER)}
    assert len(ids) == 4


@given(deliveries)
def test_a_bounce_address_leads_back_to_its_delivery(delivery_id: int) -> None:
    address = verp.verp(bounce_code(delivery_id), DOMAIN)
    assert len(address.rpartition("@")[0]) <= 64
    assert delivery_of(address) == delivery_id
    assert delivery_of(f"<{address.upper()}>") == delivery_id


@given(st.one_of(st.from_regex(r"[0-9]{1,18}-[0-9a-f]{20}", fullmatch=True), st.text()))
def test_a_made_up_bounce_address_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput):
        delivery_of(f"b+{code}@{DOMAIN}")


@given(deliveries, st.data())
def test_a_bounce_address_changed_by_one_letter_is_refused(
    delivery_id: int, data: st.DataObject
) -> None:
    code = bounce_code(delivery_id)
    place = data.draw(st.integers(0, len(code) - 1))
    letter = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-").filter(
            lambda letter: letter != code[place]
        )
    )
    with pytest.raises(InvalidInput):
        delivery_of(f"b+{code[:place]}{letter}{code[place + 1 :]}@{DOMAIN}")


def test_a_bounce_address_of_another_key_is_refused() -> None:
    with pytest.raises(InvalidInput):
        delivery_of(verp.verp(bounce_code(42, key=OLD_KEY), DOMAIN))


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.BOUNCE])
def test_a_link_of_the_mail_makes_no_bounce_address(purpose: Purpose) -> None:
    code = getattr(codes.codes_of(42, key=KEY), purpose.name.lower())
    with pytest.raises(InvalidInput):
        delivery_of(verp.verp(code, DOMAIN))


@pytest.mark.parametrize("address", ["", "anna@example.org", "b+@example.org", "@", "b+1"])
def test_an_address_that_is_no_bounce_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput):
        delivery_of(address)


@pytest.mark.parametrize("code", ["a b", "a\r\nb", "a>b", "a,b", "x" * 70])
def test_a_code_that_makes_no_address_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput):
        verp.verp(code, DOMAIN)
