"""What the log of the relay told of deliveries whose outcome was unknown."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0013_subjects'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='mailing',
            name='look_at',
            field=models.DateTimeField(blank=True, help_text='When the relay’s log is asked for what is unknown.', null=True),
        ),
        migrations.AddField(
            model_name='mailing',
            name='look_problem',
            field=models.CharField(blank=True, choices=[('unreadable', 'The mail server’s log could not be read.'), ('begins', 'The mail server’s log does not reach back to the start.'), ('ends', 'The mail server’s log ends too early.'), ('gaps', 'The mail server’s log lacks messages that were certainly taken.'), ('begun', 'The mail server’s log names the message, but not whether it was taken.')], max_length=10),
        ),
        migrations.AlterField(
            model_name='deliveryevent',
            name='kind',
            field=models.CharField(choices=[('deferred', 'put off'), ('refused', 'refused'), ('given_up', 'given up'), ('unknown', 'the answer was lost'), ('sent_again', 'sent again: may have arrived twice'), ('left', 'left as it is'), ('found', 'found at the mail server'), ('not_found', 'not found at the mail server, sent again'), ('bounced', 'returned'), ('complained', 'reported as spam')], max_length=10),
        ),
        migrations.AddIndex(
            model_name='mailing',
            index=models.Index(condition=models.Q(('look_at__isnull', False)), fields=['look_at'], name='mailing_looked_for'),
        ),
    ]
