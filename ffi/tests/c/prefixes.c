/* A compiled list: argv = image, public key; scope "acme-api/nets". 10.8.0.0/16 is 1, 10.8.3.0/24 is 2, 2001:db8::/32 is 3. */
#include <string.h>

#include "caltrop.h"
#include "check.h"

#define COUNT 150

static union {
    uint64_t align[CALTROP_PREFIXES_SIZE / 8];
    uint8_t bytes[CALTROP_PREFIXES_SIZE];
} memory;

static const uint8_t *scope = (const uint8_t *)"acme-api/nets";
static const uint8_t *signer;
static caltrop_floor floor_of_none;

/* Opens an image; what cannot be opened leaves the pointer alone. */
static caltrop_status opened(const uint8_t *image, size_t len, size_t scope_len, size_t signers, size_t room, const caltrop_prefixes **out) {
    return caltrop_prefixes_open(image, len, scope, scope_len, signer, signers, &floor_of_none, memory.bytes, room, out);
}

static void refuses(const uint8_t *image, size_t len) {
    const caltrop_prefixes *list = NULL;
    uint8_t *changed = malloc(len);
    size_t at;
    CHECK(changed != NULL);
    memcpy(changed, image, len);
    CHECK(opened(image, len, 13, 1, CALTROP_PREFIXES_SIZE - 1, &list) == CALTROP_E_MEMORY);
    CHECK(opened(image, len, 13, 0, CALTROP_PREFIXES_SIZE, &list) == CALTROP_E_LENGTH);
    CHECK(opened(image, len, 12, 1, CALTROP_PREFIXES_SIZE, &list) == CALTROP_E_IMAGE_SCOPE);
    CHECK(opened(image, len - 1, 13, 1, CALTROP_PREFIXES_SIZE, &list) == CALTROP_E_IMAGE_LENGTH);
    CHECK(opened(NULL, 0, 13, 1, CALTROP_PREFIXES_SIZE, &list) == CALTROP_E_IMAGE_TOO_SHORT);
    CHECK(opened(NULL, len, 13, 1, CALTROP_PREFIXES_SIZE, &list) == CALTROP_E_NULL);
    CHECK(opened(image, len, 13, 1, CALTROP_PREFIXES_SIZE, NULL) == CALTROP_E_NULL);
    CHECK(caltrop_prefixes_open(image, len, scope, 13, signer, 1, NULL, memory.bytes, sizeof memory, &list) == CALTROP_E_NULL);
    CHECK(caltrop_prefixes_open(image, len, scope, 13, signer, 1, &floor_of_none, memory.bytes + 1, sizeof memory, &list) == CALTROP_E_ALIGNMENT);
    floor_of_none.sequence = 1000;
    CHECK(opened(image, len, 13, 1, CALTROP_PREFIXES_SIZE, &list) == CALTROP_E_IMAGE_ROLLBACK);
    floor_of_none.sequence = 0;
    /* Any byte behind the header. */
    for (at = 176; at < len; at++) {
        changed[at] ^= 0x40;
        CHECK(opened(changed, len, 13, 1, CALTROP_PREFIXES_SIZE, &list) == CALTROP_E_IMAGE_BODY);
        changed[at] ^= 0x40;
    }
    CHECK(list == NULL);
    free(changed);
}

static void answers(const caltrop_prefixes *list) {
    caltrop_address vpn = {4, {10, 8, 1, 1}}, mapped = {6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 8, 3, 4}}, none = {0, {0}};
    static uint8_t v4[COUNT][4], v6[COUNT][16];
    static uint64_t values[COUNT];
    uint64_t value = 9;
    size_t i;
    CHECK(caltrop_prefixes_lookup(list, &vpn, &value) == CALTROP_OK && value == 1);
    CHECK(caltrop_prefixes_lookup(list, &mapped, &value) == CALTROP_OK && value == 2);
    CHECK(caltrop_prefixes_lookup(list, &none, &value) == CALTROP_E_VALUE && value == 2);
    CHECK(caltrop_prefixes_lookup(NULL, &vpn, &value) == CALTROP_E_NULL);
    CHECK(caltrop_prefixes_lookup(list, NULL, &value) == CALTROP_E_NULL);
    CHECK(caltrop_prefixes_lookup(list, &vpn, NULL) == CALTROP_E_NULL);
    for (i = 0; i < COUNT; i++) {
        const uint8_t inside[4] = {10, 8, (uint8_t)(i % 5), 1}, lab[4] = {0x20, 0x01, 0x0d, 0xb8};
        memcpy(v4[i], inside, 4);
        if (i % 3 == 0) memcpy(v6[i], lab, 4);
        if (i % 3 == 1) memcpy(v6[i], mapped.bytes, 16);
    }
    CHECK(caltrop_prefixes_lookup_many(list, 4, v4[0], COUNT, values) == CALTROP_OK);
    for (i = 0; i < COUNT; i++) CHECK(values[i] == (i % 5 == 3 ? 2u : 1u));
    CHECK(caltrop_prefixes_lookup_many(list, 6, v6[0], COUNT, values) == CALTROP_OK);
    for (i = 0; i < COUNT; i++) CHECK(values[i] == (i % 3 == 0 ? 3u : i % 3 == 1 ? 2u : 0u));
    CHECK(caltrop_prefixes_lookup_many(list, 4, NULL, 0, NULL) == CALTROP_OK);
    CHECK(caltrop_prefixes_lookup_many(list, 5, v4[0], COUNT, values) == CALTROP_E_VALUE);
    CHECK(caltrop_prefixes_lookup_many(list, 4, NULL, COUNT, values) == CALTROP_E_NULL);
    CHECK(caltrop_prefixes_lookup_many(list, 4, v4[0], COUNT, NULL) == CALTROP_E_NULL);
    CHECK(caltrop_prefixes_lookup_many(list, 4, v4[0], (size_t)-1 / 4, values) == CALTROP_E_LENGTH);
    CHECK(caltrop_prefixes_lookup_many(list, 4, v4[0], 1, (uint64_t *)((char *)values + 1)) == CALTROP_E_ALIGNMENT);
    CHECK(caltrop_prefixes_lookup_many(NULL, 4, v4[0], COUNT, values) == CALTROP_E_NULL);
}

int main(int argc, char **argv) {
    const caltrop_prefixes *list = NULL;
    uint8_t *image, *key;
    size_t len = 0, key_len = 0;
    CHECK(argc == 3);
    image = read_file(argv[1], &len);
    key = read_file(argv[2], &key_len);
    CHECK(key_len == 32);
    signer = key;
    CHECK(caltrop_prefixes_size() == CALTROP_PREFIXES_SIZE);
    refuses(image, len);
    CHECK(opened(image, len, 13, 1, CALTROP_PREFIXES_SIZE, &list) == CALTROP_OK);
    answers(list);
    free(image);
    free(key);
    printf("prefixes: %u checks\n", checks);
    return 0;
}
