/* The application. It says who asked; a real one would have something to give. */
#ifndef API_H
#define API_H

#include "door.h"

/* Answers a request that was let through: `grant` says who asked, and both are NULL without a guard. Gives what the guard is to be told. */
enum MHD_Result api_answer(door *guarded, struct MHD_Connection *connection, const char *method, const char *path, const caltrop_decision *grant,
                           uint8_t *outcome);

#endif
