"""A process that has imported what `upstander` needs, and forks one run of it for each request.

    python fork_server.py FILE_DESCRIPTOR MODULE ...

A request is a JSON object (`arguments`, `folder`, `environment`) in one packet of the socket, with
four file descriptors: standard input, output and error of the run, and a pipe into which two lines
go: its process id, and its exit status once it has ended. `forked.py` is the other side.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
import traceback
from typing import Any


def serve(requests: socket.socket) -> None:
    """Return in each process that a request asked for, ready to run; end with the other side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, whose end is ours
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    while True:
        packet, descriptors, _, _ = socket.recv_fds(requests, 1 << 20, 4)
        if not packet:
            os._exit(0)
        if os.fork() == 0:
            requests.close()
            _fork_and_wait(json.loads(packet), descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _fork_and_wait(request: dict[str, Any], descriptors: list[int]) -> None:
    """Return in the run; its parent tells how it ended, and ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *standard, told = descriptors
    child = os.fork()
    if child:
        for descriptor in (0, 1, 2, *standard):
            os.close(descriptor)
        os.write(told, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    os.close(told)
    for number, descriptor in enumerate(standard):
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["upstander", *request["arguments"]]
    _open_standard_streams()


def _open_standard_streams() -> None:
    """The streams of Python, over the descriptors as they are now."""
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        before = getattr(sys, name)
        stream = open(  # noqa: SIM115 - as long as the process lives
            number,
            mode,
            encoding=before.encoding,
            errors=before.errors,
            buffering=1 if name == "stderr" else -1,
            closefd=False,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def run() -> int:
    """Run the command; its exit status."""
    from upstander.cli import main

    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    own = socket.socket(fileno=int(sys.argv[1]))
    for module in sys.argv[2:]:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # so that what is shared stays so
    serve(own)
    status = run()
    # All that Python does at its end but the destructors of C++: onnxruntime starts a thread when
    # it is imported, and would wait for it here, where a fork has none.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            status = status or 120  # as Python itself ends when nobody reads any more
    os._exit(status)
