/* Room `rate` alone: each client has a request a second, three at once, and is told how long to wait. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "caltrop.h"

enum { LINES = 1024, OVERFLOW_LOG2 = 10, WORDS = 8 + (1 << OVERFLOW_LOG2) + LINES * 8 }; /* 8,192 slots in 73,792 bytes */

static _Alignas(64) uint64_t memory[WORDS];

static void request(const caltrop_rate_limiter *limiter, const caltrop_quota *quota, const char *client, uint64_t second) {
    caltrop_rate_answer answer;
    if (caltrop_rate_take(limiter, quota, (const uint8_t *)client, strlen(client), 1, second * 1000000000, &answer)) {
        puts("HTTP/1.1 500"); /* an error leaves a refusal in the answer */
        return;
    }
    printf("%us %s: ", (unsigned)second, client);
    if (answer.allowed)
        printf("200, %u left\n", answer.remaining);
    else
        printf("429, Retry-After: %u\n", answer.retry_after_s);
}

int main(void) {
    caltrop_rate_limiter limiter;
    caltrop_quota quota;
    uint8_t entropy[16]; /* who knows it could choose clients that share a line */
    if (caltrop_rate_size(LINES, OVERFLOW_LOG2) != sizeof memory || getrandom(entropy, sizeof entropy, 0) != sizeof entropy)
        return 1;
    if (caltrop_rate_init(memory, sizeof memory, LINES, OVERFLOW_LOG2, entropy, &limiter)
        || caltrop_quota_init((const uint8_t *)"requests", 8, 60, 60, 3, &quota))
        return 1;
    for (int at = 0; at < 4; at++)
        request(&limiter, &quota, "203.0.113.9", 1); /* in earnest the seconds of a clock that never goes back */
    request(&limiter, &quota, "198.51.100.7", 1);
    request(&limiter, &quota, "203.0.113.9", 2);
    return 0;
}
