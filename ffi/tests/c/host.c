/* One state for all processes: argv = policy image, public key, state name; name "acme-api". Every misuse is a status, and what the system
 * refuses is told by name. */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "caltrop.h"
#include "check.h"

#define TEXT(t) (const uint8_t *)(t), strlen(t)

static void refuses(const caltrop_guard_options *options, const char *name, caltrop_status wanted, const char *says) {
    caltrop_host_state state;
    uint8_t text[CALTROP_HOST_TEXT_SIZE];
    memset(&state, 0x5a, sizeof state);
    memset(text, 0x5a, sizeof text);
    CHECK(caltrop_host_state_open(options, TEXT(name), &state, text, sizeof text) == wanted);
    CHECK(memchr(text, 0, sizeof text) != NULL && strstr((const char *)text, says) != NULL);
    CHECK(state.state_len == (size_t)0x5a5a5a5a5a5a5a5a);
}

int main(int argc, char **argv) {
    caltrop_guard_options options;
    caltrop_host_state first, second, zeroed;
    caltrop_now now, later;
    uint8_t text[CALTROP_HOST_TEXT_SIZE] = {7}, small[8];
    char path[128];
    size_t size = 0, count;
    int child, file;
    CHECK(argc == 4);
    memset(&zeroed, 0, sizeof zeroed);
    first = second = zeroed;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.name = (const uint8_t *)"acme-api", options.name_len = 8;
    options.policy = read_file(argv[1], &options.policy_len);
    options.signers = read_file(argv[2], &size), options.signer_count = 1;
    CHECK(caltrop_state_size(&options, &size) == CALTROP_OK);
    CHECK(snprintf(path, sizeof path, "/dev/shm/caltrop.%u.%s.3", (unsigned)geteuid(), argv[3]) < (int)sizeof path);
    unlink(path);

    /* Clocks. */
    CHECK(caltrop_host_now(NULL) == CALTROP_E_NULL);
    CHECK(caltrop_host_now((caltrop_now *)(text + 1)) == CALTROP_E_ALIGNMENT && text[1] == 0);
    CHECK(caltrop_host_now(&now) == CALTROP_OK && caltrop_host_now(&later) == CALTROP_OK);
    CHECK(now.wall_s > 1700000000 && now.trusted == 1 && later.mono_ns >= now.mono_ns && later.wall_s >= now.wall_s);

    /* Nothing is made of misuse. */
    CHECK(caltrop_host_state_open(NULL, TEXT(argv[3]), &first, text, sizeof text) == CALTROP_E_NULL && text[0] == 0);
    CHECK(caltrop_host_state_open(&options, NULL, 3, &first, text, sizeof text) == CALTROP_E_NULL);
    CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), NULL, text, sizeof text) == CALTROP_E_NULL);
    CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), &first, NULL, 9) == CALTROP_E_NULL);
    CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), (caltrop_host_state *)((uint8_t *)&first + 1), text, sizeof text) ==
          CALTROP_E_ALIGNMENT);
    CHECK(caltrop_host_state_open((const caltrop_guard_options *)((const uint8_t *)&options + 1), TEXT(argv[3]), &first, text, sizeof text) ==
          CALTROP_E_ALIGNMENT);
    CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), &first, text, (size_t)-1) == CALTROP_E_LENGTH);
    CHECK(caltrop_host_state_open(&options, (const uint8_t *)argv[3], (size_t)-1, &first, text, sizeof text) == CALTROP_E_LENGTH);
    options.size--;
    CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), &first, NULL, 0) == CALTROP_E_LENGTH);
    options.size++, options.name_len--;
    CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), &first, NULL, 0) == CALTROP_E_IMAGE_SCOPE);
    options.name_len++, options.signer_count = 0;
    CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), &first, NULL, 0) == CALTROP_E_LENGTH);
    options.signer_count = 1;
    CHECK(memcmp(&first, &zeroed, sizeof first) == 0 && access(path, F_OK) != 0);
    refuses(&options, "a/b", CALTROP_E_HOST_NAME, "without a slash");
    refuses(&options, "two words", CALTROP_E_HOST_NAME, "visible ASCII");
    refuses(&options, "\xff", CALTROP_E_HOST_NAME, "visible ASCII");
    CHECK(caltrop_host_state_open(&options, TEXT("a/b"), &first, small, sizeof small) == CALTROP_E_HOST_NAME);
    CHECK(memcmp(small, "state n", sizeof small) == 0);
    CHECK(caltrop_host_state_open(&options, TEXT("a/b"), &first, NULL, 0) == CALTROP_E_HOST_NAME);

    /* What stands in its place is refused by name. */
    file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
    CHECK(file >= 0 && fchmod(file, 0644) == 0);
    refuses(&options, argv[3], CALTROP_E_HOST_FOREIGN, "644");
    CHECK(fchmod(file, 0600) == 0 && ftruncate(file, 8192) == 0);
    refuses(&options, argv[3], CALTROP_E_HOST_FOREIGN, path);
    CHECK(close(file) == 0 && unlink(path) == 0 && symlink("/dev/zero", path) == 0);
    refuses(&options, argv[3], CALTROP_E_HOST_SYSTEM, path);
    CHECK(unlink(path) == 0);

    /* Made, then found: the same words, in this process and in another one. */
    text[0] = 7;
    CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), &first, text, sizeof text) == CALTROP_OK && text[0] == 7);
    CHECK(first.state != NULL && first.state_len == size && (uintptr_t)first.state % 8 == 0);
    CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), &second, NULL, 0) == CALTROP_OK);
    CHECK(second.state != first.state && second.state_len == size);
    count = size / 8 - 1;
    first.state[count] = 42;
    CHECK(second.state[count] == 42);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        caltrop_host_state third;
        CHECK(caltrop_host_state_open(&options, TEXT(argv[3]), &third, NULL, 0) == CALTROP_OK && third.state[count] == 42);
        caltrop_host_state_close(&first), caltrop_host_state_close(&second), caltrop_host_state_close(&third);
        free((void *)(uintptr_t)options.policy);
        free((void *)(uintptr_t)options.signers);
        exit(0);
    } else {
        int code = -1;
        CHECK(waitpid(child, &code, 0) == child && WIFEXITED(code) && WEXITSTATUS(code) == 0);
    }
    first.state[count] = 0;

    /* Closed once; what is zeroed or NULL is left alone. */
    caltrop_host_state_close(&first);
    CHECK(memcmp(&first, &zeroed, sizeof first) == 0);
    caltrop_host_state_close(&first);
    caltrop_host_state_close(NULL);
    CHECK(second.state[count] == 0);
    caltrop_host_state_close(&second);
    CHECK(access(path, F_OK) == 0 && unlink(path) == 0);
    free((void *)(uintptr_t)options.policy);
    free((void *)(uintptr_t)options.signers);
    printf("host: %u checks\n", checks);
    return 0;
}
