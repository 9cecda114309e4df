"""An import tells how far it is with adding its readers; a rhythm names the kinds it collects."""

from django.db import migrations, models

import promo.models.fields


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0025_changed_dates_and_themes'),
    ]

    operations = [
        migrations.AddField(
            model_name='readerimport',
            name='merged',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Steps of bringing the readers in that are done, of `reader_merge.STEPS`.'),
        ),
        migrations.AddField(
            model_name='rhythm',
            name='kinds',
            field=promo.models.fields.ChoicesField(blank=True, choices=[], default=list, size=None, verbose_name='kinds'),
        ),
    ]
