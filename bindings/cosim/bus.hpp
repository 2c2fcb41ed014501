// What all buses answer, and what those have in common that access one word at a time.
#ifndef HAL_COSIM_BUS_HPP
#define HAL_COSIM_BUS_HPP

#include <cstring>

#include "logic.hpp"

namespace hal {

enum Response { okay = 0, exokay = 1, slverr = 2, decerr = 3, nobody = 4 };

// Clocks that an access waits for its handshake and its response.
extern uint64_t patience;

// Port names, as hal_top.hpp says them: widths, and a function for each signal.
template <typename Port> class WordBus {
  public:
    static constexpr int pf = Port::pf, bar = Port::bar;
    static constexpr unsigned bytes = Port::data_bits / 8;
    static constexpr uint64_t page = bytes; // one write: there are no bursts

  protected:
    static bool reaches(uint64_t address) {
        return Port::address_bits >= 64 || address >> (Port::address_bits % 64) == 0;
    }

    // The word of an address.
    static uint64_t start(uint64_t address) {
        return address - address % bytes;
    }

    // What a read of an address's word tells of the bytes from there on.
    static uint64_t found(uint64_t address, uint64_t word) {
        return word >> address % bytes * 8;
    }

    // A write of some bytes within a word: that word, and the strobes that say where they are.
    static uint64_t given(uint64_t address, const uint8_t *data, uint64_t count) {
        uint64_t word = 0;
        memcpy(reinterpret_cast<uint8_t *>(&word) + address % bytes, data, count);
        return word;
    }

    static unsigned strobes(uint64_t address, uint64_t count) {
        return ((1u << count) - 1) << address % bytes;
    }
};

} // namespace hal

#endif
