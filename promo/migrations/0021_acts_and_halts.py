"""Acts on an event with what takes them back, and the stop of everything."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0020_fair_shares_and_levels'),
        ('wagtailcore', '0097_baselogentry_uuid_action_timestamp_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Halt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField()),
                ('because', models.CharField(max_length=200, verbose_name='reason')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('began_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'stop of everything',
                'verbose_name_plural': 'stops of everything',
                'ordering': ('-began_at', '-id'),
            },
        ),
        migrations.AddConstraint(
            model_name='halt',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('ended_at',), name='halt_one_at_a_time', nulls_distinct=False),
        ),
        migrations.CreateModel(
            name='EventAct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('move', 'Move'), ('cancel', 'Cancel'), ('postpone', 'Postpone without a new date'), ('sold_out', 'No places left'), ('deadline', 'Change a closing date'), ('end_early', 'End earlier')], max_length=10, verbose_name='what')),
                ('at', models.DateTimeField()),
                ('plan_before', models.JSONField(default=list, help_text='Id, state and times of each publication that was still unsent.')),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('approval', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='act', to='promo.approval')),
                ('before', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.revision')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='acts', to='promo.item')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'act on an event',
                'verbose_name_plural': 'acts on events',
                'ordering': ('-at', '-id'),
            },
        ),
    ]
