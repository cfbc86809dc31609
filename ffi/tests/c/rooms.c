/* The rooms alone: each gives its known answer, and each refuses what it should. */
#include <string.h>

#include "caltrop.h"
#include "check.h"

#define TEXT(t) (const uint8_t *)(t), strlen(t)

static void mac(void) {
    caltrop_mac_key key;
    uint8_t tag[32];
    const uint8_t expected[4] = {0x5b, 0xdc, 0xc1, 0x46}; /* RFC 4231, 4.3 */
    CHECK(caltrop_mac_key_init(TEXT("Jefe"), &key) == CALTROP_OK);
    CHECK(caltrop_mac_sign(&key, TEXT("what do ya want for nothing?"), tag) == CALTROP_OK);
    CHECK(memcmp(tag, expected, sizeof expected) == 0);
    CHECK(caltrop_mac_verify(&key, TEXT("what do ya want for nothing?"), tag, 32) == CALTROP_OK);
    CHECK(caltrop_mac_verify(&key, TEXT("what do ya want for nothing?"), tag, 16) == CALTROP_OK);
    CHECK(caltrop_mac_verify(&key, TEXT("what do ya want for nothing?"), tag, 15) == CALTROP_E_TAG);
    CHECK(caltrop_mac_verify(&key, TEXT("what do ya want for nothing!"), tag, 32) == CALTROP_E_TAG);
    CHECK(caltrop_mac_verify(&key, NULL, 0, tag, 32) == CALTROP_E_TAG);
    CHECK(caltrop_mac_sign(NULL, TEXT("x"), tag) == CALTROP_E_NULL);
    CHECK(caltrop_mac_sign(&key, NULL, 1, tag) == CALTROP_E_NULL);
    CHECK(caltrop_mac_sign(&key, TEXT("x"), NULL) == CALTROP_E_NULL);
    CHECK(caltrop_mac_sign((const caltrop_mac_key *)((const char *)&key + 1), TEXT("x"), tag) == CALTROP_E_ALIGNMENT);
    CHECK(caltrop_mac_sign(&key, (const uint8_t *)"x", (size_t)-1, tag) == CALTROP_E_LENGTH);
    CHECK(caltrop_mac_key_init(NULL, 1, &key) == CALTROP_E_NULL);
    caltrop_mac_key_wipe(&key);
    caltrop_mac_key_wipe(NULL);
}

static void keys(void) {
    caltrop_mac_key pepper;
    caltrop_key_text key;
    uint8_t entropy[40], digest[16], other[16];
    uint64_t id = 0;
    memset(entropy, 9, sizeof entropy);
    CHECK(caltrop_key_issue(TEXT("acme_test"), entropy, &key) == CALTROP_OK);
    CHECK(strlen((const char *)key.text) == strlen("acme_test_") + 10 + 43 + 6);
    CHECK(caltrop_key_check(key.text, strlen((const char *)key.text), &id) == CALTROP_OK);
    CHECK(id == key.id);
    CHECK(caltrop_key_issue(TEXT("Acme"), entropy, &key) == CALTROP_E_KEY_PREFIX);
    CHECK(caltrop_mac_key_init(TEXT("pepper"), &pepper) == CALTROP_OK);
    CHECK(caltrop_key_digest(&pepper, 0, key.text, strlen((const char *)key.text), digest) == CALTROP_OK);
    CHECK(caltrop_key_digest(&pepper, 1, key.text, strlen((const char *)key.text), other) == CALTROP_OK);
    CHECK(memcmp(digest, other, 16) != 0);
    CHECK(caltrop_key_digest(&pepper, 2, key.text, 5, digest) == CALTROP_E_VALUE);
    CHECK(caltrop_key_digest(&pepper, 0, NULL, 0, digest) == CALTROP_E_KEY_BYTES);
    key.text[20] = key.text[20] == 'a' ? 'b' : 'a';
    id = 7;
    CHECK(caltrop_key_check(key.text, strlen((const char *)key.text), &id) == CALTROP_E_KEY_CHECKSUM);
    CHECK(id == 7);
    CHECK(caltrop_key_check(TEXT("no key"), &id) == CALTROP_E_KEY_SHAPE);
    caltrop_mac_key_wipe(&pepper);
}

static void net(void) {
    caltrop_cidr vpn;
    caltrop_address inside = {4, {10, 8, 3, 4}}, mapped = {6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 8, 3, 4}}, none = {0, {0}};
    uint8_t yes = 9;
    CHECK(caltrop_net_cidr_parse(TEXT("10.8.0.0/16"), &vpn) == CALTROP_OK);
    CHECK(vpn.length == 16 && vpn.network.family == 4 && vpn.network.bytes[1] == 8);
    CHECK(caltrop_net_cidr_contains(&vpn, &inside, &yes) == CALTROP_OK && yes == 1);
    CHECK(caltrop_net_cidr_contains(&vpn, &mapped, &yes) == CALTROP_OK && yes == 1);
    inside.bytes[1] = 9;
    CHECK(caltrop_net_cidr_contains(&vpn, &inside, &yes) == CALTROP_OK && yes == 0);
    CHECK(caltrop_net_cidr_contains(&vpn, &none, &yes) == CALTROP_E_VALUE);
    CHECK(caltrop_net_cidr_parse(TEXT("10.8.3.0/16"), &vpn) == CALTROP_E_HOST_BITS);
    CHECK(caltrop_net_cidr_parse(TEXT("010.0.0.0/8"), &vpn) == CALTROP_E_LEADING_ZERO);
    CHECK(caltrop_net_cidr_parse(TEXT("10.0.0.0/33"), &vpn) == CALTROP_E_PREFIX_LENGTH);
    CHECK(caltrop_net_cidr_parse(TEXT("fe80::1%eth0"), &vpn) == CALTROP_E_ZONE_ID);
    CHECK(caltrop_net_cidr_parse(TEXT("\xff"), &vpn) == CALTROP_E_ADDRESS);
    CHECK(caltrop_net_cidr_parse(NULL, 0, &vpn) == CALTROP_E_ADDRESS);
}

static void rate(void) {
    static uint64_t memory[1024];
    caltrop_rate_limiter limiter;
    caltrop_quota quota;
    caltrop_rate_answer answer;
    uint8_t entropy[16] = {7};
    size_t size = caltrop_rate_size(8, 6);
    CHECK(size == (8 + 64 + 64) * 8 && size <= sizeof memory);
    CHECK(caltrop_rate_size(1, 6) == 0);
    CHECK(caltrop_rate_attach(memory, size, &limiter) == CALTROP_E_LAYOUT);
    CHECK(caltrop_rate_init(memory, size - 8, 8, 6, entropy, &limiter) == CALTROP_E_MEMORY);
    CHECK(caltrop_rate_init((uint64_t *)((char *)memory + 1), size, 8, 6, entropy, &limiter) == CALTROP_E_ALIGNMENT);
    CHECK(caltrop_rate_init(memory, size, 8, 6, entropy, &limiter) == CALTROP_OK);
    CHECK(caltrop_quota_init(TEXT("requests"), 2, 1, 0, &quota) == CALTROP_E_QUOTA);
    CHECK(caltrop_quota_init(TEXT("requests"), 2, 1, 2, &quota) == CALTROP_OK);
    CHECK(caltrop_rate_take(&limiter, &quota, TEXT("alice"), 1, 0, &answer) == CALTROP_OK && answer.allowed == 1 && answer.remaining == 1);
    CHECK(quota.burst == 2 && answer.reset_s == 1);
    CHECK(caltrop_rate_take(&limiter, &quota, TEXT("alice"), 1, 0, &answer) == CALTROP_OK && answer.allowed == 1);
    CHECK(caltrop_rate_take(&limiter, &quota, TEXT("alice"), 1, 0, &answer) == CALTROP_OK && answer.allowed == 0 && answer.retry_after_s == 1);
    CHECK(answer.remaining == 0 && answer.reset_s == 1);
    CHECK(caltrop_rate_take(&limiter, &quota, TEXT("bob"), 1, 0, &answer) == CALTROP_OK && answer.allowed == 1);
    CHECK(caltrop_rate_refund(&limiter, &quota, TEXT("alice"), 1, 0) == CALTROP_OK);
    CHECK(caltrop_rate_take(&limiter, &quota, TEXT("alice"), 1, 0, &answer) == CALTROP_OK && answer.allowed == 1);
    caltrop_rate_answer answers[100];
    memset(answers, 1, sizeof answers);
    char names[400];
    for (size_t i = 0; i < 100; i++) memcpy(names + 4 * i, i % 10 == 9 ? "dave" : "erin", 4);
    CHECK(caltrop_rate_take_many(&limiter, &quota, (const uint8_t *)names, 4, 100, 1, 0, answers) == CALTROP_OK);
    CHECK(answers[0].allowed == 1 && answers[1].allowed == 1 && answers[2].allowed == 0 && answers[2].retry_after_s == 1);
    CHECK(answers[0].reset_s == 1 && answers[1].remaining == 0 && answers[1].reset_s == 1 && answers[2].reset_s == 1);
    CHECK(answers[9].allowed == 1 && answers[19].allowed == 1 && answers[99].allowed == 0);
    CHECK(caltrop_rate_take_many(&limiter, &quota, NULL, 4, 0, 1, 0, NULL) == CALTROP_OK);
    CHECK(caltrop_rate_take_many(&limiter, &quota, (const uint8_t *)names, 0, 100, 1, 0, answers) == CALTROP_E_LENGTH && answers[0].allowed == 0);
    CHECK(caltrop_rate_take_many(&limiter, &quota, (const uint8_t *)names, 4, SIZE_MAX, 1, 0, answers) == CALTROP_E_LENGTH);
    CHECK(caltrop_rate_take_many(&limiter, &quota, NULL, 4, 1, 1, 0, answers) == CALTROP_E_NULL);
    CHECK(caltrop_rate_take_many(&limiter, &quota, (const uint8_t *)names, 4, 1, 1, 0, NULL) == CALTROP_E_NULL);
    answer.allowed = 1;
    CHECK(caltrop_rate_take(NULL, &quota, TEXT("alice"), 1, 0, &answer) == CALTROP_E_NULL && answer.allowed == 0);
}

static void leases(void) {
    static uint64_t memory[64];
    const uint64_t second = 1000000000;
    caltrop_leases leases, other;
    caltrop_lease_quota quota;
    caltrop_lease first, newer, copy, none;
    uint8_t entropy[16] = {7};
    uint32_t held = 9;
    size_t size = caltrop_leases_size(4);
    CHECK(size == (8 + 8 + 32) * 8 && size <= sizeof memory);
    CHECK(caltrop_leases_size(1) == 0);
    CHECK(caltrop_leases_attach(memory, size, &leases) == CALTROP_E_LAYOUT);
    CHECK(caltrop_leases_init(memory, size - 8, 4, 60, entropy, &leases) == CALTROP_E_MEMORY);
    CHECK(caltrop_leases_init(memory, size, 4, 0, entropy, &leases) == CALTROP_E_VALUE);
    CHECK(caltrop_leases_init(memory, size, 4, 60, NULL, &leases) == CALTROP_E_NULL);
    CHECK(caltrop_leases_init(memory, size, 4, 60, entropy, &leases) == CALTROP_OK);
    CHECK(caltrop_leases_attach(memory, size, &other) == CALTROP_OK);
    CHECK(caltrop_lease_quota_init(TEXT("exports"), 0, &quota) == CALTROP_E_QUOTA);
    CHECK(caltrop_lease_quota_init(TEXT("\xff"), 2, &quota) == CALTROP_E_VALUE);
    CHECK(caltrop_lease_quota_init(TEXT("exports"), 2, &quota) == CALTROP_OK && quota.most == 2);
    CHECK(caltrop_lease_acquire(&leases, &quota, TEXT("alice"), 0, &first) == CALTROP_OK);
    CHECK(caltrop_lease_acquire(&leases, &quota, TEXT("alice"), 0, &newer) == CALTROP_OK);
    memset(&none, 5, sizeof none);
    CHECK(caltrop_lease_acquire(&other, &quota, TEXT("alice"), 0, &none) == CALTROP_E_BUSY && none.bytes[0] == 5);
    CHECK(caltrop_leases_held(&other, &quota, TEXT("alice"), 0, &held) == CALTROP_OK && held == 2);
    CHECK(caltrop_leases_held(&other, &quota, TEXT("bob"), 0, &held) == CALTROP_OK && held == 0);
    /* A struct is released once; a copy of it would be released again, in place of the other one. */
    copy = first;
    CHECK(caltrop_lease_release(&other, &first, 1 * second) == CALTROP_OK);
    CHECK(caltrop_lease_release(&other, &first, 1 * second) == CALTROP_E_LAPSED);
    CHECK(caltrop_lease_renew(&other, &first, 1 * second) == CALTROP_E_LAPSED);
    CHECK(caltrop_leases_held(&leases, &quota, TEXT("alice"), 1 * second, &held) == CALTROP_OK && held == 1);
    CHECK(caltrop_lease_release(&leases, &copy, 1 * second) == CALTROP_OK);
    CHECK(caltrop_lease_release(&leases, &newer, 1 * second) == CALTROP_E_LAPSED);
    /* Renewed at 50 s it is held at 100 s, and at 200 s it has come back by itself. */
    CHECK(caltrop_lease_acquire(&leases, &quota, TEXT("alice"), 1 * second, &first) == CALTROP_OK);
    CHECK(caltrop_lease_renew(&leases, &first, 50 * second) == CALTROP_OK);
    CHECK(caltrop_leases_held(&leases, &quota, TEXT("alice"), 100 * second, &held) == CALTROP_OK && held == 1);
    copy = first;
    CHECK(caltrop_lease_renew(&leases, &first, 200 * second) == CALTROP_E_LAPSED);
    CHECK(caltrop_lease_release(&leases, &copy, 200 * second) == CALTROP_E_LAPSED);
    /* Bytes that nobody wrote are nobody's lease. */
    CHECK(caltrop_lease_release(&leases, &none, 200 * second) == CALTROP_E_LAPSED);
    uint8_t client, full = 0;
    for (client = 0; client < 64; client++)
        full += caltrop_lease_acquire(&leases, &quota, &client, 1, 200 * second, &first) == CALTROP_E_FULL;
    CHECK(full >= 32 && full < 64);
    quota.most = 0;
    CHECK(caltrop_lease_acquire(&leases, &quota, TEXT("alice"), 0, &first) == CALTROP_E_QUOTA);
    CHECK(caltrop_lease_acquire(&leases, NULL, TEXT("alice"), 0, &first) == CALTROP_E_NULL);
    CHECK(caltrop_lease_acquire(&leases, &quota, NULL, 1, 0, &first) == CALTROP_E_NULL);
    CHECK(caltrop_lease_acquire(&leases, &quota, TEXT("alice"), 0, NULL) == CALTROP_E_NULL);
    CHECK(caltrop_lease_release(NULL, &first, 0) == CALTROP_E_NULL);
    CHECK(caltrop_lease_release(&leases, NULL, 0) == CALTROP_E_NULL);
    CHECK(caltrop_lease_renew(&leases, NULL, 0) == CALTROP_E_NULL);
    CHECK(caltrop_leases_held(&leases, &quota, TEXT("alice"), 0, NULL) == CALTROP_E_NULL);
    /* A limiter's words are no leases. */
    caltrop_rate_limiter limiter;
    CHECK(caltrop_rate_attach(memory, size, &limiter) == CALTROP_E_LAYOUT);
}

static void replay(void) {
    static uint64_t memory[64];
    caltrop_replay_cache cache, other;
    uint8_t entropy[16] = {7};
    caltrop_now now = {1000, 0, 1};
    caltrop_replay_message message = {TEXT("client 7"), TEXT("e1j3V_bKic8"), 1000, 1300};
    size_t size = caltrop_replay_size(4);
    CHECK(size == (8 + 8 + 32) * 8 && size <= sizeof memory);
    CHECK(caltrop_replay_size(1) == 0);
    CHECK(caltrop_replay_attach(memory, size, &cache) == CALTROP_E_LAYOUT);
    CHECK(caltrop_replay_init(memory, size - 8, 4, 999, entropy, &cache) == CALTROP_E_MEMORY);
    CHECK(caltrop_replay_init(memory, size, 4, 999, NULL, &cache) == CALTROP_E_NULL);
    CHECK(caltrop_replay_init(memory, size, 4, 999, entropy, &cache) == CALTROP_OK);
    CHECK(caltrop_replay_attach(memory, size, &other) == CALTROP_OK);
    CHECK(caltrop_replay_first_seen(&cache, &message, &now) == CALTROP_OK);
    CHECK(caltrop_replay_first_seen(&cache, &message, &now) == CALTROP_E_REPLAYED);
    CHECK(caltrop_replay_first_seen(&other, &message, &now) == CALTROP_E_REPLAYED);
    message.id_len--;
    CHECK(caltrop_replay_first_seen(&cache, &message, &now) == CALTROP_OK);
    message.issued_s = 999;
    CHECK(caltrop_replay_first_seen(&cache, &message, &now) == CALTROP_E_FORGOTTEN);
    message.until_s = 999;
    CHECK(caltrop_replay_first_seen(&cache, &message, &now) == CALTROP_E_EXPIRED);
    message.until_s = 1000 + (1 << 25) + 1;
    CHECK(caltrop_replay_first_seen(&cache, &message, &now) == CALTROP_E_TOO_LONG);
    message.issued_s = 1000, message.until_s = 1300;
    uint8_t id, full = 0;
    message.id = &id, message.id_len = 1;
    for (id = 0; id < 64; id++)
        full += caltrop_replay_first_seen(&cache, &message, &now) == CALTROP_E_FULL;
    /* 32 words, two of them taken. */
    CHECK(full >= 34 && full < 64);
    now.trusted = 0;
    CHECK(caltrop_replay_first_seen(&cache, &message, &now) == CALTROP_E_CLOCK);
    CHECK(caltrop_replay_first_seen(NULL, &message, &now) == CALTROP_E_NULL);
    message.id = NULL;
    CHECK(caltrop_replay_first_seen(&cache, &message, &now) == CALTROP_E_NULL);
}

int main(void) {
    mac();
    keys();
    net();
    rate();
    leases();
    replay();
    printf("rooms: %u checks\n", checks);
    return 0;
}
