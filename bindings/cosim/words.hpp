// Which bus words were accessed, and what was seen of their bits.
#ifndef HAL_COSIM_WORDS_HPP
#define HAL_COSIM_WORDS_HPP

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "hal_cosim.h"

namespace hal {

class Words {
  public:
    // `mask`: the bits of the word that the access covered.
    void read(int pf, int bar, uint64_t offset, uint32_t mask, uint32_t value, bool failed) {
        if (hal_cosim_word *word = at(pf, bar, offset)) {
            word->reads++;
            word->errors += failed;
            word->read_ones |= value & mask;
            word->read_zeros |= ~value & mask;
        }
    }

    void write(int pf, int bar, uint64_t offset, uint32_t mask, uint32_t value, bool failed) {
        if (hal_cosim_word *word = at(pf, bar, offset)) {
            word->writes++;
            word->errors += failed;
            word->written_ones |= value & mask;
            word->written_zeros |= ~value & mask;
        }
    }

    int64_t copy(hal_cosim_word *out, size_t max) const {
        std::vector<hal_cosim_word> sorted;
        for (const auto &[key, word] : words_)
            sorted.push_back(word);
        std::sort(sorted.begin(), sorted.end(), [](const hal_cosim_word &a, const hal_cosim_word &b) {
            return key_of(a.pf, a.bar, a.offset) < key_of(b.pf, b.bar, b.offset);
        });
        std::copy_n(sorted.begin(), std::min(max, sorted.size()), out);
        return (int64_t)sorted.size();
    }

    void forget() {
        words_.clear();
        last_ = nullptr;
        last_key_ = ~UINT64_C(0);
    }

  private:
    static constexpr size_t most = 1 << 20;

    static uint64_t key_of(int pf, int bar, uint64_t offset) {
        return (uint64_t)(unsigned)(pf * 8 + bar) << 56 | offset;
    }

    // The word at an offset of four bytes; null: there is no room for more.
    hal_cosim_word *at(int pf, int bar, uint64_t offset) {
        uint64_t key = key_of(pf, bar, offset);
        if (key == last_key_)
            return last_;
        auto found = words_.find(key);
        if (found == words_.end()) {
            if (words_.size() >= most)
                return nullptr;
            hal_cosim_word word = {};
            word.offset = offset;
            word.pf = (uint8_t)pf;
            word.bar = (uint8_t)bar;
            found = words_.emplace(key, word).first;
        }
        last_key_ = key;
        last_ = &found->second; // its place stays
        return last_;
    }

    std::unordered_map<uint64_t, hal_cosim_word> words_;
    uint64_t last_key_ = ~UINT64_C(0);
    hal_cosim_word *last_ = nullptr;
};

} // namespace hal

#endif
