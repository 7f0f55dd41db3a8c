"""Each field of each request to 快递100: what breaks its table is refused by name, and the client never sends it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.carriers.kuaidi100 import messages, wire
from clients.carriers.messages import COMPANIES, Track
from clients.fields import check_node, codes, table
from tests.clients.carriers.conftest import CUSTOMER, KEY, Ends
from tests.fixtures.forms import GENERATED, TYPE, Wrong, cases

TABLES, CODES = table(wire.FIELDS), codes(wire.CODES)
SIGNED = "0" * 32
FORMS: dict[str, dict[str, Any]] = {
    wire.QUERY: {"customer": CUSTOMER, "sign": SIGNED, "param": "{}"},
    wire.SUBSCRIBE: {"schema": "json", "param": "{}"},
}
PARAMS: dict[str, dict[str, Any]] = {
    wire.QUERY: {
        "com": "zhongtong",
        "num": "ZT0001",
        "phone": "10000000001",
        "from": "厦门",
        "to": "福州",
        "resultv2": "1",
        "show": "0",
        "order": "asc",
    },
    wire.SUBSCRIBE: {
        "company": "zhongtong",
        "number": "ZT0001",
        "from": "厦门",
        "to": "福州",
        "key": KEY,
        "parameters": {"callbackurl": "http://x", "salt": "s", "resultv2": "1", "autoCom": "0", "phone": "0001"},
    },
}
# A form has only text.
OUTER = [case for case in cases(TABLES, CODES, dict.fromkeys(FORMS, "request")) if case.values[1].rule != TYPE]


def post(ends: Ends, transaction: str, form: dict[str, Any]) -> Any:
    told = {name: value for name, value in form.items() if value is not None}
    return httpx.post(ends.url + wire.PATHS[transaction], data=told, trust_env=False).json()


def send(ends: Ends, transaction: str, param: str) -> Any:
    """A form that is right, around whatever `param` is."""
    form = FORMS[transaction] | {"param": param}
    if transaction == wire.QUERY:
        form |= {"sign": wire.query_signature(param, KEY, CUSTOMER)}
    return post(ends, transaction, form)


@pytest.mark.parametrize("transaction", PARAMS)
def test_the_full_request_of_every_table_is_let_in(ends: Ends, transaction: str) -> None:
    ends.hand_in()
    ends.move("0")
    told = send(ends, transaction, wire.dump(PARAMS[transaction]))
    assert told.get("returnCode", told.get("status")) == wire.OK, told


@pytest.mark.parametrize(("transaction", "wrong"), cases(TABLES, CODES, dict.fromkeys(PARAMS, "param")))
def test_a_field_that_breaks_its_table_is_refused_by_name(ends: Ends, transaction: str, wrong: Wrong) -> None:
    told = send(ends, transaction, wire.dump(wrong.spoil(PARAMS[transaction])))
    assert (told["result"], told["returnCode"]) == (False, "400")
    assert wrong.told_in(told["message"])
    assert ends.sandbox.books()["parcels"] == []


@pytest.mark.parametrize(("transaction", "wrong"), OUTER)
def test_a_member_of_the_form_that_breaks_its_table_is_refused_by_name(
    ends: Ends, transaction: str, wrong: Wrong
) -> None:
    told = post(ends, transaction, wrong.spoil(FORMS[transaction]))
    assert (told["result"], told["returnCode"]) == (False, "400")
    assert wrong.told_in(told["message"])


@pytest.mark.parametrize("transaction", PARAMS)
@pytest.mark.parametrize("param", ["[]", "1", "{"])
def test_a_param_that_is_no_object_is_refused(ends: Ends, transaction: str, param: str) -> None:
    told = send(ends, transaction, param)
    assert (told["result"], told["returnCode"]) == (False, "400")


TRACKS = st.builds(
    Track,
    company=st.sampled_from(list(COMPANIES)),
    waybill_number=st.from_regex(r"[A-Z0-9-]{6,30}", fullmatch=True),
    phone_tail=st.none() | st.from_regex(r"[0-9]{4}", fullmatch=True),
)


@GENERATED
@given(parcel=TRACKS, salt=st.text(min_size=1, max_size=32), back=st.text(min_size=1, max_size=500))
def test_what_the_client_sends_always_passes_the_tables(parcel: Track, salt: str, back: str) -> None:
    query = messages.Query(track=parcel).to_wire()
    subscription = messages.Subscription(track=parcel, key=KEY, callback_url=back, salt=salt).to_wire()
    signature = wire.query_signature(wire.dump(query), KEY, CUSTOMER)
    form = {"customer": CUSTOMER, "sign": signature, "param": wire.dump(query)}
    assert check_node(TABLES["query"]["in"], "request", form, CODES) == []
    assert check_node(TABLES["query"]["in"], "param", query, CODES) == []
    assert check_node(TABLES["subscribe"]["in"], "param", subscription, CODES) == []
