/* The C part of nodes: where a register's ports are. What their names do is in attributes.c. */
#include "base/accel.h"

static PyObject *Node_store(PyObject *object, void *closure) {
    (void)closure;
    PyObject *store = ((Node *)object)->store;
    if (store)
        return Py_NewRef(store);
    PyErr_SetString(PyExc_AttributeError, "_store");
    return NULL;
}

static int Node_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((Node *)self)->store);
    Py_VISIT(((Node *)self)->shape);
    Py_VISIT(((Node *)self)->bound[0]);
    Py_VISIT(((Node *)self)->bound[1]);
    return 0;
}

static int Node_clear(PyObject *self) {
    Node *node = (Node *)self;
    node->ports = NULL;
    Py_CLEAR(node->shape); /* without it no field accepts this node any more */
    Py_CLEAR(node->store);
    Py_CLEAR(node->bound[0]);
    Py_CLEAR(node->bound[1]);
    return 0;
}

static void Node_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Node_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static PyGetSetDef Node_getset[] = {
    {"_store", Node_store, NULL, "What keeps the ports, an array's elements, or a memory's window.", NULL},
    {NULL,     NULL,       NULL, NULL,                                                               NULL},
};

PyTypeObject Node_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.Node",
    .tp_basicsize = sizeof(Node),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = Node_dealloc,
    .tp_traverse = Node_traverse,
    .tp_clear = Node_clear,
    .tp_getset = Node_getset,
};

PyTypeObject RegisterNode_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hal._accel.RegisterNode",
    .tp_basicsize = sizeof(Node),
    .tp_base = &Node_Type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = Node_traverse,
    .tp_clear = Node_clear,
    .tp_dealloc = Node_dealloc,
};
