"""A waybill is one hospital's: another may have it, too, and does not learn of it."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0012_shipments_live')]

    initial = False

    operations = [
        ops.RemoveConstraint(
            model_name='Shipment',
            name=None,
            fields=['carrier', 'waybill_number'],
        ),
        ops.AlterModelOptions(
            name='Shipment',
            options={'table': 'shipment', 'app': 'models', 'unique_together': (('hospital', 'carrier', 'waybill_number'),), 'indexes': [Index(fields=['order_id', 'id']), Index(fields=['hospital_id', 'created_at', 'id'])], 'pk_attr': 'id', 'table_description': 'A parcel (物流) with one prescription, or with all medicine of its order.'},
        ),
        ops.AddConstraint(
            model_name='Shipment',
            constraint=UniqueConstraint(fields=('hospital', 'carrier', 'waybill_number'), name=None),
        ),
    ]
