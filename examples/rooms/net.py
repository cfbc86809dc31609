"""Room `net` alone: whose cloud an address is in, by some lines of the lists that the clouds publish."""

import caltrop

clouds = caltrop.net.Prefixes(
    {
        "52.94.76.0/22": "AWS",
        "2600:1f14::/35": "AWS us-west-2",
        "104.16.0.0/13": "Cloudflare",
        "2606:4700::/32": "Cloudflare",
        "151.101.0.0/16": "Fastly",
        "2a04:4e40::/32": "Fastly",
    }
)  # a line that two readers might read in two ways raises ValueError

for address in ("104.18.32.7", "52.94.77.1", "2606:4700::6810:2007", "192.0.2.1"):
    print(f"{address}: {clouds.lookup(address) or 'nobody'}")
try:
    clouds.lookup("104.018.32.7")
except ValueError:
    print("104.018.32.7: no address")
print(clouds.lookup_many(["151.101.1.69", "::ffff:104.18.32.7"]))  # a log's column at once; IPv4-mapped IPv6 is folded
