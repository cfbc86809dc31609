/* Peer and TLS are taken from the server's own socket: nothing that a client writes reaches the guard but as a header field. */
#include "door.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "log.h"

/* The policy that this server was written for. It stands here, not on the command line: an image for another API must not start. */
static const char POLICY[] = "acme-api";

bool door_open(door *it, const char *path, const char *state, int log) {
    caltrop_live_options options;
    caltrop_pepper pepper = {.id = 1};
    uint8_t secret[SECRET_MAX], text[CALTROP_LIVE_TEXT_SIZE] = "";
    caltrop_status status = CALTROP_E_NULL;
    memset(it, 0, sizeof *it);
    memset(&options, 0, sizeof options);
    it->log = log;
    options.size = sizeof options;
    options.name = (const uint8_t *)POLICY, options.name_len = sizeof POLICY - 1;
    options.policy = (const uint8_t *)path, options.policy_len = strlen(path);
    options.state = (const uint8_t *)state, options.state_len = strlen(state);
    options.peppers = &pepper, options.pepper_count = 1;
    pepper.secret = secret;
    if (secret_in_env("CALTROP_PEPPER_1", secret, &pepper.secret_len)) {
        status = caltrop_live_open(&options, &it->guard, text, sizeof text);
        if (*text) fprintf(stderr, "%s\n", (char *)text);
        if (status != CALTROP_OK) fprintf(stderr, "%s: refused with status %d of caltrop.h\n", path, (int)status);
    }
    wipe(secret, sizeof secret);
    return status == CALTROP_OK;
}

void door_close(door *it) {
    caltrop_live_close(it->guard);
    it->guard = NULL;
}

void door_poll(door *it) {
    uint8_t text[CALTROP_LIVE_TEXT_SIZE] = "";
    caltrop_now now;
    /* The text says all that the status does. */
    if (caltrop_host_now(&now) == CALTROP_OK) (void)caltrop_live_poll(it->guard, &now, text, sizeof text);
    fputs((const char *)text, stderr);
}

/* Header fields on their way into an array, in wire order. */
typedef struct {
    caltrop_header *fields;
    size_t count, room;
} collected;

static enum MHD_Result collect(void *into, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value, size_t value_len) {
    collected *all = into;
    caltrop_header *field;
    (void)kind;
    if (all->count == all->room) return MHD_NO;
    field = &all->fields[all->count++];
    field->name = (const uint8_t *)name, field->name_len = name_len;
    field->value = (const uint8_t *)value, field->value_len = value == NULL ? 0 : value_len;
    return MHD_YES;
}

static caltrop_address peer_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    caltrop_address peer;
    memset(&peer, 0, sizeof peer);
    if (info != NULL && info->client_addr->sa_family == AF_INET) {
        peer.family = 4, memcpy(peer.bytes, &((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr, 4);
    } else if (info != NULL && info->client_addr->sa_family == AF_INET6) {
        peer.family = 6, memcpy(peer.bytes, &((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr, 16);
    }
    /* A peer that nobody knows keeps family 0, which the guard refuses. */
    return peer;
}

void door_admit(door *it, struct MHD_Connection *connection, const char *method, const char *target, caltrop_decision *out) {
    int count = MHD_get_connection_values_n(connection, MHD_HEADER_KIND, NULL, NULL);
    collected all = {.room = count > 0 ? (size_t)count : 0};
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "host");
    caltrop_request request;
    caltrop_now now;
    memset(out, 0, sizeof *out);
    /* Without memory for the fields nobody gets in: a zeroed decision is a denial. */
    if (all.room > 0 && (all.fields = calloc(all.room, sizeof *all.fields)) == NULL) return;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, collect, &all);
    memset(&request, 0, sizeof request);
    request.size = sizeof request;
    request.method = (const uint8_t *)method, request.method_len = strlen(method);
    request.target = (const uint8_t *)target, request.target_len = strlen(target);
    request.authority = (const uint8_t *)host, request.authority_len = host == NULL ? 0 : strlen(host);
    request.headers = all.fields, request.header_count = all.count;
    request.peer = peer_of(connection);
    request.tls = CALTROP_PLAINTEXT;
    if (caltrop_host_now(&now) == CALTROP_OK && caltrop_live_admit(it->guard, &request, &now, out) != CALTROP_OK)
        fprintf(stderr, "a request that the guard could not be asked about was denied\n");
    free(all.fields);
}

void door_settle(door *it, caltrop_decision *grant, uint8_t outcome) {
    caltrop_now now;
    if (caltrop_host_now(&now) != CALTROP_OK || caltrop_live_settle(it->guard, grant, outcome, &now) != CALTROP_OK)
        fprintf(stderr, "a request could not be settled\n");
}

/* Fields as lines, up to an empty one, go to `response`. */
static bool add_lines(struct MHD_Response *response, char *line) {
    char *end;
    while ((end = strstr(line, "\r\n")) != NULL && end != line) {
        char *value = strstr(line, ": ");
        *end = 0;
        if (value == NULL || value > end) return false;
        *value = 0;
        if (MHD_add_response_header(response, line, value + 2) != MHD_YES) return false;
        line = end + 2;
    }
    return true;
}

bool door_dress(door *it, const caltrop_decision *grant, struct MHD_Response *response) {
    char text[CALTROP_ANSWER_SIZE + 1];
    size_t len = 0;
    if (caltrop_live_answer(it->guard, grant, (uint8_t *)text, sizeof text - 1, &len) != CALTROP_OK) return false;
    text[len] = 0;
    return add_lines(response, text);
}

typedef struct {
    door *it;
    door_see *see;
    void *into;
} showing;

static enum MHD_Result show(void *state, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value, size_t value_len) {
    showing *to = state;
    caltrop_header field = {(const uint8_t *)name, name_len, (const uint8_t *)value, value == NULL ? 0 : value_len};
    (void)kind;
    if (to->it == NULL || caltrop_live_passes_on(to->it->guard, &field)) to->see(to->into, name, name_len, value, field.value_len);
    return MHD_YES;
}

void door_introduce(door *it, struct MHD_Connection *connection, const caltrop_decision *grant, door_see *see, void *into) {
    char text[CALTROP_ANSWER_SIZE + 1], *line = text, *end;
    showing to = {it, see, into};
    size_t len = 0;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, show, &to);
    if (it == NULL || caltrop_live_upstream(it->guard, grant, (uint8_t *)text, sizeof text - 1, &len) != CALTROP_OK) return;
    text[len] = 0;
    for (; (end = strstr(line, "\r\n")) != NULL; line = end + 2) {
        char *value = strstr(line, ": ");
        see(into, line, (size_t)(value - line), value + 2, (size_t)(end - value - 2));
    }
}

enum MHD_Result door_deny(door *it, struct MHD_Connection *connection, const caltrop_decision *denial) {
    char text[CALTROP_ANSWER_SIZE + 1], *end;
    struct MHD_Response *response;
    enum MHD_Result done = MHD_NO;
    size_t len = 0;
    log_denied(it->log, denial);
    if (caltrop_live_answer(it->guard, denial, (uint8_t *)text, sizeof text - 1, &len) != CALTROP_OK) return MHD_NO;
    text[len] = 0;
    /* The body follows an empty line; the fields stand before it, one a line. */
    end = strstr(text, "\r\n\r\n");
    if (end == NULL) return MHD_NO;
    response = MHD_create_response_from_buffer(len - (size_t)(end + 4 - text), end + 4, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) return MHD_NO;
    /* A challenge that is missing would only confuse; a denial with the wrong status would let in. */
    add_lines(response, text);
    done = MHD_queue_response(connection, denial->status == 0 ? MHD_HTTP_SERVICE_UNAVAILABLE : denial->status, response);
    MHD_destroy_response(response);
    return done;
}
