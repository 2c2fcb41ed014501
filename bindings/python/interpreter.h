/* The interpreter's side of the core: its lock, its signals, and models in Python. */
#ifndef HAL_PYTHON_INTERPRETER_H
#define HAL_PYTHON_INTERPRETER_H

#include "hal_core.h"

/* Once in each interpreter, which the caller is in. */
void hal_use_python(void);
/* The callable, by its address, gets the events of an emulated slot; null: nobody does. */
int hal_set_python_model(hal_library *library, int slot, void *callable);
/* Has the emulated card keep what its users do against their manual, with the line of Python that did it: the first one
 * outside of the folder. A capacity of 0 ends it. */
int hal_watch_users(hal_library *library, int slot, uint32_t capacity, const char *folder);

#endif
