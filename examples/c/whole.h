/* Whether libmicrohttpd shows a request as it came.
 *
 * It ends every text at the first NUL (seen with 0.9.75), so what a client, or the proxy behind it, wrote after one is hidden: in
 * `X-Forwarded-For: 10.8.0.1<NUL>, 203.0.113.9` the word of the proxy, and the stranger would be believed. It keeps a request where it was
 * received, one line after the other, so a part that is hidden shows as a gap. Should a release keep it another way, everything is refused. */
#ifndef WHOLE_H
#define WHOLE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

/* `behind` is where the target ends, its NUL included, as it stood before libmicrohttpd took it apart. */
bool request_is_whole(struct MHD_Connection *connection, const char *method, uintptr_t behind, const char *version);

#endif
