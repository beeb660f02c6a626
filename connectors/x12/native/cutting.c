/* Cutting: where bytes occur, and segments laid out by tag with the marks of their elements. */
#include "shared.h"

#define AHEAD 16 /* segments to fetch into the cache before their turn */

/* count(octets, low, high, byte): how often a byte occurs. */
PyObject *x12_count(PyObject *self, PyObject *args) {
    Py_buffer octets;
    Py_ssize_t low, high, found = 0;
    int byte;
    if (!PyArg_ParseTuple(args, "y*nni", &octets, &low, &high, &byte)) return NULL;
    if (low < 0 || high > octets.len || low > high) {
        PyBuffer_Release(&octets);
        return refused("a position outside of the bytes");
    }
    const uint8_t *at = (const uint8_t *)octets.buf + low, *end = (const uint8_t *)octets.buf + high;
    while (at < end) {
        const uint8_t *stop = end - at > 255 ? at + 255 : end;
        uint8_t here = 0; /* one byte is enough for 255 of them, and lets the compiler do many at once */
        for (; at < stop; at++) here += *at == (uint8_t)byte;
        found += here;
    }
    PyBuffer_Release(&octets);
    return PyLong_FromSsize_t(found);
}

/* ascii(octets): whether all bytes are below 128. */
PyObject *x12_ascii(PyObject *self, PyObject *args) {
    Py_buffer octets;
    if (!PyArg_ParseTuple(args, "y*", &octets)) return NULL;
    const uint8_t *at = octets.buf, *end = at + octets.len;
    uint8_t all = 0;
    while (at < end && !(all & 0x80)) {
        const uint8_t *stop = end - at > 4096 ? at + 4096 : end;
        for (; at < stop; at++) all |= *at;
    }
    PyBuffer_Release(&octets);
    return PyBool_FromLong(!(all & 0x80));
}

/* positions(octets, low, high, byte, found): where a byte occurs; found has room for as many as count says. */
PyObject *x12_positions(PyObject *self, PyObject *args) {
    Py_buffer b[2];
    Py_ssize_t low, high, room, n = 0;
    int byte;
    if (!PyArg_ParseTuple(args, "y*nniw*", &b[0], &low, &high, &byte, &b[1])) return NULL;
    const uint8_t *octets = b[0].buf;
    int32_t *found = b[1].buf;
    room = b[1].len / 4;
    int wrong = low < 0 || high > b[0].len || low > high;
    if (!wrong) {
        Py_ssize_t at = low;
        for (; at + 64 <= high && n + 64 <= room; at += 64) {
            uint64_t cuts = (uint64_t)equal(octets + at + 32, byte) << 32 | equal(octets + at, byte);
            for (; cuts; cuts &= cuts - 1) found[n++] = (int32_t)(at + __builtin_ctzll(cuts));
        }
        for (; at < high && !wrong; at++) {
            if (octets[at] != (uint8_t)byte) continue;
            wrong = n == room;
            if (!wrong) found[n++] = (int32_t)at;
        }
    }
    release(b, 2);
    return wrong ? refused("a position outside of the bytes") : PyLong_FromSsize_t(n);
}

/* even(octets, begin, end): whether no segment is empty and none begins with a control character or a blank. */
PyObject *x12_even(PyObject *self, PyObject *args) {
    Py_buffer b[3];
    if (!PyArg_ParseTuple(args, "y*y*y*", &b[0], &b[1], &b[2])) return NULL;
    const uint8_t *octets = b[0].buf;
    const int32_t *begin = b[1].buf, *end = b[2].buf;
    Py_ssize_t n = b[1].len / 4;
    int found = b[2].len == 4 * n;
    for (Py_ssize_t i = 0; i < n && found; i++)
        found = begin[i] >= 0 && begin[i] < end[i] && end[i] <= b[0].len && octets[begin[i]] > ' ';
    release(b, 3);
    return PyBool_FromLong(found);
}

/* The tag of a segment as a little-endian number; 0 where it has none, more than four bytes or a zero byte last. */
static inline uint32_t tag_of(const uint8_t *segment, int64_t length, uint64_t separators) {
    static const uint32_t kept[] = {0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF};
    uint64_t word = word_at(segment), cuts = zero_bytes(word ^ separators);
    int64_t n = cuts ? __builtin_ctzll(cuts) >> 3 : 8;
    n = n < length ? n : length;
    return n >= 1 && n <= 4 && segment[n - 1] ? (uint32_t)word & kept[n] : 0;
}

/* lay_out(source, begin, end, separator, row, factor, at, mark, tag, order, layout, marks, first, elements)
 *
 * Copies segments from source to layout, from position `at` on, those with one key of their tag side by side, and
 * writes where their elements end to marks, from number `mark` on. begin, end and tag are by segment, and the first of
 * them is number `row`; order, first and elements are by place. Returns the position and the mark number behind the
 * last. layout ends with at least PADDING bytes of room.
 */
PyObject *x12_lay_out(PyObject *self, PyObject *args) {
    Py_buffer b[9];
    int separator;
    unsigned int factor;
    Py_ssize_t row, at, mark;
    if (!PyArg_ParseTuple(args, "y*y*y*inInnw*w*w*w*w*w*", &b[0], &b[1], &b[2], &separator, &row, &factor, &at, &mark,
                          &b[3], &b[4], &b[5], &b[6], &b[7], &b[8]))
        return NULL;
    const uint8_t *source = b[0].buf;
    const int32_t *begin = b[1].buf, *end = b[2].buf;
    uint32_t *tag = b[3].buf;
    int64_t *order = b[4].buf;
    uint8_t *layout = b[5].buf;
    int32_t *marks = b[6].buf, *first = b[7].buf, *elements = b[8].buf;
    Py_ssize_t n = b[1].len / 4, room = b[5].len - PADDING, most = b[6].len / 4;
    uint64_t sought = ONES * (uint8_t)separator;
    const char *wrong = NULL;
    if (b[2].len != 4 * n || b[3].len != 4 * n || b[4].len != 8 * n || b[7].len != 4 * n || b[8].len != 4 * n ||
        at < 0 || mark < 0)
        wrong = "arrays of different lengths";
    Py_ssize_t next[257] = {0};
    for (Py_ssize_t s = 0; s < n && !wrong; s++) {
        if (begin[s] < 0 || end[s] < begin[s] || end[s] > b[0].len - PADDING - 1) {
            wrong = "a position outside of the bytes";
            break;
        }
        tag[s] = tag_of(source + begin[s], end[s] - begin[s], sought);
        next[((tag[s] * factor) >> 24) + 1]++;
    }
    for (int key = 0; key < 256; key++) next[key + 1] += next[key];
    for (Py_ssize_t s = 0; s < n && !wrong; s++) order[next[(tag[s] * factor) >> 24]++] = s;
    for (Py_ssize_t place = 0; place < n && !wrong; place++) {
        if (place + AHEAD < n) __builtin_prefetch(source + begin[order[place + AHEAD]]);
        Py_ssize_t s = order[place], length = end[s] - begin[s];
        const uint8_t *from = source + begin[s];
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
        order[place] = s + row;
    }
    release(b, 9);
    return wrong ? refused(wrong) : Py_BuildValue("nn", at, mark);
}
