"""An idempotency key is one person's at one hospital: staff of two hospitals may have the same name.

The keys that exist are those of the only hospital that there was.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

NAME = "IdempotencyKey"
COLUMNS = ("subject", "operation", "key")


class Migration(migrations.Migration):
    dependencies = [("models", "0005_prescribing")]

    operations = [
        ops.RemoveConstraint(model_name=NAME, name=None, fields=list(COLUMNS)),
        ops.AddField(model_name=NAME, name="hospital_id", field=fields.BigIntField(null=True)),
        ops.RunSQL("UPDATE idempotency_key SET hospital_id = (SELECT min(id) FROM hospital)", ""),
        ops.AlterField(model_name=NAME, name="hospital_id", field=fields.BigIntField()),
        ops.AddConstraint(
            model_name=NAME, constraint=UniqueConstraint(fields=("hospital_id", *COLUMNS), name=None)
        ),
    ]
