"""Which rows a viewer may see: declared once for each model, as data, and applied in the query.

A rule is a path from the model to a column that must equal something the token says; a role without a rule sees
nothing. A path may begin at rows that point here (a doctor's patients). A model that is reached only through its
parent inherits the parent's scope and has no rules of its own. Absent and forbidden look the same.
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
EVERYBODY = ""
STAFF = (Role.CASHIER, Role.FINANCE, Role.AUDITOR, Role.ADMIN)


def scope(
    *, patient: str | None = EVERYBODY, doctor: str | None = None, pharmacist: bool = False, hospital: str
) -> Scope:
    """The usual scope: staff sees what is their hospital's; patients and doctors what is theirs, within one hospital.
    Pharmacists see what prescriptions are about.

    `EVERYBODY` is no path: all rows of the hospital. None: no row at all.
    """
    of_hospital = Rule(hospital, "hospital_id")
    paths = {Role.PATIENT: patient, Role.DOCTOR: doctor}
    theirs = {
        role: (of_hospital,) if path == EVERYBODY else (Rule(path, "subject"), of_hospital)
        for role, path in paths.items()
        if path is not None
    }
    everything = (*STAFF, Role.PHARMACIST) if pharmacist else STAFF
    return theirs | dict.fromkeys(everything, (of_hospital,))


# Only whoever asked for a file sees it, and only in these roles: it holds more than anybody reads on a screen.
EXPORTERS = (Role.FINANCE, Role.AUDITOR, Role.ADMIN)
OWN_EXPORTS: Scope = dict.fromkeys(EXPORTERS, (Rule("subject", "subject"), Rule("hospital_id", "hospital_id")))

SCOPES: Mapping[type[Model], Scope] = {
    models.Hospital: scope(doctor=EVERYBODY, pharmacist=True, hospital="id"),
    models.Department: scope(doctor=EVERYBODY, pharmacist=True, hospital="hospital_id"),
    models.Doctor: scope(doctor="subject", pharmacist=True, hospital="hospital_id"),
    models.Pharmacist: scope(doctor=EVERYBODY, pharmacist=True, hospital="hospital_id"),
    models.InsuranceStanding: scope(patient=None, doctor="doctor__subject", hospital="doctor__hospital_id"),
    models.FaceSignIn: scope(patient=None, doctor="doctor__subject", hospital="doctor__hospital_id"),
    models.PrescribingRight: scope(patient=None, doctor="doctor__subject", hospital="doctor__hospital_id"),
    models.Patient: scope(
        patient="subject", doctor="consultations__doctor__subject", pharmacist=True, hospital="hospital_id"
    ),
    models.Consultation: scope(
        patient="patient__subject", doctor="doctor__subject", pharmacist=True, hospital="hospital_id"
    ),
    models.Order: scope(patient="patient__subject", doctor="doctor__subject", hospital="hospital_id"),
    models.Prescription: scope(
        patient="patient__subject", doctor="doctor__subject", pharmacist=True, hospital="hospital_id"
    ),
    models.Settlement: scope(patient="patient__subject", hospital="hospital_id"),
    models.Invoice: scope(patient="patient__subject", hospital="hospital_id"),
    models.MissingInvoice: scope(patient=None, hospital="hospital_id"),
    models.Refund: scope(patient="patient__subject", hospital="hospital_id"),
    models.ReportExport: OWN_EXPORTS,
    models.Shipment: {
        **scope(patient="order__patient__subject", hospital="hospital_id"),
        Role.PHARMACIST: (Rule("hospital_id", "hospital_id"),),
    },
}


def visible(model: type[M], viewer: Viewer) -> QuerySet[M]:
    """The viewer's rows of a model that has a scope."""
    rules = SCOPES[model].get(viewer.role)
    if rules is None:
        return model.filter(id__in=[])
    conditions = {name: value for rule in rules for name, value in rule.condition(viewer).items()}
    found = model.filter(**conditions)
    return found.distinct() if any(_through_many(model, rule.path) for rule in rules) else found


def _through_many(model: type[Model], path: str) -> bool:
    """Whether a path begins at rows that point here, so that one row may be found several times."""
    return path.partition("__")[0] in model._meta.backward_fk_fields
