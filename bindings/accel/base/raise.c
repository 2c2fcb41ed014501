/* Errors: Python words them, in methods that must raise. */
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
