/* The agent: what it has attached for the other side, and how it answers. */
#ifndef HAL_CORE_AGENT_H
#define HAL_CORE_AGENT_H

#include "remote/wire.h"

enum { AGENT_BARS = 256 };

struct hal_agent {
    hal_library *library; /* null: it has not taken a slot yet */
    int slot, input, output;
    _Atomic uint32_t output_lock;
    _Atomic uint64_t since_ms; /* when the request that is under way came; 0: none is */
    uint64_t design;           /* that the slot was last seen to hold, */
    bool design_known;
    uint32_t text_number;      /* of the latest text */
    uint32_t attached, broken; /* how many were attached so far; the transfer of which a part has failed */
    bool has_broken;
    struct {
        uint32_t number; /* 0: free */
        hal_attached what;
    } bars[AGENT_BARS];
    unsigned char *in, *out;
    size_t start, end; /* what was received and not yet taken */
};

/* The answer to a request of this kind, all but its head; its code. */
int agent_service(hal_agent *agent, int kind, wire_reader *given, wire_writer *answer);
int agent_access(hal_agent *agent, int kind, wire_reader *given, wire_writer *answer);

/* What is attached under a number. */
const hal_attached *agent_bar(const hal_agent *agent, uint32_t number);

#endif
