"""Ledgers that PostgreSQL keeps append-only, and a Wagtail without its page tree and first groups."""

from django.db import migrations

LEDGERS = ("attempt", "consent", "approval")

# Only the user may be forgotten (an account was deleted); what happened stays as it was written.
REFUSE = """
CREATE FUNCTION promo_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(OLD) - 'user_id' IS DISTINCT FROM to_jsonb(NEW) - 'user_id' THEN
        RAISE EXCEPTION 'this ledger is append-only (%)', TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
"""
TRIGGER = """
CREATE TRIGGER promo_append_only BEFORE UPDATE ON promo_{table}
FOR EACH ROW EXECUTE FUNCTION promo_append_only();
"""


def clean_wagtail(apps, schema_editor):
    """Wagtail's fresh migrations make a page, a site, two groups and a workflow: we use none."""
    apps.get_model("wagtailcore", "Site").objects.all().delete()
    apps.get_model("wagtailcore", "Workflow").objects.all().delete()
    apps.get_model("wagtailcore", "Task").objects.all().delete()
    apps.get_model("auth", "Group").objects.filter(name__in=["Moderators", "Editors"]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("promo", "0001_initial"),
        ("wagtailcore", "__latest__"),
        ("wagtailimages", "__latest__"),
        ("wagtailadmin", "__latest__"),
        ("wagtailusers", "__latest__"),
        ("auth", "__latest__"),
    ]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION promo_append_only() CASCADE"),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table), f"DROP TRIGGER promo_append_only ON promo_{table}"
            )
            for table in LEDGERS
        ),
        migrations.RunPython(clean_wagtail, migrations.RunPython.noop),
    ]
