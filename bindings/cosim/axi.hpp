// AXI4 with bursts, as the shell masters a custom logic's DMA bus: whole beats, of which strobes say what is meant.
#ifndef HAL_COSIM_AXI_HPP
#define HAL_COSIM_AXI_HPP

#include <algorithm>
#include <cstring>

#include "lite.hpp"

namespace hal {

template <typename Port> class Axi {
  public:
    static constexpr int pf = Port::pf, bar = Port::bar;
    static constexpr unsigned bytes = 64;
    static constexpr uint64_t page = 4096; // which no burst crosses

    // So many bytes, up to 8, within one beat.
    template <typename Clock>
    static int read(top::Model &model, uint64_t address, unsigned count, uint64_t *data, Clock &clock) {
        Port::araddr(model) = address;
        Port::arlen(model) = 0;
        Port::arsize(model) = 6;
        Port::arburst(model) = 1;
        return answer_of_read<Port>(
            model, clock, stale_reads, [&] { return Port::rlast(model) != 0; },
            [&] {
                uint8_t beat[bytes];
                memcpy(beat, &Port::rdata(model)[0], bytes);
                *data = 0;
                memcpy(data, beat + address % bytes, count);
            });
    }

    // One burst: within a page.
    template <typename Clock>
    static int write(top::Model &model, uint64_t address, const uint8_t *data, uint64_t count, Clock &clock) {
        uint64_t first = address % bytes, beats = (first + count + bytes - 1) / bytes, beat = 0;
        Port::awaddr(model) = address;
        Port::awlen(model) = beats - 1;
        Port::awsize(model) = 6;
        Port::awburst(model) = 1;
        Port::awvalid(model) = 1;
        Port::bready(model) = 1;
        int response = nobody;
        bool asked = false;
        put_beat(model, first, data, count, beat, beats);
        for (uint64_t left = patience; left && response == nobody; left--) {
            clock.settle();
            asked |= Port::awready(model) != 0;
            bool taken = Port::wvalid(model) && Port::wready(model);
            if (Port::bvalid(model)) {
                if (stale_writes)
                    stale_writes--;
                else if (asked && (beat == beats || (taken && beat + 1 == beats)))
                    response = Port::bresp(model);
            }
            clock.edge();
            if (asked)
                Port::awvalid(model) = 0;
            if (taken) {
                left = patience;
                put_beat(model, first, data, count, ++beat, beats);
            }
        }
        stale_writes += asked && beat == beats && response == nobody;
        Port::awvalid(model) = 0;
        Port::wvalid(model) = 0;
        Port::bready(model) = 0;
        return response;
    }

    static void forget() {
        stale_reads = stale_writes = 0;
    }

  private:
    // The bytes of a burst that a beat holds; after the last one, nothing is valid.
    static void put_beat(top::Model &model, uint64_t first, const uint8_t *data, uint64_t count, uint64_t beat,
                         uint64_t beats) {
        Port::wvalid(model) = beat < beats;
        if (beat == beats)
            return;
        uint8_t lanes[bytes] = {};
        uint64_t start = beat ? 0 : first, done = beat ? beat * bytes - first : 0;
        uint64_t held = std::min(bytes - start, count - done);
        memcpy(lanes + start, data + done, held);
        memcpy(&Port::wdata(model)[0], lanes, bytes);
        Port::wstrb(model) = (held == 64 ? ~UINT64_C(0) : (UINT64_C(1) << held) - 1) << start;
        Port::wlast(model) = beat + 1 == beats;
    }

    static inline unsigned stale_reads = 0, stale_writes = 0;
};

} // namespace hal

#endif
