/* Texts: one element of many rows, each from start to before end; there is none where end is not behind start. */
#include "shared.h"

/* components(octets, start, end, separators, low, high, from, to): where the components low to high (1-based) of each
 * value begin and end, the separators between them included; from is to where there is none. One separator for each
 * value, or one for all. */
PyObject *x12_components(PyObject *self, PyObject *args) {
    Py_buffer b[6];
    int low, high;
    if (!PyArg_ParseTuple(args, "y*y*y*y*iiw*w*", &b[0], &b[1], &b[2], &b[3], &low, &high, &b[4], &b[5])) return NULL;
    const uint8_t *octets = b[0].buf, *separators = b[3].buf;
    const int32_t *start = b[1].buf, *end = b[2].buf;
    int32_t *from = b[4].buf, *to = b[5].buf;
    Py_ssize_t n = b[1].len / 4, step = b[3].len == 1 ? 0 : 1;
    int good = within(&b[0], &b[1], &b[2]) && b[4].len == 4 * n && b[5].len == 4 * n && (!step || b[3].len == n);
    for (Py_ssize_t i = 0; i < n && good; i++) {
        int32_t at = start[i], stop = end[i], number = 1;
        uint8_t separator = separators[i * step];
        for (; number < low && at < stop; at++) number += octets[at] == separator;
        if (number < low || at > stop) at = stop;
        from[i] = at;
        for (; at < stop; at++)
            if (octets[at] == separator && ++number > high) break;
        to[i] = at > from[i] ? at : from[i];
    }
    release(b, 6);
    if (!good && !PyErr_Occurred()) return refused("arrays of different lengths");
    if (!good) return NULL;
    Py_RETURN_NONE;
}

/* strings(octets, start, end, offsets, bits): an Arrow string array of the values without the blanks at their ends;
 * what is empty then is null. Returns its bytes and how many are null. */
PyObject *x12_strings(PyObject *self, PyObject *args) {
    Py_buffer b[5];
    if (!PyArg_ParseTuple(args, "y*y*y*w*w*", &b[0], &b[1], &b[2], &b[3], &b[4])) return NULL;
    const uint8_t *octets = b[0].buf;
    const int32_t *start = b[1].buf, *end = b[2].buf;
    int32_t *offsets = b[3].buf;
    uint8_t *bits = b[4].buf;
    Py_ssize_t n = b[1].len / 4, nulls = 0;
    int64_t room = 0, limit = b[0].len < INT32_MAX ? b[0].len : INT32_MAX;
    int wrong = b[2].len != 4 * n || b[3].len != 4 * (n + 1) || b[4].len != (n + 7) / 8;
    for (Py_ssize_t i = 0; i < n && !wrong; i++) room += end[i] > start[i] ? (int64_t)end[i] - start[i] : 0;
    PyObject *made = wrong || room > INT32_MAX ? NULL : PyBytes_FromStringAndSize(NULL, room);
    if (!made) {
        release(b, 5);
        return PyErr_Occurred() ? NULL : refused(wrong ? "arrays of different lengths" : "too much text for an array");
    }
    uint8_t *data = (uint8_t *)PyBytes_AS_STRING(made);
    int32_t total = 0, most = (int32_t)room;
    unsigned int eight = 0;
    offsets[0] = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        int32_t from = start[i], to = end[i] > from ? end[i] : from;
        if (to > from && (from < 0 || to > limit)) {
            wrong = 1;
            break;
        }
        while (to > from && octets[to - 1] == ' ') to--;
        int32_t length = to - from;
        if (length <= 16 && total <= most - 16 && from >= 0 && from <= limit - 16)
            memcpy(data + total, octets + from, 16); /* the next value overwrites what is too much */
        else if (length)
            memcpy(data + total, octets + from, length); /* there is room: it is the sum of all lengths */
        total += length;
        offsets[i + 1] = total;
        eight |= (unsigned int)(length > 0) << (i & 7);
        nulls += !length;
        if ((i & 7) == 7 || i == n - 1) bits[i >> 3] = (uint8_t)eight, eight = 0;
    }
    release(b, 5);
    if (!wrong) return Py_BuildValue("Nn", made, nulls);
    Py_DECREF(made);
    return refused("a position outside of the bytes");
}

/* absent(octets, start, end, found): which values are empty or all blanks. Returns how many. */
PyObject *x12_absent(PyObject *self, PyObject *args) {
    Py_buffer b[4];
    if (!PyArg_ParseTuple(args, "y*y*y*w*", &b[0], &b[1], &b[2], &b[3])) return NULL;
    const uint8_t *octets = b[0].buf;
    const int32_t *start = b[1].buf, *end = b[2].buf;
    uint8_t *found = b[3].buf;
    Py_ssize_t n = b[1].len / 4, total = 0;
    int good = within(&b[0], &b[1], &b[2]) && b[3].len == n;
    for (Py_ssize_t i = 0; i < n && good; i++) {
        int32_t to = end[i];
        while (to > start[i] && octets[to - 1] == ' ') to--;
        total += found[i] = to <= start[i];
    }
    release(b, 4);
    if (!good && !PyErr_Occurred()) return refused("arrays of different lengths");
    return good ? PyLong_FromSsize_t(total) : NULL;
}

/* codes(octets, start, end, found): values of one to four bytes as little-endian numbers, 0 for all others and for
 * those with a zero byte last. */
PyObject *x12_codes(PyObject *self, PyObject *args) {
    Py_buffer b[4];
    if (!PyArg_ParseTuple(args, "y*y*y*w*", &b[0], &b[1], &b[2], &b[3])) return NULL;
    const uint8_t *octets = b[0].buf;
    const int32_t *start = b[1].buf, *end = b[2].buf;
    uint32_t *found = b[3].buf;
    Py_ssize_t n = b[1].len / 4;
    int good = within(&b[0], &b[1], &b[2]) && b[3].len == 4 * n;
    for (Py_ssize_t i = 0; i < n && good; i++) {
        int32_t length = end[i] - start[i];
        uint32_t value = 0;
        if (length > 0 && length <= 4 && octets[end[i] - 1])
            for (int32_t k = 0; k < length; k++) value |= (uint32_t)octets[start[i] + k] << (8 * k);
        found[i] = value;
    }
    release(b, 4);
    if (!good && !PyErr_Occurred()) return refused("arrays of different lengths");
    if (!good) return NULL;
    Py_RETURN_NONE;
}
