/* A Cortex-M3 from reset to main, and Arm's semihosting (its manual: "Semihosting for AArch32 and AArch64"). No C library. */
#include "board.h"

/* An operation and its block of words, which the host may write to, as it may to the memory that they name. */
static int call(int operation, uintptr_t *block) {
    register int r0 __asm__("r0") = operation;
    register uintptr_t *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_FLEN = 0x0c, SYS_EXIT_EXTENDED = 0x20 };
enum { READ_BINARY = 1, WRITE = 4 };

static size_t length_of(const char *text) {
    size_t length = 0;
    while (text[length] != 0) length++;
    return length;
}

static int open_file(const char *path, uintptr_t mode) {
    uintptr_t block[3] = {(uintptr_t)path, mode, length_of(path)};
    return call(SYS_OPEN, block);
}

size_t board_read_file(const char *path, uint8_t *place, size_t len) {
    int file = open_file(path, READ_BINARY);
    uintptr_t handle[1] = {(uintptr_t)file};
    int size = file < 0 ? -1 : call(SYS_FLEN, handle);
    uintptr_t read[3] = {(uintptr_t)file, (uintptr_t)place, (uintptr_t)size};
    if (size < 0 || (size_t)size > len || call(SYS_READ, read) != 0) return 0;
    return (size_t)size;
}

void board_print(const char *text) {
    int out = open_file(":tt", WRITE);
    uintptr_t write[3] = {(uintptr_t)out, (uintptr_t)text, length_of(text)};
    uintptr_t handle[1] = {(uintptr_t)out};
    if (out < 0 || call(SYS_WRITE, write) != 0) board_exit(3);
    call(SYS_CLOSE, handle);
}

_Noreturn void board_exit(unsigned status) {
    uintptr_t block[2] = {0x20026, status};
    for (;;) call(SYS_EXIT_EXTENDED, block);
}

extern uint32_t stack_top[], data_from[], data_start[], data_end[], bss_start[], bss_end[];

_Noreturn void reset(void) {
    const uint32_t *from = data_from;
    uint32_t *to;
    for (to = data_start; to < data_end;) *to++ = *from++;
    for (to = bss_start; to < bss_end;) *to++ = 0;
    board_exit((unsigned)main());
}

static void fault(void) { board_exit(102); }

/* Reset, NMI, hard fault, memory fault, bus fault, usage fault. Nothing here enables an interrupt. */
typedef struct {
    uint32_t *stack;
    void (*handlers[6])(void);
} vector_table;

__attribute__((section(".vectors"), used)) static const vector_table vectors = {stack_top, {reset, fault, fault, fault, fault, fault}};
