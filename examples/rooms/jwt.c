/* Room `token` alone: an access token is good by the issuer's public key, and neither later, nor at another API, nor changed. */
#include <stdio.h>
#include <string.h>

#include "caltrop.h"

#define TEXT(t) {(const uint8_t *)(t), sizeof(t) - 1}

static const uint8_t public_key[] = {3,   161, 7,   191, 243, 206, 16,  190, 29, 112, 221, 24, 231, 75, 192, 153, /* of the issuer's JWKS */
                                     103, 228, 214, 48,  155, 165, 13,  95,  29, 220, 134, 100, 18, 85, 49,  184};
static char shown[] = "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImUxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtY"
                      "XBpIiwic3ViIjoiY2kiLCJzY29wZSI6Im9yZGVyczpyZWFkIiwiZXhwIjoxNzk2MDAwMDYwfQ.aE1bMG9Q9uXqoiVklgxZM_CAfG2E0SFY7vUMs98"
                      "PQ706uTATXMyCV_kjm24Rb9qZz9kZP6E_0iFe4JKeUguGCw"; /* of `Authorization: Bearer` */

static void ask(const char *what, const caltrop_jwt_verifier *verifier, uint64_t second) {
    const caltrop_now now = {second, 0, 1}; /* in earnest the clock's */
    uint8_t claims[CALTROP_JWT_CLAIMS_MAX];
    size_t len;
    if (caltrop_jwt_verify(verifier, (const uint8_t *)shown, strlen(shown), &now, claims, sizeof claims, &len) == CALTROP_OK)
        printf("%s: %.*s\n", what, (int)len, (const char *)claims);
    else
        printf("%s: 401\n", what); /* why is for the log alone */
}

int main(void) {
    const caltrop_text here = TEXT("acme-api"), elsewhere = TEXT("billing-api");
    const caltrop_jwt_key key = {CALTROP_EDDSA, TEXT("e1"), public_key, sizeof public_key, 0};
    caltrop_jwt_options options = {sizeof options, TEXT("https://id.acme.example"), &here, 1, NULL, 0, &key, 1, 0, 0};
    caltrop_jwt_verifier own, other;
    if (caltrop_jwt_init(&options, &own) || (options.audiences = &elsewhere, caltrop_jwt_init(&options, &other)))
        return 1;
    ask("as issued", &own, 1796000000);
    ask("a minute later", &own, 1796000060);
    ask("at another API", &other, 1796000000);
    shown[80] ^= 1;
    ask("changed", &own, 1796000000);
    caltrop_jwt_wipe(&own), caltrop_jwt_wipe(&other);
    return 0;
}
