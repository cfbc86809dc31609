/* Signed requests: the known ones are good, and each misuse is refused by its own status. */
#include <string.h>

#include "caltrop.h"
#include "check.h"

#define TEXT(t) (const uint8_t *)(t), strlen(t)
#define BODY "{\"hello\": \"world\"}"
#define COVERED "(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\")"

static const caltrop_signed_profile profile = {{300, 30}, NULL, 0};
static const caltrop_now now = {1618884473, 0, 1};

static caltrop_signed_request request(const caltrop_header *fields, size_t count, int has_body) {
    caltrop_signed_request made = {TEXT("POST"), TEXT("/foo?param=Value&Pet=dog"), TEXT("example.com"), fields, count, CALTROP_HTTPS, (uint8_t)has_body};
    return made;
}

/* Verifies with the body in two pieces. */
static caltrop_status asked(const caltrop_signed_request *shown, const caltrop_signed_profile *accepted, const caltrop_signed_key *key, const char *body) {
    caltrop_signed_claims claims;
    caltrop_signed_body check;
    size_t len = strlen(body), half = len / 2;
    caltrop_status verified = caltrop_signed_verify(shown, accepted, key, &now, &claims, &check);
    if (verified != CALTROP_OK)
        return verified;
    CHECK(claims.created_s == now.wall_s && claims.until_s == now.wall_s + 300);
    CHECK(caltrop_signed_body_update(&check, (const uint8_t *)body, half) == CALTROP_OK);
    CHECK(caltrop_signed_body_update(&check, NULL, 0) == CALTROP_OK);
    CHECK(caltrop_signed_body_update(&check, (const uint8_t *)body + half, len - half) == CALTROP_OK);
    return caltrop_signed_body_finish(&check);
}

/* The request of RFC 9421, B.2, under the key of B.1.4; Node.js made the signature. */
static void ed25519(void) {
    static const uint8_t public_key[32] = {0x26, 0xb4, 0x0b, 0x8f, 0x93, 0xff, 0xf3, 0xd8, 0x97, 0x11, 0x2f, 0x7e, 0xbc, 0x58, 0x2b, 0x23,
                                           0x2d, 0xbd, 0x72, 0x51, 0x7d, 0x08, 0x2f, 0xe8, 0x3c, 0xfb, 0x30, 0xdd, 0xce, 0x43, 0xd1, 0xbb};
    static const uint8_t none[32] = {0};
    const char *input = "sig1=" COVERED ";created=1618884473;nonce=\"b3k2pp5k7z-50gnwp.yemd\";keyid=\"test-key-ed25519\"";
    const char *value = "sig1=:HqO86+vwLKf9NLDTiO/K8wP0GiICm1uuCZF/vk7hSgRlw64f3dMEhgOarOPfk0SYtlgQ+d+wUTTY00fpDcHLCQ==:";
    const caltrop_header fields[] = {
        {TEXT("Signature-Input"), TEXT(input)},
        {TEXT("Signature"), TEXT(value)},
        {TEXT("Content-Digest"), TEXT("sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:")},
        {TEXT("signature"), TEXT(value)},
    };
    caltrop_signed_request shown = request(fields, 3, 1), other = shown, wrong = shown;
    caltrop_signed_key key, secret;
    caltrop_signed_claims claims;
    CHECK(caltrop_signed_key_ed25519(none, &key) == CALTROP_E_PUBLIC_KEY);
    CHECK(caltrop_signed_key_ed25519(public_key, &key) == CALTROP_OK);
    CHECK(caltrop_signed_key_hmac(public_key, sizeof public_key, &secret) == CALTROP_OK);
    CHECK(caltrop_signed_read(&shown, &profile, &claims) == CALTROP_OK && claims.until_s == 0);
    CHECK(claims.keyid_len == 16 && memcmp(claims.keyid, "test-key-ed25519", 16) == 0);
    CHECK(claims.nonce_len == 22 && memcmp(claims.nonce, "b3k2pp5k7z-50gnwp.yemd", 22) == 0);
    CHECK(asked(&shown, &profile, &key, BODY) == CALTROP_OK);
    CHECK(asked(&shown, &profile, &key, "{\"hello\": \"World\"}") == CALTROP_E_BODY);
    CHECK(asked(&shown, &profile, &secret, BODY) == CALTROP_E_FORGED); /* the public key is no secret */
    other.target_len--;
    CHECK(asked(&other, &profile, &key, BODY) == CALTROP_E_FORGED);
    other = request(fields, 4, 1);
    CHECK(asked(&other, &profile, &key, BODY) == CALTROP_E_REPEATED);
    other = request(fields, 2, 1);
    CHECK(asked(&other, &profile, &key, BODY) == CALTROP_E_MISSING);
    wrong.scheme = 2;
    CHECK(asked(&wrong, &profile, &key, BODY) == CALTROP_E_VALUE);
    wrong = shown;
    wrong.has_body = 2;
    CHECK(asked(&wrong, &profile, &key, BODY) == CALTROP_E_VALUE);
    wrong = shown;
    wrong.target = NULL;
    CHECK(asked(&wrong, &profile, &key, BODY) == CALTROP_E_NULL);
    CHECK(caltrop_signed_read(NULL, &profile, &claims) == CALTROP_E_NULL && caltrop_signed_read(&shown, NULL, &claims) == CALTROP_E_NULL);
    CHECK(caltrop_signed_read(&shown, &profile, NULL) == CALTROP_E_NULL);
    CHECK(caltrop_signed_verify(&shown, &profile, NULL, &now, &claims, NULL) == CALTROP_E_NULL);
    caltrop_signed_key_wipe(&key);
    caltrop_signed_key_wipe(&secret);
    caltrop_signed_key_wipe(NULL);
}

/* What we sign is what we verify. */
static void both_sides(void) {
    const caltrop_signed_profile for_orders = {{300, 30}, TEXT("orders")};
    caltrop_signed_request bare = request(NULL, 0, 1), star = bare;
    caltrop_signed_signer signer = {TEXT("partner-7"), TEXT("orders"), TEXT("n"), 1618884473, 0}, wrong = signer;
    caltrop_signed_fields fields;
    caltrop_signed_key key;
    CHECK(caltrop_signed_key_hmac(NULL, 0, &key) == CALTROP_E_SECRET);
    CHECK(caltrop_signed_key_hmac(TEXT("32 bytes of a random generator!!"), &key) == CALTROP_OK);
    CHECK(caltrop_signed_sign(&bare, &key, &signer, TEXT(BODY), &fields) == CALTROP_OK);
    CHECK(fields.content_digest_len == 54 && memcmp(fields.content_digest, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:", 54) == 0);
    const caltrop_header sent[] = {
        {TEXT("signature-input"), fields.signature_input, fields.signature_input_len},
        {TEXT("signature"), fields.signature, fields.signature_len},
        {TEXT("content-digest"), fields.content_digest, fields.content_digest_len},
    };
    caltrop_signed_request shown = request(sent, 3, 1);
    CHECK(asked(&shown, &for_orders, &key, BODY) == CALTROP_OK);
    CHECK(asked(&shown, &for_orders, &key, "") == CALTROP_E_BODY);
    CHECK(asked(&shown, &profile, &key, BODY) == CALTROP_E_USE);
    /* Without a body there is no digest, and no body may come. */
    CHECK(caltrop_signed_sign(&bare, &key, &signer, NULL, 0, &fields) == CALTROP_OK && fields.content_digest_len == 0);
    const caltrop_header fewer[] = {
        {TEXT("signature-input"), fields.signature_input, fields.signature_input_len},
        {TEXT("signature"), fields.signature, fields.signature_len},
    };
    shown = request(fewer, 2, 0);
    CHECK(asked(&shown, &for_orders, &key, "") == CALTROP_OK);
    CHECK(asked(&shown, &for_orders, &key, "x") == CALTROP_E_BODY);
    shown.has_body = 1;
    CHECK(asked(&shown, &for_orders, &key, "x") == CALTROP_E_UNCOVERED);
    wrong.keyid_len = 0;
    CHECK(caltrop_signed_sign(&bare, &key, &wrong, NULL, 0, &fields) == CALTROP_E_VALUE);
    star.target_len = 0;
    CHECK(caltrop_signed_sign(&star, &key, &signer, NULL, 0, &fields) == CALTROP_E_REQUEST);
    CHECK(caltrop_signed_sign(&bare, NULL, &signer, NULL, 0, &fields) == CALTROP_E_NULL);
    CHECK(caltrop_signed_sign(&bare, &key, &signer, NULL, 1, &fields) == CALTROP_E_NULL);
    CHECK(caltrop_signed_sign(&bare, &key, &signer, NULL, 0, NULL) == CALTROP_E_NULL);
    caltrop_signed_key_wipe(&key);
}

/* Secrets and nonces are those of docs/formats.md, 9. */
static void secrets_and_nonces(void) {
    static const uint8_t known[32] = {0xd0, 0x54, 0x2e, 0xd3, 0x8c, 0xcf, 0xcf, 0x7a, 0x08, 0x0f, 0x35, 0x9b, 0x93, 0x7a, 0xf9, 0x3d,
                                      0x14, 0x11, 0x41, 0xc9, 0x30, 0x5f, 0x6f, 0xc9, 0x66, 0xe3, 0x0d, 0xe1, 0x90, 0x80, 0xcc, 0xad};
    const caltrop_now given_at = {0, 1200000000000, 0}, last = {0, 1319999999999, 0}, late = {0, 1320000000000, 0};
    uint8_t raw[32], secret[32], boot[16], shown[CALTROP_SERVER_NONCE_SIZE + 1] = {0};
    caltrop_mac_key root;
    for (size_t at = 0; at < sizeof raw; at++)
        raw[at] = (uint8_t)at;
    memset(boot, 1, sizeof boot);
    CHECK(caltrop_mac_key_init(raw, sizeof raw, &root) == CALTROP_OK);
    CHECK(caltrop_signed_secret(&root, 0x0123456789abcdef, 7, secret) == CALTROP_OK && memcmp(secret, known, sizeof known) == 0);
    CHECK(caltrop_signed_secret(NULL, 1, 1, secret) == CALTROP_E_NULL);
    CHECK(caltrop_signed_nonce_give(&root, boot, 60, &given_at, shown) == CALTROP_OK && memcmp(shown, "2xiu4paRUDsht3KqGeDb5cQE", 24) == 0);
    shown[24] = 'x';
    CHECK(caltrop_signed_nonce_check(&root, boot, 60, shown, 25, &last) == CALTROP_OK);
    CHECK(caltrop_signed_nonce_check(&root, boot, 60, shown, 25, &late) == CALTROP_E_NONCE);
    CHECK(caltrop_signed_nonce_check(&root, boot, 60, shown, 24, &last) == CALTROP_E_NONCE);
    CHECK(caltrop_signed_nonce_check(&root, boot, 60, NULL, 0, &last) == CALTROP_E_NONCE);
    CHECK(caltrop_signed_nonce_check(&root, boot, 0, shown, 25, &last) == CALTROP_E_VALUE);
    boot[0]++;
    CHECK(caltrop_signed_nonce_check(&root, boot, 60, shown, 25, &last) == CALTROP_E_NONCE);
    caltrop_mac_key_wipe(&root);
}

int main(void) {
    ed25519();
    both_sides();
    secrets_and_nonces();
    printf("requests: %u checks\n", checks);
    return 0;
}
