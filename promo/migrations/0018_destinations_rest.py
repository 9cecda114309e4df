"""Destinations that rest while their network is away or asks us to wait; budgets of attempts."""

from datetime import timedelta

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("promo", "0017_access")]

    operations = [
        migrations.RenameField("destination", "paused_until_at", "rests_until_at"),
        migrations.AlterField(
            "destination",
            "rests_until_at",
            models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Nothing is published here before; then one publication tries for all.",
                null=True,
            ),
        ),
        migrations.AddField(
            "destination",
            "rests_because",
            models.CharField(blank=True, editable=False, max_length=300),
        ),
        migrations.AddField(
            "destination",
            "probe",
            models.BigIntegerField(
                blank=True,
                editable=False,
                help_text="The publication that tries for all.",
                null=True,
            ),
        ),
        migrations.AddField(
            "destination",
            "troubles",
            models.PositiveSmallIntegerField(
                default=0,
                editable=False,
                help_text="How often in a row it could not be reached.",
            ),
        ),
        migrations.AddField(
            "destination",
            "gap",
            models.DurationField(
                default=timedelta(0),
                editable=False,
                help_text="Between those that waited for the rest.",
            ),
        ),
        migrations.AddField(
            "destination",
            "used_percent",
            models.PositiveSmallIntegerField(
                default=0, editable=False, help_text="Of the calls that the network allows."
            ),
        ),
        migrations.AddField(
            "destination",
            "used_until_at",
            models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            "publication",
            "budget",
            models.PositiveIntegerField(
                default=12,
                help_text="The number of the last attempt that no person has to ask for.",
            ),
        ),
        migrations.AddIndex(
            "publication",
            models.Index(
                condition=models.Q(("state__in", ["failed", "missed", "unknown"])),
                fields=["-planned_at", "-id"],
                name="publication_needs_a_hand",
            ),
        ),
    ]
