"""Opening words, told deadlines, consent to be told apart, and what groups were given once."""

import django.core.validators
import django.db.models.deletion
import wagtail.fields
from django.db import migrations, models

# The times an item has now stand for those its earlier approvals had: nothing is told as a change
# only since it was not written down before.
TOLD_DEADLINES = """
ALTER TABLE promo_approval DISABLE TRIGGER promo_append_only;
UPDATE promo_approval approval
SET deadline_at = item.deadline_at, sign_up_until_at = item.sign_up_until_at
FROM promo_item item WHERE item.id = approval.item_id
    AND (item.deadline_at IS NOT NULL OR item.sign_up_until_at IS NOT NULL);
ALTER TABLE promo_approval ENABLE TRIGGER promo_append_only;
"""

# Two groups as the versions before this one made them. What a group of that time lacks of these
# models was taken back by a person; of the models that came later, it lacks all or nothing of one.
WRITING = ("item", "issue", "partner", "entry")
MANAGING = (
    *("branch", "campaign", "destination", "newsletter", "publication", "source", "subscriber"),
    *("subscription", "timetable", "institution"),
)
LATER = ("segment", "bulkact", "readerexport")
ADMITTING = ("wagtailadmin.access_admin",)
PICTURES = tuple(f"wagtailimages.{verb}_image" for verb in ("add", "change", "choose"))


def remember(apps, _schema_editor):
    """What the groups of an older installation were given once, so that nothing comes back."""
    verbs = ("add", "change", "view")
    writers = {f"promo.{verb}_{model}" for model in WRITING for verb in verbs}
    approvers = {
        f"promo.{verb}_{model}" for model in (*WRITING, *MANAGING) for verb in (*verbs, "delete")
    } | {f"promo.{verb}_{model}" for model in ("item", "issue") for verb in ("publish", "lock", "unlock")}
    Grant = apps.get_model("promo", "Grant")
    for name, given in (("Redakcja", writers), ("Akceptacja", approvers)):
        for group in apps.get_model("auth", "Group").objects.filter(name=name):
            held = set(
                group.permissions.filter(content_type__app_label="promo").values_list(
                    "content_type__model", flat=True
                )
            )
            later = {
                f"promo.{verb}_{model}"
                for model in LATER
                if model in held
                for verb in (*verbs, "delete")
            }
            Grant.objects.bulk_create(
                Grant(group=group, permission=one)
                for one in sorted({*given, *later, *ADMITTING, *PICTURES})
            )


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('promo', '0014_relay_lookup'),
    ]

    operations = [
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('permission', models.CharField(help_text='For example: promo.add_item.', max_length=150)),
            ],
            options={
                'verbose_name': 'granted permission',
                'verbose_name_plural': 'granted permissions',
            },
        ),
        migrations.CreateModel(
            name='DomainWord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(max_length=253, unique=True, verbose_name='provider')),
                ('at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'provider that is mailed again',
                'verbose_name_plural': 'providers that are mailed again',
            },
        ),
        migrations.AddField(
            model_name='approval',
            name='deadline_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='approval',
            name='sign_up_until_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(TOLD_DEADLINES, migrations.RunSQL.noop),
        migrations.AddField(
            model_name='consent',
            name='about',
            field=models.CharField(choices=[('mail', 'to get the newsletter'), ('counting', 'to be told apart in opens and clicks')], db_default='mail', default='mail', max_length=8),
        ),
        migrations.AddField(
            model_name='subscription',
            name='counted_since_at',
            field=models.DateTimeField(blank=True, help_text='Since when the reader agrees that opens and clicks are kept with the name.', null=True),
        ),
        migrations.AlterField(
            model_name='issue',
            name='blocks',
            field=wagtail.fields.StreamField([('opening', 0), ('heading', 1), ('text', 2), ('salutation', 6), ('item', 7), ('picture', 8), ('button', 11), ('divider', 12)], blank=True, block_lookup={0: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'link', 'ul', 'ol'], 'help_text': 'Two or three sentences of your own: what is worth reading this time, and why. If it stays empty, it is left out.', 'icon': 'openquote', 'label': 'Opening words', 'required': False}), 1: ('wagtail.blocks.CharBlock', (), {'icon': 'title', 'label': 'Heading', 'max_length': 120}), 2: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'link', 'ul', 'ol'], 'icon': 'pilcrow', 'label': 'Text'}), 3: ('wagtail.blocks.CharBlock', (), {'help_text': 'The name follows as the reader wrote it, in the nominative; for example “Good morning,”.', 'label': 'Before the name', 'max_length': 80, 'validators': [django.core.validators.RegexValidator('^[^\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]*$', 'Use one line only.')]}), 4: ('wagtail.blocks.CharBlock', (), {'help_text': 'A mark such as “!”, or more words.', 'label': 'After the name', 'max_length': 80, 'required': False, 'validators': [django.core.validators.RegexValidator('^[^\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]*$', 'Use one line only.')]}), 5: ('wagtail.blocks.CharBlock', (), {'help_text': 'The whole line; for example “Good morning!”.', 'label': 'For readers who gave no name', 'max_length': 160, 'validators': [django.core.validators.RegexValidator('^[^\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]*$', 'Use one line only.')]}), 6: ('wagtail.blocks.StructBlock', [[('before', 3), ('after', 4), ('without', 5)]], {}), 7: ('wagtail.snippets.blocks.SnippetChooserBlock', ('promo.Item',), {'icon': 'date', 'label': 'Event or news item'}), 8: ('wagtail.images.blocks.ImageBlock', [], {'label': 'Picture'}), 9: ('wagtail.blocks.CharBlock', (), {'label': 'text', 'max_length': 60}), 10: ('wagtail.blocks.URLBlock', (), {'label': 'address'}), 11: ('wagtail.blocks.StructBlock', [[('text', 9), ('url', 10)]], {}), 12: ('wagtail.blocks.static_block.StaticBlock', (), {'icon': 'minus', 'label': 'Divider'})}, verbose_name='contents'),
        ),
        migrations.AlterField(
            model_name='issue',
            name='subject_b',
            field=models.CharField(blank=True, help_text='Leave it empty to send everybody the first one. Change one thing only: then you learn what works. Its mail has it as its heading too.', max_length=150, validators=[django.core.validators.RegexValidator('^[^\\x00-\\x1f\\x7f\\x85\\u2028\\u2029]*$', 'Use one line only.')], verbose_name='second subject'),
        ),
        migrations.AlterField(
            model_name='mailing',
            name='tracking',
            field=models.CharField(choices=[('off', 'nothing is counted'), ('counts', 'counts only: nobody can tell who opened or clicked'), ('readers', 'for each reader who agrees: who opened and which links they followed')], default='off', max_length=7),
        ),
        migrations.AlterField(
            model_name='newsletter',
            name='tracking',
            field=models.CharField(choices=[('off', 'nothing is counted'), ('counts', 'counts only: nobody can tell who opened or clicked'), ('readers', 'for each reader who agrees: who opened and which links they followed')], default='off', help_text='Readers must be told before anything is counted, and each one must agree before it is kept with the name. The sign-up form and the page of their settings then tell and ask by themselves; whoever does not agree is counted without a name. Your privacy notice must say it too. Ask your data protection officer. It holds for issues that are sent from now on.', max_length=7, verbose_name='opens and clicks'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('counted_since_at', None), ('state', 'active'), _connector='OR'), name='subscription_counts_while_active'),
        ),
        migrations.AddField(
            model_name='grant',
            name='group',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='auth.group'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.UniqueConstraint(fields=('group', 'permission'), name='grant_once'),
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
