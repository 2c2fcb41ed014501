/* The designs that ship with the library, which every card knows. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "design/design.h"

static void install_file(struct card *card, const char *path) {
    char error[256];
    struct stat found;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO would wait */
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
    if (!file) {
        if (fd >= 0)
            close(fd);
        return;
    }
    char *text = NULL;
    size_t length = 0;
    if (fstat(fileno(file), &found) == 0 && S_ISREG(found.st_mode) && (uint64_t)found.st_size <= DESIGN_TEXT_MAX)
        text = malloc((size_t)found.st_size + 1);
    if (text)
        length = fread(text, 1, (size_t)found.st_size, file);
    fclose(file);
    if (text && catalogue_install(card, text, length, true, (struct message){error, sizeof(error)}) != 0)
        fprintf(stderr, "hal card: %s: %s\n", path, error);
    free(text);
}

static int is_design_file(const struct dirent *entry) {
    const char *name = entry->d_name;
    size_t length = strlen(name);
    return length > 5 && name[0] != '.' && strcmp(name + length - 5, ".card") == 0;
}

void catalogue_install_shipped(struct card *card) {
    Dl_info library;
    char folder[3800], path[4096];
    if (!dladdr((const void *)&bar_shapes, &library) || !library.dli_fname)
        return;
    const char *slash = strrchr(library.dli_fname, '/');
    int parent = slash ? (int)(slash - library.dli_fname) : 1;
    int length = snprintf(folder, sizeof(folder), "%.*s/designs", parent, slash ? library.dli_fname : ".");
    struct dirent **files;
    int count = length > 0 && (size_t)length < sizeof(folder) ? scandir(folder, &files, is_design_file, alphasort) : -1;
    if (count < 0)
        return;
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i]->d_name);
        install_file(card, path);
        free(files[i]);
    }
    free(files);
}
