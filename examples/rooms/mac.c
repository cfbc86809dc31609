/* Room `mac` alone: the sender of a body adds its HMAC in hexadecimal, and the receiver takes no body without the right one. */
#include <stdio.h>
#include <string.h>

#include "caltrop.h"

#define BYTES(text) (const uint8_t *)(text), strlen(text)

/* 64 lower-case digits as 32 bytes; 0 for anything else. */
static int read_hex(const char *text, uint8_t tag[32]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t at = 0; at < 64; at++) {
        const char *digit = text[at] ? strchr(digits, text[at]) : NULL;
        if (!digit)
            return 0;
        tag[at / 2] = (uint8_t)(tag[at / 2] << 4 | (digit - digits));
    }
    return !text[64];
}

static const char *received(const caltrop_mac_key *key, const char *body, const char *field) {
    uint8_t tag[32] = {0};
    return read_hex(field, tag) && !caltrop_mac_verify(key, BYTES(body), tag, sizeof tag) ? "accepted" : "refused";
}

int main(void) {
    const char *body = "{\"amount\":100}";
    uint8_t tag[32];
    char field[65] = "";
    caltrop_mac_key key; /* prepared once, for every body */
    if (caltrop_mac_key_init(BYTES("32 bytes of a random generator!!"), &key) || caltrop_mac_sign(&key, BYTES(body), tag))
        return 1;
    for (size_t at = 0; at < sizeof tag; at++)
        snprintf(field + 2 * at, 3, "%02x", tag[at]);
    printf("%s\nas sent: %s\n", field, received(&key, body, field));
    printf("another amount: %s\n", received(&key, "{\"amount\":900}", field));
    printf("half a tag: %s\n", received(&key, body, field + 32));
    caltrop_mac_key_wipe(&key);
    return 0;
}
