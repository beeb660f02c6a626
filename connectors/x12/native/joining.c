/* Joining: literals and columns of texts side by side, row by row. */
#include "shared.h"

#define MOST_PARTS 96

typedef struct {
    Py_buffer offsets, data; /* of a literal the data alone */
    int column;
} part;

/* Takes the buffers of the parts: a literal is bytes, a column a tuple of its offsets and its data. Returns how many,
 * -1 with an error set where one is neither or too long. */
static int take_parts(PyObject *listed, Py_ssize_t rows, part *parts) {
    Py_ssize_t count = PyList_Size(listed);
    int taken = 0;
    const char *wrong = count > MOST_PARTS ? "too many parts" : NULL;
    for (; taken < count && !wrong; taken++) {
        PyObject *item = PyList_GetItem(listed, taken);
        part *here = &parts[taken];
        memset(here, 0, sizeof(part));
        here->column = PyTuple_Check(item);
        if (here->column) {
            if (!PyArg_ParseTuple(item, "y*y*", &here->offsets, &here->data)) break;
            const int32_t *offsets = here->offsets.buf;
            int bad = here->offsets.len < 4 * (rows + 1);
            for (Py_ssize_t i = 0; i < rows && !bad; i++) bad = offsets[i] < 0 || offsets[i + 1] < offsets[i];
            if (bad || offsets[rows] > here->data.len) wrong = "offsets outside of their data";
        } else if (PyObject_GetBuffer(item, &here->data, PyBUF_SIMPLE))
            break;
    }
    if (!wrong && taken == count) return taken;
    if (wrong) PyErr_SetString(PyExc_ValueError, wrong);
    while (taken--) {
        if (parts[taken].column) PyBuffer_Release(&parts[taken].offsets);
        PyBuffer_Release(&parts[taken].data);
    }
    return -1;
}

/* join(parts, rows, offsets, data): the text of each row; without room in data its offsets alone. Returns the bytes of
 * all. */
PyObject *x12_join(PyObject *self, PyObject *args) {
    PyObject *listed;
    Py_ssize_t rows;
    Py_buffer to, out;
    part parts[MOST_PARTS];
    if (!PyArg_ParseTuple(args, "O!nw*w*", &PyList_Type, &listed, &rows, &to, &out)) return NULL;
    int32_t *offsets = to.buf;
    uint8_t *data = out.buf;
    int64_t total = 0;
    const char *wrong = rows < 0 || to.len != 4 * (rows + 1) ? "arrays of different lengths" : NULL;
    int count = wrong ? 0 : take_parts(listed, rows, parts), writes = out.len > 0;
    if (count < 0) {
        PyBuffer_Release(&to);
        PyBuffer_Release(&out);
        return NULL;
    }
    if (!wrong) offsets[0] = 0;
    for (Py_ssize_t row = 0; row < rows && !wrong; row++) {
        for (int n = 0; n < count; n++) {
            const part *here = &parts[n];
            const int32_t *edges = here->offsets.buf;
            int32_t from = here->column ? edges[row] : 0, length = here->column ? edges[row + 1] - from : (int32_t)here->data.len;
            if (writes && length) {
                const uint8_t *text = (const uint8_t *)here->data.buf + from;
                if (length <= 16 && from <= here->data.len - 16 && total <= out.len - 16)
                    memcpy(data + total, text, 16); /* what comes next overwrites what is too much */
                else if (total <= out.len - length)
                    memcpy(data + total, text, length);
                else
                    wrong = "no room for the texts";
            }
            total += length;
        }
        if (total > INT32_MAX) wrong = "more text than an array of strings holds";
        offsets[row + 1] = (int32_t)total;
    }
    while (count--) {
        if (parts[count].column) PyBuffer_Release(&parts[count].offsets);
        PyBuffer_Release(&parts[count].data);
    }
    PyBuffer_Release(&to);
    PyBuffer_Release(&out);
    return wrong ? refused(wrong) : PyLong_FromLongLong(total);
}
