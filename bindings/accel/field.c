/* The descriptor of one field of a register class. */
#include <stddef.h>

#include "base/accel.h"

/* A descriptor can be called with anything. */
static bool belongs(const Field *field, PyObject *object) {
    if (is_node(object) && ((Node *)object)->shape == field->shape)
        return true;
    PyErr_Format(PyExc_TypeError, "field %U belongs to another class than %.200s", field->name,
                 Py_TYPE(object)->tp_name);
    return false;
}

static PyObject *read_full(const Field *field, PyObject *object, const hal_port *port) {
    uint64_t raw = 0;
    int code = accel_core->get64(port, &raw);
    if (code)
        return raise_through(object, "_failed", "isO", code, "read", field->name);
    return value_decode(&field->value, raw);
}

#ifndef HAL_FREE_THREADED
/* The value of these bits; an equal one that was made for the last read saves making it again. */
static PyObject *decode_again(Field *field, uint64_t raw) {
    if (field->recent && field->recent_raw == raw)
        return Py_NewRef(field->recent);
    PyObject *value = value_decode(&field->value, raw);
    if (value && field->value.format != FORMAT_PYTHON) {
        field->recent_raw = raw;
        Py_XSETREF(field->recent, Py_NewRef(value));
    }
    return value;
}
#endif

/* A field of several bus words, 64 bits at most. */
static PyObject *read_across(const Field *field, PyObject *object, const hal_port *whole) {
    uint64_t words[8], raw = 0;
    hal_port first = *whole;
    first.offset += field->words.distance;
    if (first.memo)
        first.memo += field->words.low / first.width;
    int code = accel_core->read_words(&first, field->words.count, field->words.order, field->words.stable, words);
    if (code)
        return raise_through(object, "_failed", "is", code, "read");
    for (int i = 0; i < field->words.count; i++)
        raw |= words[i] << (i * first.width);
    return value_decode(&field->value, raw >> (field->lsb - field->words.low) & hal_ones_of(field->value.width));
}

/* The node must have the field's shape. */
PyObject *field_read(Field *field, Node *node) {
    PyObject *object = (PyObject *)node;
    const hal_port *port = node->ports + field->port;
    if (field->reading == READ_WORDS)
        return read_across(field, object, node->ports);
    if (field->reading != READ_DIRECT)
        return PyObject_CallMethod(object, "_read_field", "O", field->name);
#ifdef HAL_FREE_THREADED /* an access announces itself, which is done in the core */
    return read_full(field, object, port);
#else
    if (field->value.width > 63)
        return read_full(field, object, port);
    int64_t raw = hal_port_get(port);
    if (raw == HAL_E_FORGOTTEN)
        return read_full(field, object, port);
    if (raw < 0)
        return raise_through(object, "_failed", "LsO", (long long)raw, "read", field->name);
    return decode_again(field, (uint64_t)raw);
#endif
}

static PyObject *Field_get(PyObject *self, PyObject *object, PyObject *type) {
    (void)type;
    if (!object)
        return Py_NewRef(self);
    return belongs((const Field *)self, object) ? field_read((Field *)self, (Node *)object) : NULL;
}

static int write_in_python(const Field *field, PyObject *object, PyObject *given) {
    PyObject *done = PyObject_CallMethod(object, "_write_field", "OO", field->name, given);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static int toggle(const Field *field, Node *node) {
    uint64_t own = hal_ones_of(field->value.width) << field->lsb;
    bool declined = !field->turns;
    int code = declined ? 0 : update_named(node, own, own, own, &declined);
    if (declined)
        return write_in_python(field, (PyObject *)node, field->toggle);
    if (code)
        raise_through((PyObject *)node, "_failed", "isO", code, "write", field->name);
    return code ? -1 : 0;
}

int field_write(const Field *field, Node *node, PyObject *given) {
    PyObject *object = (PyObject *)node;
    if (field->writing == WRITE_NONE || field->writing == WRITE_PYTHON)
        return write_in_python(field, object, given);
    if (__builtin_expect(given == field->toggle, 0))
        return toggle(field, node);
    uint64_t raw;
    int code = value_encode(&field->value, given, &raw);
    if (code < 0)
        return -1;
    if (code == 0) {
        const hal_port *port = node->ports + field->port;
        code = field->writing == WRITE_MODIFY ? accel_core->modify(port, raw) : accel_core->set(port, raw);
        if (code == 0)
            return 0;
    } else {
        code = HAL_E_VALUE;
    }
    raise_through(object, "_failed_write", "iOO", code, field->name, given);
    return -1;
}

static int Field_set(PyObject *self, PyObject *object, PyObject *given) {
    const Field *field = (const Field *)self;
    if (!belongs(field, object))
        return -1;
    if (!given) {
        raise_through(object, "_refuse_delete", "O", field->name);
        return -1;
    }
    return field_write(field, (Node *)object, given);
}

static bool set_members(Members *members, PyObject *table, PyObject *member_of) {
    if ((table != Py_None && !PyTuple_Check(table)) || (member_of != Py_None && !PyDict_Check(member_of))) {
        PyErr_SetString(PyExc_TypeError, "an enum's field needs its members");
        return false;
    }
    members->members = table == Py_None ? NULL : Py_NewRef(table);
    members->member_of = member_of == Py_None ? NULL : Py_NewRef(member_of);
    return true;
}

/* What the format needs beside its width, as hal.access.native gives it; nothing of it is trusted. */
static bool set_facts(Value *value, PyObject *facts) {
    PyObject *table = Py_None, *member_of = Py_None, *written = Py_None, *written_of = Py_None, *told = Py_None;
    Number *number = &value->number;
    long long mul, add, div, low, high;
    int coding, is_signed;
    switch (value->format) {
    case FORMAT_ENUM:
        if (!PyArg_ParseTuple(facts, "OOOOO", &table, &member_of, &written, &written_of, &told))
            return false;
        value->told = told == Py_None ? NULL : Py_NewRef(told);
        if (!set_members(&value->read, table, member_of) || !set_members(&value->written, written, written_of))
            return false;
        if (value->read.member_of)
            return true;
        PyErr_SetString(PyExc_TypeError, "an enum's field needs its members");
        return false;
    case FORMAT_FIXED:
        if (!PyArg_ParseTuple(facts, "pi", &is_signed, &value->fraction_bits))
            return false;
        value->is_signed = is_signed;
        return true;
    case FORMAT_INTEGER:
    case FORMAT_REAL:
        if (!PyArg_ParseTuple(facts, "iLLLLL", &coding, &mul, &add, &div, &low, &high))
            return false;
        *number = (Number){(enum coding)coding, mul, add, div, low, high};
        if (coding >= CODING_UNSIGNED && coding <= CODING_ONE_HOT && mul && div > 0 && value->width < 64)
            return true;
        PyErr_SetString(PyExc_ValueError, "a number's coding or line is out of range");
        return false;
    case FORMAT_FLOAT: return PyArg_ParseTuple(facts, "dd", &value->low, &value->high);
    default: return PyArg_ParseTuple(facts, "");
    }
}

static bool in_range(const Field *field) {
    const Value *value = &field->value;
    bool fits = field->port >= 1 && field->port < field->shape->ports && field->lsb >= 0 && value->width >= 1;
    bool direct = field->reading == READ_DIRECT || field->writing >= WRITE_PUT;
    if (fits && (!direct || value->width <= 64) && value->format >= FORMAT_UNSIGNED && value->format <= FORMAT_PYTHON)
        return true;
    PyErr_SetString(PyExc_ValueError, "a field's port, place or format is out of range");
    return false;
}

static PyObject *Field_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static char *names[] = {"shape",   "declaration", "name", "port",   "lsb",   "width",
                            "reading", "writing",     "kind", "format", "facts", NULL};
    PyObject *shape, *declaration, *name, *kind, *facts;
    Py_ssize_t port;
    int lsb, width, reading, writing, format;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "O!OUniiiiOiO!", names, &Shape_Type, &shape, &declaration, &name,
                                     &port, &lsb, &width, &reading, &writing, &kind, &format, &PyTuple_Type, &facts))
        return NULL;
    Field *self = (Field *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    self->shape = (Shape *)Py_NewRef(shape);
    self->name = Py_NewRef(name);
    self->declaration = Py_NewRef(declaration);
    self->port = port;
    self->lsb = lsb;
    self->reading = (enum reading)reading;
    self->writing = (enum writing)writing;
    self->value.format = (enum format)format;
    self->value.width = width;
    self->value.kind = Py_NewRef(kind);
    if (!in_range(self) || !set_facts(&self->value, facts) ||
        PyDict_SetItem(self->shape->fields, name, (PyObject *)self) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int Field_traverse(PyObject *self, visitproc visit, void *arg) {
    Field *field = (Field *)self;
    Py_VISIT(field->shape);
    Py_VISIT(field->declaration);
    Py_VISIT(field->value.read.members);
    Py_VISIT(field->value.read.member_of);
    Py_VISIT(field->value.written.members);
    Py_VISIT(field->value.written.member_of);
    Py_VISIT(field->value.told);
    Py_VISIT(field->value.kind);
    Py_VISIT(field->toggle);
    Py_VISIT(field->recent);
    return 0;
}

/* Everything but the shape stays: a field that is used while it is being collected must not crash. */
static int Field_clear(PyObject *self) {
    Py_CLEAR(((Field *)self)->declaration);
    return 0;
}

static void Field_dealloc(PyObject *self) {
    Field *field = (Field *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(field->shape);
    Py_XDECREF(field->name);
    Py_XDECREF(field->declaration);
    Py_XDECREF(field->value.read.members);
    Py_XDECREF(field->value.read.member_of);
    Py_XDECREF(field->value.written.members);
    Py_XDECREF(field->value.written.member_of);
    Py_XDECREF(field->value.told);
    Py_XDECREF(field->value.kind);
    Py_XDECREF(field->toggle);
    Py_XDECREF(field->recent);
    Py_TYPE(self)->tp_free(self);
}

/* What a driver declared (msb, lsb, access, facts, ...) is found here too. */
static PyObject *Field_getattro(PyObject *self, PyObject *name) {
    PyObject *found = PyObject_GenericGetAttr(self, name);
    PyObject *declaration = ((Field *)self)->declaration;
    if (found || !declaration || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return found;
    PyErr_Clear();
    return PyObject_GetAttr(declaration, name);
}

static PyObject *Field_repr(PyObject *self) {
    PyObject *declaration = ((Field *)self)->declaration;
    return declaration ? PyObject_Repr(declaration) : PyUnicode_FromString("<field>");
}

static PyObject *Field_doc(PyObject *self, void *closure) {
    (void)closure;
    PyObject *declaration = ((Field *)self)->declaration;
    return declaration ? PyObject_GetAttrString(declaration, "documentation") : Py_NewRef(Py_None);
}

/* Who looks for properties (IPython, Sphinx, pydoc) shows it as one, and leaves it unread. */
static PyObject *Field_class(PyObject *self, void *closure) {
    (void)self, (void)closure;
    return Py_NewRef((PyObject *)&PyProperty_Type);
}

/* A property's functions: the one that reads, which says why where there is nothing to read, and the one that writes.
 */
static PyObject *Field_function(PyObject *self, void *name) {
    bool is_there = name && (*(char *)name == 'g' || ((Field *)self)->writing != WRITE_NONE);
    return is_there ? PyObject_GetAttrString(self, *(char *)name == 'g' ? "__get__" : "__set__") : Py_NewRef(Py_None);
}

static PyObject *Field_name(PyObject *self, void *closure) {
    (void)closure;
    return Py_NewRef(((Field *)self)->name);
}

static PyObject *Field_lies_in(PyObject *object, PyObject *args) {
    Field *self = (Field *)object;
    unsigned long long distance;
    int count, width, order, stable, low;
    if (!PyArg_ParseTuple(args, "Kiiipi:lies_in", &distance, &count, &width, &order, &stable, &low))
        return NULL;
    bool fits = count >= 1 && width >= 8 && width <= 64 && count <= 64 / width && low >= 0 && low <= self->lsb &&
                self->lsb + self->value.width <= low + count * width;
    if (!fits || self->reading != READ_PYTHON) {
        PyErr_SetString(PyExc_ValueError, "a field's words are out of range");
        return NULL;
    }
    self->words.distance = distance;
    self->words.count = count;
    self->words.order = order;
    self->words.stable = stable;
    self->words.low = low;
    self->reading = READ_WORDS;
    Py_RETURN_NONE;
}

static PyObject *Field_is_toggled_by(PyObject *object, PyObject *args) {
    Field *self = (Field *)object;
    PyObject *value;
    int here;
    if (!PyArg_ParseTuple(args, "Op:is_toggled_by", &value, &here))
        return NULL;
    Py_XSETREF(self->toggle, Py_NewRef(value));
    self->turns = here;
    Py_RETURN_NONE;
}

static PyMethodDef Field_methods[] = {
    {"lies_in",       Field_lies_in,       METH_VARARGS,
     "Takes the bus words that it is read from: distance from the lowest, count, width, order, stable, lowest bit."},
    {"is_toggled_by", Field_is_toggled_by, METH_VARARGS,
     "Takes the value that inverts its bits, and whether that is done here."                                       },
    {NULL,            NULL,                0,            NULL                                                      },
};

static PyGetSetDef Field_getset[] = {
    {"__class__", Field_class,    NULL, NULL, NULL },
    {"__doc__",   Field_doc,      NULL, NULL, NULL },
    {"__name__",  Field_name,     NULL, NULL, NULL },
    {"fget",      Field_function, NULL, NULL, "get"},
    {"fset",      Field_function, NULL, NULL, "set"},
    {"fdel",      Field_function, NULL, NULL, NULL },
    {NULL,        NULL,           NULL, NULL, NULL },
};

PyTypeObject Field_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.Field",
    .tp_basicsize = sizeof(Field),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = Field_new,
    .tp_dealloc = Field_dealloc,
    .tp_traverse = Field_traverse,
    .tp_clear = Field_clear,
    .tp_repr = Field_repr,
    .tp_getattro = Field_getattro,
    .tp_getset = Field_getset,
    .tp_methods = Field_methods,
    .tp_descr_get = Field_get,
    .tp_descr_set = Field_set,
};
