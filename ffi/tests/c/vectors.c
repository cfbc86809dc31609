/* Decision vectors in C: argv[1] is a packed file ("CTV2"; written by caltrop-vectors), and every answer in it must be given. */
#include <string.h>

#include "caltrop.h"
#include "check.h"

/* A cursor over the file. Reading past the end stops the run: the file is our own, and a short one is a fault of the packer. */
static const uint8_t *at, *end;

static const uint8_t *take(size_t count) {
    const uint8_t *here = at;
    CHECK((size_t)(end - at) >= count);
    at += count;
    return here;
}

static uint64_t number(unsigned bytes) {
    const uint8_t *here = take(bytes);
    uint64_t value = 0;
    while (bytes-- > 0) value = value << 8 | here[bytes];
    return value;
}

typedef struct {
    const uint8_t *data;
    size_t len;
} text;

static text string(unsigned length_bytes) {
    text t;
    t.len = (size_t)number(length_bytes);
    t.data = take(t.len);
    return t;
}

static int same(text expected, const uint8_t *given) {
    return strlen((const char *)given) == expected.len && memcmp(given, expected.data, expected.len) == 0;
}

static unsigned passed, cases;

static void one(const caltrop_guard *guard) {
    static caltrop_header headers[256];
    caltrop_request request;
    caltrop_now now;
    caltrop_decision decision;
    size_t word_len = 0, written = 0, i;
    uint8_t answer[CALTROP_ANSWER_SIZE], named[CALTROP_QUOTA_NAME_SIZE], kind;
    const uint8_t *word;
    text t, name = string(1), reason, principal, route;
    text quota;
    unsigned status, count, is_reported;
    uint32_t wait;
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    now.wall_s = number(8);
    now.mono_ns = number(8);
    now.trusted = (uint8_t)number(1);
    t = string(1), request.method = t.data, request.method_len = t.len;
    t = string(2), request.target = t.data, request.target_len = t.len;
    t = string(1), request.authority = t.data, request.authority_len = t.len;
    request.header_count = (size_t)number(2);
    CHECK(request.header_count <= 256);
    for (i = 0; i < request.header_count; i++) {
        t = string(2), headers[i].name = t.data, headers[i].name_len = t.len;
        t = string(2), headers[i].value = t.data, headers[i].value_len = t.len;
    }
    request.headers = headers;
    kind = (uint8_t)number(1);
    request.peer.family = kind == 0 ? CALTROP_PEER_UNIX : kind;
    if (kind != 0) memcpy(request.peer.bytes, take(kind == 4 ? 4 : 16), kind == 4 ? 4 : 16);
    request.tls = (uint8_t)number(1);
    status = (unsigned)number(2), reason = string(1), principal = string(1), route = string(1), wait = (uint32_t)number(4);

    memset(&decision, 0xff, sizeof decision);
    CHECK(caltrop_guard_admit(guard, &request, &now, &decision) == CALTROP_OK);
    is_reported = 1;
    count = (unsigned)number(1);
    for (i = 0; i < count; i++) {
        t = string(1), quota = string(1);
        if (caltrop_guard_reported(guard, &decision, i, named, sizeof named, &word_len) == CALTROP_OK)
            is_reported = is_reported && word_len == quota.len && (quota.len == 0 || memcmp(named, quota.data, quota.len) == 0);
        else
            is_reported = 0;
        word = caltrop_reason_word(i < CALTROP_REPORTED_MAX ? decision.reported[i].reason : 0, &word_len);
        is_reported = is_reported && word_len == t.len && memcmp(word, t.data, t.len) == 0;
    }
    is_reported = is_reported && caltrop_guard_reported(guard, &decision, count, named, sizeof named, &word_len) == CALTROP_E_VALUE;
    word = caltrop_reason_word(decision.reason, &word_len);
    cases++;
    if (decision.status == status && word_len == reason.len && memcmp(word, reason.data, word_len) == 0 &&
        same(principal, decision.principal) && same(route, decision.route) && decision.retry_after_s == wait && is_reported &&
        caltrop_allowed(&decision) == (status == 200))
        passed++;
    else
        fprintf(stderr, "%.*s: want %u %.*s, got %u %.*s (principal %s, route %s, wait %u)\n", (int)name.len, name.data, status,
                (int)reason.len, reason.data, decision.status, (int)word_len, word, decision.principal, decision.route, decision.retry_after_s);
    if (!caltrop_allowed(&decision)) {
        CHECK(caltrop_guard_answer(guard, &decision, answer, sizeof answer, &written) == CALTROP_OK && written > 0);
        CHECK(caltrop_guard_answer(guard, &decision, answer, 1, &written) == CALTROP_E_MEMORY);
    }
}

static void group(void) {
    static union {
        uint64_t align[CALTROP_GUARD_SIZE / 8];
        uint8_t bytes[CALTROP_GUARD_SIZE];
    } memory;
    caltrop_guard_options options;
    caltrop_guard *guard = NULL;
    caltrop_pepper peppers[4];
    caltrop_image feeds[12];
    uint8_t entropy[16] = {5};
    text t;
    size_t size = 0, i, count;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    t = string(4), options.policy = t.data, options.policy_len = t.len;
    t = string(4), options.keyring = t.data, options.keyring_len = t.len;
    memset(feeds, 0, sizeof feeds);
    options.feeds = feeds, options.feeds_count = (size_t)number(1);
    CHECK(options.feeds_count <= sizeof feeds / sizeof *feeds);
    for (i = 0; i < options.feeds_count; i++) t = string(4), feeds[i].bytes = t.data, feeds[i].len = t.len;
    options.signers = take(32), options.signer_count = 1;
    t = string(1), options.name = t.data, options.name_len = t.len;
    options.peppers = peppers, options.pepper_count = (size_t)number(1);
    CHECK(options.pepper_count <= 4);
    for (i = 0; i < options.pepper_count; i++) {
        peppers[i].id = (uint8_t)number(1);
        t = string(1), peppers[i].secret = t.data, peppers[i].secret_len = t.len;
    }
    CHECK(caltrop_state_size(&options, &size) == CALTROP_OK);
    options.state = malloc(size), options.state_len = size;
    CHECK(options.state != NULL);
    memset(options.state, 0, size);
    CHECK(caltrop_state_init(&options, entropy) == CALTROP_OK);
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory.bytes, &guard) == CALTROP_OK);
    for (count = (size_t)number(4); count > 0; count--) one(guard);
    caltrop_guard_wipe(guard);
    free(options.state);
}

int main(int argc, char **argv) {
    FILE *file;
    uint8_t *data;
    long length;
    unsigned groups;
    CHECK(argc == 2);
    file = fopen(argv[1], "rb");
    CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0);
    length = ftell(file);
    CHECK(length > 8 && fseek(file, 0, SEEK_SET) == 0);
    data = malloc((size_t)length);
    CHECK(data != NULL && fread(data, 1, (size_t)length, file) == (size_t)length);
    fclose(file);
    at = data, end = data + length;
    CHECK(memcmp(take(4), "CTV2", 4) == 0);
    for (groups = (unsigned)number(4); groups > 0; groups--) group();
    CHECK(at == end);
    free(data);
    printf("vectors c: %u of %u\n", passed, cases);
    return passed == cases ? 0 : 1;
}
