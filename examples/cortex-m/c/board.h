/* What the firmware asks of its board: a file of the host that debugs it, a line of output, and an end. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Reads all of a host's file into `place`; its length, or 0 if there is none or it does not fit. */
size_t board_read_file(const char *path, uint8_t *place, size_t len);

/* Prints text that a NUL ends. */
void board_print(const char *text);

/* Ends the emulator with this status. */
_Noreturn void board_exit(unsigned status);

/* The firmware. */
int main(void);

#endif
