import pytest,re
from django.urls import get_resolver
from django.test import Client
from promo.models import *
def walk(p,prefix=""):
    for x in p.url_patterns:
        s=prefix+str(x.pattern)
        if hasattr(x,"url_patterns"): yield from walk(x,s)
        else: yield s
def test_sweep(scene, client):
    from wagtail.models import TaskState, WorkflowState
    from django.contrib.auth import get_user_model
    ts=TaskState.objects.first(); rev=scene.item.latest_revision_id
    names={"pk":"1"}
    for who in ("anna","ewa","jan"):
        client=Client(raise_request_exception=False); client.force_login(get_user_model().objects.get(username=who))
        for s in sorted(set(walk(get_resolver()))):
            if not s.startswith("desk/") or "failwhale" in s or "logout" in s: continue
            def val(m):
                conv,name=m.group(1),m.group(2)
                model=next((mm for mm in (Item,Issue,Campaign,Subscriber,Newsletter,Timetable,Branch,Partner,Source) if f"{mm.__name__.lower()}s/" in s or f"{mm.__name__.lower()}es/" in s or f"/{mm.__name__.lower()}/" in s),None)
                if name in("pk","object_id"):
                    if "publications" in s: return str(scene.unknown.pk)
                    if "inbox" in s: return str(Entry.objects.first().pk)
                    if "destinations" in s: return str(scene.destination.pk)
                    if "users" in s: return str(get_user_model().objects.first().pk)
                    if "groups" in s:
                        from django.contrib.auth.models import Group; return str(Group.objects.first().pk)
                    if "settings" in s: return str(Institution.load().pk)
                    if model is Item: return str(scene.in_review.pk if "workflow" in s else scene.item.pk)
                    if model: return str(model.objects.first().pk)
                    return "1"
                return {"app_label":"promo","app_name":"promo","model_name":"institution" if "settings" in s else "item","action":"delete","action_name":"approve","image_id":str(scene.photo.pk),"filter_spec":"max-165x165","year":"2026","month":"11","channel":"facebook_page","verb":"pause","revision_id":str(rev),"task_state_id":str(ts.pk),"workflow_state_id":str(ts.workflow_state_id),"task_id":str(ts.task_id),"day":"3"}.get(name,"1")
            u=re.sub(r"<(\w+):(\w+)>",val,s).replace("^","").replace("$","")
            u=re.sub(r"\(\?P<pk>.*?\)",str(scene.item.pk),u); u=re.sub(r"\(\?P<revision_id_a>.*?\)","earliest",u); u=re.sub(r"\(\?P<revision_id_b>.*?\)","latest",u); u=u.replace("\\.",".").replace(".*","nic").replace("<uidb64>/<token>","MQ/abc")
            a=client.get("/"+u)
            print(who,a.status_code,u, getattr(a,"url","")[:60] if a.status_code==302 else "")
