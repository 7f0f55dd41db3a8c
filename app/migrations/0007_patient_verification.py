from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0006_daily_reports')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Patient',
            name='authorization_asked_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Patient',
            name='authorization_checked_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Patient',
            name='benefit_checked_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Patient',
            name='benefit_enjoyed',
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name='Patient',
            name='benefit_reason',
            field=fields.CharField(null=True, max_length=500),
        ),
        ops.AddField(
            model_name='Patient',
            name='insurance_balance_fen',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='Patient',
            name='insurance_status',
            field=fields.CharField(null=True, max_length=6),
        ),
        ops.AddField(
            model_name='Patient',
            name='person_number_masked',
            field=fields.CharField(null=True, max_length=30),
        ),
    ]
