/* The core, which lives in the other extension. */
#include "base/accel.h"

const hal_entry_points *accel_core;

#ifndef HAL_HEADERS
#error "HAL_HEADERS is missing: hal_build.py makes it from the public headers"
#endif

/* The address comes from hal._binding alone. */
PyObject *use_core(PyObject *module, PyObject *address) {
    (void)module;
    const hal_entry_points *core = PyLong_AsVoidPtr(address);
    if (PyErr_Occurred())
        return NULL;
    if (!core || core->headers != HAL_HEADERS) {
        PyErr_SetString(PyExc_ImportError, "hal._accel was built from other sources than hal._native; "
                                           "build again: pip install --force-reinstall --no-deps -e .");
        return NULL;
    }
    accel_core = core;
    Py_RETURN_NONE;
}
