/* Room `net` alone: whose cloud an address is in, by some lines of the lists that the clouds publish. */
#include <stdio.h>
#include <string.h>

#include "caltrop.h"

static const struct { const char *network, *owner; } LIST[] = {
    {"52.94.76.0/22", "AWS"}, {"2600:1f14::/35", "AWS us-west-2"}, {"104.16.0.0/13", "Cloudflare"},
    {"2606:4700::/32", "Cloudflare"}, {"151.101.0.0/16", "Fastly"}, {"2a04:4e40::/32", "Fastly"},
};
enum { COUNT = sizeof LIST / sizeof *LIST };

/* Longest match: of the networks around the address, the one of which most bits count. */
static const char *owner(const caltrop_cidr networks[COUNT], const char *text) {
    caltrop_cidr host; /* an address alone is a network of one */
    const char *found = "nobody";
    int longest = -1;
    if (caltrop_net_cidr_parse((const uint8_t *)text, strlen(text), &host))
        return "no address";
    for (size_t at = 0; at < COUNT; at++) {
        uint8_t inside;
        if (!caltrop_net_cidr_contains(&networks[at], &host.network, &inside) && inside && networks[at].length > longest) {
            found = LIST[at].owner;
            longest = networks[at].length;
        }
    }
    return found;
}

int main(void) {
    static const char *const ASKED[] = {"104.18.32.7", "52.94.77.1", "2606:4700::6810:2007", "192.0.2.1", "104.018.32.7"};
    caltrop_cidr networks[COUNT];
    for (size_t at = 0; at < COUNT; at++)
        if (caltrop_net_cidr_parse((const uint8_t *)LIST[at].network, strlen(LIST[at].network), &networks[at]))
            return 1; /* a line that two readers might read in two ways */
    for (size_t at = 0; at < sizeof ASKED / sizeof *ASKED; at++)
        printf("%s: %s\n", ASKED[at], owner(networks, ASKED[at]));
    return 0;
}
