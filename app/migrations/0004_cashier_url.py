"""The page that 6201 names is kept sealed until its price is known; only then does a patient see it."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0003_constraints")]

    operations = [
        ops.AddField(model_name="Settlement", name="cashier_url_sealed", field=fields.BinaryField(null=True)),
    ]
