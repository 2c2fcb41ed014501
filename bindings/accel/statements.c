/* Class statements of a driver that is imported, of which most wait: see hal/registers/classes/unmade.py. Whatever is
 * not a statement of that driver that may wait is run there. */
#include "base/accel.h"

typedef struct {
    PyObject_HEAD
    PyObject *names;   /* the driver's globals; null until they are told */
    PyObject *waiting; /* statements by the names of their classes */
    PyTypeObject
        *kind;       /* of such a statement, a tuple: the driver, body, name, base, names of keywords, their values */
    PyObject *flag;  /* a base has it where classes that are derived from it may wait */
    Py_ssize_t each; /* after so many Python looks at what there is */
    bool has_ended;  /* the driver is imported: nothing waits any more */
} ClassStatements;

static int ClassStatements_clear(PyObject *object) {
    ClassStatements *self = (ClassStatements *)object;
    Py_CLEAR(self->names);
    Py_CLEAR(self->waiting);
    Py_CLEAR(self->kind);
    Py_CLEAR(self->flag);
    return 0;
}

static PyObject *ClassStatements_hold(PyObject *object, PyObject *args) {
    ClassStatements *self = (ClassStatements *)object;
    PyObject *names, *waiting, *kind, *flag;
    Py_ssize_t each;
    if (!PyArg_ParseTuple(args, "O!O!O!Un:_hold_driver", &PyDict_Type, &names, &PyDict_Type, &waiting, &PyType_Type,
                          &kind, &flag, &each))
        return NULL;
    if (self->names || each < 1 || !PyType_IsSubtype((PyTypeObject *)kind, &PyTuple_Type)) {
        PyErr_SetString(PyExc_ValueError, "a driver is told once, and its statements are tuples");
        return NULL;
    }
    self->names = Py_NewRef(names);
    self->waiting = Py_NewRef(waiting);
    self->kind = (PyTypeObject *)Py_NewRef(kind);
    self->flag = Py_NewRef(flag);
    self->each = each;
    Py_RETURN_NONE;
}

static PyObject *ClassStatements_end(PyObject *self, PyObject *unused) {
    (void)unused;
    ((ClassStatements *)self)->has_ended = true;
    Py_RETURN_NONE;
}

static int ClassStatements_traverse(PyObject *object, visitproc visit, void *arg) {
    ClassStatements *self = (ClassStatements *)object;
    Py_VISIT(self->names);
    Py_VISIT(self->waiting);
    Py_VISIT(self->kind);
    return 0;
}

static void ClassStatements_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    ClassStatements_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyMethodDef ClassStatements_methods[] = {
    {"_hold_driver", ClassStatements_hold, METH_VARARGS,
     "Takes the driver's globals, its statements that wait, by name, their class, what bases must have, and how many "
     "come before Python looks."                                                                       },
    {"_end_driver",  ClassStatements_end,  METH_NOARGS,  "It is imported: no statement waits any more."},
    {NULL,           NULL,                 0,            NULL                                          },
};

PyTypeObject ClassStatements_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.ClassStatements",
    .tp_basicsize = sizeof(ClassStatements),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = ClassStatements_dealloc,
    .tp_traverse = ClassStatements_traverse,
    .tp_clear = ClassStatements_clear,
    .tp_methods = ClassStatements_methods,
};

#ifdef HAL_FREE_THREADED /* another thread may add statements meanwhile */

PyObject *class_statement(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined) {
    (void)args, (void)given, (void)names;
    *declined = true;
    return NULL;
}

#else

/* 1: a class of that body, name and base waits; 0: Python decides; -1 with an error. */
static int may_wait(const ClassStatements *self, PyObject *body, PyObject *name, PyObject *base) {
    if (!PyFunction_Check(body) || PyFunction_GET_GLOBALS(body) != self->names || !PyUnicode_CheckExact(name) ||
        ((PyFunctionObject *)body)->func_qualname != name || !PyType_Check(base))
        return 0;
    PyObject *flag = PyObject_GetAttr(base, self->flag);
    if (!flag) {
        PyErr_Clear();
        return 0;
    }
    bool is_set = flag == Py_True;
    Py_DECREF(flag);
    int known = is_set ? PyDict_Contains(self->waiting, name) : 0;
    bool is_looked_at = (PyDict_GET_SIZE(self->waiting) + 1) % self->each == 0;
    return known < 0 ? -1 : is_set && !known && !is_looked_at;
}

/* run(body, name, base, **keywords), where it may wait. */
PyObject *class_statement(PyObject *const *args, Py_ssize_t given, PyObject *names, bool *declined) {
    ClassStatements *self = PyObject_TypeCheck(args[0], &ClassStatements_Type) ? (ClassStatements *)args[0] : NULL;
    int waits = self && self->names && !self->has_ended && given == 4 ? may_wait(self, args[1], args[2], args[3]) : 0;
    *declined = waits == 0;
    if (waits <= 0)
        return NULL;
    Py_ssize_t keywords = names ? PyTuple_GET_SIZE(names) : 0, leading = 5;
    PyObject *statement = self->kind->tp_alloc(self->kind, leading + keywords);
    PyObject *keyword_names = names ? Py_NewRef(names) : PyTuple_New(0);
    if (!statement || !keyword_names) {
        Py_XDECREF(statement);
        Py_XDECREF(keyword_names);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < 4; i++)
        PyTuple_SET_ITEM(statement, i, Py_NewRef(args[i]));
    PyTuple_SET_ITEM(statement, 4, keyword_names);
    for (Py_ssize_t i = 0; i < keywords; i++)
        PyTuple_SET_ITEM(statement, leading + i, Py_NewRef(args[given + i]));
    if (PyDict_SetItem(self->waiting, args[2], statement) != 0)
        Py_CLEAR(statement);
    return statement;
}

#endif
