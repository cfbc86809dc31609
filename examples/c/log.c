#include "log.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *json_text(char out[JSON_MAX], const uint8_t *text, size_t len) {
    char *at = out;
    if (len == 0) return "null";
    *at++ = '"';
    for (size_t index = 0; index < len && at < out + JSON_MAX - 4; index++) {
        if (text[index] == '"' || text[index] == '\\') *at++ = '\\';
        *at++ = (char)text[index];
    }
    *at++ = '"';
    *at = 0;
    return out;
}

const char *hex_of(char out[HEX_LEN + 1], const uint8_t id[16]) {
    for (size_t index = 0; index < 16; index++) snprintf(out + 2 * index, 3, "%02x", id[index]);
    return out;
}

void log_denied(int file, const caltrop_decision *denial) {
    char id[HEX_LEN + 1], route[JSON_MAX], principal[JSON_MAX], client[INET6_ADDRSTRLEN + 2] = "null", address[INET6_ADDRSTRLEN];
    char line[2048];
    size_t word_len = 0;
    const uint8_t *word = caltrop_reason_word(denial->reason, &word_len);
    int family = denial->client.family == 4 ? AF_INET : AF_INET6, len;
    if (denial->client.family != 0 && inet_ntop(family, denial->client.bytes, address, sizeof address) != NULL)
        snprintf(client, sizeof client, "\"%s\"", address);
    len = snprintf(line, sizeof line, "{\"id\":\"%s\",\"status\":%u,\"reason\":\"%.*s\",\"route\":%s,\"principal\":%s,\"client\":%s}\n",
                   hex_of(id, denial->id), (unsigned)denial->status, (int)word_len, (const char *)word,
                   json_text(route, denial->route, strlen((const char *)denial->route)),
                   json_text(principal, denial->principal, strlen((const char *)denial->principal)), client);
    /* One write a line, so that the lines of several threads and workers do not mix. A full disk must not stop the answers. */
    if (len > 0 && write(file, line, (size_t)len) != len) fputs("the log cannot be written\n", stderr);
}
