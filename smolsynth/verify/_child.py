"""What the child process of `smolsynth.verify.sandbox` runs: it locks itself in, then the program.

It is started as a file, by `python -I -S`, so it knows the standard library alone. A job comes as
JSON on stdin; answers leave, a line of JSON each, by what was stdout. What the program prints goes
to stderr.
"""

import builtins
import ctypes
import errno
import json
import os
import struct
import sys
import sysconfig
from typing import Any

X86, ARM = 0xC000003E, 0xC00000B7  # AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64
# Calls that reach other processes, the network, other users' rights, memory that no limit counts,
# or the attributes of files, which Landlock leaves alone. Numbers: of x86-64, then of arm64.
_DENIED = {
    "new processes": ((57, 58, 59, 322), (221, 281)),  # fork vfork execve execveat
    "network": ((41,), (198,)),  # socket
    # tkill rt_sigqueueinfo rt_tgsigqueueinfo ptrace process_vm_* kcmp; priorities of others
    "processes": (
        (200, 129, 297, 101, 310, 311, 312, 141, 142, 144, 203, 251, 256, 279, 314),
        (130, 138, 240, 117, 270, 271, 272, 140, 118, 119, 122, 30, 238, 239, 274),
    ),
    # System V and POSIX queues and shared memory, memfd_create, huge-page and NUMA policies
    "memory": (
        (29, 30, 31, 64, 65, 66, 67, 68, 69, 70, 71, 220, 237, 238, 240, 319),
        (194, 195, 196, 197, 190, 191, 192, 193, 186, 187, 188, 189, 235, 237, 180, 279),
    ),
    # chmod chown utime mknod xattr
    "attributes": (
        (90, 91, 92, 93, 94, 132, 133, 188, 189, 190, 197, 198, 199, 235, 259, 260, 261, 268, 280),
        (5, 6, 7, 14, 15, 16, 33, 52, 53, 54, 55, 88),
    ),
    # mount, namespaces, modules, keys, clocks, tracing, io_setup, handles of files
    "system": (
        (
            *(103, 135, 153, 154, 155, 159, 161, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172),
            *(173, 175, 176, 179, 206, 212, 227, 246, 248, 249, 250, 272, 298, 300, 303, 304, 305),
            *(308, 313, 320, 321, 323),
        ),
        (
            *(0, 18, 39, 40, 41, 51, 58, 60, 89, 92, 97, 104, 105, 106, 112, 116, 142, 161, 162),
            *(170, 171, 217, 218, 219, 224, 225, 241, 262, 264, 265, 266, 268, 273, 280, 282, 294),
        ),
    ),
}
# pidfd_send_signal, io_uring, the new mount calls, pidfds, process_madvise, secret memory,
# attributes again: what newer kernels have, by one number for all machines.
_DENIED_NEW = (
    *(424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 438, 440, 442, 443, 447, 448, 450),
    *(452, 463, 466, 467, 469),
)
_SPECIAL = {X86: (56, 62, 234, 302, 126), ARM: (220, 129, 131, 261, 91)}  # … prlimit64, capset


def _arch() -> int | None:
    if not sys.platform.startswith("linux") or sys.maxsize < 2**32:
        return None
    return {"x86_64": X86, "amd64": X86, "aarch64": ARM}.get(os.uname().machine.lower())


# ---- locks ----


def limit(job: dict) -> dict[str, str]:
    """Sets what the system calls resource limits; which of them it took."""
    try:
        import resource
    except ImportError:  # Windows
        return {}
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = int(used.ru_utime + used.ru_stime + job["seconds"]) + 1
    held = {}
    for name, value, guards in (
        ("RLIMIT_AS", job["memory"], "memory"),
        ("RLIMIT_CPU", cpu, "time"),
        ("RLIMIT_FSIZE", job["files"], ""),
        ("RLIMIT_NOFILE", 64, ""),
        ("RLIMIT_CORE", 0, ""),
        ("RLIMIT_MEMLOCK", 0, ""),
        ("RLIMIT_MSGQUEUE", 0, ""),
        ("RLIMIT_STACK", 8 << 20, ""),
    ):
        kind: Any = getattr(resource, name, None)
        try:
            # At its hard limit of time a process is killed, whatever signals it ignores.
            resource.setrlimit(kind, (value, value + (name == "RLIMIT_CPU")))
        except (TypeError, ValueError, OSError):
            continue
        if guards:
            held[guards] = "kernel"
    if sys.platform == "darwin":
        held.pop("memory", None)  # it takes the number and does not keep to it
    return held


class _Kernel:
    """Linux's own locks, by ctypes. None of them can be opened again."""

    def __init__(self, arch: int) -> None:
        self.arch = arch
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.syscall.restype = ctypes.c_long

    def call(self, number: int, *args) -> int:
        whole = [ctypes.c_long(one) if isinstance(one, int) else one for one in args]
        found = self.libc.syscall(ctypes.c_long(number), *whole)
        if found < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return found

    def prctl(self, *args: int) -> None:
        whole = [ctypes.c_ulong(one) for one in (*args, 0, 0, 0, 0)[:5]]
        if self.libc.prctl(*whole):
            raise OSError(ctypes.get_errno(), "prctl")

    def no_powers(self) -> None:
        """Dies with its parent, gains no rights by programs it starts, and drops those of root."""
        self.prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
        self.prctl(38, 1)  # PR_SET_NO_NEW_PRIVS
        self.prctl(4, 0)  # PR_SET_DUMPABLE
        header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0))
        self.call(_SPECIAL[self.arch][4], header, ctypes.create_string_buffer(24))  # capset: none

    def landlock(self, read: list[str], write: list[str]) -> None:
        """Refuses all files but these (Landlock, Linux 5.13), and signals to others (6.12)."""
        abi = self.call(444, None, 0, 1)
        rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)
        every = (1 << rights) - 1
        rules = struct.pack("=QQQ", every, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
        size = 8 if abi < 4 else 16 if abi < 6 else 24
        ruleset = self.call(444, ctypes.create_string_buffer(rules), size, 0)
        look = 0b1101  # execute (to map a library), read a file, read a folder
        of_files = 0b0111 | (every & (1 << 14)) | (every & (1 << 15))
        for paths, allowed in ((read, look), (write, every)):
            for path in paths:
                try:
                    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
                except OSError:
                    continue
                granted = allowed if os.path.isdir(path) else allowed & of_files
                rule = struct.pack("=Qi", granted, place)
                self.call(445, ruleset, 1, ctypes.create_string_buffer(rule), 0)
                os.close(place)
        self.call(446, ruleset, 0)
        os.close(ruleset)

    def seccomp(self) -> None:
        """Refuses calls by their number (seccomp). Threads may be made, processes not."""
        clone, kill, tgkill, prlimit, _ = _SPECIAL[self.arch]
        which = 0 if self.arch == X86 else 1
        denied = sorted({n for pair in _DENIED.values() for n in pair[which]} | {*_DENIED_NEW})
        allow, refuse, die = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
        missing = 0x00050000 | errno.ENOSYS
        code: list[tuple[int, int, int, int]] = []

        def op(*parts: int) -> None:
            code.append(parts)  # type: ignore[arg-type]

        load, equal, at_least, bits, give = 0x20, 0x15, 0x35, 0x45, 0x06
        op(load, 0, 0, 4)  # the machine's kind
        op(equal, 1, 0, self.arch)
        op(give, 0, 0, die)
        op(load, 0, 0, 0)  # the number of the call
        op(at_least, 0, 1, 0x40000000)  # x32
        op(give, 0, 0, die)
        for number in denied:
            op(equal, 0, 1, number)
            op(give, 0, 0, refuse)
        op(equal, 0, 1, 435)  # clone3: its flags can't be seen, and libraries try clone next
        op(give, 0, 0, missing)
        op(equal, 0, 4, clone)
        op(load, 0, 0, 16)
        op(bits, 0, 1, 0x10000)  # CLONE_THREAD
        op(give, 0, 0, allow)
        op(give, 0, 0, refuse)
        for number, also in ((kill, None), (tgkill, None), (prlimit, 0)):
            op(equal, 0, 4 if also is None else 5, number)
            op(load, 0, 0, 16)
            if also is not None:
                op(equal, 1, 0, also)
            op(equal, 0, 1, os.getpid())
            op(give, 0, 0, allow)
            op(give, 0, 0, refuse)
        op(give, 0, 0, allow)
        packed = b"".join(struct.pack("=HBBI", *one) for one in code)
        filters = ctypes.create_string_buffer(packed)
        program = struct.pack("=HxxxxxxQ", len(code), ctypes.addressof(filters))
        number = 317 if self.arch == X86 else 277
        self.call(number, 1, 0, ctypes.create_string_buffer(program))  # SECCOMP_SET_MODE_FILTER


def lock(job: dict) -> dict[str, str]:
    """Locks this process in; what holds each guard: "kernel", "python" or "none".

    "python" is an audit hook: it stops accidents, and no program that means to get around it.
    """
    guards = dict.fromkeys(("network", "files", "processes", "memory", "time"), "none")
    guards["time"] = "parent"
    arch = _arch() if job["kernel"] else None
    if arch:
        kernel = _Kernel(arch)
        paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
        libraries = {sys.base_prefix + "/lib", "/lib", "/lib64", "/usr/lib", "/usr/lib64"}
        read = [*paths, *libraries, "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/zoneinfo"]
        read += ["/dev/urandom", "/dev/zero", "/etc/localtime"]
        for steps, held in (
            ((kernel.no_powers,), ()),
            ((lambda: kernel.landlock(read, [os.getcwd(), os.devnull]),), ("files",)),
        ):
            try:
                for step in steps:
                    step()
            except OSError:
                continue
            guards |= dict.fromkeys(held, "kernel")
        guards |= limit(job)
        try:
            kernel.seccomp()
            guards |= dict.fromkeys(("network", "processes"), "kernel")
        except OSError:
            pass
    else:
        guards |= limit(job)
    if weak := {name for name in ("network", "files", "processes") if guards[name] == "none"}:
        hook(weak)
        guards |= dict.fromkeys(weak, "python")
    return guards


def hook(weak: set[str]) -> None:
    """Refuses by Python's audit events what the kernel doesn't."""
    import _socket as socket

    scratch = os.path.realpath(os.getcwd())
    library = tuple(
        os.path.realpath(path)
        for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    )
    starts = {
        "network": ("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "imaplib.", "poplib."),
        "files": (
            *("os.chmod", "os.chown", "os.link", "os.symlink", "os.utime", "os.setxattr"),
            *("ctypes.", "winreg.", "msvcrt."),
        ),
        "processes": (
            *("subprocess.", "os.system", "os.fork", "os.exec", "os.spawn", "os.posix_spawn"),
            *("os.kill", "os.startfile", "pty.", "_winapi.", "ctypes.", "signal.pthread_kill"),
        ),
    }
    refused = tuple(start for name in weak for start in starts[name])
    writes = (
        *("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.listdir"),
        *("os.scandir", "shutil."),
    )

    def within(path: object, folders: tuple[str, ...]) -> bool:
        if isinstance(path, int):
            return True
        whole = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
        return any(whole == folder or whole.startswith(folder + os.sep) for folder in folders)

    busy = [False]

    def guard(event: str, args: tuple) -> None:
        if busy[0]:
            return
        if event == "socket.__new__" and args[1] == getattr(socket, "AF_UNIX", None):
            return  # a pair within the process, as asyncio makes; connecting is another event
        if event.startswith(refused):
            raise PermissionError(errno.EPERM, f"the sandbox refuses {event}")
        if "files" not in weak or not (event == "open" or event.startswith(writes)):
            return
        busy[0] = True
        try:
            if event == "open":
                path, mode, flags = args
                writing = mode and set(str(mode)) & set("wax+") or (flags or 0) & 3
                folders = (scratch,) if writing else (scratch, *library)
                held = path == os.devnull or within(path, folders)
            else:
                paths = [one for one in args if isinstance(one, str | bytes)] or [scratch]
                folders = (scratch, *library) if event in ("os.listdir", "os.scandir") else ()
                held = all(within(path, folders or (scratch,)) for path in paths)
        finally:
            busy[0] = False
        if not held:
            raise PermissionError(errno.EACCES, f"the sandbox refuses {event}")

    sys.addaudithook(guard)


# ---- answers ----


def encoded(value: Any, depth: int = 0) -> list:
    """A value as JSON that keeps tuples, sets, bytes and huge integers; others by their name."""
    kind = type(value)
    if depth > 40:
        return ["other", "deep"]
    if value is None or kind is bool:
        return ["plain", value]
    if issubclass(kind, int):
        whole = int.__add__(value, 0)
        if whole.bit_length() > 13_000:  # 4 000 digits: more takes Python long to write
            return ["other", "huge"]
        return ["int", str(whole)]
    if issubclass(kind, float):
        return ["float", float.__repr__(value)]
    if issubclass(kind, complex):
        return ["complex", complex.__repr__(value)]
    if issubclass(kind, str):
        return ["plain", str.__str__(value)]
    if issubclass(kind, bytes | bytearray):
        return ["bytes", bytes(value).hex()]
    if issubclass(kind, dict):
        pairs = dict.items(value)
        return ["dict", [[encoded(k, depth + 1), encoded(v, depth + 1)] for k, v in pairs]]
    for sequence in (list, tuple, set, frozenset):
        if issubclass(kind, sequence):
            held = [encoded(one, depth + 1) for one in sequence.__iter__(value)]
            return [sequence.__name__, held]
    return ["other", _NAME.__get__(kind)]


# Python's own, though a class may have an attribute of that name.
_NAME: Any = type.__dict__["__name__"]
_ARGS: Any = BaseException.__dict__["args"]
_ERRNO: Any = OSError.__dict__["errno"]


def told(error: BaseException) -> dict:
    """An exception without asking it: its own `__str__` may be part of the attack."""
    kind = type(error)
    name = _NAME.__get__(kind)
    args = _ARGS.__get__(error)
    text = ""
    if getattr(builtins, name, None) is kind:
        text = " ".join(str(one) for one in args if type(one) in (str, int))[:300]
    outcome = "error"
    if issubclass(kind, MemoryError):
        outcome = "memory"
    elif issubclass(kind, PermissionError):
        outcome = "forbidden"
    elif issubclass(kind, SystemExit):
        outcome = "exited"
    elif issubclass(kind, OSError) and _ERRNO.__get__(error) == errno.EFBIG:
        outcome = "files"
    return {"outcome": outcome, "error": f"{name}: {text}".rstrip(": ")}


def main() -> None:
    job = json.loads(sys.stdin.buffer.read())
    answers = os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.set_inheritable(answers, False)
    dumps, write, leave = json.dumps, os.write, os._exit

    def say(fact: dict) -> None:
        data = (dumps(fact) + "\n").encode()
        while data:
            data = data[write(answers, data) :]

    names: dict = {"__name__": job["name"], "__builtins__": builtins}
    compile_, run, value_of = compile, exec, eval
    guards = lock(job)
    missing = [name for name in job["demand"] if guards.get(name) != "kernel"]
    say({"ready": guards, "missing": missing})
    if missing:
        return
    try:
        try:
            program = compile_(job["program"], "<program>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            return say({**told(error), "outcome": "syntax"})
        run(program, names)
        say({"loaded": True})
    except BaseException as error:  # whatever it is, it is the program's
        return say(told(error))
    for number, (kind, source) in enumerate(job["steps"]):
        try:
            code = compile_(source, "<test>", "exec" if kind == "run" else "eval")
            if kind == "run":
                run(code, names)
                say({"step": number, "value": ["plain", True]})
            else:
                say({"step": number, "value": encoded(value_of(code, names))})
        except BaseException as error:
            say({"step": number, **told(error)})
    say({"done": True})
    leave(0)


try:
    main()
finally:
    os._exit(0)  # no atexit, no waiting for threads
