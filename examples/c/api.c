#include "api.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "log.h"

/* Where the application answers; without a method, whatever it is. A `*` stands for at least one more character. */
static const struct {
    const char *method, *path;
    unsigned status;
} ROUTES[] = {
    {"GET", "/healthz", MHD_HTTP_OK},      {"POST", "/v1/login", MHD_HTTP_OK},  {"GET", "/v1/orders", MHD_HTTP_OK},
    {"GET", "/v1/orders/*", MHD_HTTP_OK},  {"GET", "/v1/report", MHD_HTTP_OK},  {"POST", "/v1/orders", MHD_HTTP_CREATED},
    {"GET", "/v1/admin/*", MHD_HTTP_OK},   {"GET", "/v1/internal/*", MHD_HTTP_OK}, {"POST", "/v1/exports", MHD_HTTP_CREATED},
    /* Of examples/reference/policy.toml. */
    {"GET", "/docs", MHD_HTTP_OK},         {"GET", "/openapi.json", MHD_HTTP_OK},   {NULL, "/v1/tenants/*", MHD_HTTP_OK},
    {"POST", "/v1/chat", MHD_HTTP_CREATED}, {"GET", "/v1/secret/*", MHD_HTTP_OK},   {NULL, "/admin/*", MHD_HTTP_OK},
    {NULL, "/legacy/*", MHD_HTTP_OK},
};

static unsigned status_of(const char *method, const char *path) {
    if (strcmp(method, "HEAD") == 0) method = "GET";
    for (size_t index = 0; index < sizeof ROUTES / sizeof *ROUTES; index++) {
        const char *known = ROUTES[index].path;
        size_t len = strlen(known) - (strchr(known, '*') != NULL);
        bool is_it = strncmp(path, known, len) == 0 && (known[len] == '*') == (path[len] != 0);
        if (is_it && (ROUTES[index].method == NULL || strcmp(method, ROUTES[index].method) == 0)) return ROUTES[index].status;
    }
    return MHD_HTTP_NOT_FOUND;
}

/* The header fields that say who calls, as they came here: strings of a JSON list. */
typedef struct {
    char text[4096];
    size_t len;
} seen;

static bool tells(const char *name, size_t len) {
    static const char PREFIX[] = "x-caltrop-";
    size_t at = 0;
    if ((len == 13 && strncasecmp(name, "authorization", len) == 0) || (len == 9 && strncasecmp(name, "x-api-key", len) == 0)) return true;
    while (at < len && PREFIX[at] != 0 && (PREFIX[at] == '-' ? strchr("-_.", name[at]) != NULL : tolower((unsigned char)name[at]) == PREFIX[at])) at++;
    return PREFIX[at] == 0;
}

static void see(void *into, const char *name, size_t name_len, const char *value, size_t value_len) {
    seen *all = into;
    char field[JSON_MAX], json[JSON_MAX];
    size_t room = sizeof all->text - all->len;
    int len;
    if (!tells(name, name_len)) return;
    len = snprintf(field, sizeof field, "%.*s: %.*s", (int)name_len, name, (int)value_len, value == NULL ? "" : value);
    if (len < 0 || (size_t)len >= sizeof field) return;
    for (size_t at = 0; at < name_len; at++) field[at] = (char)tolower((unsigned char)field[at]);
    len = snprintf(all->text + all->len, room, "%s%s", all->len == 0 ? "" : ",", json_text(json, (const uint8_t *)field, (size_t)len));
    if (len > 0 && (size_t)len < room) all->len += (size_t)len;
    all->text[all->len] = 0;
}

static enum MHD_Result answer(door *guarded, struct MHD_Connection *connection, const caltrop_decision *grant, unsigned status, const char *body) {
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result done = MHD_NO;
    if (response == NULL) return MHD_NO;
    if (MHD_add_response_header(response, "content-type", "application/json") == MHD_YES &&
        (guarded == NULL || door_dress(guarded, grant, response)))
        done = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return done;
}

enum MHD_Result api_answer(door *guarded, struct MHD_Connection *connection, const char *method, const char *path, const caltrop_decision *grant,
                           uint8_t *outcome) {
    char id[HEX_LEN + 1] = "", id_text[JSON_MAX], route[JSON_MAX], principal[JSON_MAX], tenant[JSON_MAX], body[8192];
    unsigned status = status_of(method, path);
    seen fields = {.len = 0};
    *outcome = CALTROP_SERVED;
    /* A login form of an application that has its own passwords. */
    if (status == MHD_HTTP_OK && strcmp(path, "/v1/login") == 0) {
        const char *password = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "x-password");
        if (password == NULL || strcmp(password, "correct") != 0) {
            *outcome = CALTROP_AUTH_FAILED;
            return answer(guarded, connection, grant, MHD_HTTP_UNAUTHORIZED, "{\"error\":\"password\"}");
        }
    }
    if (status == MHD_HTTP_NOT_FOUND) return answer(guarded, connection, grant, status, "{\"error\":\"no such thing\"}");
    door_introduce(guarded, connection, grant, see, &fields);
    if (grant != NULL) hex_of(id, grant->id);
#define TEXT(out, name) json_text(out, grant == NULL ? NULL : grant->name, grant == NULL ? 0 : strlen((const char *)grant->name))
    snprintf(body, sizeof body, "{\"id\":%s,\"route\":%s,\"principal\":%s,\"tenant\":%s,\"seen\":[%s]}",
             json_text(id_text, (const uint8_t *)id, strlen(id)), TEXT(route, route), TEXT(principal, principal), TEXT(tenant, tenant), fields.text);
#undef TEXT
    return answer(guarded, connection, grant, status, body);
}
