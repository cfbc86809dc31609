#include "secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_MAX = 4096 };

static uint8_t *read_open(FILE *file, const char *path, size_t *len) {
    uint8_t *data = NULL;
    struct stat about;
    if (fstat(fileno(file), &about) == 0 && about.st_size > 0 && about.st_size <= FILE_MAX && (data = malloc((size_t)about.st_size)) != NULL) {
        *len = fread(data, 1, (size_t)about.st_size, file);
        if (*len == (size_t)about.st_size) return data;
    }
    fprintf(stderr, "%s: cannot be read, is empty, or over %d bytes\n", path, FILE_MAX);
    free(data);
    return NULL;
}

static int digit(char c) {
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c == 0 ? NULL : strchr(DIGITS, c);
    return at == NULL ? -1 : (int)(at - DIGITS);
}

/* base64url without padding (RFC 4648 §5), white space behind it allowed. Bits that are left over must be 0: one text for one key. */
static bool decode(const char *text, size_t text_len, uint8_t *out, size_t room, size_t *len) {
    uint32_t bits = 0;
    int held = 0;
    while (text_len > 0 && strchr(" \t\r\n", text[text_len - 1]) != NULL) text_len--;
    if (text_len % 4 == 1) return false;
    *len = 0;
    for (size_t at = 0; at < text_len; at++) {
        int value = digit(text[at]);
        if (value < 0) return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffff, held += 6;
        if (held >= 8) {
            if (*len == room) return false;
            held -= 8, out[(*len)++] = (uint8_t)(bits >> held);
        }
    }
    return (bits & ((1u << held) - 1)) == 0;
}

/* A secret that others may read is no secret. */
static uint8_t *read_secret(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    struct stat about;
    uint8_t *text = NULL;
    if (file == NULL || fstat(fileno(file), &about) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    } else if ((about.st_mode & 077) != 0) {
        fprintf(stderr, "%s: others may read it (mode %o): chmod 600 it\n", path, (unsigned)about.st_mode & 0777);
    } else {
        setvbuf(file, NULL, _IONBF, 0);
        text = read_open(file, path, len);
    }
    if (file != NULL) fclose(file);
    return text;
}

bool secret_in_env(const char *name, uint8_t secret[SECRET_MAX], size_t *len) {
    char file_name[64];
    const char *text = getenv(name), *path;
    uint8_t *read = NULL;
    size_t text_len = text == NULL ? 0 : strlen(text);
    bool is_secret;
    if (text == NULL) {
        snprintf(file_name, sizeof file_name, "%s_FILE", name);
        path = getenv(file_name);
        if (path == NULL) fprintf(stderr, "set %s, or %s to the path of the file that `caltrop init` made\n", name, file_name);
        text = (const char *)(read = path == NULL ? NULL : read_secret(path, &text_len));
        if (text == NULL) return false;
    }
    is_secret = decode(text, text_len, secret, SECRET_MAX, len) && *len >= 32;
    if (!is_secret) fprintf(stderr, "%s: not 32 to %d bytes in base64url\n", name, SECRET_MAX);
    if (read != NULL) wipe(read, text_len);
    free(read);
    return is_secret;
}

void wipe(void *memory, size_t len) {
    volatile uint8_t *byte = memory;
    while (len-- > 0) *byte++ = 0;
}
