"""The ledger of the mail engine takes the place of the simple sender's.

Old deliveries go with their table: nothing was released with them.
"""

import django.db.models.deletion
import promo.models.fields
from django.db import migrations, models

from promo.vault import address_hash

# Room in each page for the new version of a settled row: PostgreSQL then updates in place (HOT).
ROOM = "ALTER TABLE promo_delivery SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)"
NO_ROOM = "ALTER TABLE promo_delivery RESET (fillfactor, autovacuum_vacuum_scale_factor)"


def hash_addresses(apps, schema_editor):
    """The hash of each address stands beside it."""
    subscribers = apps.get_model("promo", "Subscriber").objects
    for row in subscribers.only("id", "email").iterator():
        subscribers.filter(pk=row.pk).update(address_hash=address_hash(row.email))


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0002_ledgers_and_clean_start'),
    ]

    operations = [
        migrations.DeleteModel('Delivery'),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('ready', 'waiting'), ('claimed', 'going out'), ('done', 'settled')], default='ready', max_length=8)),
                ('due_at', models.DateTimeField()),
                ('token', models.PositiveBigIntegerField(default=0)),
                ('owner', models.CharField(blank=True, max_length=120)),
                ('lease_until_at', models.DateTimeField(blank=True, null=True)),
                ('marked_to', models.PositiveBigIntegerField(default=0)),
                ('journal', models.CharField(blank=True, help_text='The run of Redis that held the journal at the mark.', max_length=40)),
                ('size', models.PositiveIntegerField(default=0)),
                ('accepted', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('skipped', models.PositiveIntegerField(default=0)),
                ('given_up', models.PositiveIntegerField(default=0)),
                ('unknown', models.PositiveIntegerField(default=0)),
                ('cancelled', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'batch',
                'verbose_name_plural': 'batches',
            },
        ),
        migrations.AddField(
            model_name='newsletter',
            name='unknown_policy',
            field=models.CharField(choices=[('leave', 'leave it: nobody gets the issue twice'), ('send_again', 'send again: nobody misses it, some may get it twice')], default='leave', help_text='Rare: it can happen to the few mails that were on their way at that moment.', max_length=10, verbose_name='when the mail server’s answer was lost'),
        ),
        migrations.AddField(
            model_name='subscriber',
            name='address_hash',
            field=promo.models.fields.AddressHashField(default=''),
        ),
        migrations.CreateModel(
            name='Mailing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('running', 'going out'), ('paused', 'paused'), ('cancelled', 'cancelled'), ('finished', 'finished')], default='running', max_length=10, verbose_name='state')),
                ('readers', models.PositiveIntegerField(default=0, verbose_name='readers')),
                ('unknown_policy', models.CharField(choices=[('leave', 'leave it: nobody gets the issue twice'), ('send_again', 'send again: nobody misses it, some may get it twice')], max_length=10)),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('went_on_at', models.DateTimeField(help_text='The start, or the end of the last pause.')),
                ('settled_before', models.PositiveIntegerField(default=0, help_text='How many readers were settled at that moment: for the forecast.')),
                ('hinted_at', models.DateTimeField(blank=True, null=True)),
                ('problem', models.CharField(blank=True, max_length=500, verbose_name='problem')),
                ('newsletter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mailings', to='promo.newsletter')),
                ('publication', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='mailing', to='promo.publication', verbose_name='publication')),
            ],
            options={
                'verbose_name': 'mailing',
                'verbose_name_plural': 'mailings',
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.SmallIntegerField(choices=[(0, 'waiting'), (1, 'accepted by the mail server'), (2, 'refused'), (3, 'skipped: consent withdrawn'), (4, 'given up'), (5, 'outcome unknown'), (6, 'cancelled')], default=0)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('batch', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='promo.batch')),
                ('subscriber', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='promo.subscriber')),
                ('mailing', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='promo.mailing')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.AddField(
            model_name='batch',
            name='mailing',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='promo.mailing'),
        ),
        migrations.CreateModel(
            name='DeliveryEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('deferred', 'put off'), ('refused', 'refused'), ('given_up', 'given up'), ('unknown', 'the answer was lost'), ('sent_again', 'sent again: may have arrived twice'), ('left', 'left as it is'), ('bounced', 'returned'), ('complained', 'reported as spam')], max_length=10)),
                ('category', models.CharField(blank=True, choices=[('', 'unknown'), ('address', 'the address does not exist'), ('mailbox', 'the mailbox is full or closed for now'), ('policy', 'the provider does not want our mail'), ('content', 'the message was not accepted'), ('network', 'the other side could not be reached')], max_length=8)),
                ('at', models.DateTimeField()),
                ('code', models.SmallIntegerField(default=0, help_text='SMTP reply code (RFC 5321, 4.2).')),
                ('enhanced', models.CharField(blank=True, help_text='Status by RFC 3463.', max_length=12)),
                ('text', models.CharField(blank=True, help_text='The mail server’s words.', max_length=300)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='promo.delivery')),
            ],
            options={
                'verbose_name': 'event of a delivery',
                'verbose_name_plural': 'events of deliveries',
                'ordering': ('at', 'id'),
                'indexes': [models.Index(fields=['kind', 'at'], name='delivery_event_kind')],
            },
        ),
        migrations.AddIndex(
            model_name='mailing',
            index=models.Index(condition=models.Q(('state', 'running')), fields=['hinted_at'], name='mailing_running'),
        ),
        migrations.AddConstraint(
            model_name='mailing',
            constraint=models.CheckConstraint(condition=models.Q(('finished_at__isnull', False), models.Q(('state', 'finished'), _negated=True), _connector='OR'), name='mailing_finished_has_its_instant'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('subscriber', 'mailing'), name='delivery_once'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('state', 'ready')), fields=['mailing', 'due_at'], name='batch_ready'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('state', 'claimed')), fields=['lease_until_at'], name='batch_leased'),
        ),
        migrations.RunSQL(ROOM, NO_ROOM),
        migrations.RunPython(hash_addresses, migrations.RunPython.noop),
    ]
