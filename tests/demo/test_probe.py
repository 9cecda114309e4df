import pytest
from tests import making
pytestmark = pytest.mark.django_db
def test_x(settings):
    making.installation()
    item = making.approved()
    print(list(item.publications.values_list("destination__channel","slot","due_at","state")))
