/* The guard in front of an application on libmicrohttpd. */
#ifndef DOOR_H
#define DOOR_H

#include <microhttpd.h>
#include <stdbool.h>

#include "caltrop.h"

/* A guard and what it is made of, which lives as long as it does. */
typedef struct {
    union {
        uint64_t align[CALTROP_GUARD_SIZE / 8];
        uint8_t bytes[CALTROP_GUARD_SIZE];
    } memory;
    caltrop_guard *guard;
    caltrop_host_state state;
    uint8_t *policy, *keyring;
    int log;
} door;

/* Opens the guard of the policy image at `path`, with policy.pub and keys.cltp beside it and the state of this name; denials go to the open
 * file `log`. False after saying why on the standard error. */
bool door_open(door *it, const char *path, const char *state, int log);

/* No thread uses it any more. */
void door_close(door *it);

/* Decides about a request before its body is read. `target` is the request target as it stood in the request line. */
void door_admit(door *it, struct MHD_Connection *connection, const char *method, const char *target, caltrop_decision *out);

/* Answers a denial, exactly as the core says it, and logs it. */
enum MHD_Result door_deny(door *it, struct MHD_Connection *connection, const caltrop_decision *denial);

/* Ends a granted request: CALTROP_SERVED or CALTROP_AUTH_FAILED. */
void door_settle(door *it, const caltrop_decision *grant, uint8_t outcome);

#endif
