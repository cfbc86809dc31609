/* Images, public keys and peppers, as `caltrop init` makes them. Each says on the standard error what is wrong. */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest pepper in bytes. */
enum { SECRET_MAX = 128 };

/* A whole file, to be freed; NULL if it cannot be read. */
uint8_t *file_read(const char *path, size_t *len);

/* The file of this name in the folder of `path`. */
uint8_t *file_beside(const char *path, const char *name, size_t *len);

/* The public key of this name in the folder of `path`. */
bool key_beside(const char *path, const char *name, uint8_t key[32]);

/* The secret in the environment variable `name`, or in the file that `name`_FILE names. */
bool secret_in_env(const char *name, uint8_t secret[SECRET_MAX], size_t *len);

/* Overwrites, also where the compiler sees nobody read it again. */
void wipe(void *memory, size_t len);

#endif
