/* Rooms `signed` and `replay` together: a partner signs a request (RFC 9421), the server verifies it, and takes it once. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "caltrop.h"

#define BYTES(text) (const uint8_t *)(text), strlen(text)

static _Alignas(64) uint64_t memory[8 + 8 + 64 * 8]; /* 64 lines; shared memory, if several processes serve */
static const caltrop_now now = {1796000000, 0, 1}; /* in earnest of `caltrop_host_now` */

static const char *served(const caltrop_signed_request *request, const char *body, const caltrop_signed_key *key, const caltrop_replay_cache *cache) {
    const caltrop_signed_profile profile = {{300, 30}, NULL, 0};
    caltrop_signed_claims claims; /* with keys of many partners, `caltrop_signed_read` says whose to look up */
    caltrop_signed_body check;
    if (caltrop_signed_verify(request, &profile, key, &now, &claims, &check) || caltrop_signed_body_update(&check, BYTES(body))
        || caltrop_signed_body_finish(&check))
        return "401"; /* the reason is for the operator */
    const caltrop_replay_message once = {claims.keyid, claims.keyid_len, claims.nonce, claims.nonce_len, claims.created_s, claims.until_s};
    return caltrop_replay_first_seen(cache, &once, &now) ? "401" : "200";
}

int main(void) {
    const char *body = "{\"amount\":100}", *other = "{\"amount\":900}";
    caltrop_signed_request order = {BYTES("POST"), BYTES("/orders?dry=1"), BYTES("api.example"), NULL, 0, CALTROP_HTTPS, 1};
    const caltrop_signed_signer partner = {BYTES("partner-7"), NULL, 0, BYTES("Zk2vX9qL"), now.wall_s, 0}; /* a nonce: new each time */
    caltrop_signed_fields f;
    caltrop_signed_key key;
    caltrop_replay_cache cache;
    uint8_t entropy[16];
    if (getrandom(entropy, sizeof entropy, 0) != sizeof entropy || caltrop_replay_init(memory, sizeof memory, 64, now.wall_s - 60, entropy, &cache)
        || caltrop_signed_key_hmac(BYTES("32 bytes of a random generator!!"), &key) || caltrop_signed_sign(&order, &key, &partner, BYTES(body), &f))
        return 1;
    const caltrop_header sent[] = {{BYTES("signature-input"), f.signature_input, f.signature_input_len},
        {BYTES("signature"), f.signature, f.signature_len}, {BYTES("content-digest"), f.content_digest, f.content_digest_len}};
    order.headers = sent, order.header_count = 3;
    printf("another amount: %s\nas signed: %s\n", served(&order, other, &key, &cache), served(&order, body, &key, &cache));
    printf("the same again: %s\n", served(&order, body, &key, &cache));
    return 0;
}
