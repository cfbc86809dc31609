/* A guard from files: argv = policy image, keyring image, public key, pepper; name "acme-api". Every misuse is a status and a denial. */
#include <string.h>

#include "caltrop.h"
#include "check.h"

#define TEXT(t) (const uint8_t *)(t), strlen(t)

static union {
    uint64_t align[CALTROP_GUARD_SIZE / 8];
    uint8_t bytes[CALTROP_GUARD_SIZE];
} memory;

/* The image with one byte changed is refused with `wanted`, and the guard that was there goes on. */
static void refused(caltrop_guard_options options, size_t at, caltrop_status wanted) {
    static uint8_t other[CALTROP_GUARD_SIZE + 16];
    uint8_t *image = malloc(options.policy_len), *room = other + (16 - (uintptr_t)other % 16) % 16;
    caltrop_guard *guard = NULL;
    CHECK(image != NULL);
    memcpy(image, options.policy, options.policy_len);
    image[at] ^= 1;
    options.policy = image;
    CHECK(caltrop_guard_init(&options, room, CALTROP_GUARD_SIZE, &guard) == wanted);
    CHECK(guard == NULL);
    free(image);
}

/* Whether a field of the caller's reaches the application. */
static const struct {
    const char *name;
    uint8_t passes;
} passed[] = {{"accept", 1}, {"X-Caltrop-Principal", 0}, {"x_caltrop_scopes", 0}, {"x-caltrop", 1}};

int main(int argc, char **argv) {
    caltrop_guard_options options;
    caltrop_guard *guard = NULL;
    caltrop_pepper pepper;
    caltrop_request request;
    caltrop_header key = {TEXT("x-api-key"), TEXT("acme_live_alice")};
    caltrop_now now = {1796000100, 1000000000, 1};
    caltrop_decision decision, zeroed;
    caltrop_header passing = {NULL, 0, NULL, 0};
    uint8_t entropy[16] = {5}, stranger[32] = {1}, answer[CALTROP_ANSWER_SIZE];
    size_t size = 0, written = 0, word_len = 0;
    CHECK(argc == 5);
    CHECK(caltrop_guard_size() == CALTROP_GUARD_SIZE);
    memset(&options, 0, sizeof options);
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
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, &guard) == CALTROP_E_LAYOUT);
    CHECK(caltrop_state_init(&options, entropy) == CALTROP_OK);

    /* What is not whole makes no guard. */
    CHECK(caltrop_guard_init(NULL, memory.bytes, sizeof memory, &guard) == CALTROP_E_NULL);
    CHECK(caltrop_guard_init(&options, NULL, sizeof memory, &guard) == CALTROP_E_NULL);
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, NULL) == CALTROP_E_NULL);
    CHECK(caltrop_guard_init(&options, memory.bytes + 1, sizeof memory - 1, &guard) == CALTROP_E_ALIGNMENT);
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory - 1, &guard) == CALTROP_E_MEMORY);
    options.size--;
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, &guard) == CALTROP_E_LENGTH);
    options.size++;
    options.pepper_count = 0;
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, &guard) == CALTROP_E_PEPPER_MISSING);
    options.pepper_count = 1;
    options.keyring_len = 0;
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, &guard) == CALTROP_E_KEYRING_MISSING);
    options.keyring_len = 100;
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, &guard) == CALTROP_E_IMAGE_TOO_SHORT);
    free((void *)(uintptr_t)options.keyring);
    options.keyring = read_file(argv[2], &options.keyring_len);
    options.policy_floor.sequence = 1000;
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, &guard) == CALTROP_E_IMAGE_ROLLBACK);
    options.policy_floor.sequence = 0;
    options.name_len = 7;
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, &guard) == CALTROP_E_IMAGE_SCOPE);
    options.name_len = 8;
    {
        const uint8_t *signers = options.signers;
        options.signers = stranger;
        CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, &guard) != CALTROP_OK);
        options.signers = signers;
    }
    CHECK(guard == NULL);
    CHECK(caltrop_guard_init(&options, memory.bytes, sizeof memory, &guard) == CALTROP_OK && guard != NULL);
    refused(options, 0, CALTROP_E_IMAGE_MAGIC);
    refused(options, 4, CALTROP_E_IMAGE_FORMAT);
    refused(options, 6, CALTROP_E_IMAGE_KIND);
    refused(options, 8, CALTROP_E_IMAGE_LENGTH);
    refused(options, 30, CALTROP_E_IMAGE_SIGNATURE);
    refused(options, 170, CALTROP_E_IMAGE_SIGNATURE);
    refused(options, options.policy_len - 1, CALTROP_E_IMAGE_BODY);

    /* Of two slots the good one with the higher sequence is picked. */
    {
        uint8_t picked = 9;
        CHECK(caltrop_policy_pick(NULL, options.policy, options.policy_len, &picked) == CALTROP_E_NULL);
        CHECK(caltrop_policy_pick(&options, NULL, 5, &picked) == CALTROP_E_NULL);
        CHECK(caltrop_policy_pick(&options, options.policy, options.policy_len, NULL) == CALTROP_E_NULL && picked == 9);
        CHECK(caltrop_policy_pick(&options, options.policy, options.policy_len, &picked) == CALTROP_OK && picked == 0);
        CHECK(caltrop_policy_pick(&options, stranger, sizeof stranger, &picked) == CALTROP_OK && picked == 0);
        options.policy_len--;
        CHECK(caltrop_policy_pick(&options, options.policy, options.policy_len + 1, &picked) == CALTROP_OK && picked == 1);
        picked = 9;
        CHECK(caltrop_policy_pick(&options, stranger, sizeof stranger, &picked) == CALTROP_E_IMAGE_LENGTH && picked == 9);
        options.policy_len++;
    }

    /* A valid key passes, and the guard above was not touched by the refusals. */
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    request.method = (const uint8_t *)"GET", request.method_len = 3;
    request.target = (const uint8_t *)"/v1/orders", request.target_len = 10;
    request.headers = &key, request.header_count = 1;
    request.peer.family = 4, memcpy(request.peer.bytes, "\xcb\x00\x71\x09", 4);
    request.tls = CALTROP_TLS_1_3;
    CHECK(caltrop_guard_admit(guard, &request, &now, &decision) == CALTROP_OK);
    CHECK(caltrop_allowed(&decision) == 1 && decision.status == 200);
    CHECK(strcmp((const char *)decision.principal, "alice") == 0 && strcmp((const char *)decision.route, "orders-read") == 0);

    /* It holds a place among those that run, until it is settled, or its lease is over. */
    {
        static const uint8_t NONE[sizeof decision.held] = {0};
        caltrop_decision long_one;
        caltrop_now later = now;
        CHECK(caltrop_guard_admit(guard, &request, &now, &long_one) == CALTROP_OK && memcmp(long_one.held, NONE, sizeof NONE) != 0);
        CHECK(caltrop_guard_renew(NULL, &long_one, &now) == CALTROP_E_NULL && caltrop_guard_renew(guard, NULL, &now) == CALTROP_E_NULL);
        CHECK(caltrop_guard_renew(guard, &long_one, NULL) == CALTROP_E_NULL && memcmp(long_one.held, NONE, sizeof NONE) != 0);
        later.mono_ns += 50000000000;
        CHECK(caltrop_guard_renew(guard, &long_one, &later) == CALTROP_OK && memcmp(long_one.held, NONE, sizeof NONE) != 0);
        later.mono_ns += 100000000000;
        CHECK(caltrop_guard_renew(guard, &long_one, &later) == CALTROP_E_LAPSED && memcmp(long_one.held, NONE, sizeof NONE) == 0);
        CHECK(caltrop_guard_renew(guard, &long_one, &later) == CALTROP_OK);
    }
    CHECK(caltrop_guard_settle(guard, &decision, 9, &now) == CALTROP_E_VALUE);
    CHECK(caltrop_guard_settle(guard, NULL, CALTROP_SERVED, &now) == CALTROP_E_NULL);
    CHECK(caltrop_guard_settle(guard, &decision, CALTROP_SERVED, &now) == CALTROP_OK);
    CHECK(caltrop_guard_settle(guard, &decision, CALTROP_SERVED, &now) == CALTROP_OK && caltrop_allowed(&decision) == 1);

    /* What a request costs the application says; what is not left makes a denial of the grant. */
    {
        caltrop_decision charged = decision;
        const uint8_t *tokens = (const uint8_t *)"tokens";
        CHECK(caltrop_guard_charge(guard, &charged, tokens, 6, 900, &now) == CALTROP_OK && caltrop_allowed(&charged) == 1);
        CHECK(memcmp(&charged, &decision, sizeof charged) == 0);
        CHECK(caltrop_guard_charge(guard, &charged, tokens, 6, 200, &now) == CALTROP_OK && caltrop_allowed(&charged) == 0);
        CHECK(charged.status == 429 && charged.retry_after_s == 6 && strcmp((const char *)charged.principal, "alice") == 0);
        CHECK(caltrop_guard_answer(guard, &charged, answer, sizeof answer - 1, &written) == CALTROP_OK);
        answer[written] = 0;
        CHECK(strstr((const char *)answer, "retry-after: 6\r\n") != NULL && strstr((const char *)answer, "\"status\":429") != NULL);
        CHECK(caltrop_guard_charge(guard, &charged, tokens, 6, 1, &now) == CALTROP_E_VALUE && caltrop_allowed(&charged) == 0);
        CHECK(caltrop_guard_settle_cost(guard, &charged, tokens, 6, 900, 300, &now) == CALTROP_E_VALUE);
        CHECK(caltrop_guard_settle_cost(guard, &decision, tokens, 6, 900, 300, &now) == CALTROP_OK);
        charged = decision;
        CHECK(caltrop_guard_charge(guard, &charged, tokens, 6, 700, &now) == CALTROP_OK && caltrop_allowed(&charged) == 1);
        CHECK(caltrop_guard_settle_cost(guard, &decision, tokens, 6, 700, 0, &now) == CALTROP_OK);
        CHECK(caltrop_guard_settle_cost(guard, &decision, tokens, 5, 0, 1, &now) == CALTROP_E_VALUE);
        CHECK(caltrop_guard_settle_cost(guard, &decision, NULL, 6, 0, 1, &now) == CALTROP_E_NULL);
        CHECK(caltrop_guard_charge(guard, NULL, tokens, 6, 1, &now) == CALTROP_E_NULL);
        /* An error never leaves a grant behind. */
        CHECK(caltrop_guard_charge(guard, &charged, (const uint8_t *)"requests", 8, 1, &now) == CALTROP_E_VALUE);
        CHECK(caltrop_allowed(&charged) == 0 && charged.status == 503);
        charged = decision;
        CHECK(caltrop_guard_charge(NULL, &charged, tokens, 6, 1, &now) == CALTROP_E_NULL && caltrop_allowed(&charged) == 0);
    }

    /* A grant has fields and no body, and tells the application who calls. What does not fit is not written. */
    CHECK(caltrop_guard_answer(guard, &decision, answer, sizeof answer - 1, &written) == CALTROP_OK);
    answer[written] = 0;
    CHECK(strstr((const char *)answer, "ratelimit: \"requests\";r=9;t=6\r\n") != NULL);
    CHECK(strstr((const char *)answer, "strict-transport-security: max-age=63072000\r\n") != NULL);
    CHECK(written > 4 && memcmp(answer + written - 4, "\r\n\r\n", 4) == 0);
    memset(answer, 0, sizeof answer);
    CHECK(caltrop_guard_answer(guard, &decision, answer, written - 1, &written) == CALTROP_E_MEMORY && answer[0] == 0);
    CHECK(caltrop_guard_upstream(guard, &decision, answer, sizeof answer - 1, &written) == CALTROP_OK);
    answer[written] = 0;
    CHECK(strncmp((const char *)answer, "x-caltrop-decision: ", 20) == 0);
    CHECK(strcmp((const char *)answer + 52, "\r\nx-caltrop-principal: alice\r\nx-caltrop-tenant: acme\r\nx-caltrop-plan: pro\r\nx-caltrop-scopes: orders:read\r\n") == 0);
    CHECK(caltrop_guard_upstream(guard, &decision, answer, written - 1, &written) == CALTROP_E_MEMORY);
    /* Of a key that stands elsewhere by now no scopes are told. */
    decision.key_id++;
    CHECK(caltrop_guard_upstream(guard, &decision, answer, sizeof answer - 1, &written) == CALTROP_OK);
    answer[written] = 0;
    CHECK(strstr((const char *)answer, "x-caltrop-scopes") == NULL);
    CHECK(caltrop_guard_passes_on(guard, &key) == 0 && caltrop_guard_passes_on(NULL, &key) == 0 && caltrop_guard_passes_on(guard, NULL) == 0);
    for (size_t at = 0; at < sizeof passed / sizeof *passed; at++) {
        caltrop_header field = {(const uint8_t *)passed[at].name, strlen(passed[at].name), (const uint8_t *)"root", 4};
        CHECK(caltrop_guard_passes_on(guard, &field) == passed[at].passes);
    }
    passing.name = NULL, passing.name_len = 1;
    CHECK(caltrop_guard_passes_on(guard, &passing) == 0);

    /* A page's question is answered by the guard. */
    {
        caltrop_header asks[2] = {
            {(const uint8_t *)"origin", 6, (const uint8_t *)"https://app.acme.example", 24},
            {(const uint8_t *)"access-control-request-method", 29, (const uint8_t *)"POST", 4},
        };
        request.method = (const uint8_t *)"OPTIONS", request.method_len = 7;
        request.headers = asks, request.header_count = 2;
        CHECK(caltrop_guard_admit(guard, &request, &now, &decision) == CALTROP_OK && caltrop_allowed(&decision) == 0 && decision.status == 204);
        CHECK(caltrop_guard_answer(guard, &decision, answer, sizeof answer - 1, &written) == CALTROP_OK);
        answer[written] = 0;
        CHECK(strstr((const char *)answer, "access-control-allow-methods: POST, GET\r\n") != NULL);
        CHECK(written > 4 && memcmp(answer + written - 4, "\r\n\r\n", 4) == 0);
        CHECK(caltrop_guard_upstream(guard, &decision, answer, sizeof answer, &written) == CALTROP_E_VALUE);
        request.method = (const uint8_t *)"GET", request.method_len = 3, request.headers = &key;
    }
    request.header_count = 0;
    CHECK(caltrop_guard_admit(guard, &request, &now, &decision) == CALTROP_OK && caltrop_allowed(&decision) == 0 && decision.status == 401);
    CHECK(memcmp(caltrop_reason_word(decision.reason, &word_len), "no-credential", 13) == 0 && word_len == 13);
    CHECK(caltrop_guard_answer(guard, &decision, answer, sizeof answer, &written) == CALTROP_OK);
    CHECK(written < sizeof answer && (answer[written] = 0, strstr((const char *)answer, "www-authenticate: Bearer realm=\"acme-api\"\r\n") != NULL));

    /* Zeroed memory is a denial, and every error writes one. */
    memset(&zeroed, 0, sizeof zeroed);
    CHECK(caltrop_allowed(&zeroed) == 0 && caltrop_allowed(NULL) == 0);
#define DENIED(call, wanted)                                  \
    do {                                                      \
        memset(&decision, 0xff, sizeof decision);             \
        CHECK((call) == (wanted));                            \
        CHECK(memcmp(&decision, &zeroed, sizeof decision) == 0); \
    } while (0)
    DENIED(caltrop_guard_admit(NULL, &request, &now, &decision), CALTROP_E_NULL);
    DENIED(caltrop_guard_admit(guard, NULL, &now, &decision), CALTROP_E_NULL);
    DENIED(caltrop_guard_admit(guard, &request, NULL, &decision), CALTROP_E_NULL);
    request.size--;
    DENIED(caltrop_guard_admit(guard, &request, &now, &decision), CALTROP_E_LENGTH);
    request.size++;
    request.peer.family = 0;
    DENIED(caltrop_guard_admit(guard, &request, &now, &decision), CALTROP_E_VALUE);
    request.peer.family = 4;
    request.tls = 7;
    DENIED(caltrop_guard_admit(guard, &request, &now, &decision), CALTROP_E_VALUE);
    request.tls = CALTROP_TLS_1_3;
    request.header_count = 1, request.headers = NULL;
    DENIED(caltrop_guard_admit(guard, &request, &now, &decision), CALTROP_E_NULL);
    key.value = NULL, request.headers = &key;
    DENIED(caltrop_guard_admit(guard, &request, &now, &decision), CALTROP_E_NULL);
    CHECK(caltrop_guard_admit(guard, &request, &now, NULL) == CALTROP_E_NULL);

    caltrop_guard_wipe(guard);
    caltrop_guard_wipe(NULL);
    free(options.state);
    free((void *)(uintptr_t)options.policy);
    free((void *)(uintptr_t)options.keyring);
    free((void *)(uintptr_t)options.signers);
    free((void *)(uintptr_t)pepper.secret);
    printf("guard: %u checks\n", checks);
    return 0;
}
