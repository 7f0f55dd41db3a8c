"""Parcels as a list and live: whatever is seen of one is told in the transaction of the change (app/events.py).

And what an order has is read along an index in its own order: a page of orders sorts nothing.
"""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

TELL = """
CREATE FUNCTION shipment_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('yiqiao_shipment', (to_jsonb(NEW) ->> TG_ARGV[0]));
    RETURN NULL;
END $$
"""
SEEN = {"shipment": "state, checked_at, problem_code", "shipment_upload": "state, told_state, attempts, problem_code"}
TRIGGER = """
CREATE TRIGGER {table}_told AFTER UPDATE OF {columns} ON {table} FOR EACH ROW
    EXECUTE FUNCTION shipment_tell('{row}')
"""
ROW = {"shipment": "id", "shipment_upload": "shipment_id"}


class Migration(migrations.Migration):
    dependencies = [("models", "0011_shipments")]

    initial = False

    operations = [
        ops.RemoveIndex(model_name="Shipment", name=None, fields=["hospital_id", "id"]),
        ops.AddIndex(model_name="Shipment", index=Index(fields=["hospital_id", "created_at", "id"])),
        ops.RemoveIndex(model_name="Shipment", name=None, fields=["order_id"]),
        ops.AddIndex(model_name="Shipment", index=Index(fields=["order_id", "id"])),
        ops.AddIndex(model_name="Prescription", index=Index(fields=["order_id", "id"])),
        ops.AddIndex(model_name="PrescriptionItem", index=Index(fields=["prescription_id", "id"])),
        ops.RunSQL(TELL, "DROP FUNCTION shipment_tell()"),
        *(
            ops.RunSQL(
                TRIGGER.format(table=table, columns=columns, row=ROW[table]), f"DROP TRIGGER {table}_told ON {table}"
            )
            for table, columns in SEEN.items()
        ),
    ]
