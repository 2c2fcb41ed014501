/* How the core leaves the interpreter and comes back to it. What Python code raises below an access is kept in its
 * thread, in hal._binding.raising, until the code of the access is explained there. */
#include <Python.h>
#include <string.h>

#include "interpreter.h"

static int subinterpreters; /* whether hal was imported in one */

static void *leave(void) {
    return PyEval_SaveThread();
}

static void enter(void *state) {
    PyEval_RestoreThread(state);
}

#if PY_VERSION_HEX >= 0x030D0000
#define CURRENT_THREAD PyThreadState_GetUnchecked
#else
#define CURRENT_THREAD _PyThreadState_UncheckedGet
#endif

static int held(void) {
    PyThreadState *current = CURRENT_THREAD();
#if PY_VERSION_HEX >= 0x030C0000
    return current != NULL;
#else
    /* Before 3.12 it is any thread's, and a thread is known by its state in the first interpreter that it was in. */
    return current && (current == PyGILState_GetThisThreadState() ||
                       (subinterpreters && current->thread_id == PyThread_get_thread_ident()));
#endif
}

static PyObject *take_exception(void) {
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *kind, *error, *trace;
    PyErr_Fetch(&kind, &error, &trace);
    PyErr_NormalizeException(&kind, &error, &trace);
    if (trace)
        PyException_SetTraceback(error, trace);
    Py_XDECREF(kind);
    Py_XDECREF(trace);
    return error;
#endif
}

/* No Python code runs here, which a signal could interrupt. */
static void keep_exception(void) {
    PyObject *error = take_exception();
    PyObject *name = PyUnicode_FromString("hal._binding.raising");
    PyObject *module = name ? PyImport_GetModule(name) : NULL;
    PyObject *pending = module ? PyObject_GetAttrString(module, "pending") : NULL;
    if (!pending || PyObject_SetAttrString(pending, "error", error ? error : Py_None) != 0)
        PyErr_WriteUnraisable(NULL);
    Py_XDECREF(pending);
    Py_XDECREF(module);
    Py_XDECREF(name);
    Py_XDECREF(error);
}

static int interrupted(void) {
    if (PyErr_CheckSignals() == 0)
        return 0;
    keep_exception();
    return 1;
}

/* What it raises, such as a warning that is an error for the program, is the access's. */
static int tell(hal_library *library, uint64_t done, uint64_t total) {
    PyObject *name = PyUnicode_FromString("hal._binding.far.remote");
    PyObject *module = name ? PyImport_GetModule(name) : NULL;
    PyObject *told = module ? PyObject_CallMethod(module, "tell", "KKK", (unsigned long long)(uintptr_t)library,
                                                  (unsigned long long)done, (unsigned long long)total)
                            : NULL;
    if (!told)
        keep_exception();
    Py_XDECREF(module);
    Py_XDECREF(name);
    Py_XDECREF(told);
    return !told;
}

void hal_use_python(void) {
    if (PyInterpreterState_Get() != PyInterpreterState_Main())
        subinterpreters = 1;
    hal_set_gate((hal_gate){.leave = leave, .enter = enter, .held = held, .interrupted = interrupted, .tell = tell});
}

/* ---- Models ---- */

typedef struct python_model {
    PyObject *call;
    int64_t interpreter;
} python_model;

static int64_t this_interpreter(void) {
    return PyInterpreterState_GetID(PyInterpreterState_Get());
}

static int run(PyObject *call, int event, int slot, int pf, int bar, uint64_t offset, int width, uint64_t value) {
    Py_INCREF(call); /* it may replace itself */
    PyObject *result = PyObject_CallFunction(call, "iiiiKiK", event, slot, pf, bar, (unsigned long long)offset, width,
                                             (unsigned long long)value);
    if (!result)
        keep_exception();
    int code = result ? 0 : HAL_E_MODEL;
    Py_XDECREF(result);
    Py_DECREF(call);
    return code;
}

static int on_event(void *context, int event, int slot, int pf, int bar, uint64_t offset, int width, uint64_t value) {
    const python_model model = *(const python_model *)context;
    hal_callback before = hal_callback_begin();
    PyGILState_STATE state = PyGILState_UNLOCKED;
    int foreign = !held();
    if (foreign)
        state = PyGILState_Ensure();
    int code = HAL_E_INTERPRETER;
    if (this_interpreter() == model.interpreter)
        code = run(model.call, event, slot, pf, bar, offset, width, value);
    if (foreign)
        PyGILState_Release(state);
    hal_callback_end(before);
    return code;
}

static python_model *new_model(PyObject *callable) {
    python_model *model = PyMem_RawMalloc(sizeof *model);
    if (!model)
        return NULL;
    Py_INCREF(callable);
    *model = (python_model){callable, this_interpreter()};
    return model;
}

static void drop_model(python_model *model) {
    if (!model)
        return;
    PyObject *call = model->call;
    PyMem_RawFree(model);
    Py_DECREF(call);
}

int hal_set_python_model(hal_library *library, int slot, void *callable) {
    python_model *model = NULL;
    void *old = NULL;
    if (callable) {
        model = new_model(callable);
        if (!model)
            return HAL_E_MEMORY;
    }
    int code = hal_set_model(library, slot, model ? on_event : NULL, model, &old);
    drop_model(code ? model : old);
    return code;
}

/* ---- Lines of programs ---- */

static char own_folder[4096]; /* of hal's code, whose lines nobody looks for */

/* Of a frame that is the program's own: its file and line. */
static int say_line(PyFrameObject *frame, char file[HAL_CARD_SITE_MAX], uint32_t *line) {
    PyCodeObject *code = PyFrame_GetCode(frame);
    Py_ssize_t length = 0;
    const char *name = PyUnicode_AsUTF8AndSize(code->co_filename, &length);
    size_t own = strlen(own_folder), from = 0;
    int known = name && strncmp(name, own_folder, own) != 0;
    if (known) {
        if (length >= HAL_CARD_SITE_MAX) /* the end of a path says more than its beginning */
            from = (size_t)length - (HAL_CARD_SITE_MAX - 1);
        while ((name[from] & 0xC0) == 0x80) /* no half of a character */
            from++;
        memcpy(file, name + from, (size_t)length - from);
        file[(size_t)length - from] = 0;
        *line = (uint32_t)PyFrame_GetLineNumber(frame);
    }
    if (!name)
        PyErr_Clear();
    Py_DECREF(code);
    return known;
}

/* No Python code runs here. Without the interpreter's lock nobody knows. */
static void find_line(char file[HAL_CARD_SITE_MAX], uint32_t *line) {
    if (!held())
        return;
    PyFrameObject *frame = PyEval_GetFrame();
    Py_XINCREF(frame);
    while (frame && !say_line(frame, file, line)) {
        PyFrameObject *back = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = back;
    }
    Py_XDECREF(frame);
}

int hal_watch_users(hal_library *library, int slot, uint32_t capacity, const char *folder) {
    const hal_card_api *card = library ? hal_library_card(library) : NULL;
    if (!card || !folder || strlen(folder) >= sizeof own_folder)
        return card ? HAL_E_ARGUMENT : HAL_E_MISSING;
    strcpy(own_folder, folder);
    return card->watch(slot, capacity, find_line);
}
