/* Cutting: where bytes occur, and segments laid out by tag with the marks of their elements. */
#include "shared.h"

#define AHEAD 16 /* segments to fetch into the cache before their turn */
#define MANY_ELEMENTS 16  /* segments.MANY_ELEMENTS */
#define LONG_SEGMENT 150 /* segments.LONG_SEGMENT */

/* positions(octets, low, high, byte, found): where a byte occurs. Returns how often, and whether there was a line break
 * and a byte above ASCII on the way. Nothing is written where found has no room. */
PyObject *x12_positions(PyObject *self, PyObject *args) {
    Py_buffer b[2];
    Py_ssize_t first, last;
    int sought;
    if (!PyArg_ParseTuple(args, "y*nniw*", &b[0], &first, &last, &sought, &b[1])) return NULL;
    const uint8_t *octets = b[0].buf, byte = (uint8_t)sought;
    int32_t *found = b[1].buf;
    const Py_ssize_t low = first, high = last, room = b[1].len / 4;
    uint64_t all = 0;
    uint32_t breaks = 0;
    Py_ssize_t at = low, n = 0;
    int wrong = low < 0 || high > b[0].len || low > high || high > INT32_MAX;
    for (; at + 32 <= high && !wrong; at += 32) {
        const uint8_t *here = octets + at;
        for (int k = 0; k < 32; k += 8) all |= word_at(here + k);
        breaks |= equal(here, '\n') | equal(here, '\r');
        for (uint32_t cuts = equal(here, byte); cuts; cuts &= cuts - 1, n++)
            if (n < room) found[n] = (int32_t)(at + __builtin_ctz(cuts));
    }
    for (; at < high && !wrong; at++) {
        all |= octets[at];
        breaks |= octets[at] == '\n' || octets[at] == '\r';
        if (octets[at] != byte) continue;
        if (n < room) found[n] = (int32_t)at;
        n++;
    }
    release(b, 2);
    if (wrong) return refused("a position outside of the bytes");
    return Py_BuildValue("nOO", n, breaks ? Py_True : Py_False, all & ONES * 0x80 ? Py_True : Py_False);
}

/* The tag of a segment as a little-endian number; 0 where it has none, more than four bytes or a zero byte last. */
static inline uint32_t tag_of(const uint8_t *segment, int64_t length, uint64_t separators) {
    static const uint32_t kept[] = {0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF};
    uint64_t word = word_at(segment), cuts = zero_bytes(word ^ separators);
    int64_t n = cuts ? __builtin_ctzll(cuts) >> 3 : 8;
    n = n < length ? n : length;
    return n >= 1 && n <= 4 && segment[n - 1] ? (uint32_t)word & kept[n] : 0;
}

/* lay_out(source, begin, end, separator, row, factor, at, mark, even, tag, order, layout, marks, first, elements, tags,
 *         odd)
 *
 * Copies segments from source to layout, from position `at` on, those with one key of their tag side by side, and
 * writes where their elements end to marks, from number `mark` on. begin, end and tag are by segment, and the first of
 * them is number `row`; order, first, elements and tags are by place. odd gets the places of segments without a tag, of
 * MANY_ELEMENTS elements or more than LONG_SEGMENT bytes. Returns the position and the mark number behind the last, and how many are
 * odd; None where segments are to be `even` and one is empty or begins with a control character or a blank. layout
 * ends with at least PADDING bytes of room.
 */
PyObject *x12_lay_out(PyObject *self, PyObject *args) {
    Py_buffer b[11];
    int given_separator, even, uneven = 0;
    unsigned int given_factor;
    Py_ssize_t given_row, given_at, given_mark, odds = 0;
    if (!PyArg_ParseTuple(args, "y*y*y*inInnpw*w*w*w*w*w*w*w*", &b[0], &b[1], &b[2], &given_separator, &given_row,
                          &given_factor, &given_at, &given_mark, &even, &b[3], &b[4], &b[5], &b[6], &b[7], &b[8], &b[9],
                          &b[10]))
        return NULL;
    /* Copies that no byte written to the layout can change: they stay in registers. */
    const uint8_t separator = (uint8_t)given_separator;
    const uint32_t factor = given_factor;
    const Py_ssize_t row = given_row;
    Py_ssize_t at = given_at, mark = given_mark;
    const uint8_t *source = b[0].buf;
    const int64_t limit = b[0].len - PADDING - 1;
    const int32_t *begin = b[1].buf, *end = b[2].buf;
    uint32_t *tag = b[3].buf, *tags = b[9].buf;
    int64_t *order = b[4].buf;
    uint8_t *layout = b[5].buf;
    int32_t *marks = b[6].buf, *first = b[7].buf, *elements = b[8].buf, *odd = b[10].buf;
    Py_ssize_t n = b[1].len / 4, room = b[5].len - PADDING, most = b[6].len / 4;
    const uint64_t sought = ONES * separator;
    const char *wrong = NULL;
    if (b[2].len != 4 * n || b[3].len != 4 * n || b[4].len != 8 * n || b[7].len != 4 * n || b[8].len != 4 * n ||
        b[9].len != 4 * n || b[10].len != 4 * n || at < 0 || mark < 0)
        wrong = "arrays of different lengths";
    Py_ssize_t next[257] = {0};
    for (Py_ssize_t s = 0; s < n && !wrong; s++) {
        if (begin[s] < 0 || end[s] < begin[s] || end[s] > limit) {
            wrong = "a position outside of the bytes";
            break;
        }
        uneven |= end[s] == begin[s] || source[begin[s]] <= ' ';
        tag[s] = tag_of(source + begin[s], end[s] - begin[s], sought);
        next[((tag[s] * factor) >> 24) + 1]++;
    }
    if (even && uneven && !wrong) {
        release(b, 11);
        Py_RETURN_NONE;
    }
    for (int key = 0; key < 256; key++) next[key + 1] += next[key];
    /* What is known of each segment goes to its place, where it will be read in order and overwritten. */
    for (Py_ssize_t s = 0; s < n && !wrong; s++) {
        Py_ssize_t place = next[(tag[s] * factor) >> 24]++;
        order[place] = s + row;
        tags[place] = tag[s];
        first[place] = begin[s];
        elements[place] = end[s] - begin[s];
    }
    for (Py_ssize_t place = 0; place < n && !wrong; place++) {
        if (place + AHEAD < n) __builtin_prefetch(source + first[place + AHEAD]);
        const Py_ssize_t length = elements[place];
        const uint8_t *from = source + first[place];
        if (at + length + 1 > room) {
            wrong = "no room for the segments";
            break;
        }
        first[place] = (int32_t)mark;
        for (Py_ssize_t done = 0; done <= length; done += 32) {
            uint32_t cuts = equal(from + done, separator);
            memcpy(layout + at + done, from + done, 32);
            if (length - done < 32) cuts &= (1U << (length - done)) - 1;
            for (; cuts && mark < most; cuts &= cuts - 1)
                marks[mark++] = (int32_t)(at + done + __builtin_ctz(cuts));
        }
        if (mark >= most) {
            wrong = "no room for the marks";
            break;
        }
        elements[place] = (int32_t)(mark - first[place]);
        marks[mark++] = (int32_t)(at + length);
        at += length + 1;
        odd[odds] = (int32_t)place;
        odds += !tags[place] || elements[place] >= MANY_ELEMENTS || length > LONG_SEGMENT;
    }
    release(b, 11);
    return wrong ? refused(wrong) : Py_BuildValue("nnn", at, mark, odds);
}
