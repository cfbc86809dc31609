/* Webhooks and tokens: each gives its known answer, and each refuses what it should. */
#include <string.h>

#include "caltrop.h"
#include "check.h"

#define TEXT(t) (const uint8_t *)(t), strlen(t)
#define FIELD(name, value) {(const uint8_t *)(name), sizeof(name) - 1, (const uint8_t *)(value), sizeof(value) - 1}
#define SECRET(text, id) {(const uint8_t *)(text), sizeof(text) - 1, id}

static const caltrop_window window = {300, 30};

/* Starts, feeds the body in two pieces, ends. */
static caltrop_status asked(const caltrop_signed_webhooks *hooks, const caltrop_header *fields, size_t count, uint64_t wall_s, const char *body) {
    caltrop_signed_check check;
    caltrop_now now = {wall_s, 0, 1};
    size_t len = strlen(body), half = len / 2;
    caltrop_status begun = caltrop_signed_start(hooks, fields, count, &window, &now, &check);
    if (begun != CALTROP_OK)
        return begun;
    CHECK(caltrop_signed_update(&check, (const uint8_t *)body, half) == CALTROP_OK);
    CHECK(caltrop_signed_update(&check, NULL, 0) == CALTROP_OK);
    CHECK(caltrop_signed_update(&check, (const uint8_t *)body + half, len - half) == CALTROP_OK);
    return caltrop_signed_finish(&check);
}

static void github(void) {
    caltrop_signed_webhooks hooks;
    const caltrop_secret secrets[] = {SECRET("another", 0), SECRET("It's a Secret to Everybody", 0)}; /* GitHub's own example */
    const caltrop_header fields[] = {
        FIELD("accept", "*/*"),
        FIELD("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
        FIELD("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
    };
    CHECK(caltrop_signed_init(CALTROP_GITHUB, secrets, 2, &hooks) == CALTROP_OK);
    CHECK(asked(&hooks, fields, 2, 0, "Hello, World!") == CALTROP_OK);
    CHECK(asked(&hooks, fields, 2, 0, "Hello, World?") == CALTROP_E_FORGED);
    CHECK(asked(&hooks, fields, 1, 0, "Hello, World!") == CALTROP_E_MISSING);
    CHECK(asked(&hooks, fields, 3, 0, "Hello, World!") == CALTROP_E_REPEATED);
    caltrop_signed_wipe(&hooks);
    CHECK(caltrop_signed_init(CALTROP_GITHUB, secrets, 1, &hooks) == CALTROP_OK);
    CHECK(asked(&hooks, fields, 2, 0, "Hello, World!") == CALTROP_E_FORGED);
    caltrop_signed_wipe(&hooks);
    caltrop_signed_wipe(NULL);
}

static void standard(void) {
    caltrop_signed_webhooks hooks;
    const caltrop_secret secret = SECRET("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0); /* the example of Standard Webhooks' libraries */
    const caltrop_header fields[] = {
        FIELD("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        FIELD("webhook-timestamp", "1614265330"),
        FIELD("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    };
    const char *body = "{\"test\": 2432232314}";
    caltrop_signed_check check;
    caltrop_now untrusted = {1614265330, 0, 0};
    CHECK(caltrop_signed_init(CALTROP_STANDARD, &secret, 1, &hooks) == CALTROP_OK);
    CHECK(asked(&hooks, fields, 3, 1614265330, body) == CALTROP_OK);
    CHECK(asked(&hooks, fields, 3, 1614265330 + 300, body) == CALTROP_OK);
    CHECK(asked(&hooks, fields, 3, 1614265330 + 301, body) == CALTROP_E_STALE);
    CHECK(asked(&hooks, fields, 3, 1614265330 - 31, body) == CALTROP_E_FUTURE);
    CHECK(asked(&hooks, fields, 3, 1614265330, "{\"test\": 2432232315}") == CALTROP_E_FORGED);
    CHECK(caltrop_signed_start(&hooks, fields, 3, &window, &untrusted, &check) == CALTROP_E_CLOCK);
    CHECK(caltrop_signed_start(NULL, fields, 3, &window, &untrusted, &check) == CALTROP_E_NULL);
    CHECK(caltrop_signed_start(&hooks, NULL, 3, &window, &untrusted, &check) == CALTROP_E_NULL);
    CHECK(caltrop_signed_start(&hooks, fields, 3, NULL, &untrusted, &check) == CALTROP_E_NULL);
    CHECK(caltrop_signed_start(&hooks, fields, 3, &window, NULL, &check) == CALTROP_E_NULL);
    CHECK(caltrop_signed_start(&hooks, fields, 3, &window, &untrusted, NULL) == CALTROP_E_NULL);
    CHECK(caltrop_signed_update(NULL, NULL, 0) == CALTROP_E_NULL);
    CHECK(caltrop_signed_finish(NULL) == CALTROP_E_NULL);
    CHECK(caltrop_signed_finish((caltrop_signed_check *)((char *)&check + 1)) == CALTROP_E_ALIGNMENT);
    caltrop_signed_wipe(&hooks);
}

static void slack_and_stripe(void) {
    caltrop_signed_webhooks hooks;
    const caltrop_secret secrets[] = {SECRET("8f742231b10e8888abcd99yyyzzz85a5", 0), SECRET("whsec_test_secret", 0)};
    const caltrop_header slack[] = { /* Slack's own example */
        FIELD("X-Slack-Request-Timestamp", "1531420618"),
        FIELD("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
    };
    const caltrop_header stripe = /* made by the Python package stripe 16.1.0 */
        FIELD("Stripe-Signature", "t=1492774577,v1=c137b1b62277d523cf8fed4dfbd0170a9a5b8a380e00cc3711d4bf0652f2ce7a");
    const char *command = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const char *event = "{\"id\": \"evt_test_webhook\", \"object\": \"event\"}";
    CHECK(caltrop_signed_init(CALTROP_SLACK, secrets, 1, &hooks) == CALTROP_OK);
    CHECK(asked(&hooks, slack, 2, 1531420618, command) == CALTROP_OK);
    CHECK(asked(&hooks, slack, 2, 1531420618, event) == CALTROP_E_FORGED);
    CHECK(asked(&hooks, slack, 1, 1531420618, command) == CALTROP_E_MISSING);
    caltrop_signed_wipe(&hooks);
    CHECK(caltrop_signed_init(CALTROP_STRIPE, secrets, 2, &hooks) == CALTROP_OK);
    CHECK(asked(&hooks, &stripe, 1, 1492774577, event) == CALTROP_OK);
    CHECK(asked(&hooks, &stripe, 1, 1492774577, command) == CALTROP_E_FORGED);
    CHECK(asked(&hooks, slack, 2, 1492774577, event) == CALTROP_E_MISSING);
    caltrop_signed_wipe(&hooks);
}

static void secrets(void) {
    caltrop_signed_webhooks hooks;
    const caltrop_secret empty[] = {SECRET("good", 0), {NULL, 0, 0}};
    const caltrop_secret many[] = {SECRET("1", 0), SECRET("2", 0), SECRET("3", 0), SECRET("4", 0), SECRET("5", 0)};
    CHECK(caltrop_signed_init(CALTROP_STRIPE, empty, 1, &hooks) == CALTROP_OK);
    caltrop_signed_wipe(&hooks);
    CHECK(caltrop_signed_init(CALTROP_STRIPE, empty, 2, &hooks) == CALTROP_E_SECRET);
    CHECK(caltrop_signed_init(CALTROP_STANDARD, empty, 1, &hooks) == CALTROP_E_SECRET);
    CHECK(caltrop_signed_init(CALTROP_SLACK, many, 5, &hooks) == CALTROP_E_SECRET);
    CHECK(caltrop_signed_init(CALTROP_SLACK, NULL, 0, &hooks) == CALTROP_E_SECRET);
    CHECK(caltrop_signed_init(CALTROP_SLACK, NULL, 1, &hooks) == CALTROP_E_NULL);
    CHECK(caltrop_signed_init(5, many, 1, &hooks) == CALTROP_E_VALUE);
    CHECK(caltrop_signed_init(CALTROP_SLACK, many, 1, NULL) == CALTROP_E_NULL);
}

static void tokens(void) {
    /* The known token of docs/formats.md, 8. */
    const char *known = "c1.BxDXDGsAAAAAdXNlcj00Mg.11xCa4ECWydAqKe0cvaEzpwdSAQvZ0c0sz6ubF0QXqs";
    uint8_t raw[32], token[CALTROP_TOKEN_MAX], claims[CALTROP_CLAIMS_MAX];
    caltrop_token_keys keys;
    caltrop_now now = {1796003599, 0, 1}, late = {1796003600, 0, 1}, untrusted = {0, 0, 0};
    caltrop_token_use link = {TEXT("download-link"), TEXT("/files/17")}, other = {TEXT("session"), TEXT("/files/17")}, none = {NULL, 0, NULL, 0};
    size_t len = 7;
    for (size_t at = 0; at < sizeof raw; at++)
        raw[at] = (uint8_t)at;
    caltrop_secret given[] = {{raw, sizeof raw, 7}, SECRET("0123456789abcdef0123456789abcdef", 1), SECRET("short", 2), {raw, sizeof raw, 7}};
    CHECK(caltrop_token_keys_init(given, 3, &keys) == CALTROP_E_SECRET);
    CHECK(caltrop_token_keys_init(NULL, 0, &keys) == CALTROP_E_SECRET);
    given[2] = given[3];
    CHECK(caltrop_token_keys_init(given, 3, &keys) == CALTROP_E_SECRET); /* two of one number */
    CHECK(caltrop_token_keys_init(given, 2, &keys) == CALTROP_OK);
    CHECK(caltrop_token_issue(&keys, &link, TEXT("user=42"), 1796003600, token, sizeof token, &len) == CALTROP_OK);
    CHECK(len == strlen(known) && memcmp(token, known, len) == 0);
    CHECK(caltrop_token_verify(&keys, &link, token, len, &now, claims, sizeof claims, &len) == CALTROP_OK);
    CHECK(len == 7 && memcmp(claims, "user=42", 7) == 0);
    CHECK(caltrop_token_verify(&keys, &link, TEXT(known), &late, claims, sizeof claims, &len) == CALTROP_E_EXPIRED);
    CHECK(caltrop_token_verify(&keys, &link, TEXT(known), &untrusted, claims, sizeof claims, &len) == CALTROP_E_CLOCK);
    CHECK(caltrop_token_verify(&keys, &other, TEXT(known), &now, claims, sizeof claims, &len) == CALTROP_E_FORGED);
    CHECK(caltrop_token_verify(&keys, &none, TEXT(known), &now, claims, sizeof claims, &len) == CALTROP_E_PURPOSE);
    CHECK(caltrop_token_verify(&keys, &link, TEXT("c1."), &now, claims, sizeof claims, &len) == CALTROP_E_MALFORMED);
    len = 5;
    CHECK(caltrop_token_verify(&keys, &link, TEXT(known), &now, claims, 6, &len) == CALTROP_E_MEMORY && len == 5);
    CHECK(caltrop_token_issue(&keys, &link, TEXT("user=42"), 1, token, 68, &len) == CALTROP_E_MEMORY && len == 5);
    CHECK(caltrop_token_issue(&keys, &link, token, sizeof token, 1, token, sizeof token, &len) == CALTROP_E_LENGTH && len == 5);
    CHECK(caltrop_token_issue(&keys, NULL, TEXT("x"), 1, token, sizeof token, &len) == CALTROP_E_NULL);
    caltrop_token_keys_wipe(&keys);
    CHECK(caltrop_token_keys_init(given + 1, 1, &keys) == CALTROP_OK);
    CHECK(caltrop_token_verify(&keys, &link, TEXT(known), &now, claims, sizeof claims, &len) == CALTROP_E_UNKNOWN_KEY);
    caltrop_token_keys_wipe(&keys);
    caltrop_token_keys_wipe(NULL);
}

int main(void) {
    github();
    standard();
    slack_and_stripe();
    secrets();
    tokens();
    printf("signed: %u checks\n", checks);
    return 0;
}
