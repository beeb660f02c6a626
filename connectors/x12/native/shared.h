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

/* Where one value of each row stands: from start to before end; or, where element is not 0, from behind the mark before
 * that element to the next one: first is the mark before element 1, and a row has so many elements from there on. */
typedef struct {
    Py_buffer octets, start, end, marks; /* start and end are first and elements where there are marks */
    int element;
} Spans;

#define SPANS "(y*y*y*y*i)"
#define INTO(s) &(s)->octets, &(s)->start, &(s)->end, &(s)->marks, &(s)->element

/* The same in few words. A loop takes a copy of its own, which nothing that it writes can change: the compiler then need
 * not read it again for every row. */
typedef struct {
    const uint8_t *octets;
    const int32_t *start, *end, *marks;
    int64_t limit; /* no value ends behind it */
    Py_ssize_t rows, count;
    int32_t element;
    int good; /* whether the arrays fit one another */
} View;

static inline View view(const Spans *s) {
    View v = {s->octets.buf, s->start.buf, s->end.buf, s->marks.buf, 0, s->start.len / 4, s->marks.len / 4, s->element, 0};
    v.limit = s->octets.len < INT32_MAX ? s->octets.len : INT32_MAX;
    v.good = s->end.len == 4 * v.rows && s->element >= 0;
    return v;
}

/* Where the value of a row begins and ends, no later than it begins where there is none; 0 where that is outside of the
 * bytes. */
static inline int span(const View v, Py_ssize_t row, int32_t *from, int32_t *to) {
    int32_t a = v.start[row], b = v.end[row];
    if (v.element) {
        int64_t before = (int64_t)a + (v.element - 1 < b ? v.element - 1 : b);
        int64_t behind = (int64_t)a + (v.element < b ? v.element : b);
        if (before < 0 || behind < before || behind >= v.count) return 0;
        a = (int32_t)((uint32_t)v.marks[before] + 1);
        b = v.marks[behind];
    }
    *from = a;
    *to = b;
    return b <= a || (a >= 0 && b <= v.limit);
}

static inline void leave(Spans *s) {
    PyBuffer_Release(&s->octets);
    PyBuffer_Release(&s->start);
    PyBuffer_Release(&s->end);
    PyBuffer_Release(&s->marks);
}

typedef PyObject *loop(PyObject *, PyObject *);
loop x12_positions, x12_lay_out; /* cutting.c */
loop x12_latest, x12_owners, x12_chosen, x12_select, x12_placed, x12_numbers, x12_pick, x12_edges, x12_repetitions, x12_numbered; /* choosing.c */
loop x12_components, x12_strings, x12_absent, x12_filled, x12_codes; /* texts.c */
loop x12_decimals, x12_dates; /* figures.c */
loop x12_join; /* joining.c */
#endif
