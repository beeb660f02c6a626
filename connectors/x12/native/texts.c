/* Texts: one value of many rows. */
#include "shared.h"

static PyObject *outside(void) { return refused("a position outside of the bytes, or arrays of different lengths"); }

/* components(spans, separators, low, high, from, to): where the components low to high (1-based) of each value begin and
 * end, the separators between them included; from is to where there is none. One separator for each value, or one for
 * all. */
PyObject *x12_components(PyObject *self, PyObject *args) {
    Spans s;
    Py_buffer b[3];
    int lowest, highest;
    if (!PyArg_ParseTuple(args, SPANS "y*iiw*w*", INTO(&s), &b[0], &lowest, &highest, &b[1], &b[2])) return NULL;
    const int low = lowest, high = highest;
    const View v = view(&s);
    int good = v.good;
    const uint8_t *octets = v.octets, *separators = b[0].buf;
    int32_t *from = b[1].buf, *to = b[2].buf, start, stop;
    Py_ssize_t n = v.rows, step = b[0].len == 1 ? 0 : 1;
    good = good && b[1].len == 4 * n && b[2].len == 4 * n && (!step || b[0].len == n);
    for (Py_ssize_t i = 0; i < n && good; i++) {
        good = span(v, i, &start, &stop);
        if (!good) break;
        int32_t at = start, number = 1;
        uint8_t separator = separators[i * step];
        for (; number < low && at < stop; at++) number += octets[at] == separator;
        if (number < low || at > stop) at = stop;
        from[i] = at;
        for (; at < stop; at++)
            if (octets[at] == separator && ++number > high) break;
        to[i] = at > from[i] ? at : from[i];
    }
    leave(&s);
    release(b, 3);
    if (!good) return outside();
    Py_RETURN_NONE;
}

/* strings(spans, offsets, bits): an Arrow string array of the values without the blanks at their ends; what is empty
 * then is null. Returns its bytes and how many are null. */
PyObject *x12_strings(PyObject *self, PyObject *args) {
    Spans s;
    Py_buffer b[2];
    if (!PyArg_ParseTuple(args, SPANS "w*w*", INTO(&s), &b[0], &b[1])) return NULL;
    const View v = view(&s);
    int good = v.good;
    const uint8_t *octets = v.octets;
    int32_t *offsets = b[0].buf, from, to;
    uint8_t *bits = b[1].buf;
    Py_ssize_t n = v.rows, nulls = 0;
    int64_t total = 0, room = 16 * (int64_t)n + 64; /* what most columns need, and more where one needs it */
    good = good && b[0].len == 4 * (n + 1) && b[1].len == (n + 7) / 8;
    PyObject *made = good ? PyBytes_FromStringAndSize(NULL, room) : NULL;
    unsigned int eight = 0;
    if (made) offsets[0] = 0;
    for (Py_ssize_t i = 0; i < n && made; i++) {
        good = span(v, i, &from, &to) && total <= INT32_MAX;
        if (!good) break;
        while (to > from && octets[to - 1] == ' ') to--;
        int32_t length = to > from ? to - from : 0;
        if (total + length + 16 > room) {
            room = 2 * room + length;
            if (_PyBytes_Resize(&made, room)) break;
        }
        uint8_t *data = (uint8_t *)PyBytes_AS_STRING(made) + total;
        if (length <= 16 && from >= 0 && from <= v.limit - 16)
            memcpy(data, octets + from, 16); /* the next value overwrites what is too much */
        else if (length)
            memcpy(data, octets + from, length);
        total += length;
        offsets[i + 1] = (int32_t)total;
        eight |= (unsigned int)(length > 0) << (i & 7);
        nulls += !length;
        if ((i & 7) == 7 || i == n - 1) bits[i >> 3] = (uint8_t)eight, eight = 0;
    }
    leave(&s);
    release(b, 2);
    if (made && good && total > INT32_MAX) good = 0;
    if (good && made && !_PyBytes_Resize(&made, total)) return Py_BuildValue("Nn", made, nulls);
    Py_XDECREF(made);
    return PyErr_Occurred() ? NULL : outside();
}

/* absent(spans, found): which values are empty or all blanks. Returns how many. */
PyObject *x12_absent(PyObject *self, PyObject *args) {
    Spans s;
    Py_buffer b;
    if (!PyArg_ParseTuple(args, SPANS "w*", INTO(&s), &b)) return NULL;
    const View v = view(&s);
    int good = v.good && b.len == v.rows;
    const uint8_t *octets = v.octets;
    uint8_t *found = b.buf;
    int32_t from, to;
    Py_ssize_t total = 0;
    for (Py_ssize_t i = 0; i < v.rows && good; i++) {
        good = span(v, i, &from, &to);
        if (!good) break;
        while (to > from && octets[to - 1] == ' ') to--;
        total += found[i] = to <= from;
    }
    leave(&s);
    PyBuffer_Release(&b);
    return good ? PyLong_FromSsize_t(total) : outside();
}

/* filled(octets, first, elements, marks, wanted): whether every row has each of the wanted elements, and none of them
 * ends with a blank. One byte for each wanted element. */
PyObject *x12_filled(PyObject *self, PyObject *args) {
    Spans s = {.element = 1};
    Py_buffer b;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*", &s.octets, &s.start, &s.end, &s.marks, &b)) return NULL;
    const View v = view(&s);
    int good = v.good, found = 1;
    const uint8_t *octets = v.octets, *wanted = b.buf;
    int32_t from, to;
    for (Py_ssize_t i = 0; i < v.rows && good && found; i++)
        for (Py_ssize_t k = 0; k < b.len && good && found; k++) {
            View one = v;
            one.element = wanted[k] ? wanted[k] : 1;
            good = span(one, i, &from, &to);
            found = good && to > from && octets[to - 1] != ' ';
        }
    leave(&s);
    PyBuffer_Release(&b);
    return good ? PyBool_FromLong(found) : outside();
}

/* codes(spans, found): values of one to four bytes as little-endian numbers, 0 for all others and for those with a zero
 * byte last. */
PyObject *x12_codes(PyObject *self, PyObject *args) {
    Spans s;
    Py_buffer b;
    if (!PyArg_ParseTuple(args, SPANS "w*", INTO(&s), &b)) return NULL;
    const View v = view(&s);
    int good = v.good && b.len == 4 * v.rows;
    const uint8_t *octets = v.octets;
    uint32_t *found = b.buf;
    int32_t from, to;
    for (Py_ssize_t i = 0; i < v.rows && good; i++) {
        good = span(v, i, &from, &to);
        if (!good) break;
        int32_t length = to - from;
        uint32_t value = 0;
        if (length > 0 && length <= 4 && octets[to - 1])
            for (int32_t k = 0; k < length; k++) value |= (uint32_t)octets[from + k] << (8 * k);
        found[i] = value;
    }
    leave(&s);
    PyBuffer_Release(&b);
    if (!good) return outside();
    Py_RETURN_NONE;
}
