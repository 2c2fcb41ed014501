/* Reads that are wider than a memory's words, in BARs that are prefetchable: a read changes nothing there, and more of
 * it at once is the same. No byte is read that was not asked for. */
#include <string.h>

#include "bulk/bulk.h"

#if defined(__x86_64__)
#include <smmintrin.h>
#endif

enum { LINE = 64 }; /* bytes of the widest access: a line of the processor's cache */

static uint64_t up_to(uint64_t offset, uint64_t bytes, uint64_t boundary) {
    uint64_t before = -offset % boundary;
    return before < bytes ? before : bytes;
}

#if defined(__x86_64__)
/* A streaming load fetches the whole line from a write-combining mapping, where a plain one fetches what it names. */
static __attribute__((target("sse4.1"))) void stream(const unsigned char *in, unsigned char *out, uint64_t bytes) {
    for (const unsigned char *end = in + bytes; in != end; in += LINE, out += LINE) {
        __m128i *from = (__m128i *)(uintptr_t)in, *to = (__m128i *)(void *)out;
        __m128i a = _mm_stream_load_si128(from), b = _mm_stream_load_si128(from + 1);
        __m128i c = _mm_stream_load_si128(from + 2), d = _mm_stream_load_si128(from + 3);
        _mm_storeu_si128(to, a);
        _mm_storeu_si128(to + 1, b);
        _mm_storeu_si128(to + 2, c);
        _mm_storeu_si128(to + 3, d);
    }
}

static int load_lines(const void *in, unsigned char *out, uint64_t bytes) {
    if ((uintptr_t)in % LINE || !__builtin_cpu_supports("sse4.1"))
        return -EOPNOTSUPP;
    _mm_mfence(); /* nothing that the processor fetched before */
    stream(in, out, bytes);
    return 0;
}
#else
static int load_lines(const void *in, unsigned char *out, uint64_t bytes) {
    (void)in, (void)out, (void)bytes;
    return -EOPNOTSUPP;
}
#endif

/* What a function that went away, or does not answer, leaves at the end of what is read of it. */
static bool ends_in_ones(const unsigned char *out, uint64_t bytes) {
    uint64_t last;
    memcpy(&last, out + bytes - sizeof last, sizeof last);
    return last == UINT64_MAX;
}

/* -EOPNOTSUPP where the library has no mapping to show, or its accesses are written down one by one. */
static int read_lines(const hal_bar *bar, uint64_t offset, unsigned char *out, uint64_t bytes) {
    const hal_library *library = bar->library;
    void *mapped = NULL;
    if (bytes == 0)
        return 0;
    if (atomic_load_explicit(&library->recorded, memory_order_relaxed))
        return -EOPNOTSUPP;
    if (library->card)
        return library->card->read_lines(hal_handle(bar), offset, out, bytes);
    if (!library->sdk.fpga_pci_get_address)
        return -EOPNOTSUPP;
    int code = library->sdk.fpga_pci_get_address(hal_handle(bar), offset, bytes, &mapped);
    if (code == 0)
        code = load_lines(mapped, out, bytes);
    if (code == 0 && library->pci && ends_in_ones(out, bytes)) /* as each of its single reads looks by itself */
        code = library->pci->answers(hal_handle(bar), offset);
    return code;
}

/* Whole words of width bits: those before a boundary of 64 bits, 64-bit words, those after. */
static int read_words(const hal_bar *bar, uint64_t offset, int width, bool in_lines, unsigned char *out,
                      uint64_t bytes) {
    uint64_t step = (uint64_t)width / 8, before = up_to(offset, bytes, 8), words = (bytes - before) & ~UINT64_C(7);
    uint64_t ahead = in_lines ? up_to(offset + before, words, LINE) : words;
    uint64_t lines = (words - ahead) & ~(uint64_t)(LINE - 1), at = before + ahead;
    if (hal_whole_of(bar->bus))
        return hal_whole_of(bar->bus)->read_wide(bar, offset, width, in_lines ? 8 * LINE : 64, out, bytes);
    int code = hal_read_run(bar, offset, width, out, before / step);
    if (code == 0)
        code = hal_read_run(bar, offset + before, 64, out + before, ahead / 8);
    if (code == 0 && lines)
        code = read_lines(bar, offset + at, out + at, lines);
    if (code == -EOPNOTSUPP)
        code = hal_read_run(bar, offset + at, 64, out + at, lines / 8);
    at += lines;
    if (code == 0)
        code = hal_read_run(bar, offset + at, 64, out + at, (before + words - at) / 8);
    at = before + words;
    return code ? code : hal_read_run(bar, offset + at, width, out + at, (bytes - at) / step);
}

/* As hal_read_bytes; where reads is more than width, in accesses of 64 bits, and of 512 where it is that, as far as
 * they lie in what is asked for. */
int hal_read_wide(hal_bar *bar, uint32_t generation, uint64_t offset, int width, int reads, void *data,
                  uint64_t bytes) {
    if (reads <= width)
        return hal_read_bytes(bar, generation, offset, width, data, bytes);
    int code = hal_check_bytes(bar, generation, offset, width, data, bytes);
    if (code || bytes == 0)
        return code;
    span parts = hal_span_of(offset, width, bytes);
    unsigned char *out = data;
    uint64_t whole = parts.words * ((uint64_t)width / 8), end = parts.head + whole;
    passage way;
    code = hal_read_part(bar, generation, offset, width, out, parts.head);
    if (code == 0 && whole) {
        code = hal_begin_transfer(&way, bar, generation, reads > 64 ? whole / LINE + 1 : whole / 8 + 1, 0);
        if (code == 0)
            code = hal_end_transfer(&way,
                                    read_words(bar, offset + parts.head, width, reads > 64, out + parts.head, whole));
    }
    return code ? code : hal_read_part(bar, generation, offset + end, width, out + end, parts.tail);
}
