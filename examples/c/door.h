/* The guard in front of an application on libmicrohttpd. */
#ifndef DOOR_H
#define DOOR_H

#include <microhttpd.h>
#include <stdbool.h>

#include "caltrop.h"

/* A guard whose files may change, and where denials are written. */
typedef struct {
    caltrop_live *guard;
    int log;
} door;

/* Opens the guard of the policy image at `path`, with policy.pub and keys.cltp beside it and the state of this name; denials go to the open
 * file `log`. False after saying why on the standard error. */
bool door_open(door *it, const char *path, const char *state, int log);

/* No thread uses it any more. */
void door_close(door *it);

/* Takes a policy or keyring that was renamed into place, and says so on the standard error: to be called a few times a second. */
void door_poll(door *it);

/* Decides about a request before its body is read. `target` is the request target as it stood in the request line. */
void door_admit(door *it, struct MHD_Connection *connection, const char *method, const char *target, caltrop_decision *out);

/* Answers a denial, exactly as the core says it, and logs it. */
enum MHD_Result door_deny(door *it, struct MHD_Connection *connection, const caltrop_decision *denial);

/* Adds the guard's fields to the answer to a granted request. False if there was no memory. */
bool door_dress(door *it, const caltrop_decision *grant, struct MHD_Response *response);

/* Shows the application the header fields of a granted request: the caller's, as far as they are its business, and who calls by the guard's word.
 * `it` is NULL without a guard, and then they are all shown. */
typedef void door_see(void *into, const char *name, size_t name_len, const char *value, size_t value_len);
void door_introduce(door *it, struct MHD_Connection *connection, const caltrop_decision *grant, door_see *see, void *into);

/* Ends a granted request, once: CALTROP_SERVED or CALTROP_AUTH_FAILED. */
void door_settle(door *it, caltrop_decision *grant, uint8_t outcome);

#endif
