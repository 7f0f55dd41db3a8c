from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0004_cashier_url')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Settlement',
            name='insurance_type',
            field=fields.CharField(null=True, max_length=6),
        ),
        ops.AddField(
            model_name='Settlement',
            name='refunded_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
