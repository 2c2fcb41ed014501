// APB, as the master of a block: a clock of setup, then the access until it is ready.
#ifndef HAL_COSIM_APB_HPP
#define HAL_COSIM_APB_HPP

#include "bus.hpp"

namespace hal {

// Without strobes, a write of some bytes writes zeros to the others of its word.
template <typename Port> class Apb : public WordBus<Port> {
    using Word = WordBus<Port>;

  public:
    // So many bytes within one word: all of it is read.
    template <typename Clock>
    static int read(top::Model &model, uint64_t address, unsigned count, uint64_t *data, Clock &clock) {
        (void)count;
        if (!Word::reaches(address))
            return nobody;
        Port::pwrite(model) = 0;
        Port::pstrb(model) = 0; // as the specification has it for reads
        return access(model, address, clock, [&] { *data = Word::found(address, Port::prdata(model)); });
    }

    // The same, of which strobes say where.
    template <typename Clock>
    static int write(top::Model &model, uint64_t address, const uint8_t *data, uint64_t count, Clock &clock) {
        if (!Word::reaches(address))
            return nobody;
        Port::pwrite(model) = 1;
        Port::pwdata(model) = Word::given(address, data, count);
        Port::pstrb(model) = Word::strobes(address, count);
        return access(model, address, clock, [] {});
    }

    static void forget() {
    }

  private:
    // take: what is made of the data when the access is over. Where it never is, the select goes, and nobody answered.
    template <typename Clock, typename Take>
    static int access(top::Model &model, uint64_t address, Clock &clock, Take take) {
        Port::paddr(model) = Word::start(address);
        Port::psel(model) = 1;
        Port::penable(model) = 0;
        clock.clock();
        Port::penable(model) = 1;
        int response = nobody;
        for (uint64_t left = patience; left && response == nobody; left--) {
            clock.settle();
            if (Port::pready(model)) {
                take();
                response = Port::pslverr(model) ? slverr : okay;
            }
            clock.edge();
        }
        Port::psel(model) = 0;
        Port::penable(model) = 0;
        return response;
    }
};

} // namespace hal

#endif
