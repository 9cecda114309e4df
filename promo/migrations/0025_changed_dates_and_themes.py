"""Single dates of a series may differ; a campaign has a theme, and visits that are wanted."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0024_posts_changed'),
    ]

    operations = [
        migrations.AddField(
            model_name='item',
            name='changed_dates',
            field=models.JSONField(blank=True, default=list, editable=False, help_text='Of a series: `on`, the day by its rule; `starts_at`, `ends_at`, `place`.'),
        ),
        migrations.AddField(
            model_name='approval',
            name='changed_dates',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='eventact',
            name='kind',
            field=models.CharField(choices=[('move', 'Move'), ('cancel', 'Cancel'), ('postpone', 'Postpone without a new date'), ('sold_out', 'No places left'), ('deadline', 'Change a closing date'), ('end_early', 'End earlier'), ('date_move', 'Move one date of the series'), ('date_off', 'Cancel one date of the series')], max_length=10, verbose_name='what'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='theme',
            field=models.CharField(blank=True, help_text='What its items have in common, in a few words.', max_length=200, verbose_name='theme'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='goal_visits',
            field=models.PositiveIntegerField(blank=True, help_text='How often its links should be followed, if that can be said: the report compares.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='visits wanted'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='goal',
            field=models.CharField(blank=True, help_text='What should have happened when it is over.', max_length=200, verbose_name='goal'),
        ),
    ]
