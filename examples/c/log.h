/* Denials, one JSON line each, and the little of JSON that this server writes. */
#ifndef LOG_H
#define LOG_H

#include <stddef.h>

#include "caltrop.h"

/* Appends the line of a denial to an open file. */
void log_denied(int file, const caltrop_decision *denial);

/* A string of JSON, or null for an empty text. Names of a policy are visible ASCII of at most 255 bytes, so that this is room enough. */
enum { JSON_MAX = 2 * 255 + 3 };
const char *json_text(char out[JSON_MAX], const uint8_t *text, size_t len);

/* An id as people see it. */
enum { HEX_LEN = 32 };
const char *hex_of(char out[HEX_LEN + 1], const uint8_t id[16]);

#endif
