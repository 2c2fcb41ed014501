/* The module hal._accel. */
#include "base/accel.h"

static int add_constants(PyObject *module) {
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"READ_NONE",       READ_NONE      },
        {"READ_PYTHON",     READ_PYTHON    },
        {"READ_WORDS",      READ_WORDS     },
        {"READ_DIRECT",     READ_DIRECT    },
        {"WRITE_NONE",      WRITE_NONE     },
        {"WRITE_PYTHON",    WRITE_PYTHON   },
        {"WRITE_PUT",       WRITE_PUT      },
        {"WRITE_MODIFY",    WRITE_MODIFY   },
        {"FORMAT_UNSIGNED", FORMAT_UNSIGNED},
        {"FORMAT_SIGNED",   FORMAT_SIGNED  },
        {"FORMAT_BOOL",     FORMAT_BOOL    },
        {"FORMAT_ENUM",     FORMAT_ENUM    },
        {"FORMAT_FIXED",    FORMAT_FIXED   },
        {"FORMAT_INTEGER",  FORMAT_INTEGER },
        {"FORMAT_REAL",     FORMAT_REAL    },
        {"FORMAT_FLOAT",    FORMAT_FLOAT   },
        {"FORMAT_PYTHON",   FORMAT_PYTHON  },
        {"WAY_READ",        WAY_READ       },
        {"WAY_WRITE",       WAY_WRITE      },
    };
    int code = 0;
    for (size_t i = 0; i < sizeof constants / sizeof constants[0] && code == 0; i++)
        code = PyModule_AddIntConstant(module, constants[i].name, constants[i].value);
    return code;
}

static int execute(PyObject *module) {
    attributes_install();
    /* So that object.__new__ makes them in either mode. */
    Node_Type.tp_new = PendingRead_Type.tp_new = PyBaseObject_Type.tp_new;
    PyTypeObject *types[] = {&Shape_Type,          &Node_Type,          &RegisterNode_Type, &Window_Type,
                             &Field_Type,          &Method_Type,        &AttachedBar_Type,  &HandleUser_Type,
                             &PreparedRead_Type,   &PreparedReads_Type, &PendingRead_Type,  &BatchReader_Type,
                             &ClassStatements_Type};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (PyModule_AddType(module, types[i]) < 0)
            return -1;
    return add_constants(module);
}

static PyMethodDef functions[] = {
    {"use_core",     use_core,     METH_O,       "Takes the address of the core's entry points."                  },
    {"fill_pending", fill_pending, METH_VARARGS, "Gives futures what the batch at this address has read for them."},
    {"sweep_words",  sweep_words,  METH_VARARGS, "A list of integers that fit a width, as a sweep takes them."    },
    {NULL,           NULL,         0,            NULL                                                             },
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute            },
#ifdef Py_mod_gil  /* a node's parts are set before others see it, and the core's own lock guards a write */
    {Py_mod_gil,  Py_MOD_GIL_NOT_USED},
#endif
    {0,           NULL               },
};

static PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "hal._accel",
    .m_doc = "Accessors of fields in C.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__accel(void);
PyMODINIT_FUNC PyInit__accel(void) {
    return PyModuleDef_Init(&definition);
}
