"""Posts that are out are changed, taken down and posted anew; what people did with them is kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('promo', '0023_evergreen'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='publication',
            name='reposted',
            field=models.BooleanField(default=False, help_text="Taken down and posted anew, by a person's word: no plan drops it."),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='event',
            field=models.CharField(choices=[('marked', 'sending started'), ('published', 'published'), ('refused', 'refused'), ('postponed', 'put off'), ('lost', 'the answer was lost'), ('looked', 'checked: not there'), ('look_failed', 'could not check'), ('found', 'found: it is published'), ('missed', 'too late'), ('cancelled', 'cancelled'), ('decided', 'decided by a person'), ('withdrawn', 'taken down'), ('arming', 'scheduling started'), ('held', 'scheduled on the network'), ('changing', 'changing it on the network'), ('recalled', 'taken back from the network'), ('amended', 'changed on the network')], max_length=12),
        ),
        migrations.AlterField(
            model_name='photo',
            name='consent',
            field=models.CharField(choices=[('not_needed', 'not needed: nobody is recognisable, or people are only a detail'), ('collected', 'collected from everyone shown'), ('none', 'missing'), ('withdrawn', 'withdrawn: the picture is shown nowhere any more')], default='not_needed', max_length=12, verbose_name='consent of the people shown'),
        ),
        migrations.CreateModel(
            name='DeadMetric',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('found_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'dead metric',
                'verbose_name_plural': 'dead metrics',
                'constraints': [models.UniqueConstraint(fields=('channel', 'name'), name='dead_metric_once')],
            },
        ),
        migrations.CreateModel(
            name='FormerMarker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('marker', models.CharField(max_length=20, unique=True)),
                ('publication', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former_markers', to='promo.publication')),
            ],
            options={
                'verbose_name': 'former marker',
                'verbose_name_plural': 'former markers',
            },
        ),
        migrations.CreateModel(
            name='TakeDown',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('cause', models.CharField(choices=[('consent', 'somebody shown has withdrawn their consent'), ('rights', 'the rights to a picture or a text are not ours'), ('wrong', 'what it says is wrong'), ('other', 'something else')], max_length=10, verbose_name='cause')),
                ('because', models.CharField(max_length=300, verbose_name='reason')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='take_downs', to='promo.item')),
                ('photos', models.ManyToManyField(blank=True, related_name='+', to='promo.photo')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'take-down everywhere',
                'verbose_name_plural': 'take-downs everywhere',
                'ordering': ('-at', '-id'),
            },
        ),
        migrations.CreateModel(
            name='PostFigures',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reactions', models.PositiveIntegerField(blank=True, null=True)),
                ('comments', models.PositiveIntegerField(blank=True, null=True)),
                ('shares', models.PositiveIntegerField(blank=True, null=True)),
                ('metrics', models.JSONField(blank=True, default=dict, help_text="By the network's own names.")),
                ('withheld', models.BooleanField(default=False, help_text='The network answers with nothing, as for small pages.')),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('next_at', models.DateTimeField(blank=True, help_text='Empty: it is not read again.', null=True)),
                ('reads', models.PositiveSmallIntegerField(default=0)),
                ('publication', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='figures', to='promo.publication')),
            ],
            options={
                'verbose_name': 'figures of a post',
                'verbose_name_plural': 'figures of posts',
                'indexes': [models.Index(fields=['next_at'], name='post_figures_next')],
            },
        ),
        migrations.CreateModel(
            name='PostChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('text', 'change the text'), ('repost', 'take down and post anew'), ('take_down', 'take down')], max_length=10)),
                ('state', models.CharField(choices=[('waiting', 'waiting for its turn'), ('sending', 'under way'), ('lost', 'outcome unknown, checking'), ('done', 'done'), ('refused', 'refused'), ('dropped', 'called off')], default='waiting', max_length=10)),
                ('text', models.TextField(blank=True, help_text='What the post is to say, where it is changed.')),
                ('asked', models.CharField(blank=True, help_text='What the network was asked for last, as a digest.', max_length=80)),
                ('at', models.DateTimeField()),
                ('due_at', models.DateTimeField(help_text="The next try, the next look, or the lease's end.")),
                ('hinted_at', models.DateTimeField(blank=True, null=True)),
                ('marked_at', models.DateTimeField(blank=True, null=True)),
                ('token', models.PositiveBigIntegerField(default=0)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('problem', models.CharField(blank=True, max_length=500)),
                ('publication', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='promo.publication')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('take_down', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='promo.takedown')),
            ],
            options={
                'verbose_name': 'change of a post',
                'verbose_name_plural': 'changes of posts',
                'ordering': ('at', 'id'),
                'indexes': [models.Index(condition=models.Q(('state__in', ['lost', 'sending', 'waiting'])), fields=['due_at', 'id'], name='post_change_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['lost', 'sending', 'waiting'])), fields=('publication',), name='post_change_one_open'), models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'sending', 'lost', 'done', 'refused', 'dropped'])), name='post_change_state')],
            },
        ),
    ]
