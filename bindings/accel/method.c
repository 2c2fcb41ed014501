/* Methods with a short way in C: where it does not apply, or something is wrong, the Python method is called as if the
 * short way did not exist. It has written nothing by then. */
#include <stddef.h>
#include <string.h>

#include "base/accel.h"

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *function; /* the Python method */
} Method;

static PyObject *in_python(PyObject *self, PyObject *const *args, size_t flags, PyObject *names) {
    return PyObject_Vectorcall(((Method *)self)->function, args, flags, names);
}

/* A memory's: readinto(buffer) and readinto(buffer, start) */
static PyObject *read_into(PyObject *self, PyObject *const *args, size_t flags, PyObject *names) {
    Py_ssize_t given = PyVectorcall_NARGS(flags);
    bool declined = names || given < 2 || given > 3;
    PyObject *start = given == 3 ? args[2] : NULL;
    PyObject *done = declined ? NULL : memory_transfer(args[0], WAY_READ, start, args[1], &declined);
    return declined ? in_python(self, args, flags, names) : done;
}

/* write(start, data) */
static PyObject *write_from(PyObject *self, PyObject *const *args, size_t flags, PyObject *names) {
    bool declined = names || PyVectorcall_NARGS(flags) != 3;
    PyObject *done = declined ? NULL : memory_transfer(args[0], WAY_WRITE, args[1], args[2], &declined);
    return declined ? in_python(self, args, flags, names) : done;
}

static PyObject *set_word(PyObject *self, PyObject *const *args, size_t flags, PyObject *names) {
    bool declined = names || PyVectorcall_NARGS(flags) != 3;
    PyObject *done = declined ? NULL : memory_set_item(args[0], args[1], args[2], &declined);
    return declined ? in_python(self, args, flags, names) : done;
}

static PyObject *get_word(PyObject *self, PyObject *const *args, size_t flags, PyObject *names) {
    bool declined = names || PyVectorcall_NARGS(flags) != 2;
    PyObject *word = declined ? NULL : memory_item(args[0], args[1], &declined);
    return declined ? in_python(self, args, flags, names) : word;
}

/* Their first argument is there: what they are a method of. */
#define SHORT_WAY(name, call)                                                                     \
    static PyObject *name(PyObject *self, PyObject *const *args, size_t flags, PyObject *names) { \
        Py_ssize_t given = PyVectorcall_NARGS(flags);                                             \
        bool declined = names || given < 1;                                                       \
        PyObject *done = declined ? NULL : call;                                                  \
        return declined ? in_python(self, args, flags, names) : done;                             \
    }

SHORT_WAY(peek_bar, bar_peek(args, given, &declined))
SHORT_WAY(poke_bar, bar_poke(args, given, &declined))
SHORT_WAY(peek_handle, handle_peek(args, given, 32, &declined))
SHORT_WAY(peek8_handle, handle_peek(args, given, 8, &declined))
SHORT_WAY(peek64_handle, handle_peek(args, given, 64, &declined))
SHORT_WAY(poke_handle, handle_poke(args, given, 32, &declined))
SHORT_WAY(poke8_handle, handle_poke(args, given, 8, &declined))
SHORT_WAY(poke64_handle, handle_poke(args, given, 64, &declined))
SHORT_WAY(burst_handle, handle_burst(args, given, &declined))
SHORT_WAY(read_in_batch, batch_read(args, given, &declined))

/* Of what takes arguments by name: registers take fields so. */
#define NAMED_WAY(name, call)                                                                     \
    static PyObject *name(PyObject *self, PyObject *const *args, size_t flags, PyObject *names) { \
        Py_ssize_t given = PyVectorcall_NARGS(flags);                                             \
        bool declined = given < 1;                                                                \
        PyObject *done = declined ? NULL : call(args, given, names, &declined);                   \
        return declined ? in_python(self, args, flags, names) : done;                             \
    }

NAMED_WAY(read_register, register_read)
NAMED_WAY(write_register, register_write)
NAMED_WAY(modify_register, register_modify)
NAMED_WAY(fields_of_register, register_fields)
NAMED_WAY(wait_for_register, register_wait_for)
NAMED_WAY(run_statement, class_statement)

/* An element that was made already. */
static PyObject *get_element(PyObject *self, PyObject *const *args, size_t flags, PyObject *names) {
    if (PyVectorcall_NARGS(flags) == 2 && !names && is_node(args[0]) && PyLong_CheckExact(args[1])) {
        PyObject *items = ((Node *)args[0])->store;
        PyObject *item = items && PyDict_CheckExact(items) ? PyDict_GetItemWithError(items, args[1]) : NULL;
        if (item)
            return Py_NewRef(item);
        if (PyErr_Occurred())
            return NULL;
    }
    return in_python(self, args, flags, names);
}

/* What a Python method names to be done here. */
static const struct {
    const char *name;
    vectorcallfunc call;
} short_ways[] = {
    {"bar_peek",          peek_bar          },
    {"bar_poke",          poke_bar          },
    {"handle_peek",       peek_handle       },
    {"handle_peek8",      peek8_handle      },
    {"handle_peek64",     peek64_handle     },
    {"handle_poke",       poke_handle       },
    {"handle_poke8",      poke8_handle      },
    {"handle_poke64",     poke64_handle     },
    {"handle_burst",      burst_handle      },
    {"batch_read",        read_in_batch     },
    {"register_read",     read_register     },
    {"register_write",    write_register    },
    {"register_modify",   modify_register   },
    {"register_fields",   fields_of_register},
    {"register_wait_for", wait_for_register },
    {"array_item",        get_element       },
    {"memory_item",       get_word          },
    {"memory_set_item",   set_word          },
    {"memory_readinto",   read_into         },
    {"memory_write",      write_from        },
    {"class_statement",   run_statement     },
};

static vectorcallfunc find_short_way(const char *name) {
    for (size_t i = 0; i < sizeof short_ways / sizeof short_ways[0]; i++)
        if (strcmp(short_ways[i].name, name) == 0)
            return short_ways[i].call;
    PyErr_Format(PyExc_ValueError, "there is no short way in C for '%.100s'", name);
    return NULL;
}

static PyObject *Method_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    static char *names[] = {"short_way", "function", NULL};
    const char *short_way;
    PyObject *function;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "sO", names, &short_way, &function))
        return NULL;
    vectorcallfunc call = find_short_way(short_way);
    Method *self = call ? (Method *)type->tp_alloc(type, 0) : NULL;
    if (self) {
        self->vectorcall = call;
        self->function = Py_NewRef(function);
    }
    return (PyObject *)self;
}

static PyObject *Method_get(PyObject *self, PyObject *object, PyObject *type) {
    (void)type;
    return object ? PyMethod_New(self, object) : Py_NewRef(self);
}

/* Its name, signature, docstring are the Python method's. */
static PyObject *Method_getattro(PyObject *self, PyObject *name) {
    PyObject *found = PyObject_GenericGetAttr(self, name);
    PyObject *function = ((Method *)self)->function;
    if (found || !function || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return found;
    PyErr_Clear();
    return PyObject_GetAttr(function, name);
}

static PyObject *Method_wrapped(PyObject *self, void *closure) {
    (void)closure;
    PyObject *function = ((Method *)self)->function;
    return Py_NewRef(function ? function : Py_None);
}

static PyObject *Method_doc(PyObject *self, void *closure) {
    (void)closure;
    return PyObject_GetAttrString(((Method *)self)->function, "__doc__");
}

static PyObject *Method_repr(PyObject *self) {
    return PyUnicode_FromFormat("<accelerated %R>", ((Method *)self)->function);
}

static int Method_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((Method *)self)->function);
    return 0;
}

/* No tp_clear: the function's own breaks every cycle, and a method must stay callable. */
static void Method_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((Method *)self)->function);
    Py_TYPE(self)->tp_free(self);
}

static PyGetSetDef Method_getset[] = {
    {"__wrapped__", Method_wrapped, NULL, NULL, NULL},
    {"__doc__",     Method_doc,     NULL, NULL, NULL},
    {NULL,          NULL,           NULL, NULL, NULL},
};

PyTypeObject Method_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.Method",
    .tp_basicsize = sizeof(Method),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_new = Method_new,
    .tp_dealloc = Method_dealloc,
    .tp_traverse = Method_traverse,
    .tp_repr = Method_repr,
    .tp_getattro = Method_getattro,
    .tp_getset = Method_getset,
    .tp_descr_get = Method_get,
    .tp_vectorcall_offset = offsetof(Method, vectorcall),
    .tp_call = PyVectorcall_Call,
};
