"""The rules of the simulated mobile-payment centre: one method an interface, on checked and decrypted data.

Source: mobile-payment.md 3.7 and 3.8, insurance.md 4.5. The words of a refusal are invented (`SIM-…`): none are public.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from clients.insurance.book import InsuranceBook, PersonRow, Profile
from clients.insurance.payment.sandbox_orders import (
    AFTER_REFUND,
    PRICED,
    REVOKED,
    SAVED,
    SETTLED,
    Order,
    check_sums,
    fen,
    price,
    yuan,
)
from clients.insurance.sandbox_envelope import Rejection

Data = Mapping[str, Any]
Answer = dict[str, Any]

_REFUNDED = ("7", "8", "9", "10", "11")


class Centre:
    """Orders by pay order id, and every numbered request with the answer that it got."""

    def __init__(self, book: InsuranceBook, *, page_seconds: float, inside_fund: bool) -> None:
        self.book = book
        self.orders: dict[str, Order] = {}
        self._page_seconds = page_seconds
        self._inside_fund = inside_fund
        self._answered: dict[tuple[str, str], tuple[str, Answer]] = {}
        self._serial = 0

    def upload(self, data: Data) -> Answer:
        """6201 费用明细上传."""
        return self._once("6201", "medOrgOrd", data, self._open)

    def place(self, data: Data) -> Answer:
        """6202 支付下单."""
        return self._once("6202", "orgBizSer", data, self._price)

    def refund(self, data: Data) -> Answer:
        """6203 医保退费."""
        return self._once("6203", "appRefdSn", data, self._give_back)

    def query(self, data: Data) -> Answer:
        """6301 结算结果查询."""
        order = self._identified(data)
        told = order.amounts() if order.presettlement else {}
        answer = {"payOrdId": order.pay_order_id, "ordStas": order.shown_state, **told}
        return answer | (order.settlement() if order.settled and order.shown_state == order.state else {})

    def revoke(self, data: Data) -> Answer:
        """6401 费用明细上传撤销. The tender's order of undoing lets fee details go while the settlement stands."""
        order = self._identified(data)
        if order.fee_details == "revoked" and not (order.settled and self.book.profile is Profile.NATIONAL):
            raise Rejection("SIM-STATE payOrdId: 费用明细已撤销")
        if order.settled and self.book.profile is Profile.NATIONAL:
            text = "订单已退款" if order.state == "7" else "订单已结算，不能撤销费用明细"
            raise Rejection(f"SIM-STATE payOrdId: {text}")
        order.fee_details = "revoked"
        order.state = order.state if order.settled else REVOKED
        return {"success": "true", "message": "撤销成功"}

    def pay(self, order: Order, shown_after: float) -> None:
        """The patient pays at the cashier: 2 → 6; 6301 shows it `shown_after` seconds later."""
        self._check_payable(order)
        insurance = self._insurance(order)
        insurance["balance_fen"] -= order.account
        now = datetime.now(ZoneInfo("Asia/Shanghai"))
        order.state, order.fee_details = SETTLED, "settled"
        order.traced_at = now.strftime("%Y-%m-%d %H:%M:%S")
        order.platform_serial = self._number("HI")
        order.reverse_token = secrets.token_hex(16)
        order.shown_from = time.monotonic() + shown_after

    def _check_payable(self, order: Order) -> None:
        if order.state != PRICED:
            raise Rejection("订单状态不允许支付")
        if time.monotonic() > order.page_until:
            raise Rejection("页面已过期，请返回重新发起支付")
        if self._insurance(order)["balance_fen"] < order.account:
            raise Rejection("个人账户余额不足，请重新发起支付")

    def _open(self, data: Data) -> Answer:
        person = self._patient(data)
        self._check_visit(data, person)
        check_sums(data)
        self._check_serials(data)
        order = Order(
            pay_order_id=self._number("ORD"),
            pay_token=secrets.token_hex(16),
            page_token=secrets.token_urlsafe(18),
            page_until=time.monotonic() + self._page_seconds,
            upload=dict(data),
            total=fen(data["medfeeSumamt"]),
        )
        self.orders[order.pay_order_id] = order
        return {
            "payOrdId": order.pay_order_id,
            "payToken": order.pay_token,
            **({"mdtrtId": data["mdtrtId"]} if data.get("mdtrtId") else {}),
        }

    def _patient(self, data: Data) -> PersonRow:
        person = self.book.persons.get(str(data["psnNo"]))
        if person is None:
            raise Rejection("SIM-PERSON psnNo: 人员编号不存在")
        self._check_token(data, person)
        if (person.id_number, person.name, person.id_type) != (data["idNo"], data["userName"], data["idType"]):
            raise Rejection("SIM-PERSON idNo: 证件信息与授权人员不符")
        if all(row["insurance_type"] != data["insutype"] for row in person.insurances):
            raise Rejection("SIM-PERSON insutype: 参保信息不存在")
        return person

    def _check_token(self, data: Data, person: PersonRow) -> None:
        given = [name for name in ("payAuthNo", "ecToken") if data.get(name)]
        if len(given) != 1:
            raise Rejection("SIM-FORM payAuthNo: payAuthNo与ecToken应为二选一")
        if data[given[0]] not in person.tokens:
            raise Rejection(f"SIM-AUTH {given[0]}: 支付授权无效")

    def _check_visit(self, data: Data, person: PersonRow) -> None:
        if not data.get("mdtrtId"):
            if data.get("ecToken"):
                return
            raise Rejection("SIM-FORM mdtrtId: 就诊ID不能为空")
        visit = self.book.visits.get(str(data["mdtrtId"]))
        if visit is None or visit.state == "CANCELLED" or visit.person_number != person.person_number:
            raise Rejection("SIM-VISIT mdtrtId: 有效的就诊登记不存在")

    def _check_serials(self, data: Data) -> None:
        serials = [line["feedetlSn"] for line in data["feedetailList"]]
        held = [
            line["feedetlSn"]
            for order in self.orders.values()
            if order.upload.get("mdtrtId") == data.get("mdtrtId") and order.fee_details != "revoked"
            for line in order.upload["feedetailList"]
        ]
        if len({*serials, *held}) != len(serials) + len(set(held)):
            raise Rejection("SIM-DUPLICATE feedetlSn: 费用明细流水号重复")
        for number, line in enumerate(data["feedetailList"]):
            for name in ("psnNo", "chrgBchno", "mdtrtId"):
                if line[name] != data.get(name, line[name]):
                    raise Rejection(f"SIM-FORM feedetailList[{number}].{name}: 应为订单的{name}")

    def _price(self, data: Data) -> Answer:
        order = self._known(data)
        person = self.book.persons[str(order.upload["psnNo"])]
        self._check_token(data, person)
        for name in ("chrgBchno", "mdtrtId", "feeType"):
            if data[name] != order.upload.get(name, data[name]):
                raise Rejection(f"SIM-FORM {name}: 应为费用明细上传时的值")
        if order.state not in (SAVED, PRICED):
            text = "订单已撤销" if order.state == REVOKED else "订单状态不允许支付下单"
            raise Rejection(f"SIM-STATE payOrdId: {text}")
        self._check_visit(data, person)
        use_account = str(data.get("acctUsedFlag") or order.upload.get("acctUsedFlag")) == "1"
        price(order, self._insurance(order)["balance_fen"], use_account, self._inside_fund)
        return {
            "payOrdId": order.pay_order_id,
            "ordStas": order.state,
            **order.amounts(),
            "extData": {"preSetl": order.presettlement},
        }

    def _give_back(self, data: Data) -> Answer:
        order = self._order(data)
        self._check_token(data, self.book.persons[str(order.upload["psnNo"])])
        self._check_refundable(order)
        kind, cash = str(data["refdType"]), fen(data["cashRefdAmt"])
        _check_refund(order, data, kind)
        if kind != "CASH":
            self._insurance(order)["balance_fen"] += order.account
            order.insurance_refunded = True
        order.cash_refunded += cash
        order.state = _after(order, kind)
        self._release(order)
        return self._receipt(kind)

    def _check_refundable(self, order: Order) -> None:
        if order.state == "7":
            raise Rejection("SIM-STATE payOrdId: 订单已退款")
        if order.state != SETTLED and order.state not in _REFUNDED:
            raise Rejection("SIM-STATE payOrdId: 订单未结算，不能退费")

    def _release(self, order: Order) -> None:
        if order.live or order.fee_details == "revoked":
            return
        order.fee_details = "revoked" if self.book.profile is Profile.NATIONAL else "open"

    def _receipt(self, kind: str) -> Answer:
        now = datetime.now(ZoneInfo("Asia/Shanghai"))
        insurance = {} if kind == "CASH" else {"hiFefdSn": self._number("HIR")}
        return {
            "refdSn": self._number("REF"),
            **insurance,
            "hiTrnsDate": now.strftime("%Y%m%d"),
            "hiTrnsTime": now.strftime("%H%M%S"),
            "refStatus": "SUCC",
        }

    def _order(self, data: Data) -> Order:
        order = self.orders.get(str(data["payOrdId"]))
        if order is None:
            raise Rejection("SIM-ORDER payOrdId: 支付订单不存在")
        return order

    def _known(self, data: Data) -> Order:
        order = self._order(data)
        if not secrets.compare_digest(str(data["payToken"]), order.pay_token):
            raise Rejection("SIM-AUTH payToken: 支付授权与订单不符")
        return order

    def _identified(self, data: Data) -> Order:
        order = self._known(data)
        if any(data[name] != order.upload[name] for name in ("idNo", "userName", "idType")):
            raise Rejection("SIM-PERSON idNo: 证件信息与授权人员不符")
        return order

    def _insurance(self, order: Order) -> dict[str, Any]:
        person = self.book.persons[str(order.upload["psnNo"])]
        return next(row for row in person.insurances if row["insurance_type"] == order.upload["insutype"])

    def _once(self, transaction: str, name: str, data: Data, do: Callable[[Data], Answer]) -> Answer:
        key, content = (transaction, str(data[name])), json.dumps(data, sort_keys=True, default=str)
        if key not in self._answered:
            self._answered[key] = content, do(data)
        known, answer = self._answered[key]
        if known != content:
            raise Rejection(f"SIM-DUPLICATE {name}: 号码重复，且内容不一致")
        return answer

    def _number(self, prefix: str) -> str:
        self._serial += 1
        return f"{prefix}{datetime.now(ZoneInfo('Asia/Shanghai')):%Y%m%d%H%M%S}{self._serial:08d}"


def _check_refund(order: Order, data: Data, kind: str) -> None:
    """Total = parts; ALL is the original; HI is both insurance parts whole, since no state knows less; CASH is cash."""
    asked = tuple(fen(data.get(name)) for name in ("fundRefdAmt", "psnAcctRefdAmt", "cashRefdAmt"))
    if sum(asked) != fen(data["totlRefdAmt"]):
        raise Rejection("SIM-AMOUNTS totlRefdAmt: 总退费金额不等于各项之和")
    left = (order.fund, order.account) if not order.insurance_refunded else (0, 0)
    cash = order.cash - order.cash_refunded
    if kind == "CASH" and asked[:2] == (0, 0) and 0 < asked[2] <= cash:
        return
    if kind == "HI" and asked == (*left, 0) and not order.insurance_refunded:
        return
    if kind == "ALL" and asked == (order.fund, order.account, order.cash) and not order.refunded:
        return
    raise Rejection(f"SIM-AMOUNTS totlRefdAmt: {kind}退费金额与可退金额({yuan(sum(left) + cash)})不符")


def _after(order: Order, kind: str) -> str:
    some = order.cash_refunded > 0
    everything = some and order.cash_refunded == order.cash
    return "7" if kind == "ALL" else AFTER_REFUND[order.insurance_refunded, everything, some]
