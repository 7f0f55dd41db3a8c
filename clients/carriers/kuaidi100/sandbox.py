"""快递100 simulated, strictly: forms, signatures, field tables, telephones, subscriptions, pushes and faults.

The control desk moves parcels along: `{"kuaidi100": {"parcels": [{company, number, phone}], "moves": [{company, number,
code, text, location, ago}]}}` in 快递100's own codes; each move is pushed to whoever subscribed. Decided here, where no
document says it: a carrier's parcel is known by its first event; codes for mistakes inside `param` are 400.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clients.carriers.kuaidi100 import wire
from clients.carriers.kuaidi100.sandbox_parcels import Parcel, Parcels
from clients.carriers.kuaidi100.sandbox_pushes import ABORTED, FORGED, NEVER, TWICE, Pushes
from clients.faults import Faults

REFUSED = "refused"  # nothing is done, `text` is "code words"
REPEATED = "repeated_nodes"  # each event comes twice
SHUFFLED = "shuffled_nodes"  # events in any order
BARE = "bare_nodes"  # events without their codes, as without the right to them
_PHONE_NEEDED = "shunfeng"

Row = dict[str, Any]


class Refuse(Exception):
    """The sandbox says no, with a code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Kuaidi100Sandbox:
    """One 快递100 with one customer; `clock` gives seconds since 1970."""

    name = "kuaidi100"

    def __init__(self, *, customer: str, key: str, clock: Callable[[], float] = time.time) -> None:
        self.faults = Faults(REFUSED, REPEATED, SHUFFLED, BARE, NEVER, TWICE, FORGED, ABORTED)
        self.faults.serves(*wire.PATHS, wire.PUSH)
        self.parcels = Parcels()
        self._customer, self._key, self._clock = customer, key, clock
        self._pushes = Pushes(self.faults)
        self.app = Starlette(
            routes=[
                Route(wire.PATHS[wire.QUERY], self._endpoint(wire.QUERY, self._query), methods=["POST"]),
                Route(wire.PATHS[wire.SUBSCRIBE], self._endpoint(wire.SUBSCRIBE, self._subscribe), methods=["POST"]),
            ]
        )

    def books(self) -> dict[str, object]:
        """Every parcel, how far it is, and how often it was asked for."""
        rows = self.parcels.booked()
        return {"parcels": rows, "under_way": sum(row["state"] not in ("3", "4") for row in rows)}

    def load(self, data: dict[str, Any]) -> None:
        """Hand parcels in, then move some. Raises KeyError for a parcel that nobody handed in."""
        for row in data.get("parcels", ()):
            self.parcels.hand_in(row)
        for row in data.get("moves", ()):
            self._pushes.send(self.parcels.moved(row, self._now()))

    def reset(self) -> None:
        """Forget everything."""
        self.faults.clear()
        self.parcels.clear()

    def _endpoint(self, transaction: str, business: Callable[[Row], Row]) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            body = await request.body()

            async def effect() -> Response:
                try:
                    told = self._done(transaction, request, body, business)
                except Refuse as no:
                    told = {"result": False, "returnCode": no.code, "message": str(no)}
                return Response(wire.dump(told), media_type="text/html;charset=UTF-8")

            return await self.faults.serve(transaction, request, effect)

        return serve

    def _done(self, transaction: str, request: Request, body: bytes, business: Callable[[Row], Row]) -> Row:
        refused = self.faults.take(transaction, REFUSED)
        if refused is not None:
            code, _, words = refused.text.partition(" ")
            raise Refuse(code, words or code)
        if request.headers.get("content-type", "").partition(";")[0] != wire.FORM:
            raise Refuse("400", f"content-type: 应为{wire.FORM}")
        try:
            asked = wire.checked(transaction, "in", "request", wire.read_form(body))
            self._admit(transaction, asked)
            return business(wire.checked(transaction, "in", "param", wire.load(asked["param"])))
        except ValueError as error:
            raise Refuse("400", str(error)) from None

    def _admit(self, transaction: str, asked: Mapping[str, str]) -> None:
        """A query by its signature; a subscription is let in by the key inside, see `_subscribe`."""
        if transaction != wire.QUERY:
            return
        wanted = wire.query_signature(asked["param"], self._key, self._customer)
        if asked["customer"] != self._customer or asked["sign"] != wanted:
            raise Refuse("503", "sign: 验证签名失败")

    def _query(self, asked: Row) -> Row:
        parcel = self._of(asked["com"], asked["num"], asked.get("phone"))
        if parcel is not None:
            parcel.queries += 1
        if parcel is None or not parcel.nodes:
            raise Refuse("500", "查询无结果,请隔段时间再查")
        return self._shaped(parcel.to_wire(asked.get("order") or "desc"))

    def _subscribe(self, asked: Row) -> Row:
        parameters = asked["parameters"]
        if asked["key"] != self._key:
            raise Refuse("600", "key: 您不是合法的订阅者")
        parcel = self._of(asked["company"], asked["number"], parameters.get("phone"))
        parcel = parcel or self.parcels.hand_in({**asked, "phone": parameters.get("phone") or ""})
        if parcel.subscription is not None:
            raise Refuse("501", "POLL:重复订阅")
        parcel.subscription = parameters
        return {"result": True, "returnCode": wire.OK, "message": "提交成功"}

    def _of(self, company: str, number: str, phone: str | None) -> Parcel | None:
        if company == _PHONE_NEEDED and not phone:
            raise Refuse("408", "phone: 顺丰单号必须填写电话号码")
        parcel = self.parcels.find(company, number)
        if parcel is not None and company == _PHONE_NEEDED and parcel.tail and str(phone)[-4:] != parcel.tail:
            raise Refuse("408", "phone: 电话号码与运单不符")
        return parcel

    def _shaped(self, told: Row) -> Row:
        nodes = list(told["data"])
        if self.faults.take(wire.QUERY, REPEATED):
            nodes = [node for node in nodes for _ in range(2)]
        if self.faults.take(wire.QUERY, SHUFFLED):
            random.shuffle(nodes)
        if self.faults.take(wire.QUERY, BARE):
            nodes = [{name: value for name, value in node.items() if name != "statusCode"} for node in nodes]
        return told | {"data": nodes}

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), wire.SHANGHAI)
