"""Sign-ins at networks, how access to them stands, and the mails about it."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import promo.models.destinations


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("promo", "0016_figures_at_scale"),
    ]

    operations = [
        migrations.AddField(
            model_name="destination",
            name="next_check_at",
            field=models.DateTimeField(default=promo.models.destinations.in_a_day, editable=False),
        ),
        migrations.AddField(
            model_name="destination",
            name="connected_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="destination",
            name="access_lost_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Equals `paused_at` where it paused it.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="destination",
            name="findings",
            field=models.JSONField(
                blank=True,
                default=list,
                editable=False,
                help_text="Warnings of the last check, as texts.",
            ),
        ),
        migrations.CreateModel(
            name="Handshake",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("channel", models.CharField(max_length=40)),
                ("session_hash", models.CharField(max_length=64)),
                (
                    "state_hash",
                    models.CharField(
                        blank=True, help_text="Empty once it was used.", max_length=64
                    ),
                ),
                ("config", models.JSONField(default=dict)),
                ("sealed", models.TextField(blank=True)),
                ("expires_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "destination",
                    models.ForeignKey(
                        help_text="What is connected again; empty: something new.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="promo.destination",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "sign-in at a network",
                "verbose_name_plural": "sign-ins at networks",
            },
        ),
        migrations.CreateModel(
            name="AccessNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("lost", "access lost"), ("ends", "access ends soon")],
                        max_length=4,
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="What it tells of: told once to each person.", max_length=80
                    ),
                ),
                ("text", models.CharField(max_length=300)),
                ("tell_at", models.DateTimeField(blank=True, null=True)),
                ("tell_tries", models.PositiveSmallIntegerField(default=0)),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=500)),
                (
                    "destination",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="promo.destination",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "notice about access",
                "verbose_name_plural": "notices about access",
                "indexes": [
                    models.Index(
                        condition=models.Q(("tell_at__isnull", False)),
                        fields=["tell_at"],
                        name="access_notice_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("destination", "user", "key"), name="access_told_once"
                    )
                ],
            },
        ),
    ]
