/* Room `replay` alone: whatever is sent twice is handled once. Deliveries are verified before (room `signed`), so no stranger fills the cache. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "caltrop.h"

#define BYTES(text) (const uint8_t *)(text), strlen(text)

enum { LINES = 512, TOLERATED_S = 300 }; /* 4,096 words for some 1,300 deliveries that are good at once */

static _Alignas(64) uint64_t memory[8 + 8 + LINES * 8]; /* shared memory, if several processes serve */

static void delivered(const caltrop_replay_cache *cache, const char *sender, const char *id, uint64_t issued_s, uint64_t now_s) {
    const caltrop_replay_message message = {BYTES(sender), BYTES(id), issued_s, issued_s + TOLERATED_S};
    const caltrop_now now = {now_s, 0, 1}; /* in earnest of `caltrop_host_now` */
    const char *answer = "500, not handled"; /* what cannot be told to be the first is not handled */
    switch (caltrop_replay_first_seen(cache, &message, &now)) {
    case CALTROP_OK: answer = "200, handled"; break;
    case CALTROP_E_REPLAYED: answer = "200, handled before"; break; /* or the sender would try again */
    case CALTROP_E_EXPIRED: case CALTROP_E_FORGOTTEN: answer = "400, too old"; break;
    case CALTROP_E_FULL: case CALTROP_E_CONTENDED: case CALTROP_E_CLOCK: answer = "503, try again"; break;
    default: break;
    }
    printf("%s %s: %s\n", sender, id, answer);
}

int main(void) {
    const uint64_t start_s = 1796000000;
    caltrop_replay_cache cache;
    uint8_t entropy[16]; /* who knows it could choose ids that share a line */
    if (caltrop_replay_size(LINES) != sizeof memory || getrandom(entropy, sizeof entropy, 0) != sizeof entropy
        || caltrop_replay_init(memory, sizeof memory, LINES, start_s + 30, entropy, &cache)) /* a sender's clock may be 30 s ahead */
        return 1;
    delivered(&cache, "shop", "evt_1", start_s + 60, start_s + 61);
    delivered(&cache, "shop", "evt_1", start_s + 60, start_s + 90); /* sent again */
    delivered(&cache, "bank", "evt_1", start_s + 60, start_s + 91); /* another sender's ids are its own */
    delivered(&cache, "shop", "evt_0", start_s - 10, start_s + 92); /* the process before this one may have handled it */
    return 0;
}
