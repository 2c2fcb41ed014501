// AXI4-Lite, as the master of a block: one access at a time, both channels of a write at once.
#ifndef HAL_COSIM_LITE_HPP
#define HAL_COSIM_LITE_HPP

#include "bus.hpp"

namespace hal {

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

template <typename Port> class Lite : public WordBus<Port> {
    using Word = WordBus<Port>;

  public:
    // So many bytes within one word: all of it is read.
    template <typename Clock>
    static int read(top::Model &model, uint64_t address, unsigned count, uint64_t *data, Clock &clock) {
        (void)count;
        if (!Word::reaches(address))
            return nobody;
        Port::araddr(model) = Word::start(address);
        return answer_of_read<Port>(
            model, clock, stale_reads, [] { return true; }, [&] { *data = Word::found(address, Port::rdata(model)); });
    }

    // The same, of which strobes say where.
    template <typename Clock>
    static int write(top::Model &model, uint64_t address, const uint8_t *data, uint64_t count, Clock &clock) {
        if (!Word::reaches(address))
            return nobody;
        Port::awaddr(model) = Word::start(address);
        Port::awvalid(model) = 1;
        Port::wdata(model) = Word::given(address, data, count);
        Port::wstrb(model) = Word::strobes(address, count);
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
    // Accesses that were taken and given up on: what answers next is theirs.
    static inline unsigned stale_reads = 0, stale_writes = 0;
};

} // namespace hal

#endif
