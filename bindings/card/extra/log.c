/* The SDK's log: messages of one form, to the loggers that the program has attached, else to the standard output. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fpga_sdk_extra.h"
#include "sdk/sdk.h"

#define LOGGERS_MAX 8
#define MESSAGE_MAX 512
#define NAME_MAX_BYTES 32

/* All under the mutex, but for the loggers' own functions, which may log themselves. */
static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
static char name[NAME_MAX_BYTES] = "undefined";
static const struct logger *loggers[LOGGERS_MAX];
static size_t logger_count;
static _Thread_local char prefix[NAME_MAX_BYTES];

static void forget_in_child(void) {
    pthread_mutex_init(&log_mutex, NULL);
}

__attribute__((constructor)) static void watch_forks(void) {
    pthread_atfork(NULL, NULL, forget_in_child);
}

static int fill(char text[NAME_MAX_BYTES], const char *format, va_list arguments) {
    int length = format ? vsnprintf(text, NAME_MAX_BYTES, format, arguments) : -1;
    if (length < 0)
        return -EINVAL;
    return length < NAME_MAX_BYTES ? 0 : -ENAMETOOLONG;
}

HAL_EXPORT int log_init(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&log_mutex);
    int code = fill(name, format, arguments);
    logger_count = 0;
    pthread_mutex_unlock(&log_mutex);
    va_end(arguments);
    return code;
}

HAL_EXPORT int log_init_prefix(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int code = fill(prefix, format, arguments);
    va_end(arguments);
    return code;
}

static bool is_attached(const struct logger *logger) {
    for (size_t i = 0; i < logger_count; i++)
        if (loggers[i] == logger)
            return true;
    return false;
}

HAL_EXPORT int log_attach(const struct logger *logger, void *opaque, unsigned flags) {
    if (!logger || !logger->log)
        return -EINVAL;
    pthread_mutex_lock(&log_mutex);
    bool known = is_attached(logger), full = logger_count == LOGGERS_MAX;
    pthread_mutex_unlock(&log_mutex);
    if (known)
        return logger->reinit ? logger->reinit(opaque, flags) : -ENOTSUP;
    int code = full ? -ENOMEM : logger->init ? logger->init(opaque, flags) : 0;
    if (code)
        return code;
    pthread_mutex_lock(&log_mutex);
    if (logger_count == LOGGERS_MAX)
        code = -ENOMEM;
    else
        loggers[logger_count++] = logger;
    pthread_mutex_unlock(&log_mutex);
    return code;
}

/* ---- Messages ---- */

struct line {
    char text[MESSAGE_MAX];
    size_t used;
};

/* What doesn't fit is left out; the end of the line always fits. */
FPGA_SDK_PRINTF(2, 0)
static void append_list(struct line *line, const char *format, va_list arguments) {
    size_t room = sizeof(line->text) - 1 - line->used;
    int length = vsnprintf(line->text + line->used, room, format, arguments);
    if (length > 0)
        line->used += (size_t)length < room ? (size_t)length : room - 1;
}

FPGA_SDK_PRINTF(2, 3)
static void append(struct line *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    append_list(line, format, arguments);
    va_end(arguments);
}

static void append_time(struct line *line) {
    struct timespec now;
    struct tm fields;
    char date[32];
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &fields) && strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &fields))
        append(line, "%s.%06ldZ, ", date, now.tv_nsec / 1000);
}

static int write_stdout(enum log_level level, const char *message) {
    (void)level;
    fputs(message, stdout);
    fflush(stdout);
    return 0;
}

static void deliver(enum log_level level, const char *message) {
    const struct logger *all[LOGGERS_MAX];
    bool delivered = false;
    pthread_mutex_lock(&log_mutex);
    size_t count = logger_count;
    memcpy(all, loggers, sizeof(all));
    pthread_mutex_unlock(&log_mutex);
    for (size_t i = 0; i < count; i++)
        delivered |= all[i]->log(level, message) == 0;
    if (!delivered)
        write_stdout(level, message);
}

FPGA_SDK_PRINTF(5, 0)
static void log_message(enum log_level level, const char *file, int number, const char *function, const char *format,
                        va_list arguments) {
    static const char *const levels[] = {"ERROR", "WARNING", "INFO", "DEBUG"};
    int error = errno;
    struct line line = {.used = 0};
    append_time(&line);
    pthread_mutex_lock(&log_mutex);
    append(&line, "%s, ", name);
    pthread_mutex_unlock(&log_mutex);
    append(&line, "%s, %s +%d: %s(): ", levels[level], file ? file : "", number, function ? function : "");
    if (prefix[0])
        append(&line, "%s: ", prefix);
    if (format)
        append_list(&line, format, arguments);
    if (error)
        append(&line, ": error_number=%d", error);
    line.text[line.used++] = '\n';
    line.text[line.used] = '\0';
    deliver(level, line.text);
    errno = error;
}

#define LOG_FUNCTION(function_name, level)                                                                     \
    HAL_EXPORT void function_name(const char *file, int line, const char *function, const char *format, ...) { \
        va_list arguments;                                                                                     \
        va_start(arguments, format);                                                                           \
        log_message(level, file, line, function, format, arguments);                                           \
        va_end(arguments);                                                                                     \
    }

LOG_FUNCTION(_log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(_log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(_log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(_log_debug, LOG_LEVEL_DEBUG)

/* ---- Loggers ---- */

static _Atomic int kernel_log = -1;

static int open_kernel_log(void *opaque, unsigned flags) {
    (void)opaque, (void)flags;
    if (atomic_load(&kernel_log) >= 0)
        return 0;
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC), none = -1;
    if (fd < 0)
        return -errno;
    if (!atomic_compare_exchange_strong(&kernel_log, &none, fd))
        close(fd);
    return 0;
}

static int write_kernel_log(enum log_level level, const char *message) {
    (void)level;
    ssize_t written = write(atomic_load(&kernel_log), message, strlen(message));
    return written < 0 ? -errno : 0;
}

HAL_EXPORT const struct logger logger_stdout = {.name = "stdout", .log = write_stdout};
HAL_EXPORT const struct logger logger_kmsg = {
    .name = "kmsg", .init = open_kernel_log, .reinit = open_kernel_log, .log = write_kernel_log};
HAL_EXPORT const struct logger *logger_default = &logger_stdout;
