"""A code leads back to its delivery, for one purpose only, and nobody else can make one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promo.errors import InvalidInput
from promo.mailing.codes import Codes, Purpose, codes_of, read

KEY, OLD_KEY = b"k" * 32, b"o" * 32
FORM = re.compile(r"[1-9][0-9]*-[0-9a-f]{20}")
LARGEST = 2**63 - 1

deliveries = st.integers(1, LARGEST)
purposes = st.sampled_from(Purpose)


def code(delivery_id: int, purpose: Purpose, *, key: bytes = KEY) -> str:
    codes = codes_of(delivery_id, key=key)
    made: str = getattr(codes, purpose.name.lower())
    return made


@given(deliveries, purposes)
def test_a_code_leads_back_to_its_delivery(delivery_id: int, purpose: Purpose) -> None:
    made = code(delivery_id, purpose)
    assert read(purpose, made, keys=[KEY]) == delivery_id
    assert read(purpose, made.upper(), keys=[KEY]) == delivery_id


@given(deliveries, purposes, purposes)
def test_a_code_works_for_its_own_purpose_only(
    delivery_id: int, made_for: Purpose, used_for: Purpose
) -> None:
    made = code(delivery_id, made_for)
    if made_for is used_for:
        assert read(used_for, made, keys=[KEY]) == delivery_id
        return
    with pytest.raises(InvalidInput):
        read(used_for, made, keys=[KEY])


@given(deliveries)
def test_a_code_needs_no_escaping_anywhere(delivery_id: int) -> None:
    codes = codes_of(delivery_id, key=KEY)
    for made in (codes.unsubscribe, codes.preferences, codes.bounce, codes.click):
        assert FORM.fullmatch(made)
        assert len(f"b+{made}") <= 64  # the local part of an address (RFC 5321, 4.5.3.1.1)


@given(deliveries, deliveries)
def test_the_code_of_another_delivery_is_another(one: int, other: int) -> None:
    assert (codes_of(one, key=KEY) == codes_of(other, key=KEY)) is (one == other)


def test_codes_are_the_same_for_ever() -> None:
    """Links of mails that are out must go on working: a change here breaks them."""
    assert codes_of(42, key=KEY) == codes_of(42, key=KEY)
    assert codes_of(42, key=KEY) == Codes(
        unsubscribe="42-824f90242b4a5e4a6e03",
        preferences="42-883bf1c7fa56e3cc1bcc",
        bounce="42-039089366f2124b999bd",
        click="42-92dac961714d9a5db439",
    )


def test_a_code_of_the_key_before_still_counts() -> None:
    made = code(42, Purpose.UNSUBSCRIBE, key=OLD_KEY)
    assert read(Purpose.UNSUBSCRIBE, made, keys=[KEY, OLD_KEY]) == 42
    with pytest.raises(InvalidInput):
        read(Purpose.UNSUBSCRIBE, made, keys=[KEY])


@given(deliveries, purposes, st.data())
def test_a_code_changed_by_one_character_is_refused(
    delivery_id: int, purpose: Purpose, data: st.DataObject
) -> None:
    made = code(delivery_id, purpose)
    place = data.draw(st.integers(0, len(made) - 1))
    other = data.draw(st.sampled_from([c for c in "0123456789abcdef-" if c != made[place]]))
    with pytest.raises(InvalidInput):
        read(purpose, made[:place] + other + made[place + 1 :], keys=[KEY])


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"[0-9]{1,30}-[0-9a-f]{20}", fullmatch=True),
        st.from_regex(r"\d{1,5}-[0-9a-fA-F]{19,21}\s?", fullmatch=True),
    ),
    purposes,
)
def test_a_made_up_code_is_refused(made_up: str, purpose: Purpose) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(purpose, made_up, keys=[KEY])
    assert refused.value.field == "code"


@pytest.mark.parametrize("around", ["{} ", " {}", "{}\n", "0{}", "+{}", "-{}", "{}0"])
def test_a_code_stands_alone(around: str) -> None:
    made = around.format(code(42, Purpose.CLICK))
    with pytest.raises(InvalidInput):
        read(Purpose.CLICK, made, keys=[KEY])


def test_without_a_key_no_code_is_good() -> None:
    with pytest.raises(InvalidInput):
        read(Purpose.CLICK, code(42, Purpose.CLICK), keys=[])
