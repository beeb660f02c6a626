/* Figures: one value of many rows as decimals or dates. */
#include "shared.h"

#define LARGEST 1000000000000 /* columns.LARGEST */

/* One decimal as numbers.decimal reads it; 0 where it is none, too exact or too large. */
static inline int decimal(const uint8_t *at, int32_t length, int places, int64_t *value) {
    const uint8_t *end = at + length;
    int64_t size = 0;
    int negative = *at == '-', digits = 0, behind = -1; /* digits behind the point; -1 before there is one */
    if (length > 24) return 0;
    for (at += negative; at < end; at++) {
        unsigned int digit = *at - (unsigned int)'0';
        if (digit <= 9) {
            digits = 1;
            if (behind >= places) {
                if (digit) return 0;
                continue;
            }
            size = size * 10 + digit;
            if (size >= LARGEST) return 0;
            behind += behind >= 0;
        } else if (*at == '.' && behind < 0)
            behind = 0;
        else
            return 0;
    }
    if (!digits) return 0;
    for (int n = behind < 0 ? 0 : behind; n < places; n++) size *= 10;
    if (size >= LARGEST) return 0;
    *value = negative ? -size : size;
    return 1;
}

/* The commonest decimals, up to eight characters without a sign and with no point or `places` digits behind it: eight
 * digits at a time as one word. The others go to decimal. At least eight bytes lie before end. */
static inline int plain_decimal(const uint8_t *end, int32_t length, int places, int64_t *value) {
    uint64_t word = (word_at(end - 8) ^ ONES * '0') & ~0ULL << (8 * (8 - length)), digits;
    if (((word >> (8 * (7 - places))) & 0xFF) == ('.' ^ '0') && places) {
        uint64_t behind = ~0ULL << (8 * (8 - places)); /* the bytes behind the point */
        digits = (word & behind) | ((word & (~behind >> 8)) << 8);
    } else if (length <= 8 - places)
        digits = word >> (8 * places);
    else
        return 0;
    if (((digits + ONES * 0x76) | digits) & ONES * 0x80) return 0;
    digits = digits * 10 + (digits >> 8);
    digits = ((digits & 0xFF000000FFULL) * 0xF424000000064ULL + ((digits >> 16 & 0xFF000000FFULL) * 0x271000000001ULL)) >> 32;
    *value = (int64_t)digits;
    return 1;
}

/* decimals(spans, places, values, present, valid): X12 type R as whole numbers of 10**-places. */
PyObject *x12_decimals(PyObject *self, PyObject *args) {
    Spans s;
    Py_buffer b[3];
    int digits;
    if (!PyArg_ParseTuple(args, SPANS "iw*w*w*", INTO(&s), &digits, &b[0], &b[1], &b[2])) return NULL;
    const int places = digits;
    const View v = view(&s);
    int good = v.good && places >= 0 && places <= 4;
    const uint8_t *octets = v.octets;
    int64_t *values = b[0].buf;
    uint8_t *present = b[1].buf, *valid = b[2].buf;
    int32_t from, to;
    Py_ssize_t n = v.rows;
    good = good && b[0].len == 8 * n && b[1].len == n && b[2].len == n;
    for (Py_ssize_t i = 0; i < n && good; i++) {
        good = span(v, i, &from, &to);
        if (!good) break;
        int32_t length = to - from;
        int64_t value = 0;
        present[i] = length > 0;
        valid[i] = length > 0 && ((length <= 8 && to >= 8 && plain_decimal(octets + to, length, places, &value)) ||
                                  decimal(octets + from, length, places, &value));
        values[i] = value;
    }
    leave(&s);
    release(b, 3);
    if (!good) return refused("a position outside of the bytes, or arrays of different lengths");
    Py_RETURN_NONE;
}

/* Days from 1970-01-01 of eight digits CCYYMMDD (Gregorian, from year 1 on); 0 where they are no date. */
static inline int day(const uint8_t *at, int32_t *value) {
    static const int32_t before[] = {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    static const int32_t longest[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t digit[8];
    for (int k = 0; k < 8; k++) {
        digit[k] = at[k] - '0';
        if (digit[k] < 0 || digit[k] > 9) return 0;
    }
    int32_t year = digit[0] * 1000 + digit[1] * 100 + digit[2] * 10 + digit[3];
    int32_t month = digit[4] * 10 + digit[5], days = digit[6] * 10 + digit[7];
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (!year || month < 1 || month > 12 || days < 1 || days > longest[month] || (month == 2 && days == 29 && !leap))
        return 0;
    int32_t past = year - 1;
    *value = past * 365 + past / 4 - past / 100 + past / 400 + before[month] + (leap && month > 2) + days - 719163;
    return 1;
}

/* dates(spans, values, present, valid): CCYYMMDD as days since 1970-01-01. */
PyObject *x12_dates(PyObject *self, PyObject *args) {
    Spans s;
    Py_buffer b[3];
    if (!PyArg_ParseTuple(args, SPANS "w*w*w*", INTO(&s), &b[0], &b[1], &b[2])) return NULL;
    const View v = view(&s);
    int good = v.good;
    const uint8_t *octets = v.octets;
    int32_t *values = b[0].buf, from, to;
    uint8_t *present = b[1].buf, *valid = b[2].buf;
    Py_ssize_t n = v.rows;
    good = good && b[0].len == 4 * n && b[1].len == n && b[2].len == n;
    for (Py_ssize_t i = 0; i < n && good; i++) {
        good = span(v, i, &from, &to);
        if (!good) break;
        int32_t value = 0;
        present[i] = to > from;
        valid[i] = to - from == 8 && day(octets + from, &value);
        values[i] = value;
    }
    leave(&s);
    release(b, 3);
    if (!good) return refused("a position outside of the bytes, or arrays of different lengths");
    Py_RETURN_NONE;
}
