/* Forks while another thread changes what the card reaches: each child has every mapping once. Prints how many had. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hal_dma.h"

enum { KEPT = 4000, FORKS = 40, PAGE = 4096 };

static const hal_dma_api *api;
static uint64_t kept[KEPT];
static atomic_bool ends;

/* Nothing of the memory is accessed. */
static uint64_t map(uint32_t bits) {
    uint64_t address = 0;
    return api->map(0, (void *)PAGE, PAGE, HAL_DMA_CARD_READS, bits, &address) ? 0 : address;
}

static void *change(void *first) {
    uint64_t passing = *(uint64_t *)first;
    while (!ends && passing && api->unmap(0, passing) == 0)
        passing = map(32);
    return passing ? NULL : first;
}

static int is_whole(void) {
    for (int round = 0; round < 2; round++)
        for (int i = KEPT - 1; i >= 0; i--)
            if (api->unmap(0, kept[i]) != (round ? -ENOENT : 0))
                return 0;
    return map(64) != 0;
}

int main(void) {
    api = hal_dma_get_api();
    uint64_t first = map(32); /* below all others */
    for (int i = 0; i < KEPT; i++)
        kept[i] = map(64);
    pthread_t thread;
    void *failed;
    int whole = 0;
    if (pthread_create(&thread, NULL, change, &first))
        return 1;
    for (int i = 0; i < FORKS; i++) {
        int status = 0;
        usleep(200);
        pid_t child = fork();
        if (child == 0)
            _exit(!is_whole());
        if (child < 0 || waitpid(child, &status, 0) != child)
            return 2;
        whole += status == 0;
    }
    ends = 1;
    pthread_join(thread, &failed);
    printf("%d\n", whole);
    return failed != NULL;
}
