"""What was given back of an order: what is left of one that is open again must be paid."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    dependencies = [("models", "0009_lists_and_exports")]

    operations = [
        ops.AddField(
            model_name="Order",
            name="refunded_fen",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.RunSQL(
            "ALTER TABLE orders ALTER refunded_fen SET DEFAULT 0; "
            "UPDATE orders SET refunded_fen = total_fen WHERE state = 'REFUNDED'",
            "SELECT 1",
        ),
        ops.AddConstraint(
            model_name="Order",
            constraint=CheckConstraint(
                check="refunded_fen BETWEEN 0 AND total_fen", name="order_refunded_within_total"
            ),
        ),
    ]
