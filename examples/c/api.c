#include "api.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

/* Where the application answers. A `*` stands for at least one more character. */
static const struct {
    const char *method, *path;
    unsigned status;
} ROUTES[] = {
    {"GET", "/healthz", MHD_HTTP_OK},      {"POST", "/v1/login", MHD_HTTP_OK},  {"GET", "/v1/orders", MHD_HTTP_OK},
    {"GET", "/v1/orders/*", MHD_HTTP_OK},  {"GET", "/v1/report", MHD_HTTP_OK},  {"POST", "/v1/orders", MHD_HTTP_CREATED},
    {"GET", "/v1/admin/*", MHD_HTTP_OK},
};

static unsigned status_of(const char *method, const char *path) {
    if (strcmp(method, "HEAD") == 0) method = "GET";
    for (size_t index = 0; index < sizeof ROUTES / sizeof *ROUTES; index++) {
        const char *known = ROUTES[index].path;
        size_t len = strlen(known) - (strchr(known, '*') != NULL);
        bool is_it = strncmp(path, known, len) == 0 && (known[len] == '*') == (path[len] != 0);
        if (is_it && strcmp(method, ROUTES[index].method) == 0) return ROUTES[index].status;
    }
    return MHD_HTTP_NOT_FOUND;
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *body) {
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result done = MHD_NO;
    if (response == NULL) return MHD_NO;
    if (MHD_add_response_header(response, "content-type", "application/json") == MHD_YES) done = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return done;
}

enum MHD_Result api_answer(struct MHD_Connection *connection, const char *method, const char *path, const caltrop_decision *grant, uint8_t *outcome) {
    char id[HEX_LEN + 1] = "", id_text[JSON_MAX], route[JSON_MAX], principal[JSON_MAX], tenant[JSON_MAX], body[2048];
    unsigned status = status_of(method, path);
    *outcome = CALTROP_SERVED;
    /* A login form of an application that has its own passwords. */
    if (status == MHD_HTTP_OK && strcmp(path, "/v1/login") == 0) {
        const char *password = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "x-password");
        if (password == NULL || strcmp(password, "correct") != 0) {
            *outcome = CALTROP_AUTH_FAILED;
            return answer(connection, MHD_HTTP_UNAUTHORIZED, "{\"error\":\"password\"}");
        }
    }
    if (status == MHD_HTTP_NOT_FOUND) return answer(connection, status, "{\"error\":\"no such thing\"}");
    if (grant != NULL) hex_of(id, grant->id);
#define TEXT(out, name) json_text(out, grant == NULL ? NULL : grant->name, grant == NULL ? 0 : strlen((const char *)grant->name))
    snprintf(body, sizeof body, "{\"id\":%s,\"route\":%s,\"principal\":%s,\"tenant\":%s}", json_text(id_text, (const uint8_t *)id, strlen(id)),
             TEXT(route, route), TEXT(principal, principal), TEXT(tenant, tenant));
#undef TEXT
    return answer(connection, status, body);
}
