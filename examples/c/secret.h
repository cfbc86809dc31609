/* The pepper, as `caltrop init` makes it. It says on the standard error what is wrong. */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest pepper in bytes. */
enum { SECRET_MAX = 128 };

/* The secret in the environment variable `name`, or in the file that `name`_FILE names. */
bool secret_in_env(const char *name, uint8_t secret[SECRET_MAX], size_t *len);

/* Overwrites, also where the compiler sees nobody read it again. */
void wipe(void *memory, size_t len);

#endif
