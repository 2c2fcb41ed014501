// The library's C side: what the card asks of the logic, and the control interface.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sys/mman.h>

#include "hal_logic.h"
#include "shell.hpp"

#define HAL_EXPORT __attribute__((visibility("default")))

namespace hal {

Reports reports;
uint64_t patience = 10000;

static Shell &shell = *new Shell; // never destroyed: threads may still use it when the process ends
static thread_local int last_response = okay;

void report(const char *what, const char *file, int line, const char *message) {
    std::string text = std::string(file ? file : "") + ":" + std::to_string(line) + ": " + what;
    if (message && *message)
        text += std::string(": ") + message;
    reports.count++;
    if (reports.count <= 10)
        fprintf(stderr, "hal cosim: %s\n", text.c_str());
    if (strcmp(what, "$stop") != 0 && strcmp(what, "$error") != 0)
        reports.ended = text;
}

// A file that is not closed lacks its end.
static void end_waves() {
    if (!shell.lock.try_lock())
        return;
    shell.logic.close_waves();
    shell.lock.unlock();
}

// With all that the simulator's runtime holds there already, so that this comes before its end.
static void configure_locked() {
    static const bool ends = atexit(end_waves) == 0;
    (void)ends;
    shell.configure();
}

// Under the lock, with a model: the first use configures it. -ECANCELED where the simulation has ended.
template <typename Act> static int act(Act action) {
    std::lock_guard<std::mutex> guard(shell.lock);
    try {
        if (!shell.logic.exists())
            configure_locked();
        return shell.logic.runs() ? action() : -ECANCELED;
    } catch (const Ended &) {
        return -ECANCELED;
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    }
}

// An ended simulation answers nothing any more, as a bus does whose logic hangs.
static int answered(int code) {
    last_response = code == -ECANCELED ? nobody : code;
    return last_response == nobody ? HAL_LOGIC_SILENT : code < 0 ? code : 0;
}

static int configure() {
    std::lock_guard<std::mutex> guard(shell.lock);
    try {
        configure_locked();
        return 0;
    } catch (const Ended &) {
        return 0; // it holds a design that answers nothing
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    }
}

static int read(int pf, int bar, uint64_t offset, unsigned bytes, uint64_t *value) {
    return answered(act([&] { return shell.read(pf, bar, offset, bytes, value); }));
}

static int write(int pf, int bar, uint64_t offset, unsigned bytes, uint64_t value) {
    return answered(act([&] { return shell.write(pf, bar, offset, bytes, value); }));
}

static int write_block(int pf, int bar, uint64_t offset, const uint32_t *data, uint64_t dwords) {
    return answered(act([&] { return shell.write_block(pf, bar, offset, data, dwords); }));
}

static int leds(uint16_t *value) {
#if HAL_F2
    return act([&] { return *value = top::leds(shell.logic.model()), 0; });
#else
    *value = 0;
    return 0;
#endif
}

static int set_dip(uint16_t value) {
    std::lock_guard<std::mutex> guard(shell.lock);
    shell.set_switches(value);
    return 0;
}

// ---- control ----

static int describe(char *buffer, size_t size) {
    static const char *const kinds[] = {"none", "vcd", "fst"};
    std::lock_guard<std::mutex> guard(shell.lock);
    std::string text = std::string("top=") + HAL_TOP + "\nsimulator=" + HAL_SIMULATOR + "\nwaves=" + kinds[HAL_WAVES];
    text += "\nhz=" + std::to_string(shell.logic.hz()) + "\nidle=" + std::to_string(shell.idle);
    text += "\nended=" + reports.ended + "\nreports=" + std::to_string(reports.count) + "\n";
#define BUS(Bus)                                                                                                       \
    text += "bus=" + std::to_string(Bus::pf) + " " + std::to_string(Bus::bar) + " " + std::to_string(Bus::bytes * 8) + \
            "\n";
    HAL_BUSES(BUS)
#undef BUS
    for (const auto &port : top::ports)
        text += std::string("port=") + port.name + " " + port.kind + " " + std::to_string(port.bits) + "\n";
    snprintf(buffer, size, "%s", text.c_str());
    return (int)text.size();
}

static int advance(uint64_t clocks) {
    return act([&] { return shell.pass(clocks), shell.logic.runs() ? 0 : -ECANCELED; });
}

static int time(uint64_t *clocks, uint64_t *picoseconds) {
    std::lock_guard<std::mutex> guard(shell.lock);
    *clocks = shell.logic.clocks();
    *picoseconds = shell.logic.picoseconds();
    return 0;
}

static int set_idle(uint32_t clocks) {
    std::lock_guard<std::mutex> guard(shell.lock);
    shell.idle = clocks;
    return 0;
}

static int waves(const char *path) {
    std::lock_guard<std::mutex> guard(shell.lock);
    try {
        return shell.logic.waves(path ? path : "");
    } catch (const Ended &) {
        return -ECANCELED;
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    }
}

static const top::PortInfo *find_port(const char *name) {
    for (const auto &port : top::ports)
        if (name && strcmp(port.name, name) == 0)
            return &port;
    return nullptr;
}

// Ports lie in memory little-endian, in words of as many bytes as they need.
static int port_read(const char *name, uint32_t *words, size_t count) {
    const top::PortInfo *port = find_port(name);
    if (!port || (count && !words))
        return -ENOENT;
    std::lock_guard<std::mutex> guard(shell.lock);
    memset(words, 0, count * 4);
    if (shell.logic.exists())
        memcpy(words, port->place(shell.logic.model()), std::min<size_t>(count * 4, port->bytes));
    return (int)port->bits;
}

static int port_write(const char *name, const uint32_t *words, size_t count) {
    const top::PortInfo *port = find_port(name);
    if (!port || !words)
        return -ENOENT;
    if (strcmp(port->kind, "in") != 0)
        return -EPERM;
    if (count * 32 < port->bits)
        return -EINVAL;
    std::lock_guard<std::mutex> guard(shell.lock);
    shell.hold(port, words);
    return 0;
}

static int interrupts(uint64_t counts[HAL_COSIM_INTERRUPTS], uint32_t *asserted) {
    return act([&] {
        std::copy(std::begin(shell.requests), std::end(shell.requests), counts);
        *asserted = shell.asserted();
        return 0;
    });
}

static int64_t accessed(hal_cosim_word *out, size_t max) {
    std::lock_guard<std::mutex> guard(shell.lock);
    return shell.words.copy(out, max);
}

static int forget_words() {
    std::lock_guard<std::mutex> guard(shell.lock);
    shell.words.forget();
    return 0;
}

static int response() {
    return last_response;
}

static int host_memory(void **base, uint64_t *size) {
#if HAL_F2
    *base = shell.f2.host();
    *size = F2::host_bytes;
    return *base ? 0 : -ENOMEM;
#else
    (void)base;
    (void)size;
    return -EOPNOTSUPP;
#endif
}

static int function_reset(uint32_t clocks) {
#if HAL_F2
    return act([&] {
        top::function_reset(shell.logic.model()) = 1;
        shell.pass(clocks);
        top::function_reset(shell.logic.model()) = 0;
        shell.pass(1); // so that the next one is another one
        return 0;
    });
#else
    (void)clocks;
    return -EOPNOTSUPP;
#endif
}

static void ids(uint16_t out[4]) {
#if HAL_F2
    act([&] {
        uint32_t first = top::id0(shell.logic.model()), second = top::id1(shell.logic.model());
        out[0] = (uint16_t)first;
        out[1] = (uint16_t)(first >> 16);
        out[2] = (uint16_t)(second >> 16);
        out[3] = (uint16_t)second;
        return 0;
    });
#else
    (void)out;
#endif
}

// ---- start ----

static uint64_t number_from(const char *variable, uint64_t otherwise, uint64_t least, uint64_t most) {
    const char *text = getenv(variable);
    if (!text || !*text)
        return otherwise;
    char *end = nullptr;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*end || errno || *text == '-' || number < least || number > most) {
        fprintf(stderr, "hal cosim: %s is '%.32s': give a number from %llu to %llu\n", variable, text,
                (unsigned long long)least, (unsigned long long)most);
        return otherwise;
    }
    return number;
}

static void before_fork() {
    shell.lock.lock();
    shell.logic.flush();
}

static void after_fork() {
    shell.lock.unlock();
}

static void in_child() {
    shell.logic.forget_waves();
    new (&shell.lock) std::mutex; // its holder is another thread here
}

static bool start() {
    shell.idle = (uint32_t)number_from("HAL_COSIM_IDLE", 0, 0, 1000000);
    patience = number_from("HAL_COSIM_TIMEOUT", 10000, 1, 1000000000);
    shell.logic.set_hz(number_from("HAL_COSIM_MHZ", 250, 1, 10000) * 1000000);
    const char *path = getenv("HAL_COSIM_WAVES");
    if (path && *path && shell.logic.waves(path))
        fprintf(stderr, "hal cosim: HAL_COSIM_WAVES: this library was built without waves\n");
    static const hal_logic logic = {HAL_TOP, HAL_DESIGN,  HAL_AFI, configure, read,
                                    write,   write_block, leds,    set_dip,   ids};
    hal_card_use_logic(&logic);
    pthread_atfork(before_fork, after_fork, in_child);
    return true;
}

static const bool started = start(); // after what it uses

} // namespace hal

extern "C" HAL_EXPORT const hal_cosim_api *hal_cosim_get_api(void) {
    static const hal_cosim_api api = {HAL_COSIM_API_VERSION,
                                      sizeof(hal_cosim_api),
                                      hal::describe,
                                      hal::advance,
                                      hal::time,
                                      hal::set_idle,
                                      hal::waves,
                                      hal::port_read,
                                      hal::port_write,
                                      hal::interrupts,
                                      hal::accessed,
                                      hal::forget_words,
                                      hal::response,
                                      hal::host_memory,
                                      hal::function_reset};
    return &api;
}

// ---- what the simulator's runtime calls: $finish, $stop and failed assertions, and its own errors ----

void vl_finish(const char *file, int line, const char *) {
    hal::report("$finish", file, line, "");
    throw hal::Ended();
}

void vl_stop(const char *file, int line, const char *) {
    hal::report("$stop", file, line, "");
}

void vl_fatal(const char *file, int line, const char *, const char *message) {
    hal::report("$fatal", file, line, message);
    throw hal::Ended();
}
