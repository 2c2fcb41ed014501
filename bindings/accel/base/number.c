/* Numbers with a coding, a line and a range, and IEEE floats. Source: hal.kinds.codings, which does what can't be done
 * exactly here. */
#include <math.h>
#include <string.h>

#include "base/accel.h"

/* Doubles hold integers up to here, so that one division rounds once. */
#define EXACT (INT64_C(1) << 53)

/* ---- Steps ---- */

static bool bcd_step(uint64_t raw, int width, int64_t *step) {
    *step = 0;
    for (int low = (width - 1) / 4 * 4; low >= 0; low -= 4) {
        unsigned digit = raw >> low & 0xF;
        if (digit > 9)
            return false;
        *step = *step * 10 + digit;
    }
    return true;
}

static uint64_t bcd_bits(uint64_t step, int width) {
    uint64_t raw = 0;
    for (int low = 0; low < width; low += 4, step /= 10)
        raw |= step % 10 << low;
    return raw;
}

static int64_t gray_step(uint64_t raw) {
    for (int shift = 1; shift < 64; shift *= 2)
        raw ^= raw >> shift;
    return (int64_t)raw;
}

/* The step of these bits, fewer than 64; false where they are none. */
static bool step_of(const Value *value, uint64_t raw, int64_t *step) {
    uint64_t sign = UINT64_C(1) << (value->width - 1);
    switch (value->number.coding) {
    case CODING_UNSIGNED: *step = (int64_t)raw; return true;
    case CODING_SIGNED: *step = sign_extend(raw, value->width); return true;
    case CODING_SIGN_MAGNITUDE: *step = raw & sign ? -(int64_t)(raw - sign) : (int64_t)raw; return true;
    case CODING_GRAY: *step = gray_step(raw); return true;
    case CODING_BCD: return bcd_step(raw, value->width, step);
    case CODING_ONE_HOT: *step = raw ? 63 - __builtin_clzll(raw) : 0; return raw && !(raw & (raw - 1));
    }
    return false;
}

/* The bits of a step in range. */
static uint64_t bits_of(const Value *value, int64_t step) {
    uint64_t sign = UINT64_C(1) << (value->width - 1), bits = (uint64_t)step;
    switch (value->number.coding) {
    case CODING_UNSIGNED: break;
    case CODING_SIGNED: return bits & hal_ones_of(value->width);
    case CODING_SIGN_MAGNITUDE: return step < 0 ? sign - bits : bits;
    case CODING_GRAY: return bits ^ bits >> 1;
    case CODING_BCD: return bcd_bits(bits, value->width);
    case CODING_ONE_HOT: return UINT64_C(1) << bits;
    }
    return bits;
}

/* ---- Values ---- */

PyObject *number_decode(const Value *value, uint64_t raw) {
    const Number *number = &value->number;
    int64_t step, top;
    if (!step_of(value, raw, &step) || __builtin_mul_overflow(step, number->mul, &top) ||
        __builtin_add_overflow(top, number->add, &top))
        return decode_in_python(value, raw);
    if (value->format == FORMAT_INTEGER)
        return PyLong_FromLongLong(top);
    if (top > EXACT || top < -EXACT || number->div > EXACT)
        return decode_in_python(value, raw);
    return PyFloat_FromDouble((double)top / (double)number->div);
}

static int encode_step(const Value *value, int64_t step, uint64_t *raw) {
    if (step < value->number.low || step > value->number.high)
        return 1;
    *raw = bits_of(value, step);
    return 0;
}

static int encode_whole(const Value *value, PyObject *given, uint64_t *raw) {
    const Number *number = &value->number;
    int overflow;
    long long whole = PyLong_AsLongLongAndOverflow(given, &overflow);
    int64_t above;
    if (whole == -1 && PyErr_Occurred())
        return -1;
    if (overflow || __builtin_sub_overflow(whole, number->add, &above) || above == INT64_MIN)
        return 1;
    return above % number->mul ? 1 : encode_step(value, above / number->mul, raw);
}

/* Rounds to the nearest step; so near to the middle of two that doubles could err, Python decides. */
static int encode_real(const Value *value, double real, PyObject *given, uint64_t *raw) {
    const Number *number = &value->number;
    double scaled = real * (double)number->div, add = (double)number->add, mul = (double)number->mul;
    double exact = (scaled - add) / mul, step = nearbyint(exact);
    double error = (fabs(scaled) + fabs(add)) / fabs(mul) * 0x1p-50 + 0x1p-50;
    bool is_sure = fabs(exact) < 0x1p52 && fabs(exact - step) < 0.5 - error;
    return is_sure ? encode_step(value, (int64_t)step, raw) : encode_in_python(value, given, raw);
}

int number_encode(const Value *value, PyObject *given, uint64_t *raw) {
    if (value->format == FORMAT_INTEGER && PyLong_Check(given))
        return encode_whole(value, given, raw);
    if (value->format == FORMAT_REAL && PyFloat_Check(given))
        return encode_real(value, PyFloat_AS_DOUBLE(given), given, raw);
    return encode_in_python(value, given, raw);
}

/* ---- IEEE floats; those of 16 bits are Python's to round ---- */

static double half_decode(uint64_t raw) {
    int exponent = raw >> 10 & 0x1F, fraction = raw & 0x3FF;
    double magnitude = exponent == 0x1F ? (fraction ? NAN : INFINITY)
                       : exponent       ? ldexp(fraction + 0x400, exponent - 25)
                                        : ldexp(fraction, -24);
    return raw & 0x8000 ? -magnitude : magnitude;
}

static double float_of(uint64_t raw, int width) {
    if (width == 16)
        return half_decode(raw);
    if (width == 32) {
        uint32_t bits = (uint32_t)raw;
        float single;
        memcpy(&single, &bits, sizeof single);
        return single;
    }
    double real;
    memcpy(&real, &raw, sizeof real);
    return real;
}

PyObject *float_decode(const Value *value, uint64_t raw) {
    return PyFloat_FromDouble(float_of(raw, value->width));
}

int float_encode(const Value *value, PyObject *given, uint64_t *raw) {
    if (!PyFloat_Check(given) || value->width == 16)
        return encode_in_python(value, given, raw);
    double real = PyFloat_AS_DOUBLE(given);
    if (isnan(real))
        return encode_in_python(value, given, raw);
    *raw = 0;
    if (value->width == 32) {
        float single = (float)real;
        uint32_t bits;
        if (isinf(single) && !isinf(real))
            return 1;
        memcpy(&bits, &single, sizeof bits);
        *raw = bits;
        real = single;
    } else {
        memcpy(raw, &real, sizeof real);
    }
    return real < value->low || real > value->high;
}
