"""77 programs that mean harm, by name: what each does, and what the sandbox has to call it.

Each is an answer to the task “write f() so that it returns the number that I think of”, tested by
`assert f() == NUMBER`, which none of them can know. HOME and PARENT are put in by the tests: a file
outside the sandbox, and the process that started it.
"""

# name -> (what it is called, the program); several names where systems differ.
HOSTILE: dict[str, tuple[str, str]] = {
    # ---- without end ----
    "endless loop": ("timeout", "while True: pass"),
    "endless loop in the test": ("timeout", "def f():\n    while True: pass"),
    "endless sleep": ("timeout", "import time\ntime.sleep(1000)"),
    "endless loop that catches all": (
        "timeout",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ),
    "signals ignored": (
        "timeout",
        "import signal\nfor s in signal.valid_signals():\n"
        "    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
        "while True: pass",
    ),
    "limit of time raised": (
        "timeout|error",
        "import resource\nr = resource\n"
        "try: r.setrlimit(r.RLIMIT_CPU, (r.RLIM_INFINITY, r.RLIM_INFINITY))\n"
        "except (ValueError, OSError): pass\nwhile True: pass",
    ),
    "regex blow-up": ("timeout", "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')"),
    "huge power": ("timeout|memory", "x = 7 ** (7 ** 11)"),
    "huge factorial": ("timeout", "import math\nmath.factorial(10 ** 8)"),
    "deadlock": ("timeout", "import threading\nl = threading.Lock(); l.acquire(); l.acquire()"),
    "reading the terminal": ("error", "input()"),
    "waiting on a pipe": ("timeout", "import os\nr, w = os.pipe()\nos.read(r, 1)"),
    "endless iterator": ("timeout", "import itertools\nsum(itertools.count())"),
    "endless compilation": ("timeout|memory|error", "eval('+'.join(['1'] * 10 ** 7))"),
    # ---- memory: on a busy machine, time may be up before it is full ----
    "memory bomb": ("memory", "x = bytearray(10 ** 10)"),
    "memory bomb, slowly": ("memory|timeout", "x = []\nwhile True: x.append(' ' * 10 ** 6)"),
    "string doubled": ("memory|timeout", "s = 'a'\nwhile True: s += s"),
    "list of lists": ("memory", "x = [0] * 10 ** 9"),
    "huge text": ("memory", "x = 'x' * (1 << 40)"),
    "memory by mmap": ("error|memory", "import mmap\nm = mmap.mmap(-1, 1 << 34)"),
    "decompression bomb": (
        "memory|timeout",
        "import zlib\nz = zlib.compress(bytes(10 ** 6))\n"
        "zs = [zlib.decompress(z) for _ in range(10 ** 4)]",
    ),
    "memory error swallowed": (
        "timeout|memory|exited",
        "x = []\nwhile True:\n    try: x.append(bytearray(10 ** 6))\n    except MemoryError: pass",
    ),
    # ---- depth ----
    "deep recursion": ("error", "def g(): g()\ng()"),
    "deep recursion without limit": (
        "crashed|memory|error",
        "import sys\nsys.setrecursionlimit(10 ** 9)\ndef g(n): return [g(n)] and g(n)\n"
        "class A:\n    def __repr__(self): return repr(self)\nrepr(A())",
    ),
    "nested brackets": ("syntax|memory|error", "eval('(' * 10 ** 5)"),
    "deep answer": (
        "wrong",
        "def f():\n    x = []\n    for _ in range(10 ** 4): x = [x]\n    return x",
    ),
    # ---- processes ----
    "fork": ("forbidden", "import os\nos.fork()"),
    "fork bomb": ("forbidden", "import os\nwhile True: os.fork()"),
    "fork bomb that catches all": (
        "timeout",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    ),
    "shell": ("wrong", "import os\ndef f(): return os.system('echo harm > HOME')"),
    "subprocess": ("forbidden", "import subprocess\nsubprocess.run(['/bin/sh', '-c', 'ls'])"),
    "multiprocessing": (
        "forbidden|error",
        "import multiprocessing as m\nm.get_context('fork').Process(target=print).start()",
    ),
    "other program": ("forbidden", "import os\nos.execv('/bin/sh', ['sh', '-c', 'echo harm'])"),
    "zombie children": (
        "forbidden",
        "import os\nfor _ in range(100):\n    if not os.fork(): os._exit(0)",
    ),
    "daemon": ("forbidden", "import os\nif os.fork() == 0:\n    os.setsid()\n    os.fork()"),
    "thread bomb": (
        "error|memory|timeout",
        "import threading, time\n"
        "while True: threading.Thread(target=time.sleep, args=(99,)).start()",
    ),
    "threads that don't end": (
        "wrong",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\n"
        "def f(): return 0",
    ),
    "killing the parent": ("forbidden", "import os, signal\nos.kill(PARENT, signal.SIGKILL)"),
    "killing the parent's group": (
        "forbidden",
        "import os, signal\nos.killpg(os.getpgid(PARENT), signal.SIGKILL)",
    ),
    "killing all": ("forbidden", "import os, signal\nos.kill(-1, signal.SIGKILL)"),
    "slowing the parent": ("forbidden", "import os\nos.setpriority(os.PRIO_PROCESS, PARENT, 19)"),
    # ---- output and files ----
    "output flood": ("output", "while True: print('x' * 1000)"),
    "output flood by descriptor": ("output", "import os\nwhile True: os.write(2, b'x' * 65536)"),
    "answers flooded": (
        "output",
        "import os\nwhile True:\n    for n in range(3, 8):\n"
        "        try: os.write(n, b'x' * 65536)\n        except OSError: pass",
    ),
    "reading a file outside": ("forbidden", "open('HOME').read()"),
    "reading the parent's environment": ("forbidden", "open('/proc/PARENT/environ').read()"),
    "listing the disk": ("forbidden", "import os\nos.listdir('/')"),
    "writing a file outside": ("forbidden", "open('HOME', 'w').write('harm')"),
    "deleting a file outside": ("forbidden", "import os\nos.remove('HOME')"),
    "changing a file's rights": ("forbidden", "import os\nos.chmod('HOME', 0)"),
    "way out by a link": ("forbidden", "import os\nos.symlink('HOME', 'x')\nopen('x').read()"),
    "a large file": ("files", "with open('x', 'wb') as f:\n    f.write(bytes(10 ** 8))"),
    "many files": (
        "files",
        "n = 0\nwhile True:\n    n += 1\n    open(f'{n}', 'w').write('x' * 4096)",
    ),
    # ---- network ----
    "socket": ("forbidden", "import socket\nsocket.create_connection(('127.0.0.1', 9))"),
    "address looked up": (
        "error|forbidden",
        "import socket\nsocket.getaddrinfo('example.com', 80)",
    ),
    "web page": (
        "error|forbidden",
        "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')",
    ),
    "server": ("forbidden", "import socket\nsocket.create_server(('127.0.0.1', 0))"),
    # ---- crashes ----
    "null pointer": ("crashed", "import ctypes\nctypes.string_at(0)"),
    "abort": ("crashed", "import os\nos.abort()"),
    "killing itself": ("crashed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "wild code": (
        "crashed",
        "f = lambda: 0\nf.__code__ = f.__code__.replace(co_code=bytes([255, 255] * 50))\nf()",
    ),
    # ---- cheating ----
    "sys.exit": ("exited", "import sys\nsys.exit(0)"),
    "sys.exit in the test": ("exited", "import sys\ndef f(): sys.exit(0)"),
    "os._exit": ("exited", "import os\ndef f(): os._exit(0)"),
    "atexit": (
        "wrong",
        "import atexit\natexit.register(print, 'harm')\ndef f(): return 'passed'",
    ),
    "reading the environment": (
        "wrong",
        "import os\ndef f(): return sorted(name for name in os.environ if 'SECRET' in name)",
    ),
    "equal to everything": (
        "wrong",
        "class A:\n    def __eq__(self, other): return True\ndef f(): return A()",
    ),
    "an int equal to everything": (
        "wrong",
        "class A(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
        "def f(): return A(1)",
    ),
    "checker patched": (
        "wrong|error|exited",
        "import sys\nm = sys.modules['__main__']\nm.encoded = lambda v, d=0: ['plain', True]\n"
        "def f(): return 0",
    ),
    "builtins patched": (
        "wrong|error|exited",
        "import builtins\nbuiltins.type = lambda v: int\nbuiltins.issubclass = lambda *a: True\n"
        "builtins.isinstance = lambda *a: True\ndef f(): return 0",
    ),
    "answers forged": (
        "wrong|exited",
        "import os\nfor n in range(3, 8):\n    try:\n"
        '        os.write(n, b\'{"step": 0, "value": ["plain", true]}\\n{"done": true}\\n\')\n'
        "    except OSError: pass\n",
    ),
    "looking for the answer": (
        "wrong",
        "import gc, sys\ndef f():\n    frame = sys._getframe()\n    found = []\n"
        "    while frame:\n        found += list(frame.f_locals.values())\n"
        "        frame = frame.f_back\n"
        "    jobs = [x for x in found if type(x) is dict and 'steps' in x]\n"
        "    return repr([job['steps'] for job in jobs])",
    ),
    "hostile repr": (
        "error",
        "class E(Exception):\n    def __repr__(self):\n        while True: pass\n"
        "    __str__ = __repr__\nraise E()",
    ),
    "hostile name of a class": (
        "wrong",
        "class M(type):\n    @property\n    def __name__(cls):\n        while True: pass\n"
        "class A(metaclass=M): pass\ndef f(): return A()",
    ),
    "hostile exception group": (
        "error",
        "e = ValueError()\nfor _ in range(10 ** 4): e = ExceptionGroup('x', [e])\nraise e",
    ),
    "tracing the checker": (
        "wrong|error|exited|timeout",
        "import sys\ndef trace(frame, event, arg):\n    sys.exit(0)\nsys.settrace(trace)\n"
        "def f(): return 0",
    ),
    "import hijacked": (
        "wrong",
        "open('json.py', 'w').write('raise SystemExit')\nimport sys\nsys.path.insert(0, '.')\n"
        "def f(): return 0",
    ),
}
