// The recorder: loaded into an unmodified executable with LD_PRELOAD, it writes down every change that the
// executable makes to the files of one folder, and every flush, in the order in which they happen.
//
// Why C: the functions that it stands in front of are the C library's, they are called from C (SQLite) and from
// Rust alike, and the workspace forbids unsafe Rust. This file is never part of the product.
//
// Which folder and where to write is told by the environment:
//   POWER_FOLDER   the folder, as realpath(3) gives it; files in folders below it are not followed
//   POWER_LOG      the file to which entries are appended; outside the folder
//   POWER_SYNC_US  how much longer a flush takes, in microseconds (a slow disk)
//
// An entry is a head of 32 bytes (struct head, in the machine's byte order) and a payload. It is written before the
// change that it tells of, under one lock for the whole process: what is in the log is in the order of the changes,
// and of all entries only the last may tell of a change that did not happen any more when the process was killed.
// The one exception is the making of a file, which is told after, since only then its number is known.
//
// What it does not see (copy_file_range, fallocate, writing through mmap, io_uring) is found by the reader of the
// log, who compares the files with what the log explains. SQLite's -shm files are written through mmap and mean
// nothing after a crash; they are left out.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum entry { MADE = 1, OPENED, WRITE, LENGTH, SYNC_BEGIN, SYNC_END, UNLINK, RENAME };

struct head {
    uint32_t magic;
    uint32_t entry;
    uint64_t file;    // inode; of the folder for changes of names
    uint64_t number;  // offset, length or the number of a flush
    uint64_t payload; // bytes that follow
};

enum { MAGIC = 0x52574f50, FILES_MAX = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static size_t folder_len;
static dev_t folder_dev;
static ino_t folder_ino;
static int log_fd = -1;
static unsigned sync_us;
static uint64_t syncs;
static ino_t files[FILES_MAX];
static size_t files_len;

static void give_up(const char *what) {
    dprintf(2, "power recorder: %s: %s\n", what, strerror(errno));
    abort();
}

__attribute__((constructor)) static void start(void) {
    const char *name = getenv("POWER_FOLDER"), *log = getenv("POWER_LOG"), *us = getenv("POWER_SYNC_US");
    struct stat st;
    if (!name || !log) return;
    if (stat(name, &st) != 0) give_up(name);
    folder_dev = st.st_dev;
    folder_ino = st.st_ino;
    folder_len = strlen(name);
    if (folder_len >= sizeof folder) give_up("the folder's name is too long");
    memcpy(folder, name, folder_len + 1);
    sync_us = us ? (unsigned)strtoul(us, NULL, 10) : 0;
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log_fd < 0) give_up(log);
}

static void tell(enum entry entry, uint64_t file, uint64_t number, const void *payload, size_t len) {
    struct head head = {MAGIC, entry, file, number, len};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)payload, len}};
    // One call to the kernel for a whole entry: a kill tears at most the last.
    long done = syscall(SYS_writev, log_fd, parts, len ? 2 : 1);
    if (done != (long)(sizeof head + len)) give_up("the log cannot be written");
}

static int ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && memcmp(text + n - m, end, m) == 0;
}

// The name of a file that lies in the folder itself, or NULL.
static const char *name_in_folder(const char *path) {
    if (strncmp(path, folder, folder_len) != 0 || path[folder_len] != '/') return NULL;
    const char *name = path + folder_len + 1;
    return *name && !strchr(name, '/') && !ends_with(name, "-shm") ? name : NULL;
}

// The same for a path that need not be absolute; `full` has PATH_MAX bytes.
static const char *resolve(int dir, const char *path, char *full) {
    char parent[PATH_MAX], joined[PATH_MAX], link[64];
    if (log_fd < 0 || !path) return NULL;
    if (path[0] == '/' || dir == AT_FDCWD) {
        if (snprintf(joined, sizeof joined, "%s", path) >= (int)sizeof joined) return NULL;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        ssize_t n = readlink(link, parent, sizeof parent - 1);
        if (n < 0) return NULL;
        parent[n] = 0;
        if (snprintf(joined, sizeof joined, "%s/%s", parent, path) >= (int)sizeof joined) return NULL;
    }
    char *slash = strrchr(joined, '/');
    const char *base = slash ? slash + 1 : joined;
    const char *above = ".";
    if (slash == joined) above = "/";
    else if (slash) { *slash = 0; above = joined; }
    if (!realpath(above, parent)) return NULL;
    if (snprintf(full, PATH_MAX, "%s/%s", parent, base) >= PATH_MAX) return NULL;
    return name_in_folder(full);
}

static int is_followed(ino_t ino) {
    for (size_t i = 0; i < files_len; i++)
        if (files[i] == ino) return 1;
    return 0;
}

static void follow(ino_t ino) {
    if (is_followed(ino)) return;
    if (files_len == FILES_MAX) give_up("too many files");
    files[files_len++] = ino;
}

// A number that the file system gave to another file after its first one was deleted.
static void forget(ino_t ino) {
    for (size_t i = 0; i < files_len; i++)
        if (files[i] == ino) { files[i] = files[--files_len]; return; }
}

// Whether a descriptor is of a file that is followed; call with the lock held.
static int of_folder(int fd, struct stat *st) {
    return log_fd >= 0 && fd != log_fd && fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_dev == folder_dev
        && is_followed(st->st_ino);
}

static int open_it(int dir, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    int errno_before = errno;
    const char *name = resolve(dir, path, full);
    errno = errno_before;
    pthread_mutex_lock(&lock);
    struct stat st;
    int was_there = name && stat(full, &st) == 0;
    if (was_there && (flags & O_TRUNC) && S_ISREG(st.st_mode)) {
        tell(OPENED, st.st_ino, 0, name, strlen(name));
        tell(LENGTH, st.st_ino, 0, NULL, 0);
    }
    errno = errno_before;
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    int errno_after = errno;
    if (fd >= 0 && log_fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_dev == folder_dev) {
        if (name) {
            if (!is_followed(st.st_ino) || !was_there)
                tell(was_there ? OPENED : MADE, st.st_ino, 0, name, strlen(name));
            follow(st.st_ino);
        } else if (is_followed(st.st_ino) && st.st_nlink > 0) {
            forget(st.st_ino);
        }
    }
    pthread_mutex_unlock(&lock);
    errno = errno_after;
    return fd;
}

#define MODE(flags, mode)                                  \
    do {                                                   \
        va_list more;                                      \
        va_start(more, flags);                             \
        if ((flags) & (O_CREAT | __O_TMPFILE))             \
            mode = va_arg(more, mode_t);                   \
        va_end(more);                                      \
    } while (0)

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE(flags, mode);
    return open_it(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE(flags, mode);
    return open_it(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int dir, const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE(flags, mode);
    return open_it(dir, path, flags, mode);
}
int openat64(int dir, const char *path, int flags, ...) {
    mode_t mode = 0;
    MODE(flags, mode);
    return open_it(dir, path, flags | O_LARGEFILE, mode);
}
int creat(const char *path, mode_t mode) { return open_it(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int __open_2(const char *path, int flags) { return open_it(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_it(AT_FDCWD, path, flags | O_LARGEFILE, 0); }

// Where a write without an offset of its own goes.
static off_t place(int fd, const struct stat *st) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_APPEND) ? st->st_size : lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *bytes, size_t len) {
    struct stat st;
    int errno_before = errno;
    // Sockets and pipes may wait for long and need no lock.
    if (log_fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        errno = errno_before;
        return syscall(SYS_write, fd, bytes, len);
    }
    pthread_mutex_lock(&lock);
    if (of_folder(fd, &st)) tell(WRITE, st.st_ino, (uint64_t)place(fd, &st), bytes, len);
    errno = errno_before;
    ssize_t done = syscall(SYS_write, fd, bytes, len);
    int errno_after = errno;
    pthread_mutex_unlock(&lock);
    errno = errno_after;
    return done;
}

static ssize_t write_at(int fd, const void *bytes, size_t len, off_t at) {
    struct stat st;
    int errno_before = errno;
    pthread_mutex_lock(&lock);
    if (of_folder(fd, &st)) tell(WRITE, st.st_ino, (uint64_t)at, bytes, len);
    errno = errno_before;
    ssize_t done = syscall(SYS_pwrite64, fd, bytes, len, at);
    int errno_after = errno;
    pthread_mutex_unlock(&lock);
    errno = errno_after;
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) { return write_at(fd, bytes, len, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t at) { return write_at(fd, bytes, len, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    struct stat st;
    int errno_before = errno;
    if (log_fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        errno = errno_before;
        return syscall(SYS_writev, fd, parts, count);
    }
    pthread_mutex_lock(&lock);
    if (of_folder(fd, &st)) {
        uint64_t at = (uint64_t)place(fd, &st);
        for (int i = 0; i < count; i++) {
            if (parts[i].iov_len) tell(WRITE, st.st_ino, at, parts[i].iov_base, parts[i].iov_len);
            at += parts[i].iov_len;
        }
    }
    errno = errno_before;
    ssize_t done = syscall(SYS_writev, fd, parts, count);
    int errno_after = errno;
    pthread_mutex_unlock(&lock);
    errno = errno_after;
    return done;
}

static int set_length(int fd, off_t len) {
    struct stat st;
    int errno_before = errno;
    pthread_mutex_lock(&lock);
    if (of_folder(fd, &st)) tell(LENGTH, st.st_ino, (uint64_t)len, NULL, 0);
    errno = errno_before;
    int done = (int)syscall(SYS_ftruncate, fd, len);
    int errno_after = errno;
    pthread_mutex_unlock(&lock);
    errno = errno_after;
    return done;
}

int ftruncate(int fd, off_t len) { return set_length(fd, len); }
int ftruncate64(int fd, off_t len) { return set_length(fd, len); }

// What was written before the begin is on disk when the end is told; what came between may be.
static int sync_it(int fd, long call) {
    struct stat st;
    uint64_t number = 0;
    int errno_before = errno;
    pthread_mutex_lock(&lock);
    int is_folder = log_fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && st.st_ino == folder_ino
        && st.st_dev == folder_dev;
    if (is_folder || of_folder(fd, &st)) {
        number = ++syncs;
        tell(SYNC_BEGIN, st.st_ino, number, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    if (number && sync_us) usleep(sync_us);
    errno = errno_before;
    int done = (int)syscall(call, fd);
    int errno_after = errno;
    if (number && done == 0) {
        pthread_mutex_lock(&lock);
        tell(SYNC_END, st.st_ino, number, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    errno = errno_after;
    return done;
}

int fsync(int fd) { return sync_it(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_it(fd, SYS_fdatasync); }

static int unlink_it(int dir, const char *path, int flags) {
    char full[PATH_MAX];
    struct stat st;
    int errno_before = errno;
    const char *name = resolve(dir, path, full);
    pthread_mutex_lock(&lock);
    if (name && lstat(full, &st) == 0 && S_ISREG(st.st_mode)) tell(UNLINK, folder_ino, 0, name, strlen(name));
    errno = errno_before;
    int done = (int)syscall(SYS_unlinkat, dir, path, flags);
    int errno_after = errno;
    pthread_mutex_unlock(&lock);
    errno = errno_after;
    return done;
}

int unlink(const char *path) { return unlink_it(AT_FDCWD, path, 0); }
int unlinkat(int dir, const char *path, int flags) { return unlink_it(dir, path, flags); }

static int rename_it(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    char full_from[PATH_MAX], full_to[PATH_MAX], both[2 * PATH_MAX];
    int errno_before = errno;
    const char *name_from = resolve(from_dir, from, full_from), *name_to = resolve(to_dir, to, full_to);
    pthread_mutex_lock(&lock);
    if (name_from && name_to) {
        size_t a = strlen(name_from), b = strlen(name_to);
        memcpy(both, name_from, a);
        both[a] = '/';
        memcpy(both + a + 1, name_to, b);
        tell(RENAME, folder_ino, flags, both, a + 1 + b);
    }
    errno = errno_before;
    int done = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
    int errno_after = errno;
    pthread_mutex_unlock(&lock);
    errno = errno_after;
    return done;
}

int rename(const char *from, const char *to) { return rename_it(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return rename_it(from_dir, from, to_dir, to, 0);
}
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    return rename_it(from_dir, from, to_dir, to, flags);
}
