/* One decision in C on a board: opens the first policy of a packed file of vectors, asks about its first request, and ends with status 0
 * if the answer is the file's. A product has its images in flash and its requests from a server; the calls are these four. */
#include "board.h"
#include "caltrop.h"

/* 16 KiB: a policy with `slots = 512` asks for 14,016 bytes. */
static uint64_t state[2048];
static _Alignas(16) uint8_t memory[CALTROP_GUARD_SIZE];
__attribute__((section(".psram"))) static uint8_t file[4 << 20];

static const uint8_t *at, *end;

static void need(int condition, const char *what) {
    if (condition) return;
    board_print("c firmware: ");
    board_print(what);
    board_print("\n");
    board_exit(2);
}

static const uint8_t *take(size_t count) {
    const uint8_t *here = at;
    need((size_t)(end - at) >= count, "vectors.bin ends early");
    at += count;
    return here;
}

static uint64_t number(unsigned bytes) {
    const uint8_t *here = take(bytes);
    uint64_t value = 0;
    while (bytes-- > 0) value = value << 8 | here[bytes];
    return value;
}

/* Bytes behind their length; the length goes to `len`. */
static const uint8_t *bytes(unsigned length_bytes, size_t *len) {
    *len = (size_t)number(length_bytes);
    return take(*len);
}

static caltrop_guard *open_guard(void) {
    caltrop_guard_options options = {0};
    caltrop_pepper pepper;
    caltrop_guard *guard = NULL;
    uint8_t entropy[16] = {5}; /* As in every runner of vectors; a product draws its own. */
    size_t size = 0;
    options.size = sizeof options;
    options.policy = bytes(4, &options.policy_len);
    options.keyring = bytes(4, &options.keyring_len);
    need(number(1) == 0, "the first group has feeds besides");
    options.signers = take(32), options.signer_count = 1;
    options.name = bytes(1, &options.name_len);
    need(number(1) == 1, "the first group has other than one pepper");
    pepper.id = (uint8_t)number(1);
    pepper.secret = bytes(1, &pepper.secret_len);
    options.peppers = &pepper, options.pepper_count = 1;
    need(caltrop_state_size(&options, &size) == CALTROP_OK && size <= sizeof state, "the policy does not open, or asks for a larger state");
    options.state = state, options.state_len = size;
    need(caltrop_state_init(&options, entropy) == CALTROP_OK, "the state cannot be formatted");
    need(caltrop_guard_init(&options, memory, sizeof memory, &guard) == CALTROP_OK, "the guard cannot be made");
    return guard;
}

static void print_status(unsigned status) {
    char text[4] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10), (char)('0' + status % 10), 0};
    board_print(text);
}

int main(void) {
    static caltrop_header headers[128];
    caltrop_request request = {0};
    caltrop_decision decision = {0};
    caltrop_now now = {0};
    caltrop_guard *guard;
    uint8_t peer;
    unsigned expected;
    size_t i, unused;
    at = file, end = file + board_read_file("vectors.bin", file, sizeof file);
    (void)take(8); /* "CTV2" and how many groups */
    guard = open_guard();
    need(number(4) > 0, "the first group has no case");
    (void)bytes(1, &unused); /* its name */
    now.wall_s = number(8), now.mono_ns = number(8), now.trusted = (uint8_t)number(1);
    request.size = sizeof request;
    request.method = bytes(1, &request.method_len);
    request.target = bytes(2, &request.target_len);
    request.authority = bytes(1, &request.authority_len);
    request.header_count = (size_t)number(2);
    need(request.header_count <= sizeof headers / sizeof headers[0], "the first case has too many header fields");
    for (i = 0; i < request.header_count; i++) {
        headers[i].name = bytes(2, &headers[i].name_len);
        headers[i].value = bytes(2, &headers[i].value_len);
    }
    request.headers = headers;
    peer = (uint8_t)number(1);
    request.peer.family = peer == 0 ? CALTROP_PEER_UNIX : peer;
    for (i = 0; peer != 0 && i < (peer == 4 ? 4u : 16u); i++) request.peer.bytes[i] = *take(1);
    request.tls = (uint8_t)number(1);
    expected = (unsigned)number(2);

    need(caltrop_guard_admit(guard, &request, &now, &decision) == CALTROP_OK, "the call has an argument that is none");
    board_print("c firmware: ");
    print_status(decision.status);
    board_print(", the file says ");
    print_status(expected);
    board_print("\n");
    caltrop_guard_wipe(guard);
    return decision.status == expected && caltrop_allowed(&decision) == (expected == 200) ? 0 : 1;
}
