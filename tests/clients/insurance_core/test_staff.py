"""5102 over real HTTP: who is a doctor to the insurance, and how the platform misbehaves."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from clients import faults
from clients.errors import Garbled, Refused, Unanswered
from clients.insurance.core import sandbox as kinds
from clients.insurance.core.refusals import Reason
from clients.insurance.core.sandbox import CoreSandboxSettings
from clients.insurance.core.sandbox_gateway import GatewayRules
from tests.clients.insurance_core.ends import DOCTOR, Ends, both_ends, fresh_id, query_staff
from tests.fixtures.serving import served

pytestmark = pytest.mark.anyio


async def told(ends: Ends, **changes: Any) -> Any:
    return await ends.client.query_staff(query_staff(**changes), message_id=fresh_id())


async def test_a_doctor_comes_with_flag_and_period(ends: Ends) -> None:
    (member,) = await told(ends)
    assert (member.code, member.name, member.insurance_doctor) == ("D350200000001", "测试医师", True)
    assert member.begins_at.isoformat() == "2024-01-01T00:00:00+08:00"
    assert member.ends_at is None


async def test_every_period_of_a_doctor_is_told(ends: Ends) -> None:
    past = DOCTOR | {"flag": "0", "begins": "2020-01-01 00:00:00", "ends": "2023-12-31 23:59:59"}
    ends.sandbox.load({"staff": [past, DOCTOR]})
    assert [(member.insurance_doctor, member.ends_at is None) for member in await told(ends)] == [
        (False, False),
        (True, True),
    ]


@pytest.mark.parametrize("changes", [{"code": "D350200000009"}, {"staff_type": "3"}])
async def test_nobody_is_an_empty_answer(ends: Ends, changes: Any) -> None:
    assert await told(ends, **changes) == ()


async def test_a_flag_that_is_neither_yes_nor_no_is_garbled(ends: Ends) -> None:
    ends.sandbox.load({"staff": [DOCTOR | {"flag": "是"}]})
    with pytest.raises(Garbled):
        await told(ends)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (faults.LOST_REQUEST, Unanswered),
        (faults.LOST_REPLY, Unanswered),
        (faults.GATEWAY_ERROR, Unanswered),
        (faults.GARBLED, Garbled),
        (kinds.REFUSED, Refused),
    ],
)
async def test_misbehaviour_has_its_error(ends: Ends, kind: str, error: type[Exception]) -> None:
    ends.sandbox.faults.add("5102", kind, text="系统繁忙")
    with pytest.raises(error):
        await told(ends)
    assert len(await told(ends)) == 1


@pytest.mark.parametrize("kind", [kinds.STRING_OUTPUT, kinds.STRING_INFCODE, kinds.EXTRA_FIELDS])
async def test_other_shapes_of_an_answer_are_read(ends: Ends, kind: str) -> None:
    ends.sandbox.faults.add("5102", kind)
    assert len(await told(ends)) == 1


async def test_too_long_a_code_is_refused_by_name(ends: Ends) -> None:
    with pytest.raises(Refused) as refused:
        await told(ends, code="D" * 21)
    assert refused.value.reason == Reason.FORM
    assert refused.value.message.startswith("data.prac_psn_code: 长度超过20")


async def test_neither_code_nor_certificate_is_refused(ends: Ends) -> None:
    with pytest.raises(Refused) as refused:
        await told(ends, code="")
    assert refused.value.message.startswith("data.prac_psn_code: ")


async def test_an_answer_about_somebody_else_is_garbled() -> None:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async with both_ends(CoreSandboxSettings(gateway=GatewayRules(kind="none")), gateway="none") as ends:

        async def swapped(request: Request) -> Response:
            body = (await request.body()).replace(b"D350200000009", b"D350200000001")
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.post(f"{ends.url}{request.url.path}", content=body)
            return Response(answer.content, media_type="application/json")

        app = Starlette(routes=[Route("/fsi/5102", swapped, methods=["POST"])])
        with served(app) as url:
            from clients.insurance.core.client import InsuranceCoreClient
            from tests.clients.insurance_core.ends import settings

            client = InsuranceCoreClient(settings(url, gateway="none"))
            with pytest.raises(Garbled):
                await client.query_staff(query_staff(code="D350200000009"), message_id=fresh_id())
            await client.close()
