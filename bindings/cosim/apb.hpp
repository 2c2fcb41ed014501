// APB, as the master of a block: a clock of setup, then the access until it is ready.
#ifndef HAL_COSIM_APB_HPP
#define HAL_COSIM_APB_HPP

#include <cstring>

#include "lite.hpp"

namespace hal {

// Port names, as hal_top.hpp says them. Without strobes, a write of some bytes writes zeros to the others of its word.
template <typename Port> class Apb {
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
        Port::pwrite(model) = 0;
        Port::pstrb(model) = 0; // as the specification has it for reads
        return access(model, address - within, clock, [&] { *data = (uint64_t)Port::prdata(model) >> within * 8; });
    }

    // The same, of which strobes say where.
    template <typename Clock>
    static int write(top::Model &model, uint64_t address, const uint8_t *data, uint64_t count, Clock &clock) {
        unsigned within = (unsigned)(address % bytes);
        uint64_t word = 0;
        memcpy(reinterpret_cast<uint8_t *>(&word) + within, data, count);
        if (!reaches(address))
            return nobody;
        Port::pwrite(model) = 1;
        Port::pwdata(model) = word;
        Port::pstrb(model) = ((1u << count) - 1) << within;
        return access(model, address - within, clock, [] {});
    }

    static void forget() {
    }

  private:
    static bool reaches(uint64_t address) {
        return Port::address_bits >= 64 || address >> (Port::address_bits % 64) == 0;
    }

    // take: what is made of the data when the access is over. Where it never is, the select goes, and nobody answered.
    template <typename Clock, typename Take>
    static int access(top::Model &model, uint64_t address, Clock &clock, Take take) {
        Port::paddr(model) = address;
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
