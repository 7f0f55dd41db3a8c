from tortoise import migrations
from tortoise.migrations import operations as ops
from app.models.shipments import ShipmentState, UploadTarget
from app.models.steps import StepState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0010_order_refunds')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ShipmentUpload',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('shipment', fields.ForeignKeyField('models.Shipment', source_field='shipment_id', db_constraint=True, to_field='id', related_name='uploads', on_delete=OnDelete.RESTRICT)),
                ('target', fields.CharEnumField(description='INSURANCE: INSURANCE\nWECHAT: WECHAT', enum_type=UploadTarget, max_length=16)),
                ('number', fields.CharField(max_length=40)),
                ('state', fields.CharEnumField(default=StepState.PENDING, description='PENDING: PENDING\nSENDING: SENDING\nDONE: DONE\nREFUSED: REFUSED\nUNKNOWN: UNKNOWN\nSKIPPED: SKIPPED', enum_type=StepState, max_length=16)),
                ('shipment_state', fields.CharEnumField(null=True, description='CREATED: CREATED\nPICKED_UP: PICKED_UP\nPICKUP_FAILED: PICKUP_FAILED\nIN_TRANSIT: IN_TRANSIT\nOUT_FOR_DELIVERY: OUT_FOR_DELIVERY\nSIGNED: SIGNED\nEXCEPTION: EXCEPTION\nRETURNING: RETURNING\nRETURNED: RETURNED\nCANCELLED: CANCELLED', enum_type=ShipmentState, max_length=24)),
                ('told_state', fields.CharEnumField(null=True, description='CREATED: CREATED\nPICKED_UP: PICKED_UP\nPICKUP_FAILED: PICKUP_FAILED\nIN_TRANSIT: IN_TRANSIT\nOUT_FOR_DELIVERY: OUT_FOR_DELIVERY\nSIGNED: SIGNED\nEXCEPTION: EXCEPTION\nRETURNING: RETURNING\nRETURNED: RETURNED\nCANCELLED: CANCELLED', enum_type=ShipmentState, max_length=24)),
                ('message_id', fields.CharField(null=True, max_length=64)),
                ('request_digest', fields.CharField(null=True, max_length=64)),
                ('attempts', fields.IntField(default=0)),
                ('tries', fields.IntField(default=0)),
                ('leased_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('started_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('problem_code', fields.CharField(null=True, max_length=40)),
                ('problem_message', fields.CharField(null=True, max_length=500)),
                ('problem_platform', fields.CharField(null=True, max_length=24)),
                ('problem_platform_code', fields.CharField(null=True, max_length=40)),
            ],
            options={'table': 'shipment_upload', 'app': 'models', 'unique_together': (('shipment', 'target', 'number'),), 'constraints': [UniqueConstraint(fields=('number',), name='shipment_upload_one_per_payment', condition="target = 'WECHAT'")], 'pk_attr': 'id', 'table_description': 'What somebody was told of a parcel, and what is being told: the intent is committed before anything is sent.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Callback',
            name='shipment',
            field=fields.ForeignKeyField('models.Shipment', source_field='shipment_id', null=True, db_constraint=True, to_field='id', related_name='callbacks', on_delete=OnDelete.RESTRICT),
        ),
        ops.AlterModelOptions(
            name='Shipment',
            options={'table': 'shipment', 'app': 'models', 'unique_together': (('carrier', 'waybill_number'),), 'indexes': [Index(fields=['order_id']), Index(fields=['hospital_id', 'id'])], 'pk_attr': 'id', 'table_description': 'A parcel (物流) with one prescription, or with all medicine of its order; one waybill of one carrier exists once.'},
        ),
        ops.AlterField(
            model_name='Shipment',
            name='state',
            field=fields.CharEnumField(default=ShipmentState.CREATED, description='CREATED: CREATED\nPICKED_UP: PICKED_UP\nPICKUP_FAILED: PICKUP_FAILED\nIN_TRANSIT: IN_TRANSIT\nOUT_FOR_DELIVERY: OUT_FOR_DELIVERY\nSIGNED: SIGNED\nEXCEPTION: EXCEPTION\nRETURNING: RETURNING\nRETURNED: RETURNED\nCANCELLED: CANCELLED', enum_type=ShipmentState, max_length=24),
        ),
        ops.AddField(
            model_name='Shipment',
            name='asked_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Shipment',
            name='next_run_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Shipment',
            name='phone_tail_sealed',
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name='Shipment',
            name='prescription',
            field=fields.ForeignKeyField('models.Prescription', source_field='prescription_id', null=True, db_constraint=True, to_field='id', related_name='shipments', on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Shipment',
            name='problem_code',
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.AddField(
            model_name='Shipment',
            name='problem_message',
            field=fields.CharField(null=True, max_length=500),
        ),
        ops.AddField(
            model_name='Shipment',
            name='problem_platform',
            field=fields.CharField(null=True, max_length=24),
        ),
        ops.AddField(
            model_name='Shipment',
            name='problem_platform_code',
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.AddField(
            model_name='Shipment',
            name='state_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Shipment',
            name='subscribed_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AlterField(
            model_name='ShipmentNode',
            name='state',
            field=fields.CharEnumField(description='CREATED: CREATED\nPICKED_UP: PICKED_UP\nPICKUP_FAILED: PICKUP_FAILED\nIN_TRANSIT: IN_TRANSIT\nOUT_FOR_DELIVERY: OUT_FOR_DELIVERY\nSIGNED: SIGNED\nEXCEPTION: EXCEPTION\nRETURNING: RETURNING\nRETURNED: RETURNED\nCANCELLED: CANCELLED', enum_type=ShipmentState, max_length=24),
        ),
        ops.RunSQL(
            'CREATE UNIQUE INDEX "shipment_upload_one_per_payment" ON "shipment_upload" ("number")'
            " WHERE target = 'WECHAT'",
            'DROP INDEX "shipment_upload_one_per_payment"',
        ),
    ]
