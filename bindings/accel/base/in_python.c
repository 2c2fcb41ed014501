/* What is left to Python: errors, which it words, and values that C can't make. */
#include "base/accel.h"

PyObject *raise_through(PyObject *object, const char *method, const char *format, ...) {
    va_list values;
    va_start(values, format);
    PyObject *arguments = Py_VaBuildValue(format, values);
    va_end(values);
    PyObject *call = arguments ? PyObject_GetAttrString(object, method) : NULL;
    PyObject *result = NULL;
    if (call)
        result = PyTuple_Check(arguments) ? PyObject_CallObject(call, arguments) : PyObject_CallOneArg(call, arguments);
    Py_XDECREF(call);
    Py_XDECREF(arguments);
    if (result) {
        Py_DECREF(result);
        PyErr_Format(PyExc_SystemError, "%s did not raise", method);
    }
    return NULL;
}

/* What Python words: a wrong type, or an integer out of range. Anything else is the value's own failure. */
int not_encoded(PyObject *ours) {
    if (!PyErr_ExceptionMatches(ours))
        return -1;
    PyErr_Clear();
    return 1;
}

int encode_unsigned(PyObject *number, uint64_t limit, uint64_t *raw) {
    unsigned long long wide = PyLong_AsUnsignedLongLong(number);
    if (wide == (unsigned long long)-1 && PyErr_Occurred())
        return not_encoded(PyExc_OverflowError);
    *raw = wide;
    return wide > limit;
}

PyObject *decode_in_python(const Value *value, uint64_t raw) {
    return PyObject_CallMethod(value->kind, "decode", "Ki", (unsigned long long)raw, value->width);
}

/* Whatever has decode and encode; also the numbers that are no Python float or int, and numpy's bool. Its own errors
 * of value and type are raised again by whoever words them. */
int encode_in_python(const Value *value, PyObject *given, uint64_t *raw) {
    PyObject *bits = PyObject_CallMethod(value->kind, "encode", "Oi", given, value->width);
    if (!bits)
        return not_encoded(PyErr_ExceptionMatches(PyExc_TypeError) ? PyExc_TypeError : PyExc_ValueError);
    int code = PyLong_Check(bits) ? encode_unsigned(bits, hal_ones_of(value->width), raw) : 1;
    Py_DECREF(bits);
    return code;
}
