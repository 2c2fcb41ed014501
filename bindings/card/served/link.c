/* Sockets between a model's process and the others, by names of the card's own that no file stands for. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "served/served.h"

enum { BACKLOG = 128 };

static socklen_t name_of(const struct card *card, int slot_id, uint64_t id, struct sockaddr_un *name) {
    char text[sizeof(name->sun_path)], uuid[33];
    for (int i = 0; i < 16; i++)
        snprintf(uuid + 2 * i, 3, "%02x", card->header->uuid[i]);
    int length = snprintf(text, sizeof(text), "hal-model-%s-%d-%llx", uuid, slot_id, (unsigned long long)id);
    memset(name, 0, sizeof(*name));
    name->sun_family = AF_UNIX;
    memcpy(name->sun_path + 1, text, (size_t)length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

static int new_socket(void) {
    int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int served_listen(const struct card *card, int slot_id, uint64_t id) {
    struct sockaddr_un name;
    socklen_t length = name_of(card, slot_id, id, &name);
    int descriptor = new_socket();
    if (descriptor < 0)
        return descriptor;
    if (bind(descriptor, (struct sockaddr *)&name, length) == 0 && listen(descriptor, BACKLOG) == 0)
        return descriptor;
    int code = -errno;
    close(descriptor);
    return code;
}

int served_connect(const struct card *card, int slot_id, uint64_t id) {
    struct sockaddr_un name;
    socklen_t length = name_of(card, slot_id, id, &name);
    int descriptor = new_socket();
    if (descriptor < 0)
        return descriptor;
    int code = connect(descriptor, (struct sockaddr *)&name, length) == 0 ? 0 : -errno;
    if (!code && !served_is_own(descriptor))
        code = -ECONNREFUSED; /* a stranger has the name, so the server has not */
    if (!code)
        return descriptor;
    close(descriptor);
    return code;
}

bool served_is_own(int descriptor) {
    struct ucred other;
    socklen_t size = sizeof(other);
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.uid == geteuid();
}
