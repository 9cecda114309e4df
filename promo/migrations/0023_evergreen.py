"""Items that are shown again and again, and the calendar of regional anniversaries."""

import django.core.validators
import django.db.models.deletion
import promo.models.fields
from django.db import migrations, models


def use_article(apps, schema_editor):
    """The new kind follows the timetable of news without a date."""
    for row in apps.get_model("promo", "Timetable").objects.filter(key="article"):
        if "service" not in row.kinds:
            row.kinds = [*row.kinds, "service"]
            row.save(update_fields=["kinds"])


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0022_calendar'),
    ]

    operations = [
        migrations.AddField(
            model_name='institution',
            name='anniversary_days',
            field=models.PositiveSmallIntegerField(default=14, help_text='So early the draft of an anniversary waits for approval; 0 for the day itself.', validators=[django.core.validators.MaxValueValidator(90)], verbose_name='days ahead'),
        ),
        migrations.AddField(
            model_name='item',
            name='again_after_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='At least so many on each page; 90 means about four times a year. Leave empty what is shown once.', null=True, validators=[django.core.validators.MinValueValidator(7), django.core.validators.MaxValueValidator(1000)], verbose_name='days between two showings'),
        ),
        migrations.AddField(
            model_name='item',
            name='most_showings',
            field=models.PositiveSmallIntegerField(blank=True, help_text='On each page, the first one included. Leave empty for no limit.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='showings at most'),
        ),
        migrations.AddField(
            model_name='item',
            name='season_from',
            field=promo.models.fields.DayOfYearField(blank=True, default='', help_text='Day and month, for example 1.12. Leave both empty for the whole year.', verbose_name='season from'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='item',
            name='season_until',
            field=promo.models.fields.DayOfYearField(blank=True, default='', help_text='This day included; it may lie in the next year.', verbose_name='season until'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='item',
            name='shown_until_on',
            field=models.DateField(blank=True, help_text='After it nothing is shown any more.', null=True, verbose_name='last day'),
        ),
        migrations.CreateModel(
            name='Anniversary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', promo.models.fields.DayOfYearField(db_index=True, help_text='Day and month, for example 24.12.', verbose_name='day')),
                ('year', models.PositiveSmallIntegerField(blank=True, help_text='Leave empty if it is not known.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(2999)], verbose_name='year')),
                ('title', models.CharField(help_text='What happened, in a few words.', max_length=120, verbose_name='title')),
                ('text', models.TextField(blank=True, help_text='A paragraph or two. An empty line begins a new paragraph.', max_length=10000, verbose_name='text')),
                ('source', models.CharField(help_text='Where it is written: a book, a newspaper, an archive, an address.', max_length=300, verbose_name='source')),
                ('active', models.BooleanField(default=True, verbose_name='remembered every year')),
                ('branch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='promo.branch', verbose_name='branch')),
                ('photo', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='promo.photo', verbose_name='picture')),
            ],
            options={
                'verbose_name': 'anniversary',
                'verbose_name_plural': 'anniversaries',
                'ordering': ('on', 'year', 'title'),
            },
        ),
        migrations.CreateModel(
            name='Showings',
            fields=[
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='showings', serialize=False, to='promo.item')),
                ('look_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'verbose_name': 'showings of an item',
                'verbose_name_plural': 'showings of items',
            },
        ),
        migrations.CreateModel(
            name='Remembrance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField()),
                ('made_at', models.DateTimeField()),
                ('anniversary', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='remembrances', to='promo.anniversary')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='promo.item')),
            ],
            options={
                'verbose_name': 'remembered anniversary',
                'verbose_name_plural': 'remembered anniversaries',
                'ordering': ('-year',),
            },
        ),
        migrations.AddConstraint(
            model_name='anniversary',
            constraint=models.UniqueConstraint(fields=('on', 'year', 'title'), name='anniversary_once', nulls_distinct=False, violation_error_message='This anniversary is in the calendar already.'),
        ),
        migrations.AddConstraint(
            model_name='remembrance',
            constraint=models.UniqueConstraint(fields=('anniversary', 'year'), name='remembered_once_a_year'),
        ),
        migrations.RunPython(use_article, migrations.RunPython.noop),
    ]
