"""The constraints that the models declare.

`CreateModel` keeps `constraints` in the state of the migrations and does not put them into the database (tortoise-orm
1.1), so they are put there here; the state has them already. A later change of a constraint in a model is written by
`makemigrations` as usual.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

CHECKS = (
    ("orders", "order_total_positive", "total_fen > 0"),
    ("fee_detail", "fee_detail_amount_not_negative", "amount_fen >= 0"),
    ("prescription", "prescription_total_not_negative", "total_fen >= 0"),
    ("prescription_item", "prescription_item_amount_not_negative", "amount_fen >= 0"),
    ("settlement", "settlement_total_positive", "total_fen > 0"),
    (
        "settlement",
        "settlement_never_refunds_more_than_paid",
        "refunded_fen >= 0 AND paid_fen >= 0 AND refunded_fen <= paid_fen AND paid_fen <= total_fen",
    ),
    (
        "settlement",
        "settlement_parts_add_up",
        "fund_fen IS NULL OR coalesce(fund_fen + account_fen + cash_fen + other_fen, -1) = total_fen",
    ),
    ("settlement_step", "step_attempts_not_negative", "attempts >= 0"),
    ("invoice", "invoice_total_positive", "total_fen > 0"),
    ("invoice", "invoice_issued_has_number", "state = 'ISSUING' OR number IS NOT NULL"),
)
UNIQUES = (
    ("settlement", "settlement_one_live_per_order", "order_id", "state NOT IN ('FAILED', 'REVERSED')"),
    ("invoice", "invoice_one_valid_per_settlement", "settlement_id", "state <> 'RED'"),
)


class Migration(migrations.Migration):
    dependencies = [("models", "0002_sequences")]

    operations = [
        *(
            ops.RunSQL(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" CHECK ({check})',
                f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"',
            )
            for table, name, check in CHECKS
        ),
        *(
            ops.RunSQL(
                f'CREATE UNIQUE INDEX "{name}" ON "{table}" ("{column}") WHERE {condition}', f'DROP INDEX "{name}"'
            )
            for table, name, column, condition in UNIQUES
        ),
    ]
