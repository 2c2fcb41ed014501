/* A command that asks a warm interpreter (tests/support/warm.py) for its program, in its own place and with its own
 * streams, passes signals on to it and ends as it does. It starts ten times faster than a Python that would ask.
 *
 * Interpreter of a script: this program's path after "#!", the path of the interpreter's socket or nothing where
 * HAL_TEST_WARM has it, the first entry of the program's path, each on a line, and a Python's code unless it is `hal`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SCRIPT_SIZE = 1 << 16, REQUEST_SIZE = 1 << 20 };

static char script[SCRIPT_SIZE], request[REQUEST_SIZE];
static size_t size;
static volatile sig_atomic_t program;

static void fail(const char *what) {
    fprintf(stderr, "warm command: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* What follows is in the form of Python's marshal. */
static void put(const void *bytes, size_t count) {
    if (count > REQUEST_SIZE - size) {
        errno = E2BIG;
        fail("arguments and environment");
    }
    memcpy(request + size, bytes, count);
    size += count;
}

static void put_sized(char type, uint32_t count) {
    unsigned char bytes[4] = {count & 0xff, count >> 8 & 0xff, count >> 16 & 0xff, count >> 24};
    put(&type, 1);
    put(bytes, sizeof bytes);
}

/* As the system has it: bytes. */
static void put_text(const char *text, size_t count) {
    put_sized('s', (uint32_t)count);
    put(text, count);
}

static void put_entry(const char *name, const char *text) {
    put_text(name, strlen(name));
    put_text(text, strlen(text));
}

static void put_request(char **arguments, uint32_t count, const char *path, const char *code) {
    char folder[PATH_MAX];
    if (!getcwd(folder, sizeof folder))
        fail("the current folder");
    put("{", 1);
    put_entry("folder", folder);
    put_entry("path", path);
    put_text("code", 4);
    code ? put_text(code, strlen(code)) : put("N", 1);
    put_text("arguments", 9);
    put_sized('[', count);
    for (uint32_t number = 0; number < count; number++)
        put_text(arguments[number], strlen(arguments[number]));
    put_text("environment", 11);
    put("{", 1);
    for (char **entry = environ; *entry; entry++) {
        char *mark = strchr(*entry, '=');
        if (mark) {
            put_text(*entry, (size_t)(mark - *entry));
            put_text(mark + 1, strlen(mark + 1));
        }
    }
    put("00", 2); /* the ends of both dictionaries */
}

static void read_script(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    size_t count = fread(script, 1, sizeof script, file);
    if (count == sizeof script) {
        errno = EFBIG;
        fail(path);
    }
    fclose(file);
}

/* The line that begins there, and where the next one does; NULL where there is none. */
static char *take_line(char **next) {
    char *line = *next, *end = line ? strchr(line, '\n') : NULL;
    *next = end ? end + 1 : NULL;
    if (end)
        *end = '\0';
    return line;
}

static int connected_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    strcpy(address.sun_path, path);
    int warm = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (warm < 0 || connect(warm, (struct sockaddr *)&address, sizeof address))
        fail(path);
    return warm;
}

/* Sends the request and this process's streams. */
static void ask(int warm) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(3 * sizeof(int))];
    } streams = {{0}};
    struct iovec part = {request, size};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &streams, .msg_controllen = sizeof streams.bytes};
    streams.head.cmsg_level = SOL_SOCKET;
    streams.head.cmsg_type = SCM_RIGHTS;
    streams.head.cmsg_len = CMSG_LEN(3 * sizeof(int));
    memcpy(CMSG_DATA(&streams.head), (int[]){0, 1, 2}, 3 * sizeof(int));
    if (sendmsg(warm, &message, MSG_NOSIGNAL) < 0)
        fail("the request");
}

static int answer(int warm) {
    char text[64] = {0};
    ssize_t count;
    do
        count = recv(warm, text, sizeof text - 1, 0);
    while (count < 0 && errno == EINTR);
    if (count <= 0) {
        errno = count ? errno : ECONNRESET;
        fail("no answer");
    }
    return atoi(text);
}

static void pass_on(int number) {
    kill(program, number);
}

int main(int count, char **arguments) {
    sigset_t passed_on; /* one that comes before it is known whom it is for waits */
    sigemptyset(&passed_on);
    sigaddset(&passed_on, SIGINT);
    sigaddset(&passed_on, SIGTERM);
    sigprocmask(SIG_BLOCK, &passed_on, NULL);
    if (count < 2)
        return 2;
    read_script(arguments[1]);
    char *next = script;
    take_line(&next);
    char *path = take_line(&next), *first = take_line(&next);
    if (path && !*path)
        path = getenv("HAL_TEST_WARM");
    if (!path || !first) {
        errno = ENOENT;
        fail("a warm interpreter's socket and the program's path");
    }
    put_request(arguments + 1, (uint32_t)count - 1, first, next);
    int warm = connected_to(path);
    ask(warm);
    program = answer(warm);
    struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigprocmask(SIG_UNBLOCK, &passed_on, NULL);
    int code = answer(warm);
    if (code < 0) { /* a signal ended it */
        signal(-code, SIG_DFL);
        kill(getpid(), -code);
    }
    _exit(code & 0xff);
}
