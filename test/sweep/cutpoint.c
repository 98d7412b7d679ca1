/*
 * cutpoint: runs a command and does something at the n-th system call by which it, or any of its children, changes
 * the file system.
 *
 *   cutpoint [options] -- COMMAND...          counts
 *   cutpoint [options] -n N -a ACTION -- COMMAND...
 *
 *     -a kill         kills every process of the tree before call N
 *     -a kill-after   the same when call N has returned
 *     -a kill-child   kills the one process that is about to make call N, unless it is the command itself
 *     -a ENOSPC       call N fails so, without being made; also EDQUOT, EIO, EROFS, EACCES, EMFILE
 *     -a run:SHELL    runs a shell command before call N, which then goes on; it has our descriptors from 4 on
 *     -r              counts the calls that read instead: opening for reading, reading, listing, asking what stands there
 *     -s              with an error: every later call fails so, too, also those that do not match
 *     -e              with an error: every later call that matches fails so, too
 *     -b FOLDER       counts only calls that touch something below a folder; may be given several times
 *     -m PATTERN      counts only calls whose description matches (a glob pattern, see `describe`)
 *     -l FILE         writes one line for each call that counts: its number and its description
 *
 * An error is made only of a call that could fail so: a full disk refuses what needs space, and lets a file be removed.
 * Times, owners and extended attributes do not count: no promise rests on them.
 *
 * Seccomp stops only the calls in the table and ptrace follows every child, so that nothing of the tree outlives a cut.
 * The exit code is the command's own, or 137 after a cut. Descriptor 3, if it is open, gets `<calls> <happened>`, where
 * `happened` says how often the action took place. Linux on x86-64.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "cutpoint reads the registers of x86-64 only"
#endif

enum { NONE = -1, REPORT = 3, FIRST_PASSED_ON = 4, MAX_FOLDERS = 16, MAX_TASKS = 4096 };

/* What kind of call it is, which decides how it can fail. */
enum { NAMES = 1, OPENS = 2, NEEDS_SPACE = 4, READS = 8 };

/* A call, and which of its arguments is what: a path, the folder that it is relative to, a descriptor, open flags. */
struct call {
    long number;
    const char *name;
    int path, folder, path2, folder2, descriptor, flags;
    int kind;
};

#define AT_PATH(n, name, path, kind) { n, name, path, NONE, NONE, NONE, NONE, NONE, NAMES | (kind) }
#define AT_FD(n, name, fd, kind) { n, name, NONE, NONE, NONE, NONE, fd, NONE, kind }

static const struct call CALLS[] = {
    { SYS_open, "open", 0, NONE, NONE, NONE, NONE, 1, NAMES | OPENS },
    { SYS_openat, "open", 1, 0, NONE, NONE, NONE, 2, NAMES | OPENS },
    AT_PATH(SYS_creat, "open", 0, OPENS | NEEDS_SPACE),
    AT_FD(SYS_write, "write", 0, NEEDS_SPACE),
    AT_FD(SYS_pwrite64, "write", 0, NEEDS_SPACE),
    AT_FD(SYS_writev, "write", 0, NEEDS_SPACE),
    AT_FD(SYS_pwritev, "write", 0, NEEDS_SPACE),
    AT_FD(SYS_sendfile, "write", 0, NEEDS_SPACE),
    AT_FD(SYS_copy_file_range, "write", 2, NEEDS_SPACE),
    AT_FD(SYS_fallocate, "fallocate", 0, NEEDS_SPACE),
    AT_FD(SYS_ftruncate, "truncate", 0, 0),
    AT_PATH(SYS_truncate, "truncate", 0, 0),
    { SYS_rename, "rename", 0, NONE, 1, NONE, NONE, NONE, NAMES },
    { SYS_renameat, "rename", 1, 0, 3, 2, NONE, NONE, NAMES },
    { SYS_renameat2, "rename", 1, 0, 3, 2, NONE, NONE, NAMES },
    { SYS_link, "link", 0, NONE, 1, NONE, NONE, NONE, NAMES | NEEDS_SPACE },
    { SYS_linkat, "link", 1, 0, 3, 2, NONE, NONE, NAMES | NEEDS_SPACE },
    AT_PATH(SYS_symlink, "symlink", 1, NEEDS_SPACE),
    { SYS_symlinkat, "symlink", 2, 1, NONE, NONE, NONE, NONE, NAMES | NEEDS_SPACE },
    AT_PATH(SYS_mkdir, "mkdir", 0, NEEDS_SPACE),
    { SYS_mkdirat, "mkdir", 1, 0, NONE, NONE, NONE, NONE, NAMES | NEEDS_SPACE },
    AT_PATH(SYS_mknod, "mknod", 0, NEEDS_SPACE),
    { SYS_mknodat, "mknod", 1, 0, NONE, NONE, NONE, NONE, NAMES | NEEDS_SPACE },
    AT_PATH(SYS_unlink, "unlink", 0, 0),
    { SYS_unlinkat, "unlink", 1, 0, NONE, NONE, NONE, NONE, NAMES },
    AT_PATH(SYS_rmdir, "rmdir", 0, 0),
    AT_PATH(SYS_chmod, "chmod", 0, 0),
    { SYS_fchmodat, "chmod", 1, 0, NONE, NONE, NONE, NONE, NAMES },
    AT_FD(SYS_fchmod, "chmod", 0, 0),
    AT_FD(SYS_fsync, "fsync", 0, 0),
    AT_FD(SYS_fdatasync, "fsync", 0, 0),
    AT_FD(SYS_read, "read", 0, READS),
    AT_FD(SYS_pread64, "read", 0, READS),
    AT_FD(SYS_readv, "read", 0, READS),
    AT_FD(SYS_preadv, "read", 0, READS),
    AT_FD(SYS_getdents64, "list", 0, READS),
    AT_FD(SYS_fstat, "stat", 0, READS),
    AT_PATH(SYS_stat, "stat", 0, READS),
    AT_PATH(SYS_lstat, "stat", 0, READS),
    { SYS_newfstatat, "stat", 1, 0, NONE, NONE, NONE, NONE, NAMES | READS },
    { SYS_statx, "stat", 1, 0, NONE, NONE, NONE, NONE, NAMES | READS },
    AT_PATH(SYS_access, "access", 0, READS),
    { SYS_faccessat, "access", 1, 0, NONE, NONE, NONE, NONE, NAMES | READS },
    { SYS_faccessat2, "access", 1, 0, NONE, NONE, NONE, NONE, NAMES | READS },
    AT_PATH(SYS_readlink, "readlink", 0, READS),
    { SYS_readlinkat, "readlink", 1, 0, NONE, NONE, NONE, NONE, NAMES | READS },
};
enum { COUNT_OF_CALLS = sizeof CALLS / sizeof *CALLS };

static const struct { const char *name; int number; } ERRORS[] = {
    { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT }, { "EIO", EIO },
    { "EROFS", EROFS },   { "EACCES", EACCES }, { "EMFILE", EMFILE },
};

static const char *action = "count", *pattern, *folders[MAX_FOLDERS];
static long target, calls, happened;
static int folder_count, reading, sticky, every, struck, error_number;
static FILE *list;

static pid_t tasks[MAX_TASKS], command_process;
static int task_count;

static void remember(pid_t task) {
    for (int i = 0; i < task_count; i++) if (tasks[i] == task) return;
    if (task_count == MAX_TASKS) { fprintf(stderr, "cutpoint: too many processes\n"); exit(2); }
    tasks[task_count++] = task;
}

static void forget(pid_t task) {
    for (int i = 0; i < task_count; i++) {
        if (tasks[i] != task) continue;
        tasks[i] = tasks[--task_count];
        return;
    }
}

static unsigned long long argument(const struct user_regs_struct *registers, int n) {
    switch (n) {
    case 0: return registers->rdi;
    case 1: return registers->rsi;
    case 2: return registers->rdx;
    case 3: return registers->r10;
    default: return registers->r8;
    }
}

/* Reads a string from a task's memory, in pieces that end where a page may end. */
static void read_string(pid_t task, unsigned long long address, char *text, size_t size) {
    size_t length = 0;
    while (length + 1 < size) {
        size_t piece = 256 - (address + length) % 256;
        if (piece > size - 1 - length) piece = size - 1 - length;
        struct iovec to = { text + length, piece }, from = { (void *)(address + length), piece };
        ssize_t got = process_vm_readv(task, &to, 1, &from, 1, 0);
        if (got <= 0) break;
        if (memchr(text + length, 0, (size_t)got) != NULL) return;
        length += (size_t)got;
    }
    text[length] = 0;
}

/* Finds the path of a descriptor, or of the working folder. */
static void path_of_descriptor(pid_t task, int descriptor, char *path, size_t size) {
    char link[64];
    if (descriptor == AT_FDCWD) snprintf(link, sizeof link, "/proc/%d/cwd", task);
    else snprintf(link, sizeof link, "/proc/%d/fd/%d", task, descriptor);
    ssize_t length = readlink(link, path, size - 1);
    path[length < 0 ? 0 : length] = 0;
}

static void path_of(pid_t task, const struct user_regs_struct *registers, int path, int folder, char *full) {
    char name[PATH_MAX], base[PATH_MAX];
    read_string(task, argument(registers, path), name, sizeof name);
    if (name[0] == '/') {
        snprintf(full, 2 * PATH_MAX, "%s", name);
        return;
    }
    path_of_descriptor(task, folder == NONE ? AT_FDCWD : (int)argument(registers, folder), base, sizeof base);
    snprintf(full, 2 * PATH_MAX, "%s/%s", base, name);
}

static int is_below(const char *path) {
    for (int i = 0; i < folder_count; i++) {
        size_t length = strlen(folders[i]);
        if (strncmp(path, folders[i], length) == 0 && (path[length] == '/' || path[length] == 0)) return 1;
    }
    return folder_count == 0;
}

static int is_device(const char *path) {
    return (strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm/", 9) != 0) || strncmp(path, "/proc/", 6) == 0;
}

/* Describes a call as `<name> <path>` or `<name> <path> -> <path>`; returns whether it is one for us. */
static int describe(pid_t task, const struct user_regs_struct *registers, const struct call *call, char *text, size_t size) {
    char path[2 * PATH_MAX] = "", path2[2 * PATH_MAX] = "";
    if (call->descriptor != NONE) path_of_descriptor(task, (int)argument(registers, call->descriptor), path, PATH_MAX);
    if (call->path != NONE) path_of(task, registers, call->path, call->folder, path);
    if (call->path2 != NONE) path_of(task, registers, call->path2, call->folder2, path2);
    /* A pipe, a socket. */
    if (path[0] != '/' || is_device(path)) return 0;
    if (!is_below(path) && !(path2[0] != 0 && is_below(path2))) return 0;
    snprintf(text, size, "%s %s%s%s", call->name, path, path2[0] != 0 ? " -> " : "", path2);
    return 1;
}

/* A call that opens something does either, and its flags say what. */
static int is_wanted(const struct call *call) {
    return call->flags != NONE || ((call->kind & READS) != 0) == reading;
}

static const struct call *call_of(const struct user_regs_struct *registers) {
    for (int i = 0; i < COUNT_OF_CALLS; i++) {
        const struct call *call = &CALLS[i];
        if (call->number != (long)registers->orig_rax) continue;
        if (call->flags == NONE) return is_wanted(call) ? call : NULL;
        int changes = (argument(registers, call->flags) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0;
        return changes != reading ? call : NULL;
    }
    return NULL;
}

static int can_fail_so(const struct user_regs_struct *registers, const struct call *call) {
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
        return (call->kind & NEEDS_SPACE) || (call->flags != NONE && argument(registers, call->flags) & O_CREAT);
    case EMFILE: return call->kind & OPENS;
    case EROFS:
    case EACCES: return call->kind & NAMES;
    default: return 1;
    }
}

static int report(int exit_code) {
    if (list != NULL) fclose(list);
    dprintf(REPORT, "%ld %ld\n", calls, happened);
    return exit_code;
}

/* Kills the whole tree, and what is being born, and waits until nothing of it is left. */
static void cut(void) {
    int status;
    pid_t task;
    happened++;
    for (int i = 0; i < task_count; i++) kill(tasks[i], SIGKILL);
    while ((task = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (task > 0 && WIFSTOPPED(status)) kill(task, SIGKILL);
    }
    exit(report(137));
}

/* Returns the process that a task is a thread of. */
static pid_t process_of(pid_t task) {
    char path[64], line[256];
    int process = 0;
    snprintf(path, sizeof path, "/proc/%d/status", task);
    FILE *file = fopen(path, "re");
    while (file != NULL && process == 0 && fgets(line, sizeof line, file) != NULL) sscanf(line, "Tgid: %d", &process);
    if (file != NULL) fclose(file);
    return process == 0 ? task : process;
}

static void kill_child(pid_t task) {
    pid_t process = process_of(task);
    if (process == command_process || kill(process, SIGKILL) != 0) return;
    happened++;
}

static void run_shell(const char *command) {
    int status;
    pid_t shell = fork();
    if (shell == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    waitpid(shell, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) happened++;
}

/* Deals with a task that is about to make a call of the table; returns whether its end is to be waited for. */
static int at_call(pid_t task) {
    struct user_regs_struct registers;
    struct iovec all = { &registers, sizeof registers };
    char text[4 * PATH_MAX + 64];
    if (ptrace(PTRACE_GETREGSET, task, NT_PRSTATUS, &all) != 0) return 0;
    const struct call *call = call_of(&registers);
    if (call == NULL || !describe(task, &registers, call, text, sizeof text)) return 0;
    int matches = pattern == NULL || fnmatch(pattern, text, 0) == 0;
    if (matches) {
        calls++;
        if (list != NULL) { fprintf(list, "%ld %s\n", calls, text); fflush(list); }
    }
    int again = struck && (sticky || (every && matches));
    if (!(matches && target != 0 && calls == target) && !again) return 0;
    struck = 1;
    if (strcmp(action, "kill") == 0) cut();
    if (strcmp(action, "kill-after") == 0) return 1;
    if (strcmp(action, "kill-child") == 0) kill_child(task);
    if (strncmp(action, "run:", 4) == 0) run_shell(action + 4);
    if (error_number != 0 && can_fail_so(&registers, call)) {
        registers.orig_rax = (unsigned long long)-1;
        registers.rax = (unsigned long long)-error_number;
        if (ptrace(PTRACE_SETREGSET, task, NT_PRSTATUS, &all) == 0) happened++;
    }
    return 0;
}

/* In the child: lets seccomp stop it, and all that it starts, at the calls of the table. */
static void become(char **command, int ready) {
    struct sock_filter filter[COUNT_OF_CALLS + 3];
    char word;
    int n = 0, left = 0;
    for (int i = 0; i < COUNT_OF_CALLS; i++) left += is_wanted(&CALLS[i]);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < COUNT_OF_CALLS; i++) {
        if (!is_wanted(&CALLS[i])) continue;
        unsigned char to_trace = (unsigned char)left--;
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)CALLS[i].number, to_trace, 0);
    }
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    struct sock_fprog program = { (unsigned short)n, filter };
    if (read(ready, &word, 1) != 1) _exit(126);
    for (int descriptor = REPORT; descriptor < 64; descriptor++) close(descriptor);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("cutpoint: seccomp");
        _exit(126);
    }
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

static pid_t start(char **command) {
    int ready[2];
    if (pipe2(ready, O_CLOEXEC) != 0) { perror("cutpoint: pipe"); exit(126); }
    pid_t child = fork();
    if (child == 0) become(command, ready[0]);
    long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
        PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD;
    if (ptrace(PTRACE_SEIZE, child, 0, options) != 0) {
        perror("cutpoint: ptrace");
        kill(child, SIGKILL);
        exit(126);
    }
    command_process = child;
    remember(child);
    if (write(ready[1], "", 1) != 1) exit(126);
    close(ready[0]);
    close(ready[1]);
    return child;
}

/* Deals with one stop of a task and lets it go on. */
static void on_stop(pid_t task, int status) {
    static pid_t returning;
    unsigned long child;
    int signal = WSTOPSIG(status);
    switch (status >> 16) {
    case PTRACE_EVENT_SECCOMP:
        if (at_call(task)) {
            returning = task;
            ptrace(PTRACE_SYSCALL, task, 0, 0);
        } else {
            ptrace(PTRACE_CONT, task, 0, 0);
        }
        return;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
        ptrace(PTRACE_GETEVENTMSG, task, 0, &child);
        remember((pid_t)child);
        ptrace(PTRACE_CONT, task, 0, 0);
        return;
    case PTRACE_EVENT_STOP:
        /* A task that somebody stopped stays stopped; a new one goes on. */
        if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) ptrace(PTRACE_LISTEN, task, 0, 0);
        else ptrace(PTRACE_CONT, task, 0, 0);
        return;
    case 0:
        if (signal == (SIGTRAP | 0x80)) {
            if (task == returning) cut();
            signal = 0;
        }
        ptrace(PTRACE_CONT, task, 0, signal);
        return;
    default:
        ptrace(PTRACE_CONT, task, 0, 0);
    }
}

static int follow(pid_t child) {
    int status, exit_code = 0;
    for (;;) {
        pid_t task = waitpid(-1, &status, __WALL);
        if (task < 0 && errno == EINTR) continue;
        if (task < 0) return exit_code;
        if (WIFSTOPPED(status)) {
            remember(task);
            on_stop(task, status);
            continue;
        }
        forget(task);
        if (task == child) exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

static int parse(int count, char **words) {
    int option;
    while ((option = getopt(count, words, "+n:a:b:m:l:ers")) != -1) {
        switch (option) {
        case 'n': target = atol(optarg); break;
        case 'a': action = optarg; break;
        case 'b': if (folder_count < MAX_FOLDERS) folders[folder_count++] = optarg; break;
        case 'm': pattern = optarg; break;
        case 'l': list = fopen(optarg, "we"); if (list == NULL) return 0; break;
        case 'r': reading = 1; break;
        case 'e': every = 1; break;
        case 's': sticky = 1; break;
        default: return 0;
        }
    }
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++) {
        if (strcmp(action, ERRORS[i].name) == 0) error_number = ERRORS[i].number;
    }
    const char *others[] = { "count", "kill", "kill-after", "kill-child" };
    int known = error_number != 0 || strncmp(action, "run:", 4) == 0;
    for (int i = 0; i < 4; i++) known |= strcmp(action, others[i]) == 0;
    return known && optind < count;
}

int main(int count, char **words) {
    /* Nothing else may get the report's number. */
    while (fcntl(REPORT, F_GETFD) < 0) if (open("/dev/null", O_WRONLY) < 0) return 126;
    if (!parse(count, words)) {
        fprintf(stderr, "usage: cutpoint [-b FOLDER]... [-m PATTERN] [-l FILE] [-r] [-n N -a ACTION [-e | -s]] -- COMMAND...\n");
        return 2;
    }
    return report(follow(start(words + optind)));
}
