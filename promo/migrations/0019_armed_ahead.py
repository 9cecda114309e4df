"""Posts that a network holds until their time, armed ahead of it."""

from django.db import migrations, models

# What is planned on a page already is armed as well; 29 days are the channel's longest window.
ARM = """
    UPDATE promo_publication row SET arm_at = row.planned_at - interval '29 days'
    FROM promo_destination destination
    WHERE destination.id = row.destination_id AND destination.channel = 'facebook_page'
    AND row.state IN ('planned', 'waiting') AND row.planned_at > now()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("promo", "0018_destinations_rest"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="publication",
            name="publication_state",
        ),
        migrations.RemoveIndex(
            model_name="publication",
            name="publication_leased",
        ),
        migrations.RemoveIndex(
            model_name="publication",
            name="publication_looked_for",
        ),
        migrations.AddField(
            model_name="destination",
            name="arm_ahead",
            field=models.BooleanField(
                default=True,
                help_text="Where the channel can: the network holds the post, and shows it without us.",
                verbose_name="schedule ahead on the network",
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="arm_at",
            field=models.DateTimeField(
                blank=True,
                help_text="From when on the network is asked to hold it; or never.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="armed_for_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When the network shows it, as it was last asked to.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="armed_json",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="The message that the network holds; empty: not known.",
            ),
        ),
        migrations.AddField(
            model_name="publication",
            name="recalled",
            field=models.BooleanField(
                default=False,
                help_text="Not wanted any more: what the network holds is to be taken back.",
            ),
        ),
        migrations.AlterField(
            model_name="attempt",
            name="event",
            field=models.CharField(
                choices=[
                    ("marked", "sending started"),
                    ("published", "published"),
                    ("refused", "refused"),
                    ("postponed", "put off"),
                    ("lost", "the answer was lost"),
                    ("looked", "checked: not there"),
                    ("look_failed", "could not check"),
                    ("found", "found: it is published"),
                    ("missed", "too late"),
                    ("cancelled", "cancelled"),
                    ("decided", "decided by a person"),
                    ("withdrawn", "taken down"),
                    ("arming", "scheduling started"),
                    ("held", "scheduled on the network"),
                    ("changing", "changing it on the network"),
                    ("recalled", "taken back from the network"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="publication",
            name="state",
            field=models.CharField(
                choices=[
                    ("planned", "planned"),
                    ("claimed", "being prepared"),
                    ("sending", "going out"),
                    ("published", "published"),
                    ("waiting", "waiting for another attempt"),
                    ("failed", "refused"),
                    ("unknown", "outcome unknown, checking"),
                    ("missed", "missed"),
                    ("cancelled", "cancelled"),
                    ("arming", "being scheduled on the network"),
                    ("armed", "scheduled on the network"),
                    ("changing", "being changed on the network"),
                    ("withdrawn", "taken down"),
                ],
                default="planned",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(
                condition=models.Q(("state__in", ["claimed", "sending", "arming", "changing"])),
                fields=["lease_until_at"],
                name="publication_leased",
            ),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(
                condition=models.Q(("state__in", ["unknown", "armed"])),
                fields=["look_at"],
                name="publication_looked_for",
            ),
        ),
        migrations.AddIndex(
            model_name="publication",
            index=models.Index(
                condition=models.Q(
                    ("arm_at__isnull", False),
                    ("held", False),
                    ("state__in", ["planned", "waiting"]),
                ),
                fields=["arm_at", "id"],
                name="publication_to_arm",
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "planned",
                            "claimed",
                            "sending",
                            "published",
                            "waiting",
                            "failed",
                            "unknown",
                            "missed",
                            "cancelled",
                            "arming",
                            "armed",
                            "changing",
                            "withdrawn",
                        ],
                    )
                ),
                name="publication_state",
            ),
        ),
        migrations.RunSQL(ARM, migrations.RunSQL.noop),
    ]
