"""Which rows a viewer may see: declared once for each model, as data, and applied in the query.

A rule is a path from the model to a column that must equal something the token says; a role without a rule sees
nothing. A model that is reached only through its parent inherits the parent's scope and has no rules of its own.
Absent and forbidden look the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from tortoise.models import Model
from tortoise.queryset import QuerySet

from app import models
from app.tokens import Role, Viewer

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows whose `path` equals the viewer's `claim`."""

    path: str
    claim: str

    def condition(self, viewer: Viewer) -> dict[str, object]:
        """The rule as a filter."""
        return {self.path: getattr(viewer, self.claim)}


Scope = Mapping[Role, tuple[Rule, ...]]
STAFF = (Role.CASHIER, Role.FINANCE, Role.AUDITOR, Role.ADMIN)


def scope(*, patient: str | None, hospital: str) -> Scope:
    """The usual scope: a patient sees what is theirs, staff what is their hospital's; both within one hospital."""
    of_hospital = Rule(hospital, "hospital_id")
    theirs = {Role.PATIENT: (of_hospital,) if patient is None else (Rule(patient, "subject"), of_hospital)}
    return theirs | dict.fromkeys(STAFF, (of_hospital,))


SCOPES: Mapping[type[Model], Scope] = {
    models.Hospital: scope(patient=None, hospital="id"),
    models.Department: scope(patient=None, hospital="hospital_id"),
    models.Doctor: scope(patient=None, hospital="hospital_id"),
    models.Patient: scope(patient="subject", hospital="hospital_id"),
    models.Consultation: scope(patient="patient__subject", hospital="hospital_id"),
    models.Order: scope(patient="patient__subject", hospital="hospital_id"),
    models.Prescription: scope(patient="order__patient__subject", hospital="hospital_id"),
    models.Settlement: scope(patient="patient__subject", hospital="hospital_id"),
    models.Invoice: scope(patient="patient__subject", hospital="hospital_id"),
    models.Shipment: scope(patient="order__patient__subject", hospital="hospital_id"),
}


def visible(model: type[M], viewer: Viewer) -> QuerySet[M]:
    """The viewer's rows of a model that has a scope."""
    rules = SCOPES[model].get(viewer.role)
    if rules is None:
        return model.filter(id__in=[])
    conditions = {name: value for rule in rules for name, value in rule.condition(viewer).items()}
    return model.filter(**conditions)
