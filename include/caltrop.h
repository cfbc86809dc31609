/* caltrop: API security in C. https://www.rfc-editor.org/ numbers in comments say what is followed.
 *
 * Memory:  caltrop allocates nothing and has nothing to free; it keeps no pointer past a call unless the function says so.
 * NULL:    a pointer with a length may be NULL if the length is 0; any other NULL gives CALTROP_E_NULL.
 * Threads: values that were made may be read by any thread; making and wiping them is one thread's alone.
 * Failure: a call that fails has written nothing.
 *
 * Written by cbindgen from ffi/src; a test holds it current. Do not edit. */

#ifndef CALTROP_H
#define CALTROP_H

#include <stddef.h>
#include <stdint.h>

// Words of a prepared key: two SHA-256 states and their counters, and some room.
#define CALTROP_MAC_KEY_WORDS 32

// What a call answers.
typedef enum {
  // Done.
  CALTROP_OK = 0,
  // A pointer that must not be NULL is.
  CALTROP_E_NULL = 1,
  // A pointer is not aligned for what it points at.
  CALTROP_E_ALIGNMENT = 2,
  // A length is out of bounds.
  CALTROP_E_LENGTH = 3,
  // The memory handed in is too small.
  CALTROP_E_MEMORY = 4,
  // A number that is none of the listed ones.
  CALTROP_E_VALUE = 5,
  // The tag is not this message's.
  CALTROP_E_TAG = 101,
  // Not `<prefix>_` and 59 letters and digits.
  CALTROP_E_KEY_SHAPE = 201,
  // Not a prefix that keys have.
  CALTROP_E_KEY_PREFIX = 202,
  // The checksum is another: a typo.
  CALTROP_E_KEY_CHECKSUM = 203,
  // Empty, over 256 bytes, or not visible ASCII: no key at all.
  CALTROP_E_KEY_BYTES = 204,
  // No IPv4 or IPv6 address.
  CALTROP_E_ADDRESS = 301,
  // A number begins with 0.
  CALTROP_E_LEADING_ZERO = 302,
  // A zone id such as `%eth0`.
  CALTROP_E_ZONE_ID = 303,
  // IPv4 written inside IPv6.
  CALTROP_E_EMBEDDED_IPV4 = 304,
  // An IPv4-mapped network.
  CALTROP_E_MAPPED_IPV4 = 305,
  // What follows the `/` is no length that the address has.
  CALTROP_E_PREFIX_LENGTH = 306,
  // Bits are set behind the prefix length.
  CALTROP_E_HOST_BITS = 307,
} caltrop_status;

// A key on its way to its owner. Show it once, then wipe it: nothing else holds it.
typedef struct {
  // The public id.
  uint64_t id;
  // The text, ended by a NUL.
  uint8_t text[96];
} caltrop_key_text;

// A prepared key: made once by `caltrop_mac_key_init`, shared by all threads, ended by `caltrop_mac_key_wipe`. It may not be copied.
typedef struct {
  uint64_t words[CALTROP_MAC_KEY_WORDS];
} caltrop_mac_key;

// An address in network byte order; IPv4 takes the first 4 bytes.
typedef struct {
  // 4 or 6; 0 is no address.
  uint8_t family;
  // The bytes.
  uint8_t bytes[16];
} caltrop_address;

// A network: an address whose host bits are zero, and how many bits of it count.
typedef struct {
  // Its first address.
  caltrop_address network;
  // How many bits count.
  uint8_t length;
} caltrop_cidr;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Makes a key of 40 bytes of the caller's entropy, with a prefix such as `acme_live`.
//
// # Safety
// * `prefix` points at `prefix_len` bytes, `entropy` at 40, `out` at memory for a `caltrop_key_text`; none overlap.
caltrop_status caltrop_key_issue(const uint8_t *prefix,
                                 size_t prefix_len,
                                 const uint8_t (*entropy)[40],
                                 caltrop_key_text *out);

// Checks a key's shape and checksum, offline, and gives its public id. It says nothing about whether the key is good.
//
// # Safety
// * `key` points at `key_len` bytes, or is NULL with a length of 0; `id` at memory for a `uint64_t`.
caltrop_status caltrop_key_check(const uint8_t *key,
                                 size_t key_len,
                                 uint64_t *id);

// The digest under which a key is stored. `form` 0: of the key; 1: of its SHA-256.
//
// # Safety
// * `pepper` was made by `caltrop_mac_key_init`; `key` points at `key_len` bytes, or is NULL with a length of 0; `out` at 16 bytes.
caltrop_status caltrop_key_digest(const caltrop_mac_key *pepper,
                                  uint8_t form,
                                  const uint8_t *key,
                                  size_t key_len,
                                  uint8_t (*out)[16]);

// Prepares a key of any length.
//
// # Safety
// * `key` points at `key_len` bytes, or is NULL with a length of 0.
// * `out` points at memory for a `caltrop_mac_key` that no other thread uses during the call.
caltrop_status caltrop_mac_key_init(const uint8_t *key, size_t key_len, caltrop_mac_key *out);

// The 32-byte tag of a message.
//
// # Safety
// * `key` was made by `caltrop_mac_key_init`.
// * `message` points at `message_len` bytes, or is NULL with a length of 0; `tag` at 32 bytes that do not overlap them.
caltrop_status caltrop_mac_sign(const caltrop_mac_key *key,
                                const uint8_t *message,
                                size_t message_len,
                                uint8_t (*tag)[32]);

// Checks a tag of 16 to 32 bytes in constant time. `CALTROP_E_TAG`: it is not this message's, or of another length.
//
// # Safety
// * `key` was made by `caltrop_mac_key_init`.
// * `message` and `tag` point at as many bytes as their lengths say, or are NULL with a length of 0.
caltrop_status caltrop_mac_verify(const caltrop_mac_key *key,
                                  const uint8_t *message,
                                  size_t message_len,
                                  const uint8_t *tag,
                                  size_t tag_len);

// Wipes a prepared key; it must not be used again. NULL is ignored.
//
// # Safety
// * `key` is NULL or was made by `caltrop_mac_key_init`, and no other thread uses it.
void caltrop_mac_key_wipe(caltrop_mac_key *key);

// Reads `address/length`, or an address alone, which is a network of one. Strict: each way to be misread has its own status.
//
// # Safety
// * `text` points at `text_len` bytes, or is NULL with a length of 0; `out` at memory for a `caltrop_cidr`.
caltrop_status caltrop_net_cidr_parse(const uint8_t *text,
                                      size_t text_len,
                                      caltrop_cidr *out);

// Whether an address lies in a network; IPv4-mapped IPv6 is folded first. The answer is written as 0 or 1.
//
// # Safety
// * `cidr`, `address` and `out` point at what they are named for.
caltrop_status caltrop_net_cidr_contains(const caltrop_cidr *cidr,
                                         const caltrop_address *address,
                                         uint8_t *out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CALTROP_H */
