/* A guard one of whose zones a feed fills: argv = policy image, keyring image, public key, pepper, list; name "acme-api". */
#include <string.h>

#include "caltrop.h"
#include "check.h"

static union {
    uint64_t align[CALTROP_GUARD_SIZE / 8];
    uint8_t bytes[CALTROP_GUARD_SIZE];
} memory;

static caltrop_status made(const caltrop_guard_options *options, caltrop_guard **guard) {
    return caltrop_guard_init(options, memory.bytes, sizeof memory, guard);
}

/* The status of a request from an IPv4 address at a time. */
static uint16_t asked(const caltrop_guard *guard, const char *address, uint64_t wall_s) {
    caltrop_request request;
    caltrop_decision decision;
    caltrop_now now = {wall_s, 1000000000, 1};
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    request.method = (const uint8_t *)"GET", request.method_len = 3;
    request.target = (const uint8_t *)"/healthz", request.target_len = 8;
    request.peer.family = 4, memcpy(request.peer.bytes, address, 4);
    request.tls = CALTROP_TLS_1_3;
    CHECK(caltrop_guard_admit(guard, &request, &now, &decision) == CALTROP_OK);
    return decision.status;
}

int main(int argc, char **argv) {
    caltrop_guard_options options;
    caltrop_guard *guard = NULL;
    caltrop_pepper pepper;
    caltrop_image lists[5];
    uint8_t entropy[16] = {5};
    size_t size = 0;
    CHECK(argc == 6);
    memset(&options, 0, sizeof options);
    memset(lists, 0, sizeof lists);
    options.size = sizeof options;
    options.name = (const uint8_t *)"acme-api", options.name_len = 8;
    options.policy = read_file(argv[1], &options.policy_len);
    options.keyring = read_file(argv[2], &options.keyring_len);
    options.signers = read_file(argv[3], &size), options.signer_count = 1;
    pepper.id = 1, pepper.secret = read_file(argv[4], &pepper.secret_len);
    options.peppers = &pepper, options.pepper_count = 1;
    CHECK(caltrop_state_size(&options, &size) == CALTROP_OK);
    options.state = malloc(size), options.state_len = size;
    CHECK(options.state != NULL);
    memset(options.state, 0, size);
    CHECK(caltrop_state_init(&options, entropy) == CALTROP_OK);

    /* What is missing or not the feed's list makes no guard. */
    CHECK(made(&options, &guard) == CALTROP_E_FEED_MISSING);
    options.feeds_count = 1;
    CHECK(made(&options, &guard) == CALTROP_E_NULL);
    options.feeds = lists;
    CHECK(made(&options, &guard) == CALTROP_E_IMAGE_TOO_SHORT);
    lists[0].bytes = options.keyring, lists[0].len = options.keyring_len;
    CHECK(made(&options, &guard) == CALTROP_E_IMAGE_KIND);
    lists[0].bytes = read_file(argv[5], &lists[0].len);
    lists[0].floor.sequence = 1000;
    CHECK(made(&options, &guard) == CALTROP_E_IMAGE_ROLLBACK);
    lists[0].floor.sequence = 0;
    options.feeds_count = 5;
    CHECK(made(&options, &guard) == CALTROP_E_LENGTH);
    CHECK(guard == NULL);

    options.feeds_count = 1;
    CHECK(made(&options, &guard) == CALTROP_OK && guard != NULL);
    CHECK(asked(guard, "\xc0\x00\x02\x07", 1796000100) == 403);
    CHECK(asked(guard, "\xcb\x00\x71\x09", 1796000100) == 200);
    /* The policy lets the list be 300 s old. */
    CHECK(asked(guard, "\xcb\x00\x71\x09", 1796000301) == 503);

    caltrop_guard_wipe(guard);
    free((void *)(uintptr_t)options.policy);
    free((void *)(uintptr_t)options.keyring);
    free((void *)(uintptr_t)options.signers);
    free((void *)(uintptr_t)pepper.secret);
    free((void *)(uintptr_t)lists[0].bytes);
    free(options.state);
    printf("lists: %u checks\n", checks);
    return 0;
}
