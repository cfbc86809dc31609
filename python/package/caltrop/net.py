"""Networks alone: one, a table of them by longest match, and zones as all that hold.

>>> "10.8.3.4" in Cidr("10.8.0.0/16")
True
>>> table = Prefixes({"10.0.0.0/8": "private", "10.8.0.0/16": "vpn"})
>>> table.lookup("10.8.3.4"), table.lookup("10.1.2.3"), table.lookup("192.0.2.1")
('vpn', 'private', None)
>>> Zones({"inside": ["10.0.0.0/8"], "vpn": ["10.8.0.0/16", "2001:db8::/32"]}).of("10.8.3.4")
('inside', 'vpn')
"""

from ._caltrop import Cidr, Prefixes, Zones

__all__ = ["Cidr", "Prefixes", "Zones"]
