"""Seventeen journeys stand still, each at a place of its own, while the one server is killed.

Between two steps: a trigger holds the next step's first write.
Inside a step: the sandbox executes, and keeps its answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import asyncpg

from app import database
from tests.fixtures.hospital import RunningHospital, Someone, steps, until
from tests.processes.ground import Ground
from tests.settlement.books import fee_order, made, standing

SETTLE = ("REGISTRATION", "FEE_DETAILS", "PREVIEW", "CHECKOUT", "RESULT", "HIS_CONFIRMATION", "INVOICE")
REVERSE = ("REVERSE_REGISTRATION", "REVERSE_FEE_DETAILS", "REVERSE_SETTLEMENT", "RED_INVOICE", "HIS_CANCELLATION")
AFTER = SETTLE[:-1] + REVERSE[:-1]
NEXT = dict(pairwise(SETTLE)) | dict(pairwise(REVERSE))
PAID_FOR = ("RESULT", "HIS_CONFIRMATION", "INVOICE")
KEPT = 12.0  # seconds for which a platform keeps its answer
LOCK = 20261
# A call may take long here, and the lease is longer: nothing is given up before the kill.
PATIENT = {
    f"YIQIAO_{platform}__TIMEOUT": "8"
    for platform in ("INSURANCE_CORE", "INSURANCE_PAYMENT", "HIS", "RECEIPTS", "WECHAT_PAY")
} | {"YIQIAO_TIMING__LEASE": "PT9S", "YIQIAO_DATABASE_POOL": "40"}

HOLD = f"""
CREATE TABLE cut (patient_id bigint, kind text);
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF EXISTS (SELECT 1 FROM cut JOIN settlement s USING (patient_id)
             WHERE s.id = NEW.settlement_id AND cut.kind = NEW.kind)
  THEN PERFORM pg_advisory_xact_lock_shared({LOCK}); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hold BEFORE UPDATE ON settlement_step FOR EACH ROW EXECUTE FUNCTION hold();
"""
RELEASE = "DROP TRIGGER hold ON settlement_step; DROP FUNCTION hold(); DROP TABLE cut"
HELD = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted"


@dataclass
class Inside:
    """A call whose effect is there, and whose answer is not."""

    platform: str
    transaction: str
    happened: Callable[[RunningHospital, Any], bool]


def _standing(name: str, count: int) -> Callable[[RunningHospital, Any], bool]:
    return lambda hospital, settlement: standing(hospital, settlement)[name] == count


INSIDE = {
    "REGISTRATION": Inside("insurance-core", "2201", _standing("registrations", 1)),
    "FEE_DETAILS": Inside("insurance-payment", "6201", _standing("fee orders", 1)),
    "PREVIEW": Inside("insurance-payment", "6202", lambda h, s: bool(fee_order(h, s)["fund_fen"])),
    "HIS_CONFIRMATION": Inside("his", "confirm", _standing("HIS settlements", 1)),
    "INVOICE": Inside("receipts", "invEBillRegistration", _standing("receipts", 1)),
    "REVERSE_SETTLEMENT": Inside("insurance-payment", "6203", lambda h, s: fee_order(h, s)["refunded_fen"] > 0),
    "HIS_CANCELLATION": Inside("his", "cancel", _standing("HIS settlements", 0)),
}


@dataclass
class Cut:
    """A journey that the kill has interrupted: at `kind`, with the steps as they stood."""

    patient: Someone
    settlement: Any
    kind: str
    paid: bool
    before: dict[str, Any]

    @property
    def end(self) -> str:
        return "REVERSED" if self.kind in REVERSE else "COMPLETED"

    def finish(self) -> Any:
        """Go on where it was left; the settlement as it ended."""
        if not self.paid:
            self.patient.pay(self.settlement)
        return self.patient.until(self.settlement, self.end)


class Journeys:
    """Brings every journey to its place."""

    def __init__(self, hospital: RunningHospital) -> None:
        self.hospital = hospital
        self._patients = (hospital.patient(number) for number in range(1, 19))
        self.after: dict[str, Cut] = {}
        self.inside: dict[str, Cut] = {}

    def all_stand(self) -> None:
        """Those that hold a platform's answer come last: they are the ones that do not wait for ever."""
        prepared = [(kind, *self._prepared(kind)) for kind in AFTER]
        ready = [(kind, *self._prepared(kind)) for kind in INSIDE]
        for kind, patient, settlement in prepared:
            self.after[kind] = self._go(kind, patient, settlement, cut=True)
        until(lambda: len(self.hospital.sql(HELD, LOCK)) >= len(AFTER), "every journey's halt between two steps")
        for kind, patient, settlement in ready:
            self.inside[kind] = self._kept(kind, patient, settlement)
        for each in (*self.after.values(), *self.inside.values()):
            each.before = steps(each.patient.look(each.settlement))

    def _prepared(self, kind: str) -> tuple[Someone, Any]:
        """As far as it goes without coming near its place; None where it has not begun."""
        patient = next(self._patients)
        if kind in REVERSE:
            return patient, patient.settle()
        if kind in PAID_FOR:
            settlement = patient.begin()
            patient.until(settlement, "AWAITING_PAYMENT")
            return patient, settlement
        return patient, None

    def _go(self, kind: str, patient: Someone, settlement: Any, *, cut: bool) -> Cut:
        if cut:
            self.hospital.sql(
                "INSERT INTO cut SELECT id, $2 FROM patient WHERE subject = $1", patient.subject, NEXT[kind]
            )
        if settlement is None:
            settlement = patient.begin()
        elif kind in REVERSE:
            assert self.hospital.cashier().reverse(settlement)["__typename"] == "SettlementPayload"
        else:
            patient.pay(settlement)
        return Cut(patient, settlement, kind, kind in PAID_FOR + REVERSE, {})

    def _kept(self, kind: str, patient: Someone, settlement: Any) -> Cut:
        call = INSIDE[kind]
        self.hospital.fault(call.platform, call.transaction, "delay", seconds=KEPT)
        cut = self._go(kind, patient, settlement, cut=False)

        def there() -> bool:
            step = steps(patient.look(cut.settlement))[kind]
            sent = step["state"] == "SENDING" and step["transaction"] == call.transaction
            known = sent and sum(made(self.hospital, cut.settlement).values()) > 0
            return known and call.happened(self.hospital, cut.settlement)

        until(there, f"the effect of {call.transaction}")
        return cut


@contextlib.contextmanager
def held(hospital: RunningHospital) -> Iterator[None]:
    """While the block runs, journeys stop at their cuts; at its end nothing of what they began is committed."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(**database.credentials(hospital.settings.database_url)))
        try:
            runner.run(connection.execute(f"SELECT pg_advisory_lock({LOCK}); {HOLD}"))
            yield
        finally:
            runner.run(connection.execute(f"SELECT pg_terminate_backend(pid) FROM ({HELD.replace('$1', str(LOCK))}) h"))
            runner.run(connection.execute(f"SELECT pg_advisory_unlock({LOCK})"))
            runner.run(connection.execute(RELEASE))
            runner.run(connection.close())


def cut_short(ground: Ground) -> Journeys:
    """All journeys at their places, the server killed, and started again."""
    journeys = Journeys(ground.hospital)
    server = ground.serve("--with-worker", **PATIENT)
    with held(ground.hospital):
        journeys.all_stand()
        server.kill()
    ground.serve("--with-worker", **PATIENT)
    return journeys
