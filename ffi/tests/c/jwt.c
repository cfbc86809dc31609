/* Access tokens that another library (joserfc) issued, one of each kind, and what must not pass for one. */
#include <string.h>

#include "caltrop.h"
#include "check.h"

static const uint8_t p256[] = {
    0xdb, 0xdf, 0x15, 0xa0, 0x5b, 0xcb, 0x3c, 0xf0, 0xa0, 0x18, 0xf4, 0xc6, 0xaa, 0x6a, 0xfa, 0x21, 0x68, 0x48, 0xce, 0xb3, 0x09, 0x87, 0xd6, 0x23,
    0xc7, 0xf9, 0xdf, 0xc1, 0x95, 0x54, 0xf0, 0xe9, 0x7b, 0xd5, 0xa9, 0xc7, 0x48, 0xac, 0x9e, 0xec, 0x33, 0xf3, 0xd5, 0x6d, 0x07, 0x0b, 0x4a, 0xfa,
    0x48, 0x16, 0x50, 0x52, 0xad, 0x66, 0x74, 0xc2, 0x2a, 0xcf, 0xd7, 0x9e, 0x16, 0x7d, 0x08, 0x91,
};
static const uint8_t ed25519[] = {
    0x5e, 0x76, 0xb8, 0xb9, 0x29, 0x0b, 0xfd, 0xfa, 0xb7, 0xe1, 0xb9, 0xdf, 0x43, 0x39, 0x30, 0x33, 0x46, 0x01, 0x7a, 0x7d, 0x16, 0xcd, 0xab, 0xc4,
    0x01, 0x02, 0x55, 0x8a, 0x35, 0x27, 0x4e, 0xda,
};
static const uint8_t modulus[] = {
    0x9f, 0xd6, 0x96, 0x0d, 0xe7, 0xc3, 0x93, 0xde, 0x43, 0x1a, 0xcb, 0x00, 0x62, 0xc2, 0xf0, 0xd2, 0x55, 0x70, 0xaa, 0x0d, 0x87, 0xa2, 0x99, 0xc1,
    0x3f, 0xed, 0xa3, 0x99, 0xed, 0x77, 0x85, 0xc5, 0x0e, 0x57, 0x66, 0xca, 0x88, 0xae, 0x69, 0x14, 0x6b, 0xb6, 0xa5, 0x7a, 0x42, 0x48, 0x6f, 0x76,
    0x15, 0xd5, 0x30, 0x62, 0x64, 0x8c, 0xa1, 0x0d, 0x40, 0xc4, 0x15, 0xa9, 0xec, 0x3b, 0x86, 0xe7, 0xbc, 0x59, 0xe0, 0xcc, 0xc4, 0xec, 0x25, 0xab,
    0x69, 0x20, 0x86, 0xc3, 0xa2, 0x09, 0xa5, 0x80, 0xe2, 0x82, 0xed, 0x02, 0x5d, 0x54, 0x71, 0x63, 0xb8, 0x80, 0xec, 0x87, 0x12, 0x6a, 0xff, 0x48,
    0x81, 0x7e, 0x9d, 0x91, 0x88, 0xb8, 0x81, 0x37, 0x8c, 0x21, 0x0b, 0x57, 0x18, 0xb5, 0x55, 0xf8, 0x42, 0xfb, 0x10, 0x1e, 0x19, 0x1a, 0x0d, 0xa9,
    0x4b, 0x1a, 0x6a, 0xef, 0x69, 0x5d, 0xc4, 0x8a, 0x11, 0x0a, 0x46, 0x58, 0xf0, 0x10, 0xda, 0xe1, 0x55, 0x10, 0xcb, 0x25, 0x1d, 0x70, 0xdd, 0x55,
    0xaf, 0x26, 0x5a, 0x5d, 0xa6, 0x08, 0x75, 0x51, 0xd3, 0x39, 0xed, 0xac, 0x93, 0x09, 0xe4, 0xc5, 0xfd, 0x66, 0xdd, 0xa6, 0x04, 0xc0, 0x53, 0x9f,
    0xe8, 0xa6, 0x13, 0x35, 0x46, 0x9a, 0xc8, 0x74, 0xd0, 0x46, 0x89, 0xb0, 0x98, 0xd2, 0xd3, 0xe9, 0x0c, 0x0f, 0x7c, 0x84, 0x09, 0xc2, 0x95, 0xe9,
    0x5a, 0x6c, 0x6f, 0xde, 0x22, 0x1a, 0xc3, 0x4c, 0x94, 0xc0, 0x48, 0xc1, 0x29, 0xf7, 0x67, 0x17, 0x3c, 0xe2, 0x91, 0x09, 0x34, 0xb2, 0x53, 0xc2,
    0x8e, 0xb9, 0x3a, 0x0a, 0x60, 0x8f, 0x8c, 0xe3, 0xfe, 0x14, 0xb0, 0x8a, 0xcd, 0xc3, 0x4c, 0xc9, 0x8b, 0xf5, 0xe3, 0x1c, 0xc2, 0x6e, 0x18, 0x30,
    0xd4, 0x3a, 0xe2, 0x15, 0xa4, 0x2a, 0x22, 0x97, 0x15, 0x96, 0xed, 0xd4, 0x82, 0x5d, 0xa8, 0x81,
};
static const char hs256[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImgxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kiLCJleHAiOjE3OTYwMDAwNjB9.VXV61zGv_RBKB8qRWzzhBYfw3CCCFG7d9BT_BxPOpeo";
static const char es256[] =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InAxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kiLCJleHAiOjE3OTYwMDAwNjB9.kKZ7ZCRCglbHr5oIyutJXp-yiYgVDLKEU4EQSomIGZK04xIDi_S4U1oz4cLyELyIYRSolXfS1QhiWU1Vxzv4lQ";
static const char eddsa[] =
    "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImUxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kiLCJleHAiOjE3OTYwMDAwNjB9.d2us0_YVpdm_mNho_DI4ZzfoJqpUSGhzcJueVmvaWIb24n1HDE7m1jjr2j8VVMp1EoKIO1ln8ZiQ55fP6LZOAw";
static const char rs256[] =
    "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kiLCJleHAiOjE3OTYwMDAwNjB9.Vku2y-S-AIRg3_AzVKw0jv70X1BsgPOJ_euI1ODH5aIZp-VYMakbOxfwjYjks7v3wj187_W3f42n8hgWo0gW_T9tNSDceyuX0nr"
    "r8_DW7prng0rN69mXRz1DvdAEEpXuLYvLibFFaahejcCTqsVrIeczpWJsOtuKUhnCCE46T-v2YStB6N6oVXd7oU1QNcL3TWQNxcf3DM3719SHFTaiGQI6kCrNTUPon48V1"
    "CnmeX6mGKe5GHKB664_Zfw9syTkZUgaGzinHq4mTnoq5hRsaHhcUc2LA1Ft0pg_8FKks75F5vjevxaZkekiK5Z8fT2UnNnsUPhNwp7w1jKfh09pMw";
static const char ps256[] =
    "eyJhbGciOiJQUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InIxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kiLCJleHAiOjE3OTYwMDAwNjB9.EFdyM1pHFmGwZE6mhboBxN1nPmhu8UJrbTWVi_YBfviqre2y74OGDw8ARnzABNWOJOdM93O89GwnqyZnZGlzzYHQefz27Z3eCuo"
    "PRRcF8cdSvGk5FxcA6zMU1Y6l4pbmMWdpzZTRwzM6LN6ruR-55EfCh8ggVQqZQ010loM5gQb5Au5eiuz2AddOtSTA_a_zdH62NNh5wQH2JK__XiLCAFIN2WHN7z09N5n2V"
    "4lzwdHoG-g5o2_uy3xKRBrMxOiN1eZn9CNpOIEhUBxyYvLOGrxSj0E8ihaM1NUFpPxq4hHgaFxRH6nmVbJ5UL1clx0KJXxtj-QWT_B19lHnRTh4hQ";
static const char other[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImgxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZS8iLCJhdWQiOiJhY21lLWFwaSIsInN1Yi"
    "I6ImNpIiwiZXhwIjoxNzk2MDAwMDYwfQ.GMzvLoSpkgtYTo-l9evLd9_ZWSHNOTkzYnzYCSgcJf4";
static const char elsewhere[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImgxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6Im90aGVyIiwic3ViIjoiY2"
    "kiLCJleHAiOjE3OTYwMDAwNjB9.W_MKjqZOVBwTvG120ZuQKhPIGgazOaCxmri8CDNg-q4";
static const char undated[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImgxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kifQ.ZMg17siZHKH6vlTPIMCe6WgP4x35j_cQa46E6qO79ko";
static const char login[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImgxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kiLCJleHAiOjE3OTYwMDAwNjAsIm5vbmNlIjoibiJ9.a9REUFB3pYM70oMe1Tq2rbAzJiPdgVDhUQOMVfo2lTM";
static const char early[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImgxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kiLCJleHAiOjE3OTYwMDAwNjAsIm5iZiI6MTc5NjAwMDAwMX0.8sis2mmJJZIupK84ptbBnj1jDRC16aNByhN48JVbkeM";
static const char dated[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImgxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kiLCJleHAiOjE3OTYwMDAwNjAsImlhdCI6MTc5NTk5OTAwMH0.DDFSaHyYuxr0VRpwb-WoldyWvNPwQCrCV6561LaG-eU";
static const char plain[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImgxIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIjoiY2"
    "kiLCJleHAiOjE3OTYwMDAwNjB9.CNBFsGb62W1WwmYttbjQvpCJGK0PA-jzA6q2enl_8Fg";
static const char foreign[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImgyIn0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIj"
    "oiY2kiLCJleHAiOjE3OTYwMDAwNjB9.8_thWZmHGzpzwiCm6ZvuCyuuPJlxMaq1GDGuJ4-DA9Y";
static const char critical[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImNyaXQiOlsieCJdLCJ4IjoxfQ.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXB"
    "pIiwic3ViIjoiY2kiLCJleHAiOjE3OTYwMDAwNjB9.T1El9BbKi4Ca-SBW4XKkR_Tn610jyviGpy5AoOYyXL8";
static const char none[] =
    "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJpc3MiOiJodHRwczovL2lkLmFjbWUuZXhhbXBsZSIsImF1ZCI6ImFjbWUtYXBpIiwic3ViIjoiY2kiLCJleHAiOj"
    "E3OTYwMDAwNjB9.7jrXRmzgozPa16iGXhXCcv4SpQmr4jNsRysTz3ipoZE";

#define TEXT(t) (const uint8_t *)(t), strlen(t)
#define NAME(t) {(const uint8_t *)(t), sizeof(t) - 1}

static const char claims[] = "{\"iss\":\"https://id.acme.example\",\"aud\":\"acme-api\",\"sub\":\"ci\",\"exp\":1796000060}";
static const char secret[] = "a secret of at least 32 bytes, shared with the issuer";
static const caltrop_text audiences[] = {NAME("https://api.acme.example"), NAME("acme-api")};
static const caltrop_jwt_key keys[] = {
    {CALTROP_HS256, NAME("h1"), (const uint8_t *)secret, sizeof secret - 1, 0},
    {CALTROP_ES256, NAME("p1"), p256, sizeof p256, 0},
    {CALTROP_EDDSA, NAME("e1"), ed25519, sizeof ed25519, 0},
    {CALTROP_RS256, NAME("r1"), modulus, sizeof modulus, 65537},
    {CALTROP_PS256, NAME("r1"), modulus, sizeof modulus, 65537},
};
static const caltrop_jwt_options options = {sizeof options, NAME("https://id.acme.example"), audiences, 2, NULL, 0, keys, 5, 0, 0};
static caltrop_jwt_verifier verifier;

static caltrop_status at(const char *token, uint64_t wall_s, uint8_t trusted) {
    uint8_t out[CALTROP_JWT_CLAIMS_MAX];
    size_t len = 7;
    const caltrop_now now = {wall_s, 0, trusted};
    memset(out, 0x5A, sizeof out);
    caltrop_status answer = caltrop_jwt_verify(&verifier, TEXT(token), &now, out, sizeof out, &len);
    if (answer != CALTROP_OK) { /* nothing was written */
        CHECK(len == 7);
        for (size_t i = 0; i < sizeof out; i++)
            CHECK(out[i] == 0x5A);
    }
    return answer;
}

static caltrop_status of(const char *token) {
    return at(token, 1796000059, 1);
}

static void each_algorithm(void) {
    const char *tokens[] = {hs256, es256, eddsa, rs256, ps256};
    for (size_t i = 0; i < 5; i++) {
        uint8_t out[128];
        size_t len;
        char changed[1024];
        const caltrop_now now = {1796000059, 0, 1};
        CHECK(caltrop_jwt_verify(&verifier, TEXT(tokens[i]), &now, out, sizeof out, &len) == CALTROP_OK);
        CHECK(len == sizeof claims - 1 && memcmp(out, claims, len) == 0);
        CHECK(caltrop_jwt_verify(&verifier, TEXT(tokens[i]), &now, out, len, &len) == CALTROP_OK);
        CHECK(caltrop_jwt_verify(&verifier, TEXT(tokens[i]), &now, out, len - 1, &len) == CALTROP_E_MEMORY);
        CHECK(at(tokens[i], 1796000060, 1) == CALTROP_E_EXPIRED);
        strcpy(changed, tokens[i]);
        char *tag = strrchr(changed, '.') + 1;
        *tag = *tag == 'A' ? 'B' : 'A';
        CHECK(of(changed) == CALTROP_E_FORGED);
        strrchr(changed, '.')[0] = '\0';
        CHECK(of(changed) == CALTROP_E_MALFORMED);
    }
}

static void each_reason(void) {
    static char lengthy[CALTROP_JWT_MAX + 2];
    CHECK(of(other) == CALTROP_E_JWT_ISSUER);
    CHECK(of(elsewhere) == CALTROP_E_JWT_AUDIENCE);
    CHECK(of(undated) == CALTROP_E_JWT_CLAIMS);
    CHECK(of(login) == CALTROP_E_JWT_ID_TOKEN);
    CHECK(at(early, 1796000000, 1) == CALTROP_E_FUTURE && at(early, 1796000001, 1) == CALTROP_OK);
    CHECK(of(plain) == CALTROP_E_JWT_TYPE);
    CHECK(of(foreign) == CALTROP_E_UNKNOWN_KEY);
    CHECK(of(critical) == CALTROP_E_JWT_CRITICAL);
    CHECK(of(none) == CALTROP_E_JWT_ALGORITHM);
    CHECK(of("") == CALTROP_E_MALFORMED);
    CHECK(at(hs256, 1796000059, 0) == CALTROP_E_CLOCK);
    memset(lengthy, 'a', sizeof lengthy - 1);
    CHECK(of(lengthy) == CALTROP_E_LENGTH);
}

static void what_the_host_says(void) {
    const caltrop_text types[] = {NAME("at+jwt"), NAME("JWT")};
    caltrop_jwt_options other_types = options, aged = options, patient = options;
    other_types.types = types, other_types.type_count = 2;
    aged.age_max_s = 1000;
    patient.leeway_s = 30;
    caltrop_jwt_wipe(&verifier);
    CHECK(caltrop_jwt_init(&other_types, &verifier) == CALTROP_OK && of(plain) == CALTROP_OK && of(hs256) == CALTROP_OK);
    caltrop_jwt_wipe(&verifier);
    CHECK(caltrop_jwt_init(&aged, &verifier) == CALTROP_OK && of(hs256) == CALTROP_E_JWT_CLAIMS);
    CHECK(at(dated, 1796000000, 1) == CALTROP_OK && at(dated, 1796000001, 1) == CALTROP_E_STALE);
    caltrop_jwt_wipe(&verifier);
    CHECK(caltrop_jwt_init(&patient, &verifier) == CALTROP_OK);
    CHECK(at(hs256, 1796000089, 1) == CALTROP_OK && at(hs256, 1796000090, 1) == CALTROP_E_EXPIRED);
    caltrop_jwt_wipe(&verifier);
    CHECK(caltrop_jwt_init(&options, &verifier) == CALTROP_OK);
}

static caltrop_status init(caltrop_jwt_options changed) {
    caltrop_jwt_verifier out;
    caltrop_status answer = caltrop_jwt_init(&changed, &out);
    if (answer == CALTROP_OK)
        caltrop_jwt_wipe(&out);
    return answer;
}

static caltrop_status init_key(caltrop_jwt_key key) {
    caltrop_jwt_options changed = options;
    changed.keys = &key, changed.key_count = 1;
    return init(changed);
}

#define WITH(field, value) (changed = options, changed.field = (value), init(changed))
#define KEY(at, field, value) (key = keys[at], key.field = (value), init_key(key))

static void every_misuse(void) {
    caltrop_jwt_options changed;
    caltrop_jwt_key key, many[9];
    caltrop_text names[17];
    const caltrop_text odd = NAME("\xff"), empty = {NULL, 0};
    CHECK(init(options) == CALTROP_OK);
    CHECK(WITH(size, sizeof options - 8) == CALTROP_E_VALUE && WITH(size, 0) == CALTROP_E_VALUE);
    CHECK(WITH(issuer, empty) == CALTROP_E_JWT_ISSUER && WITH(issuer, odd) == CALTROP_E_JWT_ISSUER);
    CHECK(WITH(audience_count, 0) == CALTROP_E_JWT_AUDIENCE && WITH(audiences, NULL) == CALTROP_E_NULL);
    CHECK(WITH(audiences, (const caltrop_text *)((const char *)audiences + 1)) == CALTROP_E_ALIGNMENT);
    CHECK(WITH(key_count, 0) == CALTROP_E_JWT_KEY && WITH(keys, NULL) == CALTROP_E_NULL && WITH(type_count, 1) == CALTROP_E_NULL);
    CHECK(WITH(keys, (const caltrop_jwt_key *)((const char *)keys + 1)) == CALTROP_E_ALIGNMENT);
    CHECK(WITH(key_count, SIZE_MAX / 2) == CALTROP_E_LENGTH);
    for (size_t i = 0; i < 17; i++)
        names[i] = audiences[1];
    for (size_t i = 0; i < 9; i++)
        many[i] = keys[0];
    changed = options, changed.audiences = names, changed.audience_count = 16, changed.keys = many, changed.key_count = 8;
    changed.types = names, changed.type_count = 4;
    CHECK(init(changed) == CALTROP_OK);
    changed.audience_count = 17;
    CHECK(init(changed) == CALTROP_E_JWT_AUDIENCE);
    changed.audience_count = 16, changed.key_count = 9;
    CHECK(init(changed) == CALTROP_E_JWT_KEY);
    changed.key_count = 8, changed.type_count = 5;
    CHECK(init(changed) == CALTROP_E_JWT_TYPE);
    changed.type_count = 4, names[3] = odd;
    CHECK(init(changed) == CALTROP_E_JWT_AUDIENCE);
    names[3] = empty;
    CHECK(init(changed) == CALTROP_E_JWT_AUDIENCE);
    CHECK(KEY(0, len, 31) == CALTROP_E_JWT_KEY && KEY(0, len, 32) == CALTROP_OK && KEY(0, bytes, NULL) == CALTROP_E_NULL);
    CHECK(KEY(0, exponent, 1) == CALTROP_E_JWT_KEY && KEY(0, algorithm, 0) == CALTROP_E_VALUE && KEY(0, algorithm, 8) == CALTROP_E_VALUE);
    CHECK(KEY(0, kid, odd) == CALTROP_E_JWT_KEY && KEY(0, kid, empty) == CALTROP_OK);
    CHECK(KEY(1, len, 63) == CALTROP_E_JWT_KEY && KEY(1, bytes, modulus) == CALTROP_E_JWT_KEY);
    CHECK(KEY(2, len, 31) == CALTROP_E_JWT_KEY && KEY(2, algorithm, CALTROP_ES256) == CALTROP_E_JWT_KEY);
    CHECK(KEY(3, exponent, 3) == CALTROP_E_JWT_KEY && KEY(3, len, 128) == CALTROP_E_JWT_KEY && KEY(3, len, 0) == CALTROP_E_JWT_KEY);
    CHECK(KEY(3, algorithm, CALTROP_RS384) == CALTROP_OK && KEY(3, algorithm, CALTROP_RS512) == CALTROP_OK);

    const caltrop_now now = {1796000059, 0, 1};
    uint8_t out[8];
    size_t len;
    CHECK(caltrop_jwt_init(NULL, &verifier) == CALTROP_E_NULL && caltrop_jwt_init(&options, NULL) == CALTROP_E_NULL);
    CHECK(caltrop_jwt_init(&options, (caltrop_jwt_verifier *)((char *)&verifier + 1)) == CALTROP_E_ALIGNMENT);
    CHECK(caltrop_jwt_verify(NULL, TEXT(hs256), &now, out, sizeof out, &len) == CALTROP_E_NULL);
    CHECK(caltrop_jwt_verify(&verifier, NULL, 5, &now, out, sizeof out, &len) == CALTROP_E_NULL);
    CHECK(caltrop_jwt_verify(&verifier, NULL, 0, &now, out, sizeof out, &len) == CALTROP_E_MALFORMED);
    CHECK(caltrop_jwt_verify(&verifier, TEXT(hs256), NULL, out, sizeof out, &len) == CALTROP_E_NULL);
    CHECK(caltrop_jwt_verify(&verifier, TEXT(hs256), &now, NULL, sizeof out, &len) == CALTROP_E_NULL);
    CHECK(caltrop_jwt_verify(&verifier, TEXT(hs256), &now, out, sizeof out, NULL) == CALTROP_E_NULL);
    CHECK(caltrop_jwt_verify(&verifier, TEXT(hs256), &now, NULL, 0, &len) == CALTROP_E_MEMORY);
    CHECK(caltrop_jwt_verify((caltrop_jwt_verifier *)((char *)&verifier + 1), TEXT(hs256), &now, out, sizeof out, &len) == CALTROP_E_ALIGNMENT);
    caltrop_jwt_wipe(NULL);
}

int main(void) {
    CHECK(caltrop_jwt_init(&options, &verifier) == CALTROP_OK);
    each_algorithm();
    each_reason();
    what_the_host_says();
    every_misuse();
    caltrop_jwt_wipe(&verifier);
    for (size_t i = 0; i < sizeof verifier; i++)
        CHECK(((const uint8_t *)&verifier)[i] == 0);
    printf("jwt: %u checks\n", checks);
    return 0;
}
