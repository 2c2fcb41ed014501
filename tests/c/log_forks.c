/* Forks while another thread uses the SDK's log. Prints how many children ended well. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int log_init(const char *format, ...);

static atomic_bool ended;

static void *use(void *argument) {
    while (!atomic_load(&ended))
        log_init("thread %d", 1);
    return argument;
}

int main(void) {
    enum { FORKS = 200 };
    pthread_t thread;
    int good = 0;
    pthread_create(&thread, NULL, use, NULL);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            _exit(log_init("child %d", i));
        }
        int status = 1;
        waitpid(child, &status, 0);
        good += status == 0;
        if (status)
            break;
    }
    atomic_store(&ended, true);
    pthread_join(thread, NULL);
    printf("%d\n", good);
    return 0;
}
