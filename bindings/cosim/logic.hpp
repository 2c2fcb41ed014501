// The simulated logic: the verilated model, its clocks and resets, its time and its waves.
//
// A clock of the main clock is settle(), in which inputs reach outputs while the clock is low, and edge(), its rising
// edge. What a bus drives it sets before settle(), and what it samples it samples between the two, as a flip-flop does.
#ifndef HAL_COSIM_LOGIC_HPP
#define HAL_COSIM_LOGIC_HPP

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>

#include "hal_top.hpp"

#if HAL_WAVES == 1
#include "verilated_vcd_c.h"
#elif HAL_WAVES == 2
#include "verilated_fst_c.h"
#endif

namespace hal {

#if HAL_WAVES == 1
using Waves = VerilatedVcdC;
#elif HAL_WAVES == 2
using Waves = VerilatedFstC;
#endif

// What the simulation said of itself, by vl_finish and its kin.
struct Reports {
    std::string ended;  // what ended it; "" while it runs
    uint64_t count = 0; // of assertions that failed
};

extern Reports reports;

// Tells what went wrong, and counts it; anything but $stop and $error ends the simulation.
void report(const char *what, const char *file, int line, const char *message);

// What ends an eval() in the middle.
struct Ended {};

class Logic {
  public:
    top::Model &model() {
        return *model_;
    }

    bool exists() const {
        return model_ != nullptr;
    }

    bool runs() const {
        return exists() && reports.ended.empty();
    }

    uint64_t clocks() const {
        return clocks_;
    }

    uint64_t picoseconds() const {
        return time_;
    }

    // As the FPGA's configuration leaves it.
    void create() {
        close_waves();
        model_.reset();
        reports = Reports();
        context_ = std::make_unique<VerilatedContext>();
        context_->timeunit(-12);
        context_->timeprecision(-12);
#if HAL_WAVES
        context_->traceEverOn(true);
#endif
        model_ = std::make_unique<top::Model>(context_.get(), "top");
        clocks_ = time_ = 0;
        for (auto &clock : top::clocks)
            clock.elapsed = 0;
        if (!waves_path_.empty())
            open_waves();
        top::clock(*model_) = 0;
    }

    // Holds the reset for some clocks, and lets some pass after it.
    template <typename Idle> void reset(Idle idle) {
        top::reset(*model_, true);
        for (unsigned i = 0; i < reset_clocks; i++)
            idle();
        top::reset(*model_, false);
        for (unsigned i = 0; i < settle_clocks; i++)
            idle();
    }

    void settle() {
        model_->eval();
#if HAL_WAVES
        dump(time_);
#endif
    }

    void edge() {
        move_clocks(half_);
        top::clock(*model_) = 1;
        context_->time(time_ + half_);
        model_->eval();
#if HAL_WAVES
        dump(time_ + half_);
#endif
        clocks_++;
        time_ += 2 * half_;
        context_->time(time_);
        move_clocks(half_);
        top::clock(*model_) = 0;
    }

    void set_hz(uint64_t hz) {
        half_ = 500000000000u / hz;
    }

    uint64_t hz() const {
        return 500000000000u / half_;
    }

    // "" ends it. 0, or a negative errno.
    int waves(const std::string &path) {
#if HAL_WAVES
        close_waves();
        waves_path_ = path;
        waves_count_ = 0;
        return path.empty() || !exists() ? 0 : open_waves();
#else
        return path.empty() ? 0 : -EOPNOTSUPP;
#endif
    }

    // Of a forked child: the file is its parent's.
    void forget_waves() {
#if HAL_WAVES
        (void)waves_.release();
#endif
        waves_path_.clear();
    }

    void flush() {
#if HAL_WAVES
        if (waves_)
            waves_->flush();
#endif
    }

    void close_waves() {
#if HAL_WAVES
        if (waves_)
            waves_->close();
        waves_.reset();
#endif
    }

  private:
    static constexpr unsigned reset_clocks = 16, settle_clocks = 16;

    // Other clocks than the main one change with one of its edges.
    void move_clocks(uint64_t span) {
        for (auto &clock : top::clocks) {
            clock.elapsed += span;
            if (clock.elapsed >= clock.half) {
                clock.elapsed -= clock.half;
                clock.toggle(*model_);
            }
        }
    }

#if HAL_WAVES
    void dump(uint64_t time) {
        if (waves_)
            waves_->dump(time);
    }

    int open_waves() {
        std::string path = waves_path_;
        if (waves_count_++) { // of a later configuration: run.vcd, run.2.vcd
            size_t dot = path.rfind('.'), slash = path.rfind('/');
            if (dot == std::string::npos || (slash != std::string::npos && dot < slash))
                dot = path.size();
            path.insert(dot, "." + std::to_string(waves_count_));
        }
        auto waves = std::make_unique<Waves>();
        model_->trace(waves.get(), 99);
        waves->open(path.c_str());
        if (!waves->isOpen())
            return -ENOENT;
        waves_ = std::move(waves);
        return 0;
    }

    std::unique_ptr<Waves> waves_; // after the model in destruction
    unsigned waves_count_ = 0;
#else
    int open_waves() {
        return 0;
    }
#endif
    std::string waves_path_;
    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<top::Model> model_;
    uint64_t clocks_ = 0, time_ = 0, half_ = 2000;
};

} // namespace hal

#endif
