/* Choosing: which loop a segment stands in, which rows a column wants, and where their elements end. */
#include "shared.h"

/* latest(opens, loop, opener): for each segment the loop it stands in and the segment that opened that one: the last
 * one up to it whose opens is not 0. */
PyObject *x12_latest(PyObject *self, PyObject *args) {
    Py_buffer b[3];
    if (!PyArg_ParseTuple(args, "y*w*w*", &b[0], &b[1], &b[2])) return NULL;
    const uint8_t *opens = b[0].buf;
    uint8_t *loop = b[1].buf, here = 0;
    int32_t *opener = b[2].buf, at = 0;
    Py_ssize_t n = b[0].len;
    int good = b[1].len == n && b[2].len == 4 * n;
    for (Py_ssize_t i = 0; i < n && good; i++) {
        at = opens[i] ? (int32_t)i : at;
        here = opens[i] ? opens[i] : here;
        loop[i] = here;
        opener[i] = at;
    }
    release(b, 3);
    if (!good) return refused("arrays of different lengths");
    Py_RETURN_NONE;
}

/* The number of rows, which ascend, up to one segment. */
static int32_t up_to(const int64_t *rows, Py_ssize_t n, int64_t segment) {
    Py_ssize_t low = 0, high = n;
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        if (rows[middle] <= segment) low = middle + 1;
        else high = middle;
    }
    return (int32_t)low;
}

/* owners(openers, rows, found): for each row the number of the last opener up to it, -1 for none. Openers ascend, and
 * rows do as a rule: then they are walked side by side. Returns whether two rows that follow one another have the same. */
PyObject *x12_owners(PyObject *self, PyObject *args) {
    Py_buffer b[3];
    if (!PyArg_ParseTuple(args, "y*y*w*", &b[0], &b[1], &b[2])) return NULL;
    const int64_t *openers = b[0].buf, *rows = b[1].buf;
    int32_t *found = b[2].buf;
    Py_ssize_t n = b[0].len / 8, total = b[1].len / 8, at = 0;
    int good = b[2].len == 4 * total, again = 0;
    for (Py_ssize_t i = 0; i < total && good; i++) {
        if (i && rows[i] < rows[i - 1]) at = up_to(openers, n, rows[i]);
        while (at < n && openers[at] <= rows[i]) at++;
        found[i] = (int32_t)at - 1;
        again |= i && found[i] == found[i - 1];
    }
    release(b, 3);
    return good ? PyBool_FromLong(again) : refused("arrays of different lengths");
}

/* chosen(loops, wanted, codes, code, found): the rows whose loop is wanted and, where there are codes, whose code is
 * this one. Returns how many; found has room for all. */
PyObject *x12_chosen(PyObject *self, PyObject *args) {
    Py_buffer b[4];
    unsigned int given_code;
    if (!PyArg_ParseTuple(args, "y*y*y*Iw*", &b[0], &b[1], &b[2], &given_code, &b[3])) return NULL;
    const uint32_t code = given_code;
    const uint8_t *loops = b[0].buf, *wanted = b[1].buf;
    const uint32_t *codes = b[2].buf;
    int64_t *found = b[3].buf;
    Py_ssize_t n = b[0].len, total = 0;
    int good = b[1].len == 256 && (!b[2].len || b[2].len == 4 * n) && b[3].len == 8 * n;
    if (good && b[2].len)
        for (Py_ssize_t i = 0; i < n; i++) {
            found[total] = i;
            total += wanted[loops[i]] & (codes[i] == code);
        }
    else if (good)
        for (Py_ssize_t i = 0; i < n; i++) {
            found[total] = i;
            total += wanted[loops[i]] & 1;
        }
    release(b, 4);
    return good ? PyLong_FromSsize_t(total) : refused("arrays of different lengths");
}

/* select(loops, wanted, codes, code, rows, first, elements, some_rows, some_first, some_elements): of the rows that
 * `chosen` would choose their numbers, the mark that ends their tag and how many elements follow it. Returns how many
 * they are, and the least and the greatest number of elements, zeros where there are none; there is room for all. */
PyObject *x12_select(PyObject *self, PyObject *args) {
    Py_buffer b[9];
    unsigned int given_code;
    if (!PyArg_ParseTuple(args, "y*y*y*Iy*y*y*w*w*w*", &b[0], &b[1], &b[2], &given_code, &b[3], &b[4], &b[5], &b[6],
                          &b[7], &b[8]))
        return NULL;
    const uint32_t code = given_code;
    const uint8_t *loops = b[0].buf, *wanted = b[1].buf;
    const uint32_t *codes = b[2].buf;
    const int64_t *rows = b[3].buf;
    const int32_t *first = b[4].buf, *elements = b[5].buf;
    int64_t *some_rows = b[6].buf;
    int32_t *some_first = b[7].buf, *some_elements = b[8].buf, least = INT32_MAX, most = INT32_MIN;
    Py_ssize_t n = b[0].len, total = 0;
    int good = b[1].len == 256 && (!b[2].len || b[2].len == 4 * n) && b[3].len == 8 * n && b[4].len == 4 * n &&
               b[5].len == 4 * n && b[6].len == 8 * n && b[7].len == 4 * n && b[8].len == 4 * n;
    int by_code = b[2].len > 0;
    for (Py_ssize_t i = 0; i < n && good; i++) { /* written whether chosen or not: nothing to foresee, nothing to miss */
        some_rows[total] = rows[i];
        some_first[total] = first[i];
        some_elements[total] = elements[i];
        total += wanted[loops[i]] & (by_code ? codes[i] == code : 1);
    }
    for (Py_ssize_t i = 0; i < total; i++) {
        least = some_elements[i] < least ? some_elements[i] : least;
        most = some_elements[i] > most ? some_elements[i] : most;
    }
    release(b, 9);
    return good ? Py_BuildValue("nii", total, total ? least : 0, total ? most : 0)
                : refused("arrays of different lengths");
}

/* placed(tags, loops, opens, factor, known, held, follows): whether every segment has a known tag and stands in a loop
 * that holds it or opens one itself, and every loop follows one that it may follow. known is by the key of a tag, held
 * by key and loop, follows by loop and the loop before. */
PyObject *x12_placed(PyObject *self, PyObject *args) {
    Py_buffer b[6];
    unsigned int given_factor;
    if (!PyArg_ParseTuple(args, "y*y*y*Iy*y*y*", &b[0], &b[1], &b[2], &given_factor, &b[3], &b[4], &b[5])) return NULL;
    const uint32_t factor = given_factor;
    const uint32_t *tags = b[0].buf, *known = b[3].buf;
    const uint8_t *loops = b[1].buf, *opens = b[2].buf, *held = b[4].buf, *follows = b[5].buf;
    Py_ssize_t n = b[1].len, width = b[4].len / 256;
    int good = b[0].len == 4 * n && b[2].len == n && b[3].len == 4 * 256 && width <= 256 && b[4].len == 256 * width &&
               b[5].len == width * width;
    int found = 1;
    for (Py_ssize_t i = 0; i < n && good; i++) {
        uint32_t key = (tags[i] * factor) >> 24;
        good = loops[i] < width && opens[i] < width;
        if (!good) break;
        found &= known[key] == tags[i] && (opens[i] || held[key * width + loops[i]]);
        found &= !opens[i] || !i || follows[opens[i] * width + loops[i - 1]];
    }
    release(b, 6);
    return good ? PyBool_FromLong(found) : refused("arrays of different lengths");
}

/* numbers(rows, found, bits): row numbers, of 32 or 64 bits, as an Arrow array of 32, null where negative. Returns how
 * many are null. */
PyObject *x12_numbers(PyObject *self, PyObject *args) {
    Py_buffer b[3];
    if (!PyArg_ParseTuple(args, "y*w*w*", &b[0], &b[1], &b[2])) return NULL;
    const int64_t *wide = b[0].buf;
    const int32_t *narrow = b[0].buf;
    int32_t *found = b[1].buf;
    uint8_t *bits = b[2].buf;
    Py_ssize_t n = b[1].len / 4, nulls = 0;
    int is_wide = b[0].len == 8 * n, good = (is_wide || b[0].len == 4 * n) && b[2].len == (n + 7) / 8;
    for (Py_ssize_t i = 0; i < n && good; i += 8) {
        unsigned int eight = 0;
        for (int k = 0; k < 8 && i + k < n; k++) {
            int64_t row = is_wide ? wide[i + k] : narrow[i + k];
            found[i + k] = (int32_t)row;
            eight |= (unsigned int)(row >= 0) << k;
            nulls += row < 0;
        }
        bits[i >> 3] = (uint8_t)eight;
    }
    release(b, 3);
    return good ? PyLong_FromSsize_t(nulls) : refused("arrays of different lengths");
}

/* pick(first, elements, kept, first_out, elements_out): the two at these places. Returns the least and the greatest of
 * elements, zeros where there are none. */
PyObject *x12_pick(PyObject *self, PyObject *args) {
    Py_buffer b[5];
    if (!PyArg_ParseTuple(args, "y*y*y*w*w*", &b[0], &b[1], &b[2], &b[3], &b[4])) return NULL;
    const int32_t *first = b[0].buf, *elements = b[1].buf;
    const int64_t *kept = b[2].buf;
    int32_t *some_first = b[3].buf, *some_elements = b[4].buf, least = INT32_MAX, most = INT32_MIN;
    Py_ssize_t n = b[2].len / 8, total = b[0].len / 4;
    int good = b[1].len == 4 * total && b[3].len == 4 * n && b[4].len == 4 * n;
    for (Py_ssize_t i = 0; i < n && good; i++) {
        int64_t at = kept[i];
        good = at >= 0 && at < total;
        if (!good) break;
        some_first[i] = first[at];
        some_elements[i] = elements[at];
        least = elements[at] < least ? elements[at] : least;
        most = elements[at] > most ? elements[at] : most;
    }
    release(b, 5);
    return good ? Py_BuildValue("ii", n ? least : 0, n ? most : 0) : refused("a row that is not there");
}

/* edges(marks, first, elements, element, found): the mark that ends an element of each row, or its last one. */
PyObject *x12_edges(PyObject *self, PyObject *args) {
    Py_buffer b[4];
    int given_element;
    if (!PyArg_ParseTuple(args, "y*y*y*iw*", &b[0], &b[1], &b[2], &given_element, &b[3])) return NULL;
    const int element = given_element;
    const int32_t *marks = b[0].buf, *first = b[1].buf, *elements = b[2].buf;
    int32_t *found = b[3].buf;
    Py_ssize_t n = b[1].len / 4, most = b[0].len / 4;
    int good = b[2].len == 4 * n && b[3].len == 4 * n && element >= 0;
    for (Py_ssize_t i = 0; i < n && good; i++) {
        Py_ssize_t at = (Py_ssize_t)first[i] + (element < elements[i] ? element : elements[i]);
        good = at >= 0 && at < most;
        if (good) found[i] = marks[at];
    }
    release(b, 4);
    if (!good) return refused("a row outside of the marks");
    Py_RETURN_NONE;
}

/* repetitions(first, elements, lowest, width, row, mark, left, element): each repetition of `width` elements from
 * element `lowest` on: its row, the mark before its first element, how many elements its segment has from there on,
 * and the number of its first element. Returns how many there are; writes nothing while there is no room. */
PyObject *x12_repetitions(PyObject *self, PyObject *args) {
    Py_buffer b[6];
    int lowest, width;
    if (!PyArg_ParseTuple(args, "y*y*iiw*w*w*w*", &b[0], &b[1], &lowest, &width, &b[2], &b[3], &b[4], &b[5])) return NULL;
    const int32_t *first = b[0].buf, *elements = b[1].buf;
    int64_t *row = b[2].buf;
    int32_t *mark = b[3].buf, *left = b[4].buf, *element = b[5].buf;
    Py_ssize_t n = b[0].len / 4, room = b[2].len / 8, total = 0;
    int good = b[1].len == 4 * n && b[3].len == 4 * room && b[4].len == 4 * room && b[5].len == 4 * room && width > 0;
    for (Py_ssize_t i = 0; i < n && good; i++)
        for (int32_t at = lowest; at <= elements[i]; at += width, total++) {
            if (total >= room) continue;
            row[total] = i;
            mark[total] = first[i] + at - 1;
            left[total] = elements[i] - at + 1;
            element[total] = at;
        }
    release(b, 6);
    return good ? PyLong_FromSsize_t(total) : refused("arrays of different lengths");
}

/* numbered(group, found): the 1-based place of each row within its group; equal groups stand together. */
PyObject *x12_numbered(PyObject *self, PyObject *args) {
    Py_buffer b[2];
    if (!PyArg_ParseTuple(args, "y*w*", &b[0], &b[1])) return NULL;
    const int32_t *group = b[0].buf;
    int32_t *found = b[1].buf, place = 0;
    Py_ssize_t n = b[0].len / 4;
    int good = b[1].len == 4 * n;
    for (Py_ssize_t i = 0; i < n && good; i++) {
        place = i && group[i] == group[i - 1] ? place + 1 : 1;
        found[i] = place;
    }
    release(b, 2);
    if (!good) return refused("arrays of different lengths");
    Py_RETURN_NONE;
}
