/* Rooms `mac` and `signed` alone: a webhook is checked, and a link is made that is good for an hour. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "caltrop.h"

#define BYTES(text) (const uint8_t *)(text), strlen(text)

int main(void) {
    const char *body = "Hello, World!", *secret = "It's a Secret to Everybody"; /* GitHub's own example */
    const char *value = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const caltrop_now now = {(uint64_t)time(NULL), 0, 1};
    const caltrop_window window = {300, 30};
    const caltrop_secret shared = {BYTES(secret), 0};
    const caltrop_header field = {BYTES("X-Hub-Signature-256"), BYTES(value)};
    caltrop_signed_webhooks hooks;
    caltrop_signed_check check;
    if (caltrop_signed_init(CALTROP_GITHUB, &shared, 1, &hooks) || caltrop_signed_start(&hooks, &field, 1, &window, &now, &check))
        return 1;
    if (caltrop_signed_update(&check, BYTES(body)) || caltrop_signed_finish(&check)) /* a body may come in many pieces */
        return 1;
    printf("webhook: %s\n", body);

    const caltrop_secret key = {BYTES("32 bytes of a random generator!!"), 1}; /* from a file, not from the program */
    const caltrop_token_use link = {BYTES("download-link"), BYTES("/files/17")}, other = {BYTES("download-link"), BYTES("/files/18")};
    uint8_t token[CALTROP_TOKEN_MAX], claims[CALTROP_CLAIMS_MAX];
    size_t token_len, claims_len;
    caltrop_token_keys keys;
    if (caltrop_token_keys_init(&key, 1, &keys)
        || caltrop_token_issue(&keys, &link, BYTES("user=42"), now.wall_s + 3600, token, sizeof token, &token_len)
        || caltrop_token_verify(&keys, &link, token, token_len, &now, claims, sizeof claims, &claims_len))
        return 1;
    printf("/files/17?t=%.*s: %.*s\n", (int)token_len, (const char *)token, (int)claims_len, (const char *)claims);
    if (caltrop_token_verify(&keys, &other, token, token_len, &now, claims, sizeof claims, &claims_len) == CALTROP_E_FORGED)
        puts("/files/18: refused");
    caltrop_token_keys_wipe(&keys);
    caltrop_signed_wipe(&hooks);
    return 0;
}
