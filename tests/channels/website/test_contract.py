from promo.channels.website import Channel
from tests.channels.contract import ChannelContract


class TestContract(ChannelContract):
    channel = Channel
