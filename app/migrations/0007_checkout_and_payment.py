from tortoise import migrations
from tortoise.migrations import operations as ops
from app.models.orders import OrderState
from app.models.prescriptions import DispenseState, PaymentState
from app.models.settlements import CheckoutKind
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0006_hospital_keys')]

    initial = False

    operations = [
        ops.AlterField(
            model_name='Order',
            name='state',
            field=fields.CharEnumField(default=OrderState.OPEN, description='OPEN: OPEN\nSETTLING: SETTLING\nSETTLED: SETTLED\nREFUNDED: REFUNDED\nEXPIRED: EXPIRED\nSTALE: STALE', enum_type=OrderState, max_length=16),
        ),
        ops.AddField(
            model_name='Prescription',
            name='payment_checked_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Prescription',
            name='payment_dispense_state',
            field=fields.CharEnumField(null=True, description='NONE: NONE\nPREPARING: PREPARING\nDISPENSED: DISPENSED\nSHIPPED: SHIPPED\nRECEIVED: RECEIVED\nRETURNED: RETURNED', enum_type=DispenseState, max_length=16),
        ),
        ops.AddField(
            model_name='Prescription',
            name='payment_fees_changed',
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name='Prescription',
            name='payment_paid_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Prescription',
            name='payment_state',
            field=fields.CharEnumField(null=True, description='UNPAID: UNPAID\nLOCKED: LOCKED\nPAID: PAID\nHOSPITAL_PROCESSING: HOSPITAL_PROCESSING\nPARTIALLY_REFUNDED: PARTIALLY_REFUNDED\nREFUNDED: REFUNDED\nVOID: VOID', enum_type=PaymentState, max_length=24),
        ),
        ops.AddField(
            model_name='Settlement',
            name='cash_serial',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='Settlement',
            name='checkout_kind',
            field=fields.CharEnumField(default=CheckoutKind.PAGE, description='PAGE: PAGE\nMINI_PROGRAM: MINI_PROGRAM\nMIXED: MIXED', db_default='PAGE', enum_type=CheckoutKind, max_length=16),
        ),
        ops.AddField(
            model_name='Settlement',
            name='checkout_parameters_sealed',
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name='Settlement',
            name='fees_checked_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Settlement',
            name='his_lock_number',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='Settlement',
            name='mix_trade_number',
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AddField(
            model_name='Settlement',
            name='payer_sealed',
            field=fields.BinaryField(null=True),
        ),
    ]
