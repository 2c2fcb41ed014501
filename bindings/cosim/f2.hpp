// The F2 shell's other side: what acknowledges interrupts, and the host's memory behind the PCIe master port.
#ifndef HAL_COSIM_F2_HPP
#define HAL_COSIM_F2_HPP

#include <cstring>
#include <deque>
#include <sys/mman.h>

#include "axi.hpp"
#include "hal_logic.h"

namespace hal {

// The host's memory has two parts: what the process has mapped for the card, and elsewhere a plain one, which takes
// nothing where it is not touched.
class F2 {
  public:
    // Addresses on the bus begin at 0.
    static constexpr uint64_t host_bytes = UINT64_C(256) << 20;

    uint8_t *host() {
        if (!host_) {
            void *place =
                mmap(nullptr, host_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            host_ = place == MAP_FAILED ? nullptr : static_cast<uint8_t *>(place);
        }
        return host_;
    }

    // The host's memory stays; what is under way is gone.
    void forget() {
        writes_.clear();
        beats_.clear();
        answers_.clear();
        reads_.clear();
        written_ = read_ = 0;
        is_read_ = false;
        std::fill(std::begin(due_), std::end(due_), 0);
        acknowledged_ = 0;
    }

    // Before outputs are looked at.
    void drive(top::Model &model, uint64_t picoseconds) {
        top::count(model, picoseconds / 4000);
        top::acknowledge(model) = acknowledged_;
        Pcim::awready(model) = writes_.size() < depth;
        Pcim::wready(model) = beats_.size() < depth;
        Pcim::arready(model) = reads_.size() < depth;
        Pcim::bvalid(model) = !answers_.empty();
        if (!answers_.empty()) {
            Pcim::bid(model) = answers_.front().id;
            Pcim::bresp(model) = answers_.front().response;
        }
        drive_read(model);
    }

    // What the coming edge takes over.
    void sample(top::Model &model) {
        acknowledge(top::interrupts(model));
        if (Pcim::awvalid(model) && Pcim::awready(model))
            writes_.push_back(burst(Pcim::awid(model), Pcim::awaddr(model), Pcim::awlen(model)));
        if (Pcim::arvalid(model) && Pcim::arready(model))
            reads_.push_back(burst(Pcim::arid(model), Pcim::araddr(model), Pcim::arlen(model)));
        if (Pcim::wvalid(model) && Pcim::wready(model)) {
            Beat beat;
            memcpy(beat.data, &Pcim::wdata(model)[0], sizeof(beat.data));
            beat.strobes = Pcim::wstrb(model);
            beats_.push_back(beat);
        }
        if (Pcim::bvalid(model) && Pcim::bready(model))
            answers_.pop_front();
        if (Pcim::rvalid(model) && Pcim::rready(model)) {
            is_read_ = false;
            if (++read_ > reads_.front().last) {
                reads_.pop_front();
                read_ = 0;
            }
        }
        write();
    }

  private:
    using Pcim = top::Pcim;
    static constexpr size_t depth = 16;
    static constexpr uint64_t width = 64;
    static constexpr unsigned lines = 16, delay = 4; // clocks from a request to its acknowledgement

    struct Burst {
        uint16_t id;
        uint64_t address, last; // of its first beat, and the number of its last one
        bool mapped;            // what is not there is answered with an error
        int response;
    };
    struct Beat {
        uint8_t data[width];
        uint64_t strobes;
    };
    struct Answer {
        uint16_t id;
        int response;
    };

    Burst burst(uint64_t id, uint64_t address, uint64_t last) {
        uint64_t end = (address & ~(width - 1)) + (last + 1) * width;
        if (address >> 12 != (end - 1) >> 12)
            report("$error", "PCIM", 0, "a burst crosses a page of 4 KiB");
        bool within = host() && address < host_bytes && end <= host_bytes;
        bool mapped = !within || hal_logic_is_mapped(address);
        return Burst{(uint16_t)id, address, last, mapped, end > address ? okay : decerr};
    }

    // The burst's answer is the worst of its beats'.
    void write_beat(Burst &burst, uint64_t address, const Beat &beat) {
        if (burst.response != okay || !beat.strobes)
            return;
        if (burst.mapped) {
            if (hal_logic_master_write(address, beat.data, width, beat.strobes))
                burst.response = decerr;
            return;
        }
        for (unsigned lane = 0; lane < width; lane++)
            if (beat.strobes >> lane & 1)
                host_[address + lane] = beat.data[lane];
    }

    // Once, however long the logic lets it wait.
    void read_beat(const Burst &burst) {
        uint64_t address = (burst.address & ~(width - 1)) + read_ * width;
        memset(beat_.data, 0xFF, sizeof(beat_.data));
        beat_response_ = burst.response;
        if (burst.response == okay && !burst.mapped)
            memcpy(beat_.data, host_ + address, width);
        else if (burst.response == okay && hal_logic_master_read(address, beat_.data, width))
            beat_response_ = decerr;
        is_read_ = true;
    }

    void write() {
        while (!writes_.empty() && !beats_.empty()) {
            Burst &burst = writes_.front();
            uint64_t address = (burst.address & ~(width - 1)) + written_ * width;
            write_beat(burst, address, beats_.front());
            beats_.pop_front();
            if (++written_ > burst.last) {
                answers_.push_back(Answer{burst.id, burst.response});
                writes_.pop_front();
                written_ = 0;
            }
        }
    }

    void drive_read(top::Model &model) {
        Pcim::rvalid(model) = !reads_.empty();
        if (reads_.empty())
            return;
        const Burst &burst = reads_.front();
        if (!is_read_)
            read_beat(burst);
        memcpy(&Pcim::rdata(model)[0], beat_.data, width);
        Pcim::rid(model) = burst.id;
        Pcim::rresp(model) = beat_response_;
        Pcim::rlast(model) = read_ == burst.last;
    }

    void acknowledge(uint32_t requests) {
        acknowledged_ = 0;
        for (unsigned line = 0; line < lines; line++) {
            if (due_[line] && --due_[line] == 0)
                acknowledged_ |= 1u << line;
            else if (!due_[line] && requests >> line & 1)
                due_[line] = delay;
        }
    }

    std::deque<Burst> writes_, reads_;
    std::deque<Beat> beats_;
    std::deque<Answer> answers_;
    uint64_t written_ = 0, read_ = 0;
    Beat beat_ = {}; // the one that is offered, once it was read
    int beat_response_ = okay;
    bool is_read_ = false;
    unsigned due_[lines] = {};
    uint32_t acknowledged_ = 0;
    uint8_t *host_ = nullptr;
};

} // namespace hal

#endif
