/* sysrun: carries out a plan of system calls, and so makes, starts and supervises one process.
 *
 * It is told everything by the file on descriptor 3 (sdk/shim/layout.py describes it, sdk/shim/plan.py writes it), which is
 * mapped three times at fixed addresses, as pointers in the plan are absolute. The plan is private: a process forked by it may
 * be seen, and written to, by others in the PID namespace it is born into, and they must not change what this program does
 * next. The state is shared with the file, so that what the kernel stores there (the process' pid, its exit status) outlives
 * both this program and the daemon that started it; a forked process has no mapping of it. The failure is shared with both.
 *
 * Freestanding: no C library, no start files, no writable data. `make -C sdk/shim` rebuilds the blobs that are shipped.
 */
typedef long i64;
typedef int i32;
typedef unsigned int u32;
typedef unsigned char u8;

#define BASE 0x20000000L /* where the plan is mapped */
#define STATE 0x1fff0000L /* where the header is mapped again */
#define FAILURE 0x1ffe0000L /* where the record of a failure is mapped */
#define SPAN (64L << 20) /* address space kept for it; only the file's own pages are ever touched */
#define PLAN_FD 3
#define ANY 255 /* `tolerate`: go on whatever the error */

#if defined(__x86_64__)
enum { MMAP = 9, MADVISE = 28, GETPID = 39, EXIT_GROUP = 231 };
#elif defined(__aarch64__)
enum { MMAP = 222, MADVISE = 233, GETPID = 172, EXIT_GROUP = 94 };
#endif

struct operation {
    i64 arguments[6];
    u32 number;
    u32 target;     /* the operation a jump goes to */
    u8 slots;       /* bit k: argument k is the number of a slot */
    u8 jump;        /* 1: jump when the result is 0; 2: when it is not */
    u8 store;       /* keep the result in slot `store` - 1 */
    u8 tolerate;    /* the errno that does not end the plan */
    u32 reserved;
};

struct plan {
    u32 magic;
    u32 count;
    i64 operations; /* offset of the table in the file */
    i64 failure;    /* offset of the failure in the file */
    i32 shim;       /* this program's pid */
    i32 pid, status; /* stored by the kernel: clone3 and wait4 of the plan */
    i32 reserved;
    i64 exited[2];  /* stored by the kernel: clock_gettime of the plan */
};

struct failure {
    u32 failed;     /* 1 + index of the operation that failed */
    u32 error;      /* its errno */
};

static inline i64 call(i64 number, const i64 *a)
{
#if defined(__x86_64__)
    i64 result;
    register i64 r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4], r9 __asm__("r9") = a[5];
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register i64 x8 __asm__("x8") = number, x0 __asm__("x0") = a[0], x1 __asm__("x1") = a[1], x2 __asm__("x2") = a[2];
    register i64 x3 __asm__("x3") = a[3], x4 __asm__("x4") = a[4], x5 __asm__("x5") = a[5];
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#endif
}

static __attribute__((noreturn)) void leave(i64 code)
{
    for (;;)
        call(EXIT_GROUP, (i64[6]){code});
}

static void map(i64 place, i64 size, i64 flags, i64 offset)
{
    if (call(MMAP, (i64[6]){place, size, 3 /* read, write */, flags, PLAN_FD, offset}) != place)
        leave(120);
}

__attribute__((noreturn, used)) void run(void)
{
    i64 slots[256]; /* on the stack, so that the two sides of a fork do not share them */
    map(BASE, SPAN, 0x12 /* private, fixed */, 0);
    map(STATE, sizeof(struct plan), 0x11 /* shared, fixed */, 0);
    const struct plan *plan = (const struct plan *)BASE;
    struct plan *state = (struct plan *)STATE;
    struct failure *failure = (struct failure *)FAILURE;
    map(FAILURE, sizeof(struct failure), 0x11, plan->failure);
    if (call(MADVISE, (i64[6]){STATE, sizeof(struct plan), 10 /* not in forked processes */}))
        leave(120);
    const struct operation *table = (const struct operation *)(BASE + plan->operations);
    state->shim = (i32)call(GETPID, (i64[6]){0});
    for (u32 i = 0; i < plan->count;) {
        const struct operation *op = table + i;
        i64 a[6];
        for (int k = 0; k < 6; k++)
            a[k] = op->slots >> k & 1 ? slots[op->arguments[k] & 255] : op->arguments[k];
        i64 result = call(op->number, a);
        if (result < 0 && op->tolerate != ANY && -result != op->tolerate) {
            failure->error = (u32)-result;
            failure->failed = i + 1;
            leave(121);
        }
        if (op->store)
            slots[op->store - 1] = result;
        i = (op->jump == 1 && !result) || (op->jump == 2 && result) ? op->target : i + 1;
    }
    leave(0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call run");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x29, #0\n mov x30, #0\n b run");
#endif
