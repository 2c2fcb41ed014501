/* Names on nodes: what is looked up, set or not there, and what a node is given to hold. Above nodes, fields and
 * memories: their types know nothing of one another. */
#include "base/accel.h"

#include <structmember.h>

/* Nothing public begins with an underscore. */
static bool is_public(PyObject *name) {
    return PyUnicode_GET_LENGTH(name) > 0 && PyUnicode_READ_CHAR(name, 0) != '_';
}

/* Before that a node has nothing to word an error with. Leaves the error that is set. */
static bool is_placed(PyObject *self) {
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    bool placed = PyObject_HasAttrString(self, "_parent");
    PyErr_Restore(type, error, trace);
    return placed;
}

static bool is_plain_attribute_error(void) {
    return PyErr_Occurred() == PyExc_AttributeError;
}

#ifndef Py_GIL_DISABLED
/* The method of this node, one of the two asked for last. Node and method hold each other, as children and parents do:
 * the collector finds both. */
static PyObject *bound_method(Node *node, PyObject *method) {
    for (int i = 0; i < 2; i++)
        if (node->bound[i] && PyMethod_GET_FUNCTION(node->bound[i]) == method)
            return Py_NewRef(node->bound[i]);
    PyObject *made = PyMethod_New(method, (PyObject *)node);
    if (made) {
        PyObject *older = node->bound[1];
        node->bound[1] = node->bound[0];
        node->bound[0] = Py_NewRef(made);
        Py_XDECREF(older);
    }
    return made;
}
#endif

/* What a name is on the class, where that is a field or a slot of the node: the interpreter's own way is twice as long.
 * Borrowed from the class, so not without the interpreter's lock. */
static PyObject *quick_attribute(PyObject *self, PyObject *name) {
#ifdef Py_GIL_DISABLED
    (void)self, (void)name;
#else
    PyObject *found = _PyType_Lookup(Py_TYPE(self), name);
    if (!found)
        return NULL;
    if (Py_IS_TYPE(found, &Field_Type) && ((const Field *)found)->shape == ((Node *)self)->shape)
        return field_read((Field *)found, (Node *)self);
    if (Py_IS_TYPE(found, &Method_Type)) /* a node has no dict, or a user's, whose names hide none of ours */
        return bound_method((Node *)self, found);
    if (Py_IS_TYPE(found, &PyMemberDescr_Type) && PyDescr_TYPE(found) == Py_TYPE(self)) {
        const PyMemberDef *member = ((const PyMemberDescrObject *)found)->d_member;
        if (member->type == T_OBJECT_EX)
            return Py_XNewRef(*(PyObject **)((char *)self + member->offset));
    }
#endif
    return NULL;
}

/* A name that is not there yet, or not at all: the node makes a child or words the error. */
static PyObject *Node_getattro(PyObject *self, PyObject *name) {
    PyObject *found = quick_attribute(self, name);
    if (found)
        return found;
    if (!PyErr_Occurred())
        found = PyObject_GenericGetAttr(self, name);
    if (found || !is_plain_attribute_error() || !is_public(name) || !is_placed(self))
        return found;
    PyErr_Clear();
    return PyObject_CallMethod(self, "_missing", "O", name);
}

static PyObject *Node_hold(PyObject *object, PyObject *args) {
    Node *self = (Node *)object;
    PyObject *store, *shape;
    unsigned long long address;
    Py_ssize_t count;
    if (!PyArg_ParseTuple(args, "OKnO!:_hold", &store, &address, &count, &Shape_Type, &shape))
        return NULL;
    if (self->store || !address || count != ((Shape *)shape)->ports) {
        PyErr_SetString(PyExc_ValueError, "ports are given once, as many as the class has");
        return NULL;
    }
    self->ports = (hal_port *)(uintptr_t)address;
    self->store = Py_NewRef(store);
    self->shape = (Shape *)Py_NewRef(shape);
    Py_RETURN_NONE;
}

static PyObject *Node_hold_store(PyObject *object, PyObject *store) {
    Node *self = (Node *)object;
    if (self->store || !(PyDict_CheckExact(store) || Py_IS_TYPE(store, &Window_Type))) {
        PyErr_SetString(PyExc_ValueError, "an array's elements or a memory's window are given once");
        return NULL;
    }
    self->store = Py_NewRef(store);
    Py_RETURN_NONE;
}

static PyMethodDef Node_methods[] = {
    {"_hold",       Node_hold,       METH_VARARGS, "Takes a register's ports: what keeps them, address, count, shape."},
    {"_hold_store", Node_hold_store, METH_O,       "Takes an array's dict of elements, or a memory's window."         },
    {NULL,          NULL,            0,            NULL                                                               },
};

/* A register has no attributes to set but its fields. */
static int RegisterNode_setattro(PyObject *self, PyObject *name, PyObject *given) {
    Node *node = (Node *)self;
    PyObject *field = node->shape ? PyDict_GetItemWithError(node->shape->fields, name) : NULL;
    if (field && given)
        return field_write((const Field *)field, node, given);
    if (PyErr_Occurred())
        return -1;
    if (!given) {
        raise_through(self, "_refuse_delete", "O", name);
        return -1;
    }
    PyObject *done = PyObject_CallMethod(self, "_write_field", "OO", name, given); /* a subclass may have state */
    Py_XDECREF(done);
    return done ? 0 : -1;
}

void attributes_install(void) {
    Node_Type.tp_getattro = Node_getattro;
    Node_Type.tp_methods = Node_methods;
    RegisterNode_Type.tp_setattro = RegisterNode_setattro;
}
