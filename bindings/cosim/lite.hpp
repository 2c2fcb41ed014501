// AXI4-Lite, as the master of a block: one access at a time, both channels of a write at once.
#ifndef HAL_COSIM_LITE_HPP
#define HAL_COSIM_LITE_HPP

#include <cstring>

#include "logic.hpp"

namespace hal {

enum Response { okay = 0, exokay = 1, slverr = 2, decerr = 3, nobody = 4 };

// Clocks that an access waits for its handshake and its response.
extern uint64_t patience;

// The channels of a read whose address is set: its response, or nobody's. ends: whether a beat is the last of its read.
// take: what is made of the last beat's data. stale: reads that were taken and given up on: what answers next is
// theirs.
template <typename Port, typename Clock, typename Ends, typename Take>
int answer_of_read(top::Model &model, Clock &clock, unsigned &stale, Ends ends, Take take) {
    Port::arvalid(model) = 1;
    Port::rready(model) = 1;
    int response = nobody;
    bool asked = false;
    for (uint64_t left = patience; left && response == nobody; left--) {
        clock.settle();
        asked |= Port::arready(model) != 0;
        if (Port::rvalid(model)) {
            if (stale) {
                stale -= ends();
            } else if (asked) {
                take();
                response = Port::rresp(model);
            }
        }
        clock.edge();
        if (asked)
            Port::arvalid(model) = 0;
    }
    stale += asked && response == nobody;
    Port::arvalid(model) = 0;
    Port::rready(model) = 0;
    return response;
}

// Port names, as hal_top.hpp says them: widths, and a function for each signal.
template <typename Port> class Lite {
  public:
    static constexpr int pf = Port::pf, bar = Port::bar;
    static constexpr unsigned bytes = Port::data_bits / 8;

    static constexpr uint64_t page = bytes; // one write: there are no bursts

    // So many bytes within one word: all of it is read.
    template <typename Clock>
    static int read(top::Model &model, uint64_t address, unsigned count, uint64_t *data, Clock &clock) {
        unsigned within = (unsigned)(address % bytes);
        (void)count;
        if (!reaches(address))
            return nobody;
        Port::araddr(model) = address - within;
        return answer_of_read<Port>(
            model, clock, stale_reads, [] { return true; },
            [&] { *data = (uint64_t)Port::rdata(model) >> within * 8; });
    }

    // The same, of which strobes say where.
    template <typename Clock>
    static int write(top::Model &model, uint64_t address, const uint8_t *data, uint64_t count, Clock &clock) {
        unsigned within = (unsigned)(address % bytes);
        uint64_t word = 0;
        memcpy(reinterpret_cast<uint8_t *>(&word) + within, data, count);
        if (!reaches(address))
            return nobody;
        Port::awaddr(model) = address - within;
        Port::awvalid(model) = 1;
        Port::wdata(model) = word;
        Port::wstrb(model) = ((1u << count) - 1) << within;
        Port::wvalid(model) = 1;
        Port::bready(model) = 1;
        int response = nobody;
        bool asked = false, given = false;
        for (uint64_t left = patience; left && response == nobody; left--) {
            clock.settle();
            asked |= Port::awready(model) != 0;
            given |= Port::wready(model) != 0;
            if (Port::bvalid(model)) {
                if (stale_writes)
                    stale_writes--;
                else if (asked && given)
                    response = Port::bresp(model);
            }
            clock.edge();
            if (asked)
                Port::awvalid(model) = 0;
            if (given)
                Port::wvalid(model) = 0;
        }
        stale_writes += asked && given && response == nobody;
        Port::awvalid(model) = 0;
        Port::wvalid(model) = 0;
        Port::bready(model) = 0;
        return response;
    }

    static void forget() {
        stale_reads = stale_writes = 0;
    }

  private:
    static bool reaches(uint64_t address) {
        return Port::address_bits >= 64 || address >> (Port::address_bits % 64) == 0;
    }

    // Accesses that were taken and given up on: what answers next is theirs.
    static inline unsigned stale_reads = 0, stale_writes = 0;
};

} // namespace hal

#endif
