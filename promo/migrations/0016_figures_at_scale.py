"""What a report shows is counted from narrow rows, however many readers a mailing has."""

import django.db.models.deletion
from django.db import migrations, models

TELL = """
    INSERT INTO promo_acceptance (mailing_id, at, readers)
    SELECT mailing_id, settled_at, count(*) FROM promo_delivery
    WHERE state = 1 AND settled_at IS NOT NULL
    GROUP BY mailing_id, settled_at
"""
NAME = """
    UPDATE promo_deliveryevent event SET mailing_id = delivery.mailing_id
    FROM promo_delivery delivery WHERE delivery.id = event.delivery_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0015_openings_counting_grants'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='subscriber',
            options={'ordering': ('-id',), 'verbose_name': 'subscriber', 'verbose_name_plural': 'subscribers'},
        ),
        migrations.CreateModel(
            name='Acceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mailing', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='acceptances', to='promo.mailing')),
                ('at', models.DateTimeField()),
                ('readers', models.PositiveIntegerField()),
            ],
            options={
                'verbose_name': 'mails accepted',
                'verbose_name_plural': 'mails accepted',
                'indexes': [models.Index(fields=['mailing', 'at'], name='acceptance_of_mailing')],
            },
        ),
        migrations.AddField(
            model_name='mailing',
            name='left',
            field=models.PositiveIntegerField(blank=True, help_text='Readers who left before the next one started; empty until that one is over.', null=True),
        ),
        migrations.RunSQL(TELL, migrations.RunSQL.noop),
        migrations.AddField(
            model_name='deliveryevent',
            name='mailing',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='promo.mailing'),
        ),
        migrations.RunSQL(NAME, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='deliveryevent',
            name='mailing',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='promo.mailing'),
        ),
        migrations.AddIndex(
            model_name='deliveryevent',
            index=models.Index(fields=['mailing', 'kind', 'category', 'delivery'], name='delivery_event_mailing'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(condition=models.Q(('state', 'ended')), fields=['newsletter', 'ended_at'], include=('subscriber',), name='subscription_ended'),
        ),
    ]
