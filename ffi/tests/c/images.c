/* Images that are not what was signed: argv = policy image, keyring image, public key, pepper; name "acme-api".
   Each is refused with its own status, and the guard that runs goes on as if nothing had been tried. */
#include <string.h>

#include "caltrop.h"
#include "check.h"

#define HEADER 176
#define TEXT(t) (const uint8_t *)(t), strlen(t)

typedef union {
    uint64_t align[CALTROP_GUARD_SIZE / 8];
    uint8_t bytes[CALTROP_GUARD_SIZE];
} room;

static caltrop_guard_options good;
static caltrop_guard *running;
static unsigned tried;

/* Tries to put a guard together with one image exchanged; it must not come to be. */
static caltrop_status with(int is_keyring, const uint8_t *image, size_t len) {
    static room other;
    caltrop_guard_options options = good;
    caltrop_guard *guard = NULL;
    caltrop_status status;
    /* The image in memory of exactly its size: a read past its end is seen. */
    uint8_t *copy = malloc(len > 0 ? len : 1);
    CHECK(copy != NULL);
    if (len > 0) memcpy(copy, image, len);
    if (is_keyring) options.keyring = copy, options.keyring_len = len;
    else options.policy = copy, options.policy_len = len;
    status = caltrop_guard_init(&options, other.bytes, sizeof other, &guard);
    CHECK(status != CALTROP_OK && guard == NULL);
    free(copy);
    tried++;
    return status;
}

static void goes_on(void) {
    caltrop_request request;
    caltrop_header key = {TEXT("x-api-key"), TEXT("acme_live_alice")};
    caltrop_now now = {1796000100, 1000000000, 1};
    caltrop_decision decision;
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    request.method = (const uint8_t *)"GET", request.method_len = 3;
    request.target = (const uint8_t *)"/v1/orders", request.target_len = 10;
    request.headers = &key, request.header_count = 1;
    request.peer.family = 4, memcpy(request.peer.bytes, "\xcb\x00\x71\x09", 4);
    request.tls = CALTROP_TLS_1_3;
    CHECK(caltrop_guard_admit(running, &request, &now, &decision) == CALTROP_OK && caltrop_allowed(&decision));
}

static caltrop_status of_header(size_t at, uint8_t changed) {
    if (at < 4) return CALTROP_E_IMAGE_MAGIC;
    if (at < 6) return CALTROP_E_IMAGE_FORMAT;
    if (at < 7) return CALTROP_E_IMAGE_KIND;
    if (at < 8 && (changed < 1 || changed > 32)) return CALTROP_E_IMAGE_DIRECTORY;
    if (at >= 8 && at < 16) return CALTROP_E_IMAGE_LENGTH;
    return CALTROP_E_IMAGE_SIGNATURE;
}

static uint32_t number(const uint8_t *at) { return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24; }

static void sweep(int is_keyring, const uint8_t *image, size_t len) {
    uint8_t *changed = malloc(len);
    uint64_t dice = 7;
    size_t bit, i;
    CHECK(changed != NULL && len > HEADER);
    memcpy(changed, image, len);
    for (bit = 0; bit < 8 * HEADER; bit++) {
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(with(is_keyring, changed, len) == of_header(bit / 8, changed[bit / 8]));
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (i = 0; i < 1000; i++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        bit = 8 * HEADER + (size_t)(dice >> 20) % (8 * (len - HEADER));
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK(with(is_keyring, changed, len) == CALTROP_E_IMAGE_BODY);
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    free(changed);
    for (i = 0; i < image[7]; i++) {
        const uint8_t *entry = image + HEADER + 16 * i;
        size_t first = number(entry + 4), end = first + number(entry + 8);
        CHECK(with(is_keyring, image, (size_t)(entry - image)) == (i == 0 ? CALTROP_E_IMAGE_TOO_SHORT : CALTROP_E_IMAGE_LENGTH));
        CHECK(with(is_keyring, image, first) == CALTROP_E_IMAGE_LENGTH);
        if (end < len) CHECK(with(is_keyring, image, end) == CALTROP_E_IMAGE_LENGTH);
    }
    CHECK(with(is_keyring, image, HEADER - 1) == CALTROP_E_IMAGE_TOO_SHORT);
    goes_on();
}

int main(int argc, char **argv) {
    static room memory;
    caltrop_pepper pepper;
    uint8_t entropy[16] = {5};
    /* RFC 8032, 7.1, test 1: somebody's key, and nobody's here. */
    static const uint8_t stranger[32] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
                                         0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};
    caltrop_guard_options kept;
    size_t size = 0;
    CHECK(argc == 5);
    memset(&good, 0, sizeof good);
    good.size = sizeof good;
    good.name = (const uint8_t *)"acme-api", good.name_len = 8;
    good.policy = read_file(argv[1], &good.policy_len);
    good.keyring = read_file(argv[2], &good.keyring_len);
    good.signers = read_file(argv[3], &size), good.signer_count = 1;
    pepper.id = 1, pepper.secret = read_file(argv[4], &pepper.secret_len);
    good.peppers = &pepper, good.pepper_count = 1;
    CHECK(caltrop_state_size(&good, &size) == CALTROP_OK);
    good.state = calloc(1, size), good.state_len = size;
    CHECK(good.state != NULL && caltrop_state_init(&good, entropy) == CALTROP_OK);
    CHECK(caltrop_guard_init(&good, memory.bytes, sizeof memory, &running) == CALTROP_OK);
    goes_on();

    sweep(0, good.policy, good.policy_len);
    sweep(1, good.keyring, good.keyring_len);

    CHECK(with(0, good.keyring, good.keyring_len) == CALTROP_E_IMAGE_KIND);
    CHECK(with(1, good.policy, good.policy_len) == CALTROP_E_IMAGE_KIND);
    kept = good;
    good.name_len = 7;
    CHECK(with(0, kept.policy, kept.policy_len) == CALTROP_E_IMAGE_SCOPE);
    good = kept, good.signers = stranger;
    CHECK(with(0, kept.policy, kept.policy_len) == CALTROP_E_IMAGE_SIGNATURE);
    good = kept, good.policy_floor.sequence = 1000;
    CHECK(with(0, kept.policy, kept.policy_len) == CALTROP_E_IMAGE_ROLLBACK);
    good = kept, good.keyring_floor.sequence = 1000;
    CHECK(with(1, kept.keyring, kept.keyring_len) == CALTROP_E_IMAGE_ROLLBACK);
    good = kept;
    goes_on();

    caltrop_guard_wipe(running);
    free(good.state);
    free((void *)(uintptr_t)good.policy);
    free((void *)(uintptr_t)good.keyring);
    free((void *)(uintptr_t)good.signers);
    free((void *)(uintptr_t)pepper.secret);
    printf("images: %u refused, %u checks\n", tried, checks);
    return 0;
}
