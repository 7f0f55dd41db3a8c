from tortoise import migrations
from tortoise.migrations import operations as ops
from app.models.doctors import DrugClass
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0007_patient_verification')]

    initial = False

    operations = [
        ops.CreateModel(
            name='DoctorGrant',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('doctor', fields.ForeignKeyField('models.Doctor', source_field='doctor_id', db_constraint=True, to_field='id', related_name='grants', on_delete=OnDelete.RESTRICT)),
                ('drug_class', fields.CharEnumField(description='ORDINARY: ORDINARY\nANTIBACTERIAL_UNRESTRICTED: ANTIBACTERIAL_UNRESTRICTED\nANTIBACTERIAL_RESTRICTED: ANTIBACTERIAL_RESTRICTED\nANTIBACTERIAL_SPECIAL: ANTIBACTERIAL_SPECIAL\nNARCOTIC_PSYCHOTROPIC: NARCOTIC_PSYCHOTROPIC\nHERBAL: HERBAL', enum_type=DrugClass, max_length=32)),
                ('valid_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'doctor_grant', 'app': 'models', 'unique_together': (('doctor', 'drug_class'),), 'pk_attr': 'id', 'table_description': 'The hospital lets a doctor prescribe a class (处方权授权), until a moment or for good.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FaceSignIn',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('doctor', fields.OneToOneField('models.Doctor', source_field='doctor_id', db_constraint=True, to_field='id', related_name='face_sign_in', on_delete=OnDelete.RESTRICT)),
                ('signed', fields.BooleanField()),
                ('signed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('valid_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('checked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'face_sign_in', 'app': 'models', 'pk_attr': 'id', 'table_description': "What the platform last told of a doctor's face sign-in (人脸签到), at `checked_at`."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FaceSignInTicket',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('doctor', fields.ForeignKeyField('models.Doctor', source_field='doctor_id', db_constraint=True, to_field='id', related_name='tickets', on_delete=OnDelete.RESTRICT)),
                ('message_id', fields.CharField(unique=True, max_length=64)),
                ('ticket_sealed', fields.BinaryField(null=True)),
                ('url_sealed', fields.BinaryField(null=True)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'face_sign_in_ticket', 'app': 'models', 'indexes': [Index(fields=['doctor_id', 'id'])], 'pk_attr': 'id', 'table_description': 'A page on which a doctor may sign in by face: its row is the intent, filled when the platform answered.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='InsuranceStanding',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('doctor', fields.OneToOneField('models.Doctor', source_field='doctor_id', db_constraint=True, to_field='id', related_name='standing', on_delete=OnDelete.RESTRICT)),
                ('insurance_doctor', fields.BooleanField(null=True)),
                ('valid_from', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('valid_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('checked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('problem_code', fields.CharField(null=True, max_length=40)),
                ('problem_message', fields.CharField(null=True, max_length=500)),
                ('problem_platform', fields.CharField(null=True, max_length=30)),
                ('problem_platform_code', fields.CharField(null=True, max_length=50)),
            ],
            options={'table': 'insurance_standing', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What 5102 last told of a doctor (医师身份), at `checked_at`; the problem is why the last asking told nothing.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PrescribingRight',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('doctor', fields.OneToOneField('models.Doctor', source_field='doctor_id', db_constraint=True, to_field='id', related_name='prescribing_right', on_delete=OnDelete.RESTRICT)),
                ('allowed', fields.BooleanField()),
                ('classes', fields.CharField(default='', max_length=200)),
                ('reason_code', fields.CharField(null=True, max_length=40)),
                ('checked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'prescribing_right', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What a doctor might prescribe at `checked_at` (处方权); `classes` are joined by commas.'},
            bases=['Model'],
        ),
        ops.AlterModelOptions(
            name='Doctor',
            options={'table': 'doctor', 'app': 'models', 'unique_together': (('hospital', 'code'),), 'pk_attr': 'id', 'table_description': "A doctor (医师); `code` is the national code (国家医保医师代码), `subject` that of the doctor's token."},
        ),
        ops.AddField(
            model_name='Doctor',
            name='subject',
            field=fields.CharField(null=True, unique=True, max_length=64),
        ),
    ]
