/* A libmicrohttpd server behind a caltrop guard.
 *
 * door.c is all that a server needs: decide before the body is read, answer a denial, settle a grant. api.c is the application.
 * A proxy on this machine is expected to end TLS; the policy names it, and only it may say https and for whom it speaks. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api.h"
#include "door.h"
#include "whole.h"

/* Room for the largest header section that a policy lets through, and for its bookkeeping; more is refused by libmicrohttpd. */
enum { CONNECTION_BYTES = 64 * 1024, THREADS = 2 };

typedef struct {
    const char *policy, *listen, *state, *log;
    bool unguarded;
} arguments;

/* One request, from its first line to its end. */
typedef struct {
    char *target;
    uintptr_t behind;
    bool is_decided;
    caltrop_decision decision;
    uint8_t outcome;
} exchange;

/* libmicrohttpd decodes the path in place; here it has not done so yet. */
static void *begin(void *server, const char *target, struct MHD_Connection *connection) {
    exchange *it = calloc(1, sizeof *it);
    (void)server, (void)connection;
    if (it == NULL) return NULL;
    if ((it->target = strdup(target)) == NULL) {
        free(it);
        return NULL;
    }
    it->behind = (uintptr_t)target + strlen(target) + 1;
    return it;
}

/* Behind the last byte of an answer, or when the connection is gone: until then a granted request runs. */
static void end(void *server, struct MHD_Connection *connection, void **held, enum MHD_RequestTerminationCode how) {
    door *guarded = server;
    exchange *it = *held;
    (void)connection, (void)how;
    if (it != NULL && guarded != NULL && caltrop_allowed(&it->decision)) door_settle(guarded, &it->decision, it->outcome);
    if (it != NULL) free(it->target);
    free(it);
    *held = NULL;
}

/* What is no HTTP is answered by the server, as libmicrohttpd answers what it cannot read. */
static enum MHD_Result refuse(struct MHD_Connection *connection) {
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result done = response == NULL ? MHD_NO : MHD_queue_response(connection, MHD_HTTP_BAD_REQUEST, response);
    if (response != NULL) MHD_destroy_response(response);
    return done;
}

/* Called once when the header fields are there, then for the body, then once more. */
static enum MHD_Result handle(void *server, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
                              const char *body, size_t *body_len, void **held) {
    door *guarded = server;
    exchange *it = *held;
    (void)body;
    if (it == NULL) return MHD_NO;
    if (!it->is_decided) {
        it->is_decided = true;
        if (guarded == NULL) return MHD_YES;
        if (!request_is_whole(connection, method, it->behind, version)) return refuse(connection);
        door_admit(guarded, connection, method, it->target, &it->decision);
        return caltrop_allowed(&it->decision) ? MHD_YES : door_deny(guarded, connection, &it->decision);
    }
    if (*body_len > 0) {
        *body_len = 0;
        return MHD_YES;
    }
    return api_answer(guarded, connection, method, path, guarded == NULL ? NULL : &it->decision, &it->outcome);
}

static int usage(void) {
    fputs("usage: --policy FILE [--listen ADDRESS:PORT] [--state NAME] [--log FILE] [--unguarded]\n"
          "  The pepper comes from CALTROP_PEPPER_1, or from the file that CALTROP_PEPPER_1_FILE names.\n", stderr);
    return 2;
}

static bool parse(int argc, char **argv, arguments *out) {
    for (int at = 1; at < argc; at++) {
        const char **text = strcmp(argv[at], "--policy") == 0   ? &out->policy
                            : strcmp(argv[at], "--listen") == 0 ? &out->listen
                            : strcmp(argv[at], "--state") == 0  ? &out->state
                            : strcmp(argv[at], "--log") == 0    ? &out->log
                                                                : NULL;
        if (text != NULL && at + 1 < argc) {
            *text = argv[++at];
        } else if (strcmp(argv[at], "--unguarded") == 0) {
            out->unguarded = true;
        } else {
            return false;
        }
    }
    return out->policy != NULL;
}

/* `127.0.0.1:8080`; port 0 takes a free one. */
static bool parse_address(const char *text, struct sockaddr_in *out) {
    char host[INET_ADDRSTRLEN], *rest;
    const char *colon = strrchr(text, ':');
    unsigned long port;
    memset(out, 0, sizeof *out);
    if (colon == NULL || (size_t)(colon - text) >= sizeof host || colon[1] < '0' || colon[1] > '9') return false;
    memcpy(host, text, (size_t)(colon - text)), host[colon - text] = 0;
    port = strtoul(colon + 1, &rest, 10);
    out->sin_family = AF_INET, out->sin_port = htons((uint16_t)port);
    return *rest == 0 && port <= UINT16_MAX && inet_pton(AF_INET, host, &out->sin_addr) == 1;
}

static int serve(const arguments *args, const struct sockaddr_in *address, door *guarded) {
    const union MHD_DaemonInfo *info;
    struct MHD_Daemon *daemon;
    char host[INET_ADDRSTRLEN];
    /* A fifth of a second between two looks at the guard's files. */
    const struct timespec tick = {.tv_nsec = 200000000};
    sigset_t stops;
    /* Blocked in every thread, and waited for here: a signal that comes early is not lost, and one that comes late ends nothing midway. */
    sigemptyset(&stops), sigaddset(&stops, SIGTERM), sigaddset(&stops, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, guarded, MHD_OPTION_SOCK_ADDR, address,
                              MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
                              MHD_OPTION_URI_LOG_CALLBACK, begin, NULL, MHD_OPTION_NOTIFY_COMPLETED, end, guarded, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                              MHD_OPTION_END);
    if (daemon == NULL || (info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)) == NULL) {
        fprintf(stderr, "%s: cannot listen: %s\n", args->listen, strerror(errno));
        if (daemon != NULL) MHD_stop_daemon(daemon);
        return 1;
    }
    printf("listening %s:%u\n", inet_ntop(AF_INET, &address->sin_addr, host, sizeof host), (unsigned)info->port);
    fflush(stdout);
    while (sigtimedwait(&stops, NULL, &tick) < 0)
        if (guarded != NULL) door_poll(guarded);
    MHD_stop_daemon(daemon);
    return 0;
}

int main(int argc, char **argv) {
    static door guarded;
    arguments args = {.listen = "127.0.0.1:0", .state = "acme-api"};
    struct sockaddr_in address;
    int log = STDERR_FILENO, code = 1;
    if (!parse(argc, argv, &args) || !parse_address(args.listen, &address)) return usage();
    if (args.log != NULL && (log = open(args.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0) {
        fprintf(stderr, "%s: %s\n", args.log, strerror(errno));
        return 1;
    }
    if (args.unguarded) {
        code = serve(&args, &address, NULL);
    } else if (door_open(&guarded, args.policy, args.state, log)) {
        code = serve(&args, &address, &guarded);
        door_close(&guarded);
    }
    if (log != STDERR_FILENO) close(log);
    return code;
}
