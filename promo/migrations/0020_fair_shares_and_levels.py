"""Shares of branches and partners, deadlines of promotion levels, ranges of closed days."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0019_armed_ahead'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FairShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('whose', models.CharField(choices=[('branches', 'each branch'), ('branch', 'one branch'), ('partners', 'each partner'), ('partner', 'one partner')], max_length=8, verbose_name='for whom')),
                ('most_a_week', models.PositiveSmallIntegerField(blank=True, help_text='From Monday to Sunday. What is more waits for the next week.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='posts a week at most')),
                ('gap_hours', models.PositiveSmallIntegerField(blank=True, help_text='48 means two days between two posts of the same branch or partner.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='hours between two posts at least')),
                ('kept_a_week', models.PositiveSmallIntegerField(blank=True, help_text='The others do not get these places until the week has begun. For small branches that would otherwise never have their turn.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='places kept each week')),
            ],
            options={
                'verbose_name': 'fair share',
                'verbose_name_plural': 'fair shares',
                'ordering': ('whose', 'branch__name', 'partner__name', 'id'),
            },
        ),
        migrations.CreateModel(
            name='LevelGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField(choices=[(1, '1 – website only'), (2, '2 – website and social media'), (3, '3 – full campaign with the newsletter')], verbose_name='promotion')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'late promotion allowed',
                'verbose_name_plural': 'late promotions allowed',
                'ordering': ('at', 'id'),
            },
        ),
        migrations.AddField(
            model_name='closedday',
            name='until',
            field=models.DateField(blank=True, help_text='Leave empty for a single day.', null=True, verbose_name='last day'),
        ),
        migrations.AddField(
            model_name='closedday',
            name='yearly',
            field=models.BooleanField(default=False, verbose_name='every year'),
        ),
        migrations.AddField(
            model_name='institution',
            name='level1_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Website only.', null=True, validators=[django.core.validators.MaxValueValidator(365)], verbose_name='level 1: days before the event'),
        ),
        migrations.AddField(
            model_name='institution',
            name='level2_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Website and social media.', null=True, validators=[django.core.validators.MaxValueValidator(365)], verbose_name='level 2: days before the event'),
        ),
        migrations.AddField(
            model_name='institution',
            name='level3_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Full campaign with the newsletter.', null=True, validators=[django.core.validators.MaxValueValidator(365)], verbose_name='level 3: days before the event'),
        ),
        migrations.AddField(
            model_name='institution',
            name='max_per_week',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Leave empty for as many as the days allow.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='maximum number of Facebook posts a week'),
        ),
        migrations.AddField(
            model_name='institution',
            name='posts_rest',
            field=models.CharField(choices=[('never', 'on no day'), ('closed', 'on days on which the house is closed'), ('days_off', 'on Sundays, public holidays and days on which it is closed')], default='never', help_text='Urgent notices go out all the same.', max_length=8, verbose_name='Facebook is silent'),
        ),
        migrations.AlterField(
            model_name='closedday',
            name='name',
            field=models.CharField(blank=True, help_text='Shown in the plan, for example: stocktaking.', max_length=80, verbose_name='reason'),
        ),
        migrations.AlterField(
            model_name='closedday',
            name='on',
            field=models.DateField(verbose_name='first day'),
        ),
        migrations.AddIndex(
            model_name='publication',
            index=models.Index(models.F('destination'), django.db.models.functions.comparison.Coalesce('published_at', 'planned_at'), condition=models.Q(('item__isnull', False)), name='publication_neighbours'),
        ),
        migrations.AddField(
            model_name='fairshare',
            name='branch',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='promo.branch', verbose_name='branch'),
        ),
        migrations.AddField(
            model_name='fairshare',
            name='destination',
            field=models.ForeignKey(blank=True, help_text='A rule for one page goes before a rule for all of them.', null=True, on_delete=django.db.models.deletion.CASCADE, to='promo.destination', verbose_name='where'),
        ),
        migrations.AddField(
            model_name='fairshare',
            name='partner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='promo.partner', verbose_name='partner'),
        ),
        migrations.AddField(
            model_name='levelgrant',
            name='item',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='level_grants', to='promo.item'),
        ),
        migrations.AddField(
            model_name='levelgrant',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='fairshare',
            constraint=models.UniqueConstraint(fields=('whose', 'branch', 'partner', 'destination'), name='fair_share_once', nulls_distinct=False, violation_error_message='There is a rule for this already: change that one.'),
        ),
        migrations.AddConstraint(
            model_name='fairshare',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('branch__isnull', False), ('partner__isnull', True), ('whose', 'branch')), models.Q(('branch__isnull', True), ('partner__isnull', False), ('whose', 'partner')), models.Q(('branch__isnull', True), ('partner__isnull', True), ('whose__in', ['branches', 'partners'])), _connector='OR'), name='fair_share_of_somebody', violation_error_message='Choose for whom this rule is.'),
        ),
    ]
