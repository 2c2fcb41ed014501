/* Registers as a whole: reads, writes of fields by name, waits. What is rare, and all that is wrong before anything was
 * accessed, goes to the Python method. */
#include <math.h>

#include "base/accel.h"

/* A register of one word, without rules of its own for writes, that a method of its class is called on. */
static const Node *plain_register(PyObject *object) {
    if (!is_node(object))
        return NULL;
    const Node *node = (const Node *)object;
    return node->shape && node->ports && node->shape->plain ? node : NULL;
}

/* All bits of the register; a lane's word may hold more. */
static int write_whole(const Node *node, uint64_t bits) {
    return node->shape->lane ? accel_core->modify(node->ports, bits) : accel_core->set(node->ports, bits);
}

static PyObject *whole_done(PyObject *object, int code) {
    if (code)
        return raise_through(object, "_failed", "is", code, "write");
    Py_RETURN_NONE;
}

#ifndef HAL_FREE_THREADED
/* The number of these bits; an equal one that was made for the last read of the class saves making it again. */
static PyObject *number_again(Shape *shape, uint64_t raw) {
    if (shape->recent && shape->recent_raw == raw)
        return Py_NewRef(shape->recent);
    PyObject *number = PyLong_FromUnsignedLongLong(raw);
    if (number) {
        shape->recent_raw = raw;
        Py_XSETREF(shape->recent, Py_NewRef(number));
    }
    return number;
}
#endif

PyObject *register_read(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined) {
    const Node *node = given == 1 && !names ? plain_register(args[0]) : NULL;
    *declined = !node || !node->shape->readable;
    if (*declined)
        return NULL;
#ifndef HAL_FREE_THREADED /* there an access announces itself, which is done in the core */
    if (node->shape->mask <= INT64_MAX) {
        int64_t word = hal_port_get(node->ports);
        if (word != HAL_E_FORGOTTEN)
            return word < 0 ? raise_through(args[0], "_failed", "Ls", (long long)word, "read")
                            : number_again(node->shape, (uint64_t)word);
    }
#endif
    uint64_t raw = 0;
    int code = accel_core->get64(node->ports, &raw);
    if (code)
        return raise_through(args[0], "_failed", "is", code, "read");
    return PyLong_FromUnsignedLongLong(raw);
}

/* Adds a field by name to mask and bits, and to what is inverted: 0, 1 when Python has to decide, -1 with an error. */
static int encode_field(const Shape *shape, PyObject *name, PyObject *given, bool writing, uint64_t *mask,
                        uint64_t *bits, uint64_t *inverted) {
    const Field *field = (const Field *)PyDict_GetItemWithError(shape->fields, name);
    if (!field)
        return PyErr_Occurred() ? -1 : 1;
    if (writing ? field->writing == WRITE_NONE : field->reading == READ_NONE)
        return 1;
    uint64_t own = hal_ones_of(field->value.width) << field->lsb, raw = hal_ones_of(field->value.width);
    bool turned = given == field->toggle;
    if (turned && !(inverted && field->turns))
        return 1;
    int code = turned ? 0 : value_encode(&field->value, given, &raw);
    if (code)
        return code;
    if (turned)
        *inverted |= own;
    if (writing && *mask & own)
        return 1; /* alternates that share bits */
    *mask |= own;
    *bits |= raw << field->lsb;
    return 0;
}

static int encode_fields(const Shape *shape, PyObject *const *values, PyObject *names, uint64_t *named, uint64_t *bits,
                         uint64_t *inverted) {
    int code = 0;
    *named = *bits = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names) && code == 0; i++)
        code = encode_field(shape, PyTuple_GET_ITEM(names, i), values[i], true, named, bits, inverted);
    return code;
}

int update_named(const Node *node, uint64_t named, uint64_t bits, uint64_t inverted, bool *declined) {
    const Shape *shape = node->shape;
    uint64_t read = (shape->keep & ~named) | (inverted & ~shape->last), keep = read;
    *declined = !shape->plain || shape->lane || shape->guard & ~named || (read && shape->effects);
    if (*declined)
        return 0;
    bits |= shape->ones & ~named;
    if (read)
        keep |= shape->reserved;
    else
        bits |= shape->reset & shape->reserved;
    keep |= shape->last & (~named | inverted);
    int code = keep ? accel_core->update(node->ports, keep, bits) : accel_core->set(node->ports, bits);
    *declined = code == HAL_E_UNKNOWN; /* Python tells of which fields */
    return code;
}

PyObject *register_modify(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined) {
    const Node *node = given == 1 && names && PyTuple_GET_SIZE(names) ? plain_register(args[0]) : NULL;
    *declined = !node || !node->shape->writable || node->shape->lane;
    if (*declined)
        return NULL;
    uint64_t named, bits, inverted = 0;
    int code = encode_fields(node->shape, args + 1, names, &named, &bits, &inverted);
    *declined = code > 0;
    if (code)
        return NULL;
    code = update_named(node, named, bits, inverted, declined);
    return *declined ? NULL : whole_done(args[0], code);
}

PyObject *register_write(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined) {
    Py_ssize_t by_name = names ? PyTuple_GET_SIZE(names) : 0;
    const Node *node = given >= 1 && given - 1 + (by_name > 0) == 1 ? plain_register(args[0]) : NULL;
    *declined = !node || !node->shape->writable;
    if (*declined)
        return NULL;
    const Shape *shape = node->shape;
    uint64_t named, bits;
    if (!by_name) {
        *declined = !word_of(args[1], shape->mask, &bits);
        return *declined ? NULL : whole_done(args[0], write_whole(node, bits));
    }
    int code = encode_fields(shape, args + 1, names, &named, &bits, NULL);
    *declined = code > 0 || (code == 0 && (shape->unknown | shape->last) & ~named);
    if (code || *declined)
        return NULL;
    uint64_t rest = (shape->reset & (shape->keep | shape->guard | shape->reserved)) | shape->ones;
    return whole_done(args[0], write_whole(node, (rest & ~named) | bits));
}

/* The values of all readable fields, from one read. */
PyObject *register_fields(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined) {
    const Node *node = given == 1 && !names ? plain_register(args[0]) : NULL;
    *declined = !node || !node->shape->readable || node->shape->has_arrays;
    if (*declined)
        return NULL;
    uint64_t raw = 0;
    int code = accel_core->get64(node->ports, &raw);
    if (code)
        return raise_through(args[0], "_failed", "is", code, "read");
    PyObject *values = PyDict_New(), *name, *item;
    for (Py_ssize_t at = 0; values && PyDict_Next(node->shape->fields, &at, &name, &item);) {
        const Field *field = (const Field *)item;
        if (field->reading == READ_NONE)
            continue;
        PyObject *value = value_decode(&field->value, raw >> field->lsb & hal_ones_of(field->value.width));
        if (!value || PyDict_SetItem(values, name, value) != 0)
            Py_CLEAR(values);
        Py_XDECREF(value);
    }
    return values;
}

/* What a wait is given beside fields; false for what Python has to decide. */
static bool seconds_of(PyObject *given, double *seconds) {
    if (!PyFloat_CheckExact(given) && !PyLong_CheckExact(given))
        return false;
    *seconds = PyFloat_AsDouble(given);
    if (PyErr_Occurred())
        PyErr_Clear();
    return isfinite(*seconds) && *seconds >= 0;
}

/* Mask and bits of the fields that are waited for, and the rest of the arguments: as encode_fields. */
static int expected_of(const Shape *shape, PyObject *const *values, PyObject *names, uint64_t *mask, uint64_t *bits) {
    *mask = *bits = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        double seconds;
        if (PyUnicode_CompareWithASCIIString(name, "timeout") == 0 ||
            PyUnicode_CompareWithASCIIString(name, "interval") == 0) {
            if (values[i] != Py_None && !seconds_of(values[i], &seconds))
                return 1;
            continue;
        }
        int code = encode_field(shape, name, values[i], false, mask, bits, NULL);
        if (code)
            return code;
    }
    return *mask ? 0 : 1;
}

/* The first look: a wait whose value is there already is over. All ones may be nobody's answer, which Python asks. */
PyObject *register_wait_for(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined) {
    const Node *node = given == 1 && names ? plain_register(args[0]) : NULL;
    *declined = !node || !node->shape->readable;
    if (*declined)
        return NULL;
    uint64_t mask, bits, word = 0;
    int code = expected_of(node->shape, args + 1, names, &mask, &bits);
    *declined = code > 0;
    if (code)
        return NULL;
    code = accel_core->get64(node->ports, &word);
    if (code)
        return raise_through(args[0], "_failed", "is", code, "read");
    if ((word & mask) == bits && word != node->shape->mask)
        Py_RETURN_NONE;
    PyObject *wait = PyObject_GetAttrString(args[0], "_wait_on"), *look = PyLong_FromUnsignedLongLong(word);
    PyObject *given_fields = wait && look ? PyDict_New() : NULL, *arguments = NULL, *done = NULL;
    for (Py_ssize_t i = 0; given_fields && i < PyTuple_GET_SIZE(names); i++)
        if (PyDict_SetItem(given_fields, PyTuple_GET_ITEM(names, i), args[1 + i]) != 0)
            Py_CLEAR(given_fields);
    arguments = given_fields ? PyTuple_Pack(1, look) : NULL;
    if (arguments)
        done = PyObject_Call(wait, arguments, given_fields);
    Py_XDECREF(wait);
    Py_XDECREF(look);
    Py_XDECREF(given_fields);
    Py_XDECREF(arguments);
    return done;
}
