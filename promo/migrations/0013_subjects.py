"""Two subjects of an issue, tried on a sample of its readers."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0012_filling'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='trackedlink',
            options={'ordering': ('mailing', 'position', 'subject'), 'verbose_name': 'tracked link', 'verbose_name_plural': 'tracked links'},
        ),
        migrations.RemoveConstraint(
            model_name='trackedlink',
            name='tracked_link_place',
        ),
        migrations.AddField(
            model_name='batch',
            name='subject',
            field=models.CharField(blank=True, choices=[('a', 'first subject'), ('b', 'second subject')], db_default='', max_length=1),
        ),
        migrations.AddField(
            model_name='issue',
            name='sample_hours',
            field=models.PositiveSmallIntegerField(default=4, help_text='1 to 48. All other readers wait so long for the issue.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(48)], verbose_name='hours until one is chosen'),
        ),
        migrations.AddField(
            model_name='issue',
            name='sample_percent',
            field=models.PositiveSmallIntegerField(default=20, help_text='10 to 50. One half of them gets the first subject, one half the second.', validators=[django.core.validators.MinValueValidator(10), django.core.validators.MaxValueValidator(50)], verbose_name='how many try them out, in percent'),
        ),
        migrations.AddField(
            model_name='issue',
            name='subject_b',
            field=models.CharField(blank=True, help_text='Leave it empty to send everybody the first one. Change one thing only: then you learn what works. The heading inside the mail stays the first subject.', max_length=150, validators=[django.core.validators.RegexValidator('^[^\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]*$', 'Use one line only.')], verbose_name='second subject'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='chosen',
            field=models.CharField(blank=True, choices=[('a', 'first subject'), ('b', 'second subject')], max_length=1),
        ),
        migrations.AddField(
            model_name='mailing',
            name='chosen_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='mailing',
            name='chosen_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='mailing',
            name='chosen_by_hand',
            field=models.BooleanField(default=False, help_text='By a person, who may be gone by now; else by the figures.'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='compared',
            field=models.JSONField(blank=True, default=list, help_text='The figures of both halves when it was chosen.'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='decide_at',
            field=models.DateTimeField(blank=True, help_text='When a subject is chosen; empty: none are compared.', null=True),
        ),
        migrations.AddField(
            model_name='trackedlink',
            name='subject',
            field=models.CharField(blank=True, db_default='', help_text='Under which subject it went out; empty where the mailing has only one.', max_length=1),
        ),
        migrations.AlterField(
            model_name='batch',
            name='state',
            field=models.CharField(choices=[('ready', 'waiting'), ('held', 'waiting for the choice of a subject'), ('claimed', 'going out'), ('done', 'settled')], default='ready', max_length=8),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('chosen', ''), ('chosen_at__isnull', True)), models.Q(('chosen__in', ['a', 'b']), ('chosen_at__isnull', False), ('decide_at__isnull', False)), _connector='OR'), name='mailing_chosen_has_its_instant'),
        ),
        migrations.AddConstraint(
            model_name='trackedlink',
            constraint=models.UniqueConstraint(fields=('mailing', 'subject', 'position'), name='tracked_link_place'),
        ),
    ]
