/* What the compiled loops share. Files come from strangers: every position is checked against its buffer.
 *
 * Nothing is kept, and but for the bytes of texts nothing is allocated: memory comes from the caller as buffers.
 * Positions are 32-bit.
 */
#ifndef X12_SHARED_H
#define X12_SHARED_H
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "written for little-endian processors; elsewhere NumPy does the work"
#endif

#define PADDING 32 /* bytes that are nobody's at both ends of every source and layout: native.PADDING */
#define ONES 0x0101010101010101ULL

static inline uint64_t word_at(const uint8_t *from) {
    uint64_t word;
    memcpy(&word, from, 8);
    return word;
}

/* The high bit of each byte that is zero, and no other bit. */
static inline uint64_t zero_bytes(uint64_t word) {
    return ~(((word & 0x7F7F7F7F7F7F7F7FULL) + 0x7F7F7F7F7F7F7F7FULL) | word | 0x7F7F7F7F7F7F7F7FULL);
}

/* Which of 32 bytes are this one: a bit for each. */
static inline uint32_t equal(const uint8_t *from, uint8_t byte) {
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi8((char)byte), *words = (const __m128i *)from;
    uint32_t low = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(words), wanted));
    uint32_t high = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(words + 1), wanted));
    return high << 16 | low;
#else
    uint32_t bits = 0;
    for (int k = 0; k < 32; k += 8) /* the multiplication gathers the high bits of eight bytes in the highest one */
        bits |= (uint32_t)(((zero_bytes(word_at(from + k) ^ ONES * byte) >> 7) * 0x0102040810204080ULL) >> 56) << k;
    return bits;
#endif
}

static inline PyObject *refused(const char *why) {
    PyErr_SetString(PyExc_ValueError, why);
    return NULL;
}

static inline void release(Py_buffer *buffers, int count) {
    while (count--) PyBuffer_Release(&buffers[count]);
}

/* Whether positions point into the bytes; sets an error where they do not. */
static inline int within(const Py_buffer *octets, const Py_buffer *start, const Py_buffer *end) {
    const int32_t *from = start->buf, *to = end->buf;
    Py_ssize_t n = start->len / 4;
    int32_t most = octets->len < INT32_MAX ? (int32_t)octets->len : INT32_MAX;
    int wrong = end->len != 4 * n;
    if (!wrong)
        for (Py_ssize_t i = 0; i < n; i++) wrong |= (to[i] > from[i]) & ((from[i] < 0) | (to[i] > most));
    if (wrong) PyErr_SetString(PyExc_ValueError, "a position outside of the bytes");
    return !wrong;
}

typedef PyObject *loop(PyObject *, PyObject *);
loop x12_ascii, x12_count, x12_positions, x12_even, x12_lay_out; /* cutting.c */
loop x12_latest, x12_owners, x12_chosen, x12_pick, x12_edges, x12_repetitions, x12_numbered; /* choosing.c */
loop x12_components, x12_strings, x12_absent, x12_codes; /* texts.c */
loop x12_decimals, x12_dates; /* figures.c */
loop x12_join; /* joining.c */
#endif
