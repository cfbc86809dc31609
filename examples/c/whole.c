#include "whole.h"

#include <string.h>

/* A line ends with CR LF, or with LF alone. */
enum { LINE_END_MAX = 2 };

typedef struct {
    uintptr_t end;
    bool is_whole;
} walk;

static bool is_next(uintptr_t end, uintptr_t next) {
    return next > end && next - end <= LINE_END_MAX;
}

static enum MHD_Result follow(void *state, enum MHD_ValueKind kind, const char *name, size_t name_len, const char *value, size_t value_len) {
    walk *at = state;
    (void)kind;
    /* A value begins behind its name, the colon and blanks; a folded one stands elsewhere, and is refused with the rest (RFC 9112 §5.2). */
    at->is_whole = value != NULL && is_next(at->end, (uintptr_t)name) && (uintptr_t)value > (uintptr_t)name + name_len;
    at->end = (uintptr_t)value + value_len;
    return at->is_whole ? MHD_YES : MHD_NO;
}

bool request_is_whole(struct MHD_Connection *connection, const char *method, uintptr_t behind, const char *version) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    walk at = {.end = (uintptr_t)version + strlen(version), .is_whole = true};
    if (info == NULL || behind != (uintptr_t)version) return false;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, follow, &at);
    /* The last line and the empty one behind it end the header section. */
    return at.is_whole && (uintptr_t)method + info->header_size - at.end <= 2 * LINE_END_MAX;
}
