/* Sockets between a model's process and the others, by names of the card's own that no file stands for. */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "served/served.h"

enum { BACKLOG = 128 };

static int new_socket(void) {
    int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int served_listen(const struct card *card, int slot_id, uint64_t id) {
    struct sockaddr_un name;
    socklen_t length = card_socket_name(card, "model", slot_id, id, &name);
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
    socklen_t length = card_socket_name(card, "model", slot_id, id, &name);
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
