"""The graph: shapes, words and descriptions; every field hands over to a resolver.

The checked-in `schema/schema.graphql` is the full truth; a test keeps it equal to this code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from app.problems import UNEXPECTED
from app.problems import Problem as Failure
from resolvers import reads
from resolvers.context import Context, Unauthenticated
from schema.circulation import Pharmacist
from schema.doctors import DoctorMutation
from schema.documents import EXTENSIONS
from schema.enums import ENUMS
from schema.exports import ExportMutation, ExportQuery, ExportSubscription, ReportExport
from schema.hospitals import Department, Doctor, Hospital
from schema.invoices import Invoice, InvoiceQuery, MissingInvoice
from schema.nodes import NodeQuery
from schema.orders import Consultation, Order, OrderMutation, OrderQuery
from schema.patients import Patient, PatientMutation
from schema.prescription_enums import PRESCRIPTION_ENUMS
from schema.prescription_lists import PrescriptionQuery, PrescriptionSubscription
from schema.prescription_mutations import PrescriptionMutation
from schema.prescriptions import Prescription, PrescriptionPaymentMutation
from schema.problems import TYPES as PROBLEMS
from schema.reconciliation import ReconciliationQuery
from schema.refunds import Refund, RefundMutation, RefundQuery
from schema.reports import ReportQuery
from schema.scalars import SCALARS
from schema.settlement_mutations import SettlementMutation
from schema.settlements import Settlement, SettlementQuery, SettlementSubscription
from schema.shipments import Shipment, ShipmentMutation, ShipmentQuery, ShipmentSubscription
from schema.viewer import ViewerQuery

log = structlog.get_logger()

QUERIES = (
    NodeQuery,
    ViewerQuery,
    OrderQuery,
    SettlementQuery,
    InvoiceQuery,
    PrescriptionQuery,
    RefundQuery,
    ShipmentQuery,
    ExportQuery,
    ReportQuery,
    ReconciliationQuery,
)
Query = strawberry.type(merge_types("Query", QUERIES), description="What can be asked (查询).")
MUTATIONS = (
    DoctorMutation,
    OrderMutation,
    PrescriptionMutation,
    PrescriptionPaymentMutation,
    SettlementMutation,
    RefundMutation,
    PatientMutation,
    ExportMutation,
    ShipmentMutation,
)
SUBSCRIPTIONS = (SettlementSubscription, PrescriptionSubscription, ShipmentSubscription, ExportSubscription)
Mutation = strawberry.type(merge_types("Mutation", MUTATIONS), description="What can be done (操作).")
Subscription = strawberry.type(
    merge_types("Subscription", SUBSCRIPTIONS),
    description="What can be watched (订阅).",
)


class Schema(strawberry.Schema):
    """Unexpected errors are masked, each with the request's id; the log has the rest."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Rewrite each error for the outside, in place."""
        context = execution_context.context if execution_context else None
        for place, error in enumerate(errors):
            errors[place] = _outside(error, context)


def _outside(error: GraphQLError, context: Context | None) -> GraphQLError:
    """A mistake in the document stays as it is; a failure gets its code; anything else is masked."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        return error
    if isinstance(cause, Failure):
        language = context.language if context else 0
        return _told(error, cause.message(language), {"code": cause.code, "field": cause.field})
    if isinstance(cause, Unauthenticated):
        return _told(error, "需要登录 (a bearer token is needed)", {"code": "UNAUTHENTICATED"})
    request_id = context.request_id if context else ""
    log.error("graph.unexpected", request_id=request_id, path=error.path, error=repr(type(cause)), exc_info=cause)
    return _told(error, UNEXPECTED, {"code": "INTERNAL", "requestId": request_id})


def _told(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=extensions)


class Fresh(SchemaExtension):
    """Every operation reads for itself: a socket's operations share one context, and must not share what was loaded."""

    def on_operation(self) -> Iterator[None]:
        """Before anything is loaded."""
        self.execution_context.context.loaders.forget()
        yield


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[
        *ENUMS,
        *PRESCRIPTION_ENUMS,
        *PROBLEMS,
        Hospital,
        Department,
        Doctor,
        Patient,
        Consultation,
        Order,
        Prescription,
        Pharmacist,
        Settlement,
        Invoice,
        MissingInvoice,
        Refund,
        Shipment,
        ReportExport,
    ],
    config=StrawberryConfig(default_resolver=reads.value, scalar_map=SCALARS),
    extensions=[Fresh, *EXTENSIONS],
)
