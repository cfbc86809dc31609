/* Room `key` alone: a key is issued, only its digest is kept, and what is shown later is looked up under the digests. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "caltrop.h"

#define BYTES(text) (const uint8_t *)(text), strlen(text)

struct owner { const char *name; uint8_t digest[16]; }; /* what is stored: no key can be made of it */

/* A digest is the first 16 bytes of an HMAC, so `caltrop_mac_verify` compares it in constant time. Every owner is looked at. */
static const char *whose(const caltrop_mac_key *pepper, const struct owner *owners, size_t count, const char *shown) {
    const char *found = "unknown";
    for (size_t at = 0; at < count; at++)
        if (caltrop_mac_verify(pepper, BYTES(shown), owners[at].digest, sizeof owners[at].digest) == CALTROP_OK)
            found = owners[at].name;
    return found;
}

int main(void) {
    struct owner owners[2] = {{"alice", {0}}, {"bob", {0}}};
    uint8_t entropy[40];
    caltrop_key_text keys[2];
    caltrop_mac_key pepper; /* from a file that is not kept where the digests are */
    if (caltrop_mac_key_init(BYTES("32 bytes of a random generator!!"), &pepper))
        return 1;
    for (size_t at = 0; at < 2; at++) {
        if (getrandom(entropy, sizeof entropy, 0) != sizeof entropy || caltrop_key_issue(BYTES("acme_live"), entropy, &keys[at])
            || caltrop_key_digest(&pepper, 0, BYTES((char *)keys[at].text), owners[at].digest))
            return 1;
        printf("issued to %s: %.10s...\n", owners[at].name, (char *)keys[at].text);
    }
    printf("shown: %s\n", whose(&pepper, owners, 2, (char *)keys[1].text));
    keys[1].text[20] = keys[1].text[20] == 'a' ? 'b' : 'a';
    printf("changed: %s\n", whose(&pepper, owners, 2, (char *)keys[1].text));
    if (caltrop_key_check(BYTES((char *)keys[1].text), &keys[1].id) == CALTROP_E_KEY_CHECKSUM)
        puts("it has a typo, as any form can tell offline");
    caltrop_mac_key_wipe(&pepper);
    return 0;
}
