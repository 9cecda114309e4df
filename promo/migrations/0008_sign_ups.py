"""What sign-ups and readers' own choices need: proofs, counts of those left out, requests for data.

The consents, which PostgreSQL let nobody change, can now not be deleted either: only the services
that forget a person say so for their transaction.
"""

import django.db.models.deletion
from django.db import migrations, models

REFUSE = """
CREATE FUNCTION promo_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('promo.forgetting', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'this ledger is append-only (%)', TG_TABLE_NAME;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER promo_kept BEFORE DELETE ON promo_consent
FOR EACH ROW EXECUTE FUNCTION promo_kept();
"""

class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0007_domain_limits'),
    ]

    operations = [
        migrations.CreateModel(
            name='DataRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('mail_at', models.DateTimeField(blank=True, help_text='When the mail is due.', null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('problem', models.CharField(blank=True, max_length=500, verbose_name='problem')),
            ],
            options={
                'verbose_name': 'request for one’s own data',
                'verbose_name_plural': 'requests for one’s own data',
            },
        ),
        migrations.AddField(
            model_name='consent',
            name='proof',
            field=models.CharField(blank=True, db_default='', default='', help_text='What proved that the owner of the address did it: the code of a mailed link.', max_length=200),
        ),
        migrations.AddField(
            model_name='mailing',
            name='operational',
            field=models.BooleanField(default=False, help_text='News of opening hours: no choice but a pause keeps it away.'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='wish_frequency',
            field=models.PositiveIntegerField(default=0, help_text='Readers left out since they had their mail of the week or month.'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='wish_pause',
            field=models.PositiveIntegerField(default=0, help_text='Readers left out at the start since they take a break.'),
        ),
        migrations.AddField(
            model_name='mailing',
            name='wish_topics',
            field=models.PositiveIntegerField(default=0, help_text='Readers left out since nothing in it is what they chose to read of.'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(condition=models.Q(('confirmation_sent_at__isnull', False)), fields=['confirmation_sent_at'], name='subscription_asked_by_mail'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['asked_at'], name='subscription_unconfirmed'),
        ),
        migrations.AddField(
            model_name='datarequest',
            name='subscriber',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='data_requests', to='promo.subscriber'),
        ),
        migrations.AddIndex(
            model_name='datarequest',
            index=models.Index(fields=['asked_at'], name='data_request_asked'),
        ),
        migrations.AddIndex(
            model_name='datarequest',
            index=models.Index(condition=models.Q(('mail_at__isnull', False)), fields=['mail_at'], name='data_request_to_mail'),
        ),
        migrations.RunSQL(REFUSE, "DROP FUNCTION promo_kept() CASCADE"),
    ]
