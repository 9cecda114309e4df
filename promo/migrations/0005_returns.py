"""Returned mails, and the mailbox they are fetched from."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0004_reader_imports'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReturnMailbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The address without the password.', max_length=300, unique=True)),
                ('next_read_at', models.DateTimeField(blank=True, null=True)),
                ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='read')),
                ('problem', models.CharField(blank=True, max_length=500, verbose_name='problem')),
            ],
            options={
                'verbose_name': 'mailbox of returned mail',
                'verbose_name_plural': 'mailboxes of returned mail',
            },
        ),
        migrations.CreateModel(
            name='ReturnedMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('source', models.CharField(choices=[('mailbox', 'fetched from the mailbox'), ('listener', 'brought by the mail server'), ('webhook', 'told by the mail provider')], max_length=8, verbose_name='source')),
                ('recipient', models.CharField(blank=True, help_text='To whom it came, by the envelope.', max_length=320)),
                ('raw', models.BinaryField(null=True)),
                ('received_at', models.DateTimeField(verbose_name='received')),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('hinted_at', models.DateTimeField(blank=True, null=True)),
                ('processed_at', models.DateTimeField(blank=True, null=True, verbose_name='read')),
                ('verdict', models.CharField(blank=True, choices=[('', 'not read yet'), ('hard', 'the address does not exist'), ('soft', 'not delivered this time'), ('policy', 'refused by the provider'), ('complaint', 'complaint'), ('leave', 'unsubscribed by mail'), ('notice', 'for information only'), ('automatic', 'automatic reply'), ('unintelligible', 'a person must read it'), ('nobody', 'belongs to none of our mails')], default='', max_length=14, verbose_name='verdict')),
                ('text', models.CharField(blank=True, max_length=300, verbose_name='text')),
                ('delivery', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='returned_mails', to='promo.delivery')),
            ],
            options={
                'verbose_name': 'returned mail',
                'verbose_name_plural': 'returned mails',
                'ordering': ('-received_at', '-id'),
                'indexes': [models.Index(condition=models.Q(('processed_at', None)), fields=['id'], name='returned_unread'), models.Index(fields=['received_at'], name='returned_received'), models.Index(fields=['verdict', 'received_at'], name='returned_verdict')],
                'constraints': [models.CheckConstraint(condition=models.Q(('processed_at__isnull', False), ('raw__isnull', False), _connector='OR'), name='returned_mail_kept_until_read')],
            },
        ),
    ]
