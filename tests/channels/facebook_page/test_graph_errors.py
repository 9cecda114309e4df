"""The error table, row by row: what Facebook says, and which of the five errors we raise."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from promo.channels.facebook_page import graph_errors
from promo.channels.facebook_page.graph_errors import TABLE, Stake
from promo.channels.facebook_page.usage import Usage
from promo.errors import (
    OutcomeUnknown,
    PublishError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unreachable,
)

HOUR = timedelta(hours=1)

ROWS: list[tuple[int, int | None, type[PublishError]]] = [
    (1, None, OutcomeUnknown),
    (1, 99, OutcomeUnknown),
    (2, None, OutcomeUnknown),
    (2, 1363047, OutcomeUnknown),
    (2, 1609010, OutcomeUnknown),
    (-1, None, OutcomeUnknown),
    (-2, None, OutcomeUnknown),
    (3, None, Unauthorized),
    (4, None, RateLimited),
    (9, None, RateLimited),
    (10, None, Unauthorized),
    (17, None, RateLimited),
    (32, None, RateLimited),
    (100, None, Rejected),
    (100, 33, Unauthorized),
    (100, 1366051, OutcomeUnknown),
    (100, 1609008, Rejected),
    (100, 2061006, Rejected),
    (101, None, Unauthorized),
    (102, None, Unauthorized),
    (104, None, Unauthorized),
    (190, None, Unauthorized),
    (190, 458, Unauthorized),
    (190, 459, Unauthorized),
    (190, 460, Unauthorized),
    (190, 463, Unauthorized),
    (190, 464, Unauthorized),
    (190, 466, Unauthorized),
    (190, 467, Unauthorized),
    (190, 490, Unauthorized),
    (190, 492, Unauthorized),
    (100, 36007, Unauthorized),
    (100, 36009, Unauthorized),
    (190, 2069032, Unauthorized),
    (190, 999999, Unauthorized),
    (200, None, Unauthorized),
    (200, 1404078, Unauthorized),
    (200, 4854002, Unauthorized),
    (210, None, Unauthorized),
    (240, None, Unauthorized),
    (283, None, Unauthorized),
    (299, None, Unauthorized),
    (300, None, Rejected),
    (324, None, Rejected),
    (324, 2069019, Rejected),
    (324, 1366046, Rejected),
    (341, None, RateLimited),
    (368, None, RateLimited),
    (368, 1390008, RateLimited),
    (368, 1346003, Rejected),
    (368, 1404102, Rejected),
    (368, 1404006, Unauthorized),
    (368, 1404112, Unauthorized),
    (506, None, OutcomeUnknown),
    (506, 1455006, OutcomeUnknown),
    (613, None, RateLimited),
    (613, 1996, RateLimited),
    (2500, None, Unauthorized),
    (3001, 1504028, Rejected),
    (100, 1609005, Rejected),
    (1609005, None, Rejected),
    (80001, None, RateLimited),
    (4711, None, Rejected),
]


def error_object(code: object, subcode: object = None, **more: object) -> dict[str, object]:
    body = {"message": "(#490) EAABtoken 190 506", "type": "OAuthException", "code": code, **more}
    if subcode is not None:
        body["error_subcode"] = subcode
    return {"error": {**body, "fbtrace_id": "A490x190"}}


def raised(
    body: object,
    *,
    status: int = 400,
    stake: Stake = Stake.CREATES,
    usage: Usage = Usage(),  # noqa: B008  (a frozen value)
) -> PublishError:
    error = graph_errors.parse(body)
    assert error is not None
    return graph_errors.refusal(error, status=status, stake=stake, usage=usage)


@pytest.mark.parametrize(("code", "subcode", "expected"), ROWS)
@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_each_row_of_the_table_has_its_error_whatever_the_http_status(
    code: int, subcode: int | None, expected: type[PublishError], status: int
) -> None:
    if code in {300, 3001, 4711} and status == 500:
        expected = OutcomeUnknown  # nobody knows this code, and the server broke
    error = raised(error_object(code, subcode), status=status)
    assert type(error) is expected
    assert error.refusal.code == str(code)
    assert error.refusal.subcode == ("" if subcode is None else str(subcode))
    assert error.refusal.status == status


@pytest.mark.parametrize(("code", "subcode", "expected"), ROWS)
def test_a_read_never_leaves_an_unknown_outcome(
    code: int, subcode: int | None, expected: type[PublishError]
) -> None:
    error = raised(error_object(code, subcode), stake=Stake.HARMLESS)
    assert type(error) is (Unreachable if expected is OutcomeUnknown else expected)


def test_every_line_of_the_table_is_tried() -> None:
    tried = {(code, subcode) for code, subcode, _ in ROWS}
    subcodes = {subcode for _, subcode, _ in ROWS}
    for code, subcode in TABLE:
        assert (code, subcode) in tried or (code is None and subcode in subcodes)


def test_staff_never_see_facebook_s_own_words() -> None:
    for code, subcode, _ in ROWS:
        error = raised(error_object(code, subcode))
        assert "EAAB" not in f"{error} {error.text}"
        assert "#" not in error.text
        assert str(code) not in error.text


@pytest.mark.parametrize(("code", "subcode"), [(506, 1455006), (506, None), (100, 1366051)])
def test_already_posted_is_a_witness_not_a_refusal(code: int, subcode: int | None) -> None:
    error = raised(error_object(code, subcode, is_transient=False))
    assert isinstance(error, OutcomeUnknown)
    assert error.witness


def test_code_2_is_no_witness() -> None:
    error = raised(error_object(2, is_transient=True), status=500)
    assert isinstance(error, OutcomeUnknown)
    assert not error.witness


@pytest.mark.parametrize("code", [4, 17, 32, 341, 613, 80001])
def test_a_throttle_stays_a_refusal_even_when_it_is_called_transient(code: int) -> None:
    error = raised(error_object(code, is_transient=True))
    assert isinstance(error, RateLimited)
    assert error.retry_after == HOUR


def test_a_transient_refusal_is_an_unknown_outcome() -> None:
    assert isinstance(raised(error_object(100, is_transient=True)), OutcomeUnknown)
    assert isinstance(raised(error_object(4711, is_transient=True)), OutcomeUnknown)


def test_the_usage_header_tells_how_long_to_wait() -> None:
    usage = Usage(percent=104, regain=timedelta(minutes=17))
    error = raised(error_object(80001), usage=usage)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(minutes=17)


def test_the_spam_brake_is_waited_out_for_hours_whatever_the_header_says() -> None:
    usage = Usage(percent=10, regain=timedelta(minutes=1))
    error = raised(error_object(368, 1390008), usage=usage)
    assert isinstance(error, RateLimited)
    assert error.retry_after >= timedelta(hours=6)


def test_a_wrong_app_secret_is_told_from_a_wrong_parameter() -> None:
    proof = raised(error_object(100, type="GraphMethodException"))
    parameter = raised(error_object(100))
    assert isinstance(proof, Unauthorized)
    assert isinstance(parameter, Rejected)


def test_each_reason_for_a_dead_token_has_its_own_words() -> None:
    texts = {
        raised(error_object(190, sub)).text for sub in (458, 459, 460, 463, 464, 466, 467, 492)
    }
    assert len(texts) == 8


def test_error_data_may_be_a_json_string() -> None:
    blamed = {"blame_field_specs": [["link"]]}
    for data in (blamed, json.dumps(blamed)):
        error = graph_errors.parse(error_object(100, error_data=data))
        assert error is not None
        assert error.blamed == ("link",)


@pytest.mark.parametrize("data", ["not json", "[]", 7, None, {"blame_field_specs": "link"}, {}])
def test_error_data_of_any_form_is_survived(data: object) -> None:
    error = graph_errors.parse(error_object(100, error_data=data))
    assert error is not None
    assert error.blamed == ()


def test_numbers_may_come_as_text() -> None:
    assert isinstance(raised(error_object("190", "463")), Unauthorized)


@pytest.mark.parametrize("code", [None, "", "four", True, 4.5, [4], {}])
def test_an_error_without_a_number_is_an_unknown_outcome(code: object) -> None:
    assert isinstance(raised(error_object(code)), OutcomeUnknown)


@pytest.mark.parametrize("body", [None, [], "Service Unavailable", {}, {"error": "x"}, {"id": "1"}])
def test_a_body_without_an_error_object_has_no_error(body: object) -> None:
    assert graph_errors.parse(body) is None


@pytest.mark.parametrize("status", [200, 301, 400, 404, 413, 500, 502, 503, 504])
def test_no_usable_answer_to_a_create_is_an_unknown_outcome(status: int) -> None:
    error = graph_errors.no_answer(status=status, stake=Stake.CREATES, usage=Usage())
    assert isinstance(error, OutcomeUnknown)
    assert not error.witness


def test_no_usable_answer_to_a_read_means_unreachable() -> None:
    error = graph_errors.no_answer(status=502, stake=Stake.HARMLESS, usage=Usage())
    assert isinstance(error, Unreachable)


def test_429_is_a_throttle_even_without_a_body() -> None:
    error = graph_errors.no_answer(status=429, stake=Stake.CREATES, usage=Usage())
    assert isinstance(error, RateLimited)
