/* The system's files: those below /sys and /dev, or a tree of plain files that stands for them in tests. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/bus.h"

/* A folder is such a tree only where this file says so: no other can be made one by a variable alone. */
#define MARK "this-is-no-machine"

static path_text fake_root; /* "": a real machine */

int tree_begin(void) {
    path_text mark;
    const char *named = secure_getenv("HAL_PCI_ROOT");
    if (!named || !named[0])
        return 0;
    if (named[0] != '/' || path_in(mark, named, MARK) || access(mark, F_OK) != 0)
        return say(-EINVAL,
                   "HAL_PCI_ROOT is for tests: it names a folder by its full path in which a file %s lies, and %s is "
                   "none; unset it",
                   MARK, named);
    snprintf(fake_root, sizeof fake_root, "%s", named);
    return 0;
}

const char *tree_fake_root(void) {
    return fake_root;
}

static int below(path_text path, const char *root, const char *top, const char *format, va_list arguments) {
    int used = snprintf(path, sizeof(path_text), "%s%s/", root, top);
    size_t left = used < (int)sizeof(path_text) ? sizeof(path_text) - (size_t)used : 0;
    int wrote = left ? vsnprintf(path + used, left, format, arguments) : -1;
    return wrote >= 0 && (size_t)wrote < left ? 0 : -ENAMETOOLONG;
}

int sys_path(path_text path, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int code = below(path, fake_root, "/sys", format, arguments);
    va_end(arguments);
    return code;
}

int dev_path(path_text path, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int code = below(path, fake_root, "/dev", format, arguments);
    va_end(arguments);
    return code;
}

int path_in(path_text path, const char *folder, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int code = below(path, folder, "", format, arguments);
    va_end(arguments);
    return code;
}

int read_line(const char *folder, const char *file, char *text, size_t size) {
    path_text path;
    text[0] = '\0';
    if (path_in(path, folder, "%s", file))
        return -ENAMETOOLONG;
    int opened = open(path, O_RDONLY | O_CLOEXEC);
    if (opened < 0)
        return -errno;
    ssize_t length = read(opened, text, size - 1);
    int code = length < 0 ? -errno : 0;
    close(opened);
    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return code;
}

uint64_t read_number(const char *folder, const char *file, uint64_t otherwise) {
    char text[64], *end;
    if (read_line(folder, file, text, sizeof text))
        return otherwise;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 0);
    return end == text || errno ? otherwise : number;
}

int read_link_name(const char *folder, const char *link, char *name, size_t size) {
    path_text path, target;
    name[0] = '\0';
    if (path_in(path, folder, "%s", link))
        return -ENAMETOOLONG;
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return -errno;
    target[length] = '\0';
    const char *last = strrchr(target, '/');
    return (size_t)snprintf(name, size, "%s", last ? last + 1 : target) < size ? 0 : -ENAMETOOLONG;
}

int write_word(const char *path, const char *word) {
    int opened = open(path, O_WRONLY | O_CLOEXEC);
    if (opened < 0)
        return -errno;
    int code = write(opened, word, strlen(word)) < 0 ? -errno : 0;
    close(opened);
    return code;
}
