"""Who is asking."""

from __future__ import annotations

from typing import cast

import strawberry

from app.tokens import Role as Roles
from resolvers import viewer as resolve
from resolvers.context import Context
from schema.hospitals import Doctor, Hospital
from schema.patients import Patient


@strawberry.type(description="The person behind the token (当前用户).")
class Viewer:
    """As the token says."""

    subject: str = strawberry.field(description="The person's id at the identity provider (用户标识).")
    role: Roles = strawberry.field(description="Role (角色).")

    @strawberry.field(description="The hospital (医院).")
    async def hospital(self, info: strawberry.Info[Context]) -> Hospital | None:
        """The token's hospital."""
        return cast("Hospital | None", await resolve.hospital(info.context))

    @strawberry.field(description="The patient that this person is (患者本人); null for staff.")
    async def patient(self, info: strawberry.Info[Context]) -> Patient | None:
        """The token's subject as a patient."""
        return cast("Patient | None", await resolve.patient(info.context))

    @strawberry.field(description="The doctor that this person is (医师本人); null for anybody else.")
    async def doctor(self, info: strawberry.Info[Context]) -> Doctor | None:
        """The token's subject as a doctor."""
        return cast("Doctor | None", await resolve.doctor(info.context))


@strawberry.type
class ViewerQuery:
    """The read side."""

    @strawberry.field(description="Who is asking (当前用户); null without a token.")
    async def viewer(self, info: strawberry.Info[Context]) -> Viewer | None:
        """Never fails."""
        asking = info.context.viewer_or_none
        return Viewer(subject=asking.subject, role=asking.role) if asking else None
