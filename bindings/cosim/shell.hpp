// What stands around the logic: its buses, its interrupt lines, and the lock that makes one thread at a time of many.
#ifndef HAL_COSIM_SHELL_HPP
#define HAL_COSIM_SHELL_HPP

#include <cstring>
#include <map>
#include <mutex>

#include "apb.hpp"
#include "lite.hpp"
#include "words.hpp"

#if HAL_F2
#include "f2.hpp"
#endif

namespace hal {

class Shell {
  public:
    std::mutex lock;
    Logic logic;
    Words words;
    uint32_t idle = 0; // clocks after each access
    uint64_t requests[HAL_COSIM_INTERRUPTS] = {};
    uint16_t switches = 0;

    void configure() {
#define FORGET(Bus) Bus::forget();
        HAL_BUSES(FORGET)
#undef FORGET
        asserted_ = 0;
        std::fill(std::begin(requests), std::end(requests), 0);
#if HAL_F2
        f2.forget();
#endif
        logic.create();
        top::levels(logic.model());
        for (const auto &[port, words] : held_)
            memcpy(port->place(logic.model()), words.data(), port->bytes);
        set_switches(switches);
        logic.reset([this] { clock(); });
    }

    void set_switches(uint16_t value) {
        switches = value;
#if HAL_F2
        if (logic.exists())
            top::switches(logic.model()) = value;
#endif
    }

    // An input that nobody drives; what stands outside of the FPGA lasts when it is configured again.
    void hold(const top::PortInfo *port, const uint32_t *words) {
        held_[port].assign(words, words + (port->bytes + 3) / 4);
        if (logic.exists())
            memcpy(port->place(logic.model()), words, port->bytes);
    }

    // ---- a clock, as the buses use it ----

    void settle() {
#if HAL_F2
        f2.drive(logic.model(), logic.picoseconds());
#endif
        logic.settle();
    }

    void edge() {
        watch_interrupts();
#if HAL_F2
        f2.sample(logic.model());
#endif
        logic.edge();
    }

    void clock() {
        settle();
        edge();
    }

    uint32_t asserted() const {
        return asserted_;
    }

    // ---- accesses ----

    int read(int pf, int bar, uint64_t offset, unsigned bytes, uint64_t *value) {
        int response = nobody;
#define READ(Bus)                         \
    if (Bus::pf == pf && Bus::bar == bar) \
        response = read_words<Bus>(offset, bytes, value);
        HAL_BUSES(READ)
#undef READ
        pass(idle);
        return response;
    }

    int write(int pf, int bar, uint64_t offset, unsigned bytes, uint64_t value) {
        int response = nobody;
#define WRITE(Bus)                        \
    if (Bus::pf == pf && Bus::bar == bar) \
        response = write_words<Bus>(offset, bytes, value);
        HAL_BUSES(WRITE)
#undef WRITE
        pass(idle);
        return response;
    }

    // The words of a burst, in bursts that cross no page where the bus has such, else one at a time.
    int write_block(int pf, int bar, uint64_t offset, const uint32_t *data, uint64_t dwords) {
        int response = nobody;
#define WRITE(Bus)                        \
    if (Bus::pf == pf && Bus::bar == bar) \
        response = write_run<Bus>(offset, reinterpret_cast<const uint8_t *>(data), dwords * 4);
        HAL_BUSES(WRITE)
#undef WRITE
        return response;
    }

    void pass(uint64_t count) {
        for (; count; count--)
            clock();
    }

#if HAL_F2
    F2 f2;
#endif

  private:
    // An access that is wider than the bus, or not aligned to it, is one for each of its words.
    template <typename Bus> int read_words(uint64_t offset, unsigned bytes, uint64_t *value) {
        int worst = okay;
        *value = 0;
        for (unsigned done = 0, step; done < bytes; done += step) {
            step = std::min(Bus::bytes - (unsigned)((offset + done) % Bus::bytes), bytes - done);
            uint64_t word = 0;
            int response = Bus::read(logic.model(), offset + done, step, &word, *this);
            worst = std::max(worst, response);
            *value |= ((response == nobody ? ~UINT64_C(0) : word) & ones(step)) << done * 8;
        }
        note(Bus::pf, Bus::bar, offset, bytes, *value, worst >= slverr, false);
        return worst;
    }

    template <typename Bus> int write_words(uint64_t offset, unsigned bytes, uint64_t value) {
        int worst = okay;
        for (unsigned done = 0, step; done < bytes; done += step) {
            step = std::min(Bus::bytes - (unsigned)((offset + done) % Bus::bytes), bytes - done);
            uint8_t part[8];
            uint64_t rest = value >> done * 8;
            memcpy(part, &rest, sizeof(part));
            worst = std::max(worst, Bus::write(logic.model(), offset + done, part, step, *this));
        }
        note(Bus::pf, Bus::bar, offset, bytes, value, worst >= slverr, true);
        return worst;
    }

    template <typename Bus> int write_run(uint64_t offset, const uint8_t *data, uint64_t bytes) {
        int worst = okay;
        for (uint64_t done = 0, step; done < bytes; done += step) {
            step = std::min(Bus::page - (offset + done) % Bus::page, bytes - done);
            int response = Bus::write(logic.model(), offset + done, data + done, step, *this);
            worst = std::max(worst, response);
            for (uint64_t at = 0; at < step; at += 4) {
                uint32_t word = 0;
                memcpy(&word, data + done + at, std::min<uint64_t>(4, step - at));
                note(Bus::pf, Bus::bar, offset + done + at, 4, word, response >= slverr, true);
            }
            pass(idle);
        }
        return worst;
    }

    static uint64_t ones(unsigned bytes) {
        return bytes >= 8 ? ~UINT64_C(0) : (UINT64_C(1) << bytes * 8) - 1;
    }

    void note(int pf, int bar, uint64_t offset, unsigned bytes, uint64_t value, bool failed, bool is_write) {
        for (unsigned done = 0, step; done < bytes; done += step) {
            unsigned within = (unsigned)((offset + done) % 4);
            step = std::min(4 - within, bytes - done);
            uint32_t mask = (uint32_t)(ones(step) << within * 8);
            uint32_t part = (uint32_t)(value >> done * 8 << within * 8);
            uint64_t at = offset + done - within;
            if (is_write)
                words.write(pf, bar, at, mask, part, failed);
            else
                words.read(pf, bar, at, mask, part, failed);
        }
    }

    void watch_interrupts() {
        if constexpr (top::interrupt_count > 0) {
            uint32_t now = top::interrupts(logic.model());
            uint32_t rising = now & ~asserted_;
            for (unsigned line = 0; rising; line++, rising >>= 1)
                requests[line] += rising & 1;
            asserted_ = now;
        }
    }

    uint32_t asserted_ = 0;
    std::map<const top::PortInfo *, std::vector<uint32_t>> held_;
};

} // namespace hal

#endif
