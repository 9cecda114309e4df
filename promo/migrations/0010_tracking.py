"""Opens and clicks, and a mailbox of returned mail that is set up at the desk."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0009_segments'),
    ]

    operations = [
        migrations.CreateModel(
            name='LinkVisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('times', models.PositiveIntegerField(default=0)),
                ('counted', models.BooleanField(default=False)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'visit of a link',
                'verbose_name_plural': 'visits of links',
            },
        ),
        migrations.CreateModel(
            name='TrackedLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('key', models.CharField(max_length=16, unique=True)),
                ('url', models.TextField(blank=True, verbose_name='address')),
                ('label', models.CharField(blank=True, max_length=200, verbose_name='text of the link')),
                ('clicks', models.PositiveIntegerField(default=0, verbose_name='clicks')),
                ('readers', models.PositiveIntegerField(default=0, verbose_name='readers')),
            ],
            options={
                'verbose_name': 'tracked link',
                'verbose_name_plural': 'tracked links',
                'ordering': ('mailing', 'position'),
            },
        ),
        migrations.AddField(
            model_name='mailing',
            name='tracking',
            field=models.CharField(choices=[('off', 'nothing is counted'), ('counts', 'counts only: nobody can tell who opened or clicked'), ('readers', 'for each reader: who opened and which links they followed')], default='off', max_length=7),
        ),
        migrations.AddField(
            model_name='newsletter',
            name='tracking',
            field=models.CharField(choices=[('off', 'nothing is counted'), ('counts', 'counts only: nobody can tell who opened or clicked'), ('readers', 'for each reader: who opened and which links they followed')], default='off', help_text='Readers must be told before anything is counted, and must agree where it is counted for each of them. The sign-up form and the page of their settings then say so by themselves; your privacy notice must say it too. Ask your data protection officer. It holds for issues that are sent from now on.', max_length=7, verbose_name='opens and clicks'),
        ),
        migrations.AddField(
            model_name='returnmailbox',
            name='of_the_desk',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='returnmailbox',
            name='sealed',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddConstraint(
            model_name='returnmailbox',
            constraint=models.UniqueConstraint(condition=models.Q(('of_the_desk', True)), fields=('of_the_desk',), name='return_mailbox_of_the_desk'),
        ),
        migrations.AddField(
            model_name='linkvisit',
            name='delivery',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='visits', to='promo.delivery'),
        ),
        migrations.AddField(
            model_name='trackedlink',
            name='mailing',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='links', to='promo.mailing'),
        ),
        migrations.AddField(
            model_name='linkvisit',
            name='link',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='visits', to='promo.trackedlink'),
        ),
        migrations.AddConstraint(
            model_name='trackedlink',
            constraint=models.UniqueConstraint(fields=('mailing', 'position'), name='tracked_link_place'),
        ),
        migrations.AddIndex(
            model_name='linkvisit',
            index=models.Index(fields=['first_at'], name='link_visit_age'),
        ),
        migrations.AddConstraint(
            model_name='linkvisit',
            constraint=models.UniqueConstraint(fields=('delivery', 'link'), name='link_visit_once'),
        ),
        migrations.AddConstraint(
            model_name='linkvisit',
            constraint=models.CheckConstraint(condition=models.Q(('times__gt', 0), ('counted', False), _connector='OR'), name='link_visit_counted_once'),
        ),
    ]
