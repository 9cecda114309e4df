"""Imports of readers, and no index that another one makes superfluous: a million rows feel each."""

import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0003_mailings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='subscription',
            name='newsletter',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='promo.newsletter'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='subscriber',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='promo.subscriber'),
        ),
        migrations.CreateModel(
            name='ReaderImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField()),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('size', models.PositiveBigIntegerField(help_text='Bytes.')),
                ('format', models.CharField(choices=[('csv', 'CSV'), ('xlsx', 'XLSX')], default='csv', max_length=4)),
                ('encoding', models.CharField(choices=[('utf-8', 'UTF-8'), ('cp1250', 'Windows-1250'), ('iso-8859-2', 'ISO-8859-2'), ('utf-16', 'UTF-16')], default='utf-8', max_length=12, verbose_name='encoding')),
                ('delimiter', models.CharField(choices=[(';', 'semicolon'), (',', 'comma'), ('\t', 'tab')], default=';', max_length=1, verbose_name='columns are separated by')),
                ('has_heading', models.BooleanField(default=True, verbose_name='the first row holds the headings')),
                ('columns', models.JSONField(default=dict, help_text='The place of each field in a row, counted from 0.')),
                ('source', models.CharField(max_length=200, verbose_name='where the consents come from')),
                ('wording', models.TextField(verbose_name='what the readers agreed to')),
                ('state', models.CharField(choices=[('uploaded', 'not started'), ('waiting', 'about to start'), ('reading', 'the file is being read'), ('merging', 'the readers are being added'), ('done', 'finished'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='uploaded', max_length=9, verbose_name='state')),
                ('expected_rows', models.PositiveIntegerField(default=0, help_text='About as many as the file has; 0 where nobody knows.')),
                ('rows', models.PositiveIntegerField(default=0)),
                ('added', models.PositiveIntegerField(default=0)),
                ('changed', models.PositiveIntegerField(default=0, help_text='Known before, and subscribed to this newsletter now.')),
                ('already', models.PositiveIntegerField(default=0)),
                ('left', models.PositiveIntegerField(default=0)),
                ('suppressed', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('duplicates', models.PositiveIntegerField(default=0)),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('problem', models.CharField(blank=True, max_length=500, verbose_name='problem')),
                ('hinted_at', models.DateTimeField(blank=True, null=True)),
                ('token', models.PositiveIntegerField(default=0)),
                ('owner', models.CharField(blank=True, max_length=120)),
                ('lease_until_at', models.DateTimeField(blank=True, null=True)),
                ('newsletter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imports', to='promo.newsletter', verbose_name='newsletter')),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'import of readers',
                'verbose_name_plural': 'imports of readers',
                'ordering': ('-created_at',),
            },
        ),
        migrations.CreateModel(
            name='RefusedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row', models.PositiveIntegerField(help_text='As a spreadsheet counts.')),
                ('line', models.CharField(max_length=300)),
                ('reason', models.CharField(choices=[('unreadable', 'This row cannot be read: a quotation mark is wrong.'), ('encoding', 'A letter of this row is not in the encoding that was chosen.'), ('no_address', 'There is no e-mail address in this row.'), ('address', 'This is not an e-mail address that we can write to.'), ('date', 'The date of the consent cannot be read, or it lies in the future.'), ('duplicate', 'The same address stands in an earlier row.'), ('suppressed', 'We may not send mail to this address any more.'), ('left', 'This reader has unsubscribed from the newsletter.')], max_length=10)),
                ('reader_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refused_rows', to='promo.readerimport')),
            ],
            options={
                'verbose_name': 'refused row',
                'verbose_name_plural': 'refused rows',
                'ordering': ('row', 'id'),
            },
        ),
        migrations.AddIndex(
            model_name='readerimport',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'reading', 'merging'])), fields=['hinted_at'], name='reader_import_under_way'),
        ),
        migrations.AddConstraint(
            model_name='readerimport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('rows', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('added'), '+', models.F('changed')), '+', models.F('already')), '+', models.F('left')), '+', models.F('suppressed')), '+', models.F('refused')), '+', models.F('duplicates'))), _connector='OR'), name='reader_import_accounts_for_every_row'),
        ),
        migrations.AddConstraint(
            model_name='readerimport',
            constraint=models.CheckConstraint(condition=models.Q(('finished_at__isnull', False), models.Q(('state__in', ['done', 'failed', 'cancelled']), _negated=True), _connector='OR'), name='reader_import_over_has_its_instant'),
        ),
    ]
