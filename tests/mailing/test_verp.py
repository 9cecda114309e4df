"""A bounce finds its delivery, and only bounces of our own mails do."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.errors import InvalidInput
from promo.mailing import verp
from promo.mailing.headers import DomainName

KEY, OLD_KEY = b"k" * 32, b"o" * 32
DOMAIN = DomainName("bounces.example.org")
ISSUE, READER = UUID(int=1), UUID(int=2)

names = st.from_regex(r"[a-z0-9]{1,45}", fullmatch=True)


def test_a_message_id_is_the_same_in_each_attempt() -> None:
    first = verp.message_id(ISSUE, READER, DOMAIN)
    assert first == verp.message_id(ISSUE, READER, DOMAIN)
    assert first == (
        "<00000000000000000000000000000002.00000000000000000000000000000001@bounces.example.org>"
    )


def test_another_reader_or_issue_has_another_message_id() -> None:
    ids = {verp.message_id(a, b, DOMAIN) for a in (ISSUE, READER) for b in (ISSUE, READER)}
    assert len(ids) == 4


@given(names)
def test_a_bounce_address_leads_back_to_its_delivery(name: str) -> None:
    address = verp.verp(verp.sign(name, key=KEY), DOMAIN)
    assert len(address.rpartition("@")[0]) <= 64
    assert verp.verify(verp.token_of(address), keys=[KEY]) == name
    assert verp.verify(verp.token_of(f"<{address.upper()}>"), keys=[KEY]) == name


def test_a_token_of_the_key_before_still_counts() -> None:
    assert verp.verify(verp.sign("42", key=OLD_KEY), keys=[KEY, OLD_KEY]) == "42"


@given(st.one_of(names, st.text()))
def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput):
        verp.verify(token, keys=[KEY])


@given(names, st.data())
def test_a_token_changed_by_one_letter_is_refused(name: str, data: st.DataObject) -> None:
    token = verp.sign(name, key=KEY)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-").filter(
            lambda letter: letter != token[place]
        )
    )
    with pytest.raises(InvalidInput):
        verp.verify(token[:place] + letter + token[place + 1 :], keys=[KEY])


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(InvalidInput):
        verp.verify(verp.sign("42", key=OLD_KEY), keys=[KEY])


@pytest.mark.parametrize("address", ["", "anna@example.org", "b+@example.org", "@", "b+1"])
def test_an_address_that_is_no_bounce_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput):
        verp.verify(verp.token_of(address), keys=[KEY])


@pytest.mark.parametrize("name", ["", "A", "a-b", "a b", "x" * 46])
def test_a_name_that_would_not_survive_the_way_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name for a token"):
        verp.sign(name, key=KEY)
