from tortoise import migrations
from tortoise.migrations import operations as ops
from app.models.exports import ExportFormat, ExportKind, ExportState
from app.models.lists import ListSort
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0008_refunds')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ReportExport',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('hospital', fields.ForeignKeyField('models.Hospital', source_field='hospital_id', db_constraint=True, to_field='id', related_name='exports', on_delete=OnDelete.RESTRICT)),
                ('subject', fields.CharField(max_length=64)),
                ('role', fields.CharField(max_length=16)),
                ('language', fields.SmallIntField(default=0)),
                ('kind', fields.CharEnumField(description='ORDERS: ORDERS\nSETTLEMENTS: SETTLEMENTS\nPAYMENTS: PAYMENTS', enum_type=ExportKind, max_length=16)),
                ('format', fields.CharEnumField(description='CSV: CSV\nXLSX: XLSX', enum_type=ExportFormat, max_length=8)),
                ('filters', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('sort', fields.CharEnumField(default=ListSort.CREATED_DESC, description='CREATED_DESC: CREATED_DESC\nCREATED_ASC: CREATED_ASC\nAMOUNT_DESC: AMOUNT_DESC\nAMOUNT_ASC: AMOUNT_ASC', enum_type=ListSort, max_length=16)),
                ('state', fields.CharEnumField(default=ExportState.QUEUED, description='QUEUED: QUEUED\nRUNNING: RUNNING\nDONE: DONE\nFAILED: FAILED', enum_type=ExportState, max_length=16)),
                ('attempt', fields.IntField(default=0)),
                ('leased_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('rows_done', fields.IntField(default=0)),
                ('rows_total', fields.IntField(null=True)),
                ('size_bytes', fields.BigIntField(null=True)),
                ('problem_code', fields.CharField(null=True, max_length=40)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'report_export', 'app': 'models', 'indexes': [Index(fields=['hospital_id', 'subject', 'created_at', 'id']), Index(fields=['state'])], 'pk_attr': 'id', 'table_description': 'An export (导出). `filters` has the stored values; only the attempt whose number it is may write it.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ReportExportChunk',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('export', fields.ForeignKeyField('models.ReportExport', source_field='export_id', db_constraint=True, to_field='id', related_name='chunks', on_delete=OnDelete.CASCADE)),
                ('attempt', fields.IntField()),
                ('position', fields.IntField()),
                ('content', fields.BinaryField()),
            ],
            options={'table': 'report_export_chunk', 'app': 'models', 'indexes': [Index(fields=['export_id', 'attempt', 'position'])], 'pk_attr': 'id', 'table_description': "A piece of an export's file, as one attempt wrote it."},
            bases=['Model'],
        ),
        ops.AddIndex(
            model_name='Order',
            index=Index(fields=['hospital_id', 'total_fen', 'id']),
        ),
        ops.AddIndex(
            model_name='Settlement',
            index=Index(fields=['hospital_id', 'total_fen', 'id']),
        ),
    ]
