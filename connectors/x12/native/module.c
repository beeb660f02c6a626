/* The codec's inner loops: what NumPy functions in connectors/x12/reading and writing do too, several times as fast.
 *
 * The NumPy functions are the definition: tests/connectors/x12/test_native.py compares them.
 */
#include "shared.h"

#define LOOP(name) {#name, x12_##name, METH_VARARGS, NULL}

static PyMethodDef methods[] = {
    LOOP(positions), LOOP(lay_out),
    LOOP(latest), LOOP(owners), LOOP(chosen), LOOP(select), LOOP(placed), LOOP(numbers), LOOP(pick), LOOP(edges), LOOP(repetitions), LOOP(numbered),
    LOOP(components), LOOP(strings), LOOP(absent), LOOP(filled), LOOP(codes), LOOP(decimals), LOOP(dates),
    LOOP(join),
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_compiled", NULL, 0, methods, slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__compiled(void) { return PyModuleDef_Init(&module); }
