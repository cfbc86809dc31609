/* A guard whose files change: argv = folder, state name; name "acme-api". In the folder lie policy.cltp, policy.pub, keys.cltp, pepper, and what
 * is to be renamed over keys.cltp: next (sequence 8, alice's key is taken back), older (6), torn. */
#define _DEFAULT_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "caltrop.h"
#include "check.h"

#define TEXT(t) (const uint8_t *)(t), strlen(t)
#define TICK_NS 200000000

static caltrop_live *live;
/* The clock of the polls, and that of the requests. */
static caltrop_now now = {1796000100, 1000000000, 1}, later;
static atomic_int stop;
static atomic_uint allowed, denied;

static void place(const char *folder, const char *from, const char *to) {
    char old[512], new[512];
    CHECK(snprintf(old, sizeof old, "%s/%s", folder, from) < (int)sizeof old && snprintf(new, sizeof new, "%s/%s", folder, to) < (int)sizeof new);
    CHECK(rename(old, new) == 0);
}

static caltrop_request request_of(const caltrop_header *key) {
    caltrop_request request;
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    request.method = (const uint8_t *)"GET", request.method_len = 3;
    request.target = (const uint8_t *)"/v1/orders", request.target_len = 10;
    request.headers = key, request.header_count = 1;
    request.peer.family = 4, memcpy(request.peer.bytes, "\xcb\x00\x71\x09", 4);
    request.tls = CALTROP_TLS_1_3;
    return request;
}

/* Until there is one, for ten seconds at most. */
static void wait_for(atomic_uint *count) {
    for (int tries = 0; tries < 10000 && atomic_load(count) == 0; tries++) usleep(1000);
    CHECK(atomic_load(count) > 0);
}

/* Asks until it is told to stop; an hour passes between two requests, so that no quota stands in the way. */
static void *ask(void *unused) {
    caltrop_header key = {TEXT("x-api-key"), TEXT("acme_live_alice")};
    caltrop_request request = request_of(&key);
    caltrop_decision decision;
    (void)unused;
    while (!atomic_load(&stop)) {
        later.mono_ns += 3600ull * 1000000000;
        CHECK(caltrop_live_admit(live, &request, &later, &decision) == CALTROP_OK);
        CHECK(decision.status == 200 || decision.status == 401);
        if (caltrop_allowed(&decision)) {
            allowed++;
            CHECK(denied == 0 && caltrop_live_settle(live, &decision, CALTROP_SERVED, &later) == CALTROP_OK);
        } else {
            denied++;
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    caltrop_header key = {TEXT("x-api-key"), TEXT("acme_live_alice")};
    caltrop_request request = request_of(&key);
    caltrop_live_options options;
    caltrop_decision decision, granted;
    caltrop_pepper pepper = {.id = 1};
    uint8_t text[CALTROP_LIVE_TEXT_SIZE], answer[1024], small[8];
    char path[512];
    pthread_t thread;
    size_t written = 0;
    CHECK(argc == 3);
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.name = (const uint8_t *)"acme-api", options.name_len = 8;
    options.state = (const uint8_t *)argv[2], options.state_len = strlen(argv[2]);
    CHECK(snprintf(path, sizeof path, "%s/pepper", argv[1]) > 0);
    pepper.secret = read_file(path, &pepper.secret_len);
    options.peppers = &pepper, options.pepper_count = 1;

    /* What is not whole makes no guard, and the text says what would do. */
    CHECK(snprintf(path, sizeof path, "%s/nowhere/policy.cltp", argv[1]) > 0);
    options.policy = (const uint8_t *)path, options.policy_len = strlen(path);
    CHECK(caltrop_live_open(NULL, &live, text, sizeof text) == CALTROP_E_NULL && live == NULL && text[0] == 0);
    CHECK(caltrop_live_open(&options, NULL, text, sizeof text) == CALTROP_E_NULL);
    CHECK(caltrop_live_open(&options, &live, NULL, 9) == CALTROP_E_NULL);
    CHECK(caltrop_live_open(&options, &live, text, sizeof text) == CALTROP_E_PUBLIC_KEY && live == NULL);
    CHECK(strstr((const char *)text, "policy.pub: No such file") != NULL);
    CHECK(caltrop_live_open(&options, &live, small, sizeof small) == CALTROP_E_PUBLIC_KEY && memchr(small, 0, sizeof small) != NULL);
    CHECK(snprintf(path, sizeof path, "%s/policy.cltp", argv[1]) > 0);
    options.policy_len = strlen(path);
    options.size--;
    CHECK(caltrop_live_open(&options, &live, NULL, 0) == CALTROP_E_LENGTH);
    options.size++, options.name_len = 7;
    CHECK(caltrop_live_open(&options, &live, NULL, 0) == CALTROP_E_IMAGE_SCOPE);
    options.name_len = 8, options.pepper_count = 0;
    CHECK(caltrop_live_open(&options, &live, NULL, 0) == CALTROP_E_PEPPER_MISSING);
    options.pepper_count = 1;
    options.state = (const uint8_t *)"a/b", options.state_len = 3;
    CHECK(caltrop_live_open(&options, &live, text, sizeof text) == CALTROP_E_HOST_NAME);
    options.state = (const uint8_t *)argv[2], options.state_len = strlen(argv[2]);

    /* Without a guard there are only denials. */
    memset(&decision, 0xff, sizeof decision);
    CHECK(caltrop_live_admit(NULL, &request, &now, &decision) == CALTROP_E_NULL && caltrop_allowed(&decision) == 0);
    CHECK(caltrop_live_poll(NULL, &now, text, sizeof text) == CALTROP_E_NULL && text[0] == 0);
    CHECK(caltrop_live_settle(NULL, &decision, CALTROP_SERVED, &now) == CALTROP_E_NULL);
    CHECK(caltrop_live_answer(NULL, &decision, answer, sizeof answer, &written) == CALTROP_E_NULL);
    caltrop_live_close(NULL);

    CHECK(caltrop_live_open(&options, &live, text, sizeof text) == CALTROP_OK && live != NULL && text[0] == 0);
    CHECK(caltrop_live_poll(live, NULL, text, sizeof text) == CALTROP_E_NULL);
    memset(&decision, 0xff, sizeof decision);
    CHECK(caltrop_live_admit(live, NULL, &now, &decision) == CALTROP_E_NULL && caltrop_allowed(&decision) == 0);
    CHECK(caltrop_live_admit(live, &request, &now, NULL) == CALTROP_E_NULL);
    CHECK(caltrop_live_poll(live, &now, text, sizeof text) == CALTROP_OK && text[0] == 0);
    CHECK(caltrop_live_admit(live, &request, &now, &decision) == CALTROP_OK && caltrop_allowed(&decision) == 1);
    CHECK(caltrop_live_settle(live, &decision, CALTROP_SERVED, &now) == CALTROP_OK);
    CHECK(caltrop_live_settle(live, &decision, 9, &now) == CALTROP_E_VALUE);
    granted = decision;

    /* A torn and an older keyring change nothing, and each is told once. */
    place(argv[1], "torn", "keys.cltp");
    now.mono_ns += TICK_NS;
    CHECK(caltrop_live_poll(live, &now, text, sizeof text) == CALTROP_E_IMAGE_LENGTH && strstr((const char *)text, "keys.cltp") != NULL);
    now.mono_ns += TICK_NS;
    CHECK(caltrop_live_poll(live, &now, text, sizeof text) == CALTROP_OK && text[0] == 0);
    place(argv[1], "older", "keys.cltp");
    now.mono_ns += TICK_NS;
    CHECK(caltrop_live_poll(live, &now, text, sizeof text) == CALTROP_E_IMAGE_ROLLBACK);
    CHECK(caltrop_live_admit(live, &request, &now, &decision) == CALTROP_OK && caltrop_allowed(&decision) == 1);

    later = now;
    /* A revocation is known from the next look on, to a thread that asks meanwhile too. */
    CHECK(pthread_create(&thread, NULL, ask, NULL) == 0);
    wait_for(&allowed);
    place(argv[1], "next", "keys.cltp");
    now.mono_ns += TICK_NS - 1;
    CHECK(caltrop_live_poll(live, &now, text, sizeof text) == CALTROP_OK && text[0] == 0);
    now.mono_ns++;
    CHECK(caltrop_live_poll(live, &now, text, sizeof text) == CALTROP_OK);
    CHECK(strstr((const char *)text, "keys.cltp: sequence 8 decides from now on\n") != NULL);
    wait_for(&denied);
    atomic_store(&stop, 1);
    CHECK(pthread_join(thread, NULL) == 0);
    later.mono_ns += 3600ull * 1000000000;
    CHECK(caltrop_live_admit(live, &request, &later, &decision) == CALTROP_OK && caltrop_allowed(&decision) == 0 && decision.status == 401);
    CHECK(caltrop_live_answer(live, &decision, answer, sizeof answer, &written) == CALTROP_OK && written > 0);

    /* What was granted before another policy took over is told without what only the first one could tell. */
    answer[0] = 0;
    CHECK(caltrop_live_answer(live, &granted, answer, sizeof answer - 1, &written) == CALTROP_OK);
    answer[written] = 0;
    CHECK(strstr((const char *)answer, "ratelimit: \"requests\"") != NULL);
    CHECK(caltrop_live_reported(live, &granted, 0, answer, sizeof answer, &written) == CALTROP_E_VALUE);
    place(argv[1], "policy-next", "policy.cltp");
    now.mono_ns += TICK_NS;
    CHECK(caltrop_live_poll(live, &now, text, sizeof text) == CALTROP_OK && strstr((const char *)text, "policy.cltp: sequence 8") != NULL);
    CHECK(caltrop_live_answer(live, &granted, answer, sizeof answer - 1, &written) == CALTROP_OK);
    answer[written] = 0;
    CHECK(strstr((const char *)answer, "ratelimit") == NULL && strstr((const char *)answer, "strict-transport-security") != NULL);
    granted.reported[0].reason = 1, granted.reported[0].quota = 1;
    CHECK(caltrop_live_reported(live, &granted, 0, answer, sizeof answer, &written) == CALTROP_OK && written == 0);
    CHECK(caltrop_live_charge(live, &granted, (const uint8_t *)"tokens", 6, 1001, &now) == CALTROP_OK && granted.status == 429);
    CHECK(caltrop_live_answer(live, &granted, answer, sizeof answer - 1, &written) == CALTROP_OK);
    answer[written] = 0;
    CHECK(strstr((const char *)answer, "ratelimit: \"tokens\"") != NULL);
    CHECK(caltrop_live_settle_cost(live, &granted, (const uint8_t *)"tokens", 6, 0, 1, &now) == CALTROP_E_VALUE);
    caltrop_live_close(live);

    CHECK(snprintf(path, sizeof path, "/dev/shm/caltrop.%u.%s.3", (unsigned)geteuid(), argv[2]) > 0);
    CHECK(unlink(path) == 0);
    free((void *)(uintptr_t)pepper.secret);
    printf("live: %u checks, %u allowed and then %u denied\n", checks, allowed, denied);
    return 0;
}
