from tortoise import migrations
from tortoise.migrations import operations as ops
from app.models.consultations import Speaker
from app.models.doctors import DrugClass
from app.models.hospitals import Severity
from app.models.circulation_states import CirculationState, DrugUse, ReviewVerdict
from app.models.prescriptions import PrescriptionKind, PrescriptionState, PrescriptionStepKind
from app.models.steps import StepState
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0004_daily_reports')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ConsultationMessage',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('consultation', fields.ForeignKeyField('models.Consultation', source_field='consultation_id', db_constraint=True, to_field='id', related_name='messages', on_delete=OnDelete.RESTRICT)),
                ('key', fields.CharField(unique=True, max_length=36)),
                ('speaker', fields.CharEnumField(description='PATIENT: PATIENT\nDOCTOR: DOCTOR', enum_type=Speaker, max_length=16)),
                ('text_sealed', fields.BinaryField()),
                ('said_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'consultation_message', 'app': 'models', 'indexes': [Index(fields=['consultation_id', 'id'])], 'pk_attr': 'id', 'table_description': 'What was said in a consultation (问诊记录), sealed for this row by `key`.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ConsultationUpload',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('consultation', fields.OneToOneField('models.Consultation', source_field='consultation_id', db_constraint=True, to_field='id', related_name='upload', on_delete=OnDelete.RESTRICT)),
                ('state', fields.CharEnumField(default=StepState.SENDING, description='PENDING: PENDING\nSENDING: SENDING\nDONE: DONE\nREFUSED: REFUSED\nUNKNOWN: UNKNOWN\nSKIPPED: SKIPPED', enum_type=StepState, max_length=16)),
                ('attempts', fields.IntField(default=0)),
                ('message_id', fields.CharField(max_length=64)),
                ('request_digest', fields.CharField(max_length=64)),
                ('problem_code', fields.CharField(null=True, max_length=40)),
                ('problem_message', fields.CharField(null=True, max_length=500)),
                ('problem_platform', fields.CharField(null=True, max_length=24)),
                ('problem_platform_code', fields.CharField(null=True, max_length=40)),
                ('uploaded_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('checked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'consultation_upload', 'app': 'models', 'pk_attr': 'id', 'table_description': "The consultation's record at the insurance (问诊过程数据上传, 4301); written before anything is sent."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Drug',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('hospital', fields.ForeignKeyField('models.Hospital', source_field='hospital_id', db_constraint=True, to_field='id', related_name='drugs', on_delete=OnDelete.RESTRICT)),
                ('item_code', fields.CharField(max_length=20)),
                ('insurance_code', fields.CharField(max_length=20)),
                ('name', fields.CharField(max_length=50)),
                ('kind', fields.CharEnumField(description='WESTERN: WESTERN\nCHINESE_PATENT: CHINESE_PATENT\nHERBAL: HERBAL\nSERVICE: SERVICE', enum_type=PrescriptionKind, max_length=16)),
                ('drug_class', fields.CharEnumField(description='ORDINARY: ORDINARY\nANTIBACTERIAL_UNRESTRICTED: ANTIBACTERIAL_UNRESTRICTED\nANTIBACTERIAL_RESTRICTED: ANTIBACTERIAL_RESTRICTED\nANTIBACTERIAL_SPECIAL: ANTIBACTERIAL_SPECIAL\nNARCOTIC_PSYCHOTROPIC: NARCOTIC_PSYCHOTROPIC\nHERBAL: HERBAL', enum_type=DrugClass, max_length=32)),
                ('dosage_form', fields.CharField(max_length=20)),
                ('spec', fields.CharField(max_length=40)),
                ('unit', fields.CharField(max_length=20)),
                ('price', fields.DecimalField(max_digits=16, decimal_places=6)),
                ('producer', fields.CharField(default='', max_length=100)),
                ('list_type', fields.CharField(max_length=3)),
                ('level', fields.CharField(max_length=3)),
                ('self_pay_ratio', fields.DecimalField(default=0, max_digits=5, decimal_places=4)),
                ('limited', fields.BooleanField(default=False)),
                ('available', fields.BooleanField(default=True)),
            ],
            options={'table': 'drug', 'app': 'models', 'unique_together': (('hospital', 'item_code'),), 'pk_attr': 'id', 'table_description': "A drug of the hospital's own list (院内药品目录); imported as the other master data."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='InsuranceVisit',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('consultation', fields.OneToOneField('models.Consultation', source_field='consultation_id', db_constraint=True, to_field='id', related_name='insurance_visit', on_delete=OnDelete.RESTRICT)),
                ('number', fields.CharField(unique=True, max_length=20)),
                ('message_id', fields.CharField(null=True, max_length=64)),
                ('request_digest', fields.CharField(null=True, max_length=64)),
                ('visit_id', fields.CharField(null=True, max_length=30)),
                ('person_number', fields.CharField(max_length=30)),
                ('insurance_type', fields.CharField(max_length=6)),
                ('insured_area', fields.CharField(max_length=6)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'insurance_visit', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The consultation as the insurance knows it (医保就诊): 2201 under a `number` of ours gave it a `visit_id`.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Pharmacist',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('hospital', fields.ForeignKeyField('models.Hospital', source_field='hospital_id', db_constraint=True, to_field='id', related_name='pharmacists', on_delete=OnDelete.RESTRICT)),
                ('department', fields.ForeignKeyField('models.Department', source_field='department_id', db_constraint=True, to_field='id', related_name='pharmacists', on_delete=OnDelete.RESTRICT)),
                ('subject', fields.CharField(null=True, unique=True, max_length=64)),
                ('code', fields.CharField(max_length=20)),
                ('name', fields.CharField(max_length=50)),
                ('title', fields.CharField(default='', max_length=20)),
                ('licence', fields.CharField(default='', max_length=50)),
            ],
            options={'table': 'pharmacist', 'app': 'models', 'unique_together': (('hospital', 'code'),), 'pk_attr': 'id', 'table_description': "A pharmacist (药师); `code` is the national code (国家医保药师代码), `subject` that of the pharmacist's token."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PrescriptionHint',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('prescription', fields.ForeignKeyField('models.Prescription', source_field='prescription_id', db_constraint=True, to_field='id', related_name='hints', on_delete=OnDelete.RESTRICT)),
                ('number', fields.CharField(max_length=50)),
                ('rule_code', fields.CharField(max_length=50)),
                ('rule_name', fields.CharField(max_length=200)),
                ('content', fields.CharField(max_length=500)),
                ('severity', fields.CharEnumField(description='VIOLATION: VIOLATION\nSUSPECT: SUSPECT\nNOTICE: NOTICE\nUNKNOWN: UNKNOWN', enum_type=Severity, max_length=16)),
                ('severity_code', fields.CharField(max_length=3)),
                ('evidence', fields.CharField(null=True, max_length=500)),
                ('amount_fen', fields.BigIntField(null=True)),
                ('blocking', fields.BooleanField()),
                ('serials', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'prescription_hint', 'app': 'models', 'indexes': [Index(fields=['prescription_id', 'id'])], 'pk_attr': 'id', 'table_description': 'What the platform remarked before the prescription was uploaded (事前提醒, 3101); the newest advice alone.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PrescriptionReview',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('prescription', fields.OneToOneField('models.Prescription', source_field='prescription_id', db_constraint=True, to_field='id', related_name='review', on_delete=OnDelete.RESTRICT)),
                ('verdict', fields.CharEnumField(null=True, description='APPROVED: APPROVED\nREJECTED: REJECTED', enum_type=ReviewVerdict, max_length=16)),
                ('opinion', fields.CharField(null=True, max_length=2000)),
                ('pharmacist_code', fields.CharField(null=True, max_length=20)),
                ('pharmacist_name', fields.CharField(null=True, max_length=50)),
                ('reviewed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('checked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'prescription_review', 'app': 'models', 'pk_attr': 'id', 'table_description': "What the platform's pharmacist said (审方结果, D006), at `checked_at`; no verdict: nobody reviewed it yet."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PrescriptionSignature',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('prescription', fields.OneToOneField('models.Prescription', source_field='prescription_id', db_constraint=True, to_field='id', related_name='signature', on_delete=OnDelete.RESTRICT)),
                ('document_sealed', fields.BinaryField()),
                ('digest', fields.TextField(unique=False)),
                ('certificate_serial', fields.CharField(max_length=200)),
                ('certificate_subject', fields.CharField(max_length=500)),
                ('signed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'prescription_signature', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The signed prescription (医保电子签名, D002) until it is uploaded; `document_sealed` is the signed PDF.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PrescriptionStep',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('prescription', fields.ForeignKeyField('models.Prescription', source_field='prescription_id', db_constraint=True, to_field='id', related_name='steps', on_delete=OnDelete.RESTRICT)),
                ('position', fields.IntField()),
                ('kind', fields.CharEnumField(description='VISIT: VISIT\nCHECK: CHECK\nREVIEW: REVIEW\nSIGNATURE: SIGNATURE\nUPLOAD: UPLOAD\nCANCELLATION: CANCELLATION', enum_type=PrescriptionStepKind, max_length=16)),
                ('state', fields.CharEnumField(default=StepState.PENDING, description='PENDING: PENDING\nSENDING: SENDING\nDONE: DONE\nREFUSED: REFUSED\nUNKNOWN: UNKNOWN\nSKIPPED: SKIPPED', enum_type=StepState, max_length=16)),
                ('transaction', fields.CharField(null=True, max_length=40)),
                ('attempts', fields.IntField(default=0)),
                ('tries', fields.IntField(default=0)),
                ('message_id', fields.CharField(null=True, max_length=64)),
                ('request_digest', fields.CharField(null=True, max_length=64)),
                ('problem_code', fields.CharField(null=True, max_length=40)),
                ('problem_message', fields.CharField(null=True, max_length=500)),
                ('problem_platform', fields.CharField(null=True, max_length=24)),
                ('problem_platform_code', fields.CharField(null=True, max_length=40)),
                ('started_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'prescription_step', 'app': 'models', 'unique_together': (('prescription', 'position'),), 'constraints': [CheckConstraint(check='attempts >= 0', name='prescription_step_attempts_not_negative')], 'pk_attr': 'id', 'table_description': 'One step of an upload. `message_id` and `request_digest` are committed before anything is sent.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PrescriptionTaking',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('prescription', fields.OneToOneField('models.Prescription', source_field='prescription_id', db_constraint=True, to_field='id', related_name='taking', on_delete=OnDelete.RESTRICT)),
                ('state', fields.CharEnumField(description='VALID: VALID\nEXPIRED: EXPIRED\nREVOKED: REVOKED\nVOIDED: VOIDED', enum_type=CirculationState, max_length=16)),
                ('use', fields.CharEnumField(description='UNUSED: UNUSED\nPARTLY_USED: PARTLY_USED\nUSED: USED', enum_type=DrugUse, max_length=16)),
                ('use_name', fields.CharField(max_length=50)),
                ('settled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('drugs', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('checked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'prescription_taking', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What became of a prescription at the pharmacies (取药结果, D007), at `checked_at`.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Doctor',
            name='id_number_sealed',
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name='Doctor',
            name='id_type',
            field=fields.CharField(default='01', db_default='01', max_length=6),
        ),
        ops.AddField(
            model_name='Hospital',
            name='blocking_severity',
            field=fields.CharEnumField(null=True, description='VIOLATION: VIOLATION\nSUSPECT: SUSPECT\nNOTICE: NOTICE\nUNKNOWN: UNKNOWN', enum_type=Severity, max_length=16),
        ),
        ops.AlterModelOptions(
            name='Prescription',
            options={'table': 'prescription', 'app': 'models', 'unique_together': (('order', 'number'),), 'constraints': [CheckConstraint(check='total_fen >= 0', name='prescription_total_not_negative'), CheckConstraint(check='order_id IS NOT NULL OR state IS NOT NULL', name='prescription_written_or_ordered'), UniqueConstraint(fields=('hospital_id', 'number'), name='prescription_one_written_per_number', condition='state IS NOT NULL'), UniqueConstraint(fields=('hospital_id', 'insurance_number'), name='prescription_insurance_number', condition='insurance_number IS NOT NULL AND state IS NOT NULL')], 'indexes': [Index(fields=['hospital_id', 'number']), Index(fields=['consultation_id', 'id']), Index(fields=['hospital_id', 'state', 'created_at', 'id']), Index(fields=['hospital_id', 'created_at', 'id']), Index(fields=['patient_id', 'created_at', 'id']), Index(fields=['doctor_id', 'created_at', 'id'])], 'pk_attr': 'id', 'table_description': "A prescription or charge sheet (处方). Patient and doctor are the consultation's."},
        ),
        ops.AlterField(
            model_name='Prescription',
            name='order',
            field=fields.ForeignKeyField('models.Order', source_field='order_id', null=True, db_constraint=True, to_field='id', related_name='prescriptions', on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Prescription',
            name='advised_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Prescription',
            name='approved',
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name='Prescription',
            name='audited_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Prescription',
            name='blocked',
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name='Prescription',
            name='cancellation_reason',
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name='Prescription',
            name='cancelled_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Prescription',
            name='dose',
            field=fields.DecimalField(null=True, max_digits=16, decimal_places=2),
        ),
        ops.AddField(
            model_name='Prescription',
            name='dose_unit',
            field=fields.CharField(null=True, max_length=20),
        ),
        ops.AddField(
            model_name='Prescription',
            name='doses',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Prescription',
            name='frequency_code',
            field=fields.CharField(null=True, max_length=20),
        ),
        ops.AddField(
            model_name='Prescription',
            name='frequency_name',
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.AddField(
            model_name='Prescription',
            name='instructions',
            field=fields.CharField(null=True, max_length=400),
        ),
        ops.AddField(
            model_name='Prescription',
            name='insurance_number',
            field=fields.CharField(null=True, max_length=30),
        ),
        ops.AddField(
            model_name='Prescription',
            name='insurance_state',
            field=fields.CharEnumField(null=True, description='VALID: VALID\nEXPIRED: EXPIRED\nREVOKED: REVOKED\nVOIDED: VOIDED', enum_type=CirculationState, max_length=16),
        ),
        ops.AddField(
            model_name='Prescription',
            name='leased_by',
            field=fields.CharField(null=True, max_length=36),
        ),
        ops.AddField(
            model_name='Prescription',
            name='leased_until',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Prescription',
            name='next_run_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Prescription',
            name='pharmacist',
            field=fields.ForeignKeyField('models.Pharmacist', source_field='pharmacist_id', null=True, db_constraint=True, to_field='id', related_name='prescriptions', on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Prescription',
            name='rejection_reason',
            field=fields.CharField(null=True, max_length=500),
        ),
        ops.AddField(
            model_name='Prescription',
            name='replaces',
            field=fields.ForeignKeyField('models.Prescription', source_field='replaces_id', null=True, db_constraint=True, to_field='id', related_name='replaced_by', on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Prescription',
            name='state',
            field=fields.CharEnumField(null=True, description='WRITTEN: WRITTEN\nCHECKING: CHECKING\nIN_REVIEW: IN_REVIEW\nAPPROVED: APPROVED\nREJECTED: REJECTED\nUPLOADING: UPLOADING\nUPLOADED: UPLOADED\nREFUSED: REFUSED\nCANCELLING: CANCELLING\nCANCELLED: CANCELLED\nATTENTION: ATTENTION', enum_type=PrescriptionState, max_length=16),
        ),
        ops.AddField(
            model_name='Prescription',
            name='trace_code',
            field=fields.CharField(null=True, max_length=20),
        ),
        ops.AddField(
            model_name='Prescription',
            name='uploaded_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Prescription',
            name='valid_days',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Prescription',
            name='version',
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='Prescription',
            name='way_code',
            field=fields.CharField(null=True, max_length=20),
        ),
        ops.AddField(
            model_name='Prescription',
            name='way_name',
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.AddField(
            model_name='Prescription',
            name='created_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Prescription',
            name='patient',
            field=fields.ForeignKeyField('models.Patient', source_field='patient_id', null=True, db_constraint=True, to_field='id', related_name='prescriptions', on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Prescription',
            name='doctor',
            field=fields.ForeignKeyField('models.Doctor', source_field='doctor_id', null=True, db_constraint=True, to_field='id', related_name='prescriptions', on_delete=OnDelete.RESTRICT),
        ),
        ops.RunSQL(
            'UPDATE "prescription" SET "created_at" = "issued_at", "patient_id" = c."patient_id", "doctor_id" = c."doctor_id" '
            'FROM "consultation" c WHERE c."id" = "consultation_id"',
            ops.RunSQL.noop,
        ),
        ops.AlterField(
            model_name='Prescription',
            name='created_at',
            field=fields.DatetimeField(auto_now=False, auto_now_add=False),
        ),
        ops.AlterField(
            model_name='Prescription',
            name='patient',
            field=fields.ForeignKeyField('models.Patient', source_field='patient_id', db_constraint=True, to_field='id', related_name='prescriptions', on_delete=OnDelete.RESTRICT),
        ),
        ops.AlterField(
            model_name='Prescription',
            name='doctor',
            field=fields.ForeignKeyField('models.Doctor', source_field='doctor_id', db_constraint=True, to_field='id', related_name='prescriptions', on_delete=OnDelete.RESTRICT),
        ),
        ops.AddIndex(
            model_name='Prescription',
            index=Index(fields=['hospital_id', 'state', 'created_at', 'id']),
        ),
        ops.AddIndex(
            model_name='Prescription',
            index=Index(fields=['hospital_id', 'created_at', 'id']),
        ),
        ops.AddIndex(
            model_name='Prescription',
            index=Index(fields=['patient_id', 'created_at', 'id']),
        ),
        ops.AddIndex(
            model_name='Prescription',
            index=Index(fields=['doctor_id', 'created_at', 'id']),
        ),
        ops.AddConstraint(
            model_name='Prescription',
            constraint=CheckConstraint(check='order_id IS NOT NULL OR state IS NOT NULL', name='prescription_written_or_ordered'),
        ),
        ops.AddConstraint(
            model_name='Prescription',
            constraint=UniqueConstraint(fields=('hospital_id', 'number'), name='prescription_one_written_per_number', condition='state IS NOT NULL'),
        ),
        ops.AddConstraint(
            model_name='Prescription',
            constraint=UniqueConstraint(fields=('hospital_id', 'insurance_number'), name='prescription_insurance_number', condition='insurance_number IS NOT NULL AND state IS NOT NULL'),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='approval',
            field=fields.CharField(null=True, max_length=1),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='begins_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='days',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='dosage_form',
            field=fields.CharField(null=True, max_length=30),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='dose',
            field=fields.DecimalField(null=True, max_digits=16, decimal_places=4),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='dose_unit',
            field=fields.CharField(null=True, max_length=20),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='drug_id',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='footnote',
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='frequency_code',
            field=fields.CharField(null=True, max_length=10),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='frequency_name',
            field=fields.CharField(null=True, max_length=30),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='producer',
            field=fields.CharField(null=True, max_length=100),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='way_code',
            field=fields.CharField(null=True, max_length=10),
        ),
        ops.AddField(
            model_name='PrescriptionItem',
            name='way_name',
            field=fields.CharField(null=True, max_length=100),
        ),
        ops.RunSQL(
            'ALTER TABLE "prescription_step" ADD CONSTRAINT "prescription_step_attempts_not_negative" CHECK (attempts >= 0)',
            'ALTER TABLE "prescription_step" DROP CONSTRAINT "prescription_step_attempts_not_negative"',
        ),
    ]
