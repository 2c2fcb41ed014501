/* A thread that learns what happens to functions under open BARs. A mapping of sysfs or UIO outlives its function: it
 * goes on to reach an address that somebody else may get next. So the kernel's events are listened to, and VFIO's
 * requests. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "map/map.h"

enum { KERNEL_EVENTS = 1, EVENT_MAX = 8192 }; /* netlink's group of the kernel itself */

static int wake = -1; /* tells the thread that there is more to watch; -1: it does not run */
static int events = -1;

/* ---- the kernel's events: ACTION@PATH, and lines of NAME=VALUE, each ended with NUL ---- */

static const char *value_of(const char *event, size_t length, const char *name) {
    size_t name_length = strlen(name);
    for (size_t at = 0; at < length; at += strlen(event + at) + 1)
        if (strncmp(event + at, name, name_length) == 0)
            return event + at + name_length;
    return "";
}

static void hear(const char *event, size_t length) {
    const char *action = value_of(event, length, "ACTION=");
    bool ends = strcmp(action, "remove") == 0 || strcmp(action, "bind") == 0 || strcmp(action, "unbind") == 0;
    if (ends && strcmp(value_of(event, length, "SUBSYSTEM="), "pci") == 0)
        guard_lose(value_of(event, length, "PCI_SLOT_NAME="));
}

/* What another process sends is no word of the kernel's. Where it had more to tell than there was room for, nobody
 * knows of any function. */
static void read_events(void) {
    static char event[EVENT_MAX];
    struct sockaddr_nl sender = {0};
    socklen_t size = sizeof sender;
    ssize_t length;
    errno = 0;
    while ((length = recvfrom(events, event, sizeof event - 1, MSG_DONTWAIT, (struct sockaddr *)&sender, &size)) > 0) {
        event[length] = '\0';
        if (sender.nl_pid == 0)
            hear(event, (size_t)length);
    }
    if (errno == ENOBUFS)
        guard_lose(NULL);
}

static void open_events(void) {
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_EVENTS};
    events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (events >= 0 && bind(events, (struct sockaddr *)&address, sizeof address)) {
        close(events);
        events = -1;
    }
}

/* ---- the thread ---- */

/* With each turn the list is made anew. poll takes no heed of a negative file. */
static void *watch(void *argument) {
    struct pollfd files[VFIO_MAX + 2];
    (void)argument;
    for (;;) {
        uint64_t count;
        pthread_mutex_lock(&maps_lock);
        files[0] = (struct pollfd){.fd = wake, .events = POLLIN};
        files[1] = (struct pollfd){.fd = events, .events = POLLIN};
        nfds_t used = 2 + vfio_requests(files + 2);
        pthread_mutex_unlock(&maps_lock);
        poll(files, used, -1);
        pthread_mutex_lock(&maps_lock);
        (void)!read(wake, &count, sizeof count);
        if (events >= 0)
            read_events();
        vfio_answer_requests();
        pthread_mutex_unlock(&maps_lock);
    }
    return NULL;
}

static void close_all(void) {
    if (wake >= 0)
        close(wake);
    if (events >= 0)
        close(events);
    wake = events = -1;
}

/* A forked child has no such thread, and makes its own. */
static void forget_in_child(void) {
    pthread_mutex_init(&maps_lock, NULL);
    close_all();
    vfio_forget();
}

__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, forget_in_child);
}

/* Signals are for the program's own threads. */
static bool start(void) {
    pthread_attr_t detached;
    pthread_t thread;
    sigset_t all, old;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int code = pthread_create(&thread, &detached, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&detached);
    return code == 0;
}

void watcher_catch_up(void) {
    if (events >= 0)
        read_events();
}

void watcher_begin(void) {
    const uint64_t one = 1;
    if (wake >= 0) {
        (void)!write(wake, &one, sizeof one);
        return;
    }
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0)
        return;
    open_events();
    if (!start())
        close_all();
}
