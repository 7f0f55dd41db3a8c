"""Numbers that must never repeat across processes: business numbers and platform message ids."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [
        ops.RunSQL(
            "CREATE SEQUENCE business_number; CREATE SEQUENCE message_number;",
            "DROP SEQUENCE business_number; DROP SEQUENCE message_number;",
        )
    ]
