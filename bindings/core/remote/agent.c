/* The agent's pipe: a request, its answer, and the next one, until the input ends. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "remote/agent.h"

enum { ROOM = HAL_MESSAGE_HEAD + HAL_MESSAGE_MAX };

int hal_agent_new(int input, int output, hal_agent **agent) {
    if (!agent)
        return HAL_E_ARGUMENT;
    hal_agent *made = calloc(1, sizeof *made);
    if (made) {
        made->input = input;
        made->output = output;
        made->in = malloc(ROOM);
        made->out = malloc(ROOM);
    }
    if (made && made->in && made->out) {
        *agent = made;
        return 0;
    }
    hal_agent_free(made);
    return HAL_E_MEMORY;
}

void hal_agent_free(hal_agent *agent) {
    if (!agent)
        return;
    for (int i = 0; i < AGENT_BARS; i++)
        if (agent->bars[i].number)
            hal_release(agent->bars[i].what.bar, agent->bars[i].what.generation);
    free(agent->in);
    free(agent->out);
    free(agent);
}

int hal_agent_take(hal_agent *agent, hal_library *library, int slot) {
    if (!agent || !library || slot < 0 || slot >= FPGA_SLOT_MAX || agent->library)
        return HAL_E_ARGUMENT;
    agent->library = library;
    agent->slot = slot;
    return 0;
}

/* ---- Answers ---- */

static int answer_kind(hal_agent *agent, int kind, wire_reader *given, wire_writer *answer) {
    if (!agent->library)
        return HAL_E_CLOSED;
    return kind >= WIRE_PEEK && kind <= WIRE_FILL ? agent_access(agent, kind, given, answer)
                                                  : agent_service(agent, kind, given, answer);
}

static bool tells_timeout(int code) {
    return code == HAL_E_DEAD || code == HAL_E_SILENT;
}

/* Into `out`, which has ROOM bytes, with the head; its size. What a code needs to be understood comes first. */
static size_t answer_request(hal_agent *agent, const wire_head *head, wire_reader given, unsigned char *out) {
    wire_writer answer = {.start = out, .used = HAL_MESSAGE_HEAD, .room = ROOM - sizeof(hal_timeout)};
    int code = answer_kind(agent, head->kind, &given, &answer);
    if (answer.full) {
        answer.used = HAL_MESSAGE_HEAD;
        code = HAL_E_ARGUMENT;
    }
    if (tells_timeout(code)) {
        hal_timeout found = {0};
        hal_last_timeout(&found);
        memmove(out + HAL_MESSAGE_HEAD + sizeof found, out + HAL_MESSAGE_HEAD, answer.used - HAL_MESSAGE_HEAD);
        memcpy(out + HAL_MESSAGE_HEAD, &found, sizeof found);
        answer.used += sizeof found;
    }
    wire_head made = {.bytes = (uint32_t)(answer.used - HAL_MESSAGE_HEAD),
                      .number = head->number,
                      .kind = head->kind | WIRE_ANSWER,
                      .code = code};
    memcpy(out, &made, sizeof made);
    return answer.used;
}

/* 0 when a head is one of a request. */
static int check_head(const wire_head *head) {
    return head->bytes > HAL_MESSAGE_MAX || head->zero || head->kind == 0 || head->kind >= WIRE_KINDS ||
                   head->kind == WIRE_WORKING
               ? HAL_E_CLOSED
               : 0;
}

int hal_agent_answer(hal_agent *agent, const void *message, size_t bytes, void *answer, size_t room, size_t *used) {
    wire_reader given = {.at = message, .end = (const unsigned char *)message + bytes};
    wire_head head;
    if (!agent || !message || !answer || !used || room < ROOM)
        return HAL_E_ARGUMENT;
    if (!wire_take(&given, &head, sizeof head) || check_head(&head) || head.bytes != wire_left(&given) ||
        head.kind == WIRE_TEXT)
        return HAL_E_CLOSED;
    *used = answer_request(agent, &head, given, answer);
    return 0;
}

/* ---- The pipe ---- */

/* 0 to try again. */
static int look_up(hal_patience *patience) {
    return errno == EINTR ? hal_patience_over(patience, true) : HAL_E_CLOSED;
}

/* Until so many bytes are there. */
static int fill(hal_agent *agent, size_t bytes) {
    hal_patience patience = hal_patience_begin();
    int code = 0;
    if (agent->start + bytes > ROOM) {
        memmove(agent->in, agent->in + agent->start, agent->end - agent->start);
        agent->end -= agent->start;
        agent->start = 0;
    }
    while (code == 0 && agent->end - agent->start < bytes) {
        ssize_t moved = read(agent->input, agent->in + agent->end, ROOM - agent->end);
        if (moved == 0)
            return HAL_E_CLOSED;
        if (moved > 0)
            agent->end += (size_t)moved;
        else
            code = look_up(&patience);
    }
    return code;
}

static int receive(hal_agent *agent, wire_head *head, wire_reader *given) {
    int code = fill(agent, sizeof *head);
    if (code)
        return code;
    memcpy(head, agent->in + agent->start, sizeof *head);
    code = check_head(head);
    if (code == 0)
        code = fill(agent, sizeof *head + head->bytes);
    if (code)
        return code;
    given->at = agent->in + agent->start + sizeof *head;
    given->end = given->at + head->bytes;
    agent->start += sizeof *head + head->bytes;
    if (agent->start == agent->end)
        agent->start = agent->end = 0;
    return 0;
}

static int send_all(hal_agent *agent, const unsigned char *data, size_t bytes) {
    hal_patience patience = hal_patience_begin();
    int code = hal_lock(&agent->output_lock);
    if (code)
        return code;
    for (size_t sent = 0; sent < bytes && code == 0;) {
        ssize_t moved = write(agent->output, data + sent, bytes - sent);
        if (moved > 0)
            sent += (size_t)moved;
        else
            code = look_up(&patience);
    }
    hal_unlock(&agent->output_lock);
    return code;
}

static uint64_t now_ms(void) {
    return hal_now_ns() / 1000000;
}

/* With the interpreter's lock, which accesses of one word keep; waiting for the pipe leaves it. */
static int serve_one(hal_agent *agent, wire_head *head, wire_reader *given) {
    void *state = hal_gate_leave();
    int code = receive(agent, head, given);
    hal_gate_enter(state);
    if (code || head->kind == WIRE_TEXT)
        return code;
    atomic_store(&agent->since_ms, now_ms());
    size_t used = answer_request(agent, head, *given, agent->out);
    atomic_store(&agent->since_ms, 0);
    state = hal_gate_leave();
    code = send_all(agent, agent->out, used);
    hal_gate_enter(state);
    return code;
}

int hal_agent_serve(hal_agent *agent, void *text, size_t room, size_t *used) {
    wire_head head = {0};
    wire_reader given = {0};
    int code = agent && text && used ? 0 : HAL_E_ARGUMENT;
    while (code == 0 && head.kind != WIRE_TEXT)
        code = serve_one(agent, &head, &given);
    if (code)
        return code;
    atomic_store(&agent->since_ms, now_ms());
    agent->text_number = head.number;
    *used = wire_left(&given);
    if (*used > room)
        return HAL_E_CLOSED;
    wire_take(&given, text, *used);
    return 0;
}

/* Of the text that was taken last. */
int hal_agent_reply(hal_agent *agent, const void *text, size_t bytes) {
    if (!agent || !text || bytes > HAL_MESSAGE_MAX)
        return HAL_E_ARGUMENT;
    wire_head head = {.bytes = (uint32_t)bytes, .number = agent->text_number, .kind = WIRE_TEXT | WIRE_ANSWER};
    memcpy(agent->out, &head, sizeof head);
    memcpy(agent->out + sizeof head, text, bytes);
    atomic_store(&agent->since_ms, 0);
    void *state = hal_gate_leave();
    int code = send_all(agent, agent->out, sizeof head + bytes);
    hal_gate_enter(state);
    return code;
}

int hal_agent_working(hal_agent *agent) {
    enum { LONG_MS = 1000 };
    const wire_head head = {.kind = WIRE_WORKING | WIRE_ANSWER};
    uint64_t since = agent ? atomic_load(&agent->since_ms) : 0;
    if (!since || now_ms() - since < LONG_MS)
        return since != 0;
    void *state = hal_gate_leave();
    send_all(agent, (const unsigned char *)&head, sizeof head);
    hal_gate_enter(state);
    return 1;
}
