"""An io_uring, spoken to by system calls and seen through numpy.

The kernel's interface (io_uring_setup(2), io_uring_enter(2), linux/io_uring.h) is two rings in
memory that both sides see: what we ask for (submissions) and what became of it (completions).
Here both are arrays, so that hundreds of requests are written by a few assignments, and one
system call hands them over.
"""

import ctypes
import errno
import os
from mmap import mmap
from struct import Struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# System calls: the same numbers on all architectures but Alpha.
_SETUP: Final = 425
_ENTER: Final = 426
_REGISTER: Final = 427

_CQ_SIZE: Final = 1 << 3
_SUBMIT_ALL: Final = 1 << 7
_SINGLE_ISSUER: Final = 1 << 12
_DEFER_TASKRUN: Final = 1 << 13
"""Since Linux 6.1: nothing is done for us before we wait for it, so packets interrupt nobody."""

_TASKRUN_FLAG: Final = 1 << 9
_SOMETHING_PUT_OFF: Final = 1 << 2
"""With the flag before: told in memory, so that it takes no system call to know."""

_SINGLE_MMAP: Final = 1 << 0
_EXT_ARG: Final = 1 << 8
_GET_EVENTS: Final = 1 << 0
_WITH_TIMEOUT: Final = 1 << 3

_SQES_OFFSET: Final = 0x10000000
_REGISTER_SYNC_CANCEL: Final = 24
_CANCEL_ALL: Final = 1 << 0
_CANCEL_ANY: Final = 1 << 2

SUBMISSION: Final = np.dtype(
    {
        "names": [
            *("opcode", "flags", "ioprio", "fd", "address2", "address", "length", "op_flags"),
            *("user_data", "buffer_group", "personality", "address_length", "address3"),
        ],
        "formats": ["u1", "u1", "u2", "i4", "u8", "u8", "u4", "u4", "u8", "u2", "u2", "u2", "u8"],
        "offsets": [0, 1, 2, 4, 8, 16, 24, 28, 32, 40, 42, 44, 48],
        "itemsize": 64,
    }
)
"""`struct io_uring_sqe`, as far as we use it."""

COMPLETION: Final = np.dtype([("user_data", "u8"), ("result", "i4"), ("flags", "u4")])
"""`struct io_uring_cqe`."""

_COMPLETION: Final = Struct("=QiI")

_libc = ctypes.CDLL(None, use_errno=True)


def _system_call(*types: Any) -> Any:
    call = _libc["syscall"]  # a new object each time, so that each has types of its own
    call.restype = ctypes.c_long
    call.argtypes = [ctypes.c_long, *types]
    return call


_uint, _pointer = ctypes.c_uint, ctypes.c_void_p
_setup = _system_call(_uint, _pointer)
_enter = _system_call(ctypes.c_int, _uint, _uint, _uint, _pointer, ctypes.c_size_t)
_register = _system_call(ctypes.c_int, _uint, _pointer, _uint)


class Ring:
    """One ring, for the thread that makes it.

    entries      requests that can be handed over at once; a power of two
    completions  answers that there is room for; a power of two

    Raises OSError when the kernel has no such ring to give.
    """

    def __init__(self, entries: int, completions: int) -> None:
        parameters = np.zeros(30, np.uint32)
        parameters[1] = completions
        parameters[2] = _CQ_SIZE | _SUBMIT_ALL | _SINGLE_ISSUER | _DEFER_TASKRUN | _TASKRUN_FLAG
        self._descriptor: int = _setup(_SETUP, entries, parameters.ctypes.data)
        if self._descriptor < 0:
            raise _error("io_uring_setup")
        features = int(parameters[5])
        if not features & _SINGLE_MMAP or not features & _EXT_ARG:
            os.close(self._descriptor)
            raise OSError(errno.ENOSYS, "io_uring_setup: too old a kernel")
        self._map(parameters)
        # One timeout, and what points to it: `struct io_uring_getevents_arg`.
        self._timeout = np.zeros(2, np.int64)
        self._argument = np.zeros(3, np.uint64)
        self._argument_pointer = self._argument.ctypes.data

    def _map(self, parameters: NDArray[np.uint32]) -> None:
        """See what is shared with the kernel, at the offsets that it has named."""
        entries, completions = int(parameters[0]), int(parameters[1])
        submission, completion = parameters[10:20].tolist(), parameters[20:30].tolist()
        size = max(submission[6] + entries * 4, completion[5] + completions * COMPLETION.itemsize)
        self._maps = (
            mmap(self._descriptor, size),
            mmap(self._descriptor, entries * SUBMISSION.itemsize, offset=_SQES_OFFSET),
        )
        rings, requests = self._maps
        # Single words are cheaper by a memoryview.
        self._words = memoryview(rings)[: size // 4 * 4].cast("I")
        self._submission_tail, self._submission_flags = submission[1] // 4, submission[4] // 4
        self._completion_head, self._completion_tail = completion[0] // 4, completion[1] // 4
        order = np.frombuffer(rings, np.uint32, entries, submission[6])
        order[:] = np.arange(entries)
        self._completions_at = completion[5]
        self._completions = np.frombuffer(rings, COMPLETION, completions, completion[5])
        self._positions = np.arange(completions)
        self.requests = np.frombuffer(requests, SUBMISSION, entries)
        """All places for requests; `room` says which are to be filled."""

        self.raw_requests = np.frombuffer(requests, np.uint64).reshape(entries, 8)
        """The same as eight numbers each."""

        self._entries, self._tail, self._submitted = entries, 0, 0
        self._refused = 0

    def fileno(self) -> int:
        """Return a descriptor that is readable when `wait` has something to do."""
        return self._descriptor

    def room(self, count: int) -> slice:
        """Return places for up to `count` requests, side by side and one at least. They are
        handed over by the next `submit`, as if they had been filled."""
        if self._tail - self._submitted == self._entries:
            self._refused += self.submit()
        begin = self._tail % self._entries
        free = self._entries - (self._tail - self._submitted)
        end = begin + min(count, free, self._entries - begin)
        self._tail += end - begin
        return slice(begin, end)

    def submit(self) -> int:
        """Hand over what `room` was asked for; return how many requests the kernel has refused
        since this was called last."""
        count = self._tail - self._submitted
        refused, self._refused = self._refused, 0
        self._words[self._submission_tail] = self._tail & 0xFFFFFFFF
        taken: int = max(0, _enter(_ENTER, self._descriptor, count, 0, 0, None, 0))
        self._submitted += taken
        self._tail = self._submitted
        self._words[self._submission_tail] = self._tail & 0xFFFFFFFF
        return refused + count - taken

    @property
    def has_put_off(self) -> bool:
        """Whether there is something that the kernel does at the next `wait`."""
        return bool(self._words[self._submission_flags] & _SOMETHING_PUT_OFF)

    @property
    def completed(self) -> int:
        """How many completions are there."""
        words = self._words
        return int(words[self._completion_tail] - words[self._completion_head]) & 0xFFFFFFFF

    def wait(self, completions: int, timeout: float | None) -> None:
        """Wait for so many completions, or the timeout in seconds, or a signal.

        The kernel does what it has put off; 20 requests a call, or `completions` if that is more.
        """
        if timeout is None:
            self._argument[2] = 0
        else:
            nanoseconds = max(1, int(timeout * 1e9))
            self._timeout[0], self._timeout[1] = divmod(nanoseconds, 1_000_000_000)
            self._argument[2] = self._timeout.ctypes.data
        flags = _GET_EVENTS | _WITH_TIMEOUT
        _enter(_ENTER, self._descriptor, 0, completions, flags, self._argument_pointer, 24)

    def take(self) -> NDArray[np.void]:
        """Return, and forget, the completions that are there: COMPLETION (n,)."""
        count, begin = self.completed, self._begin
        if begin + count <= len(self._completions):
            taken = self._completions[begin : begin + count].copy()
        else:
            taken = self._completions.take(begin + self._positions[:count], mode="wrap")
        self.skip(count)
        return taken

    def peek(self, count: int) -> list[tuple[int, int, int]]:
        """Return the first completions, which stay: user_data, result and flags of each."""
        begin = self._begin
        last = len(self._completions)
        return [
            _COMPLETION.unpack_from(
                self._maps[0], self._completions_at + (begin + k) % last * _COMPLETION.size
            )
            for k in range(count)
        ]

    def skip(self, count: int) -> None:
        """Forget the first completions."""
        head = self._words[self._completion_head]
        self._words[self._completion_head] = head + count & 0xFFFFFFFF

    @property
    def _begin(self) -> int:
        return int(self._words[self._completion_head]) & len(self._completions) - 1

    def cancel(self, user_data: int) -> None:
        """Let the request of this `user_data` do nothing more. It lets go of its socket when it is
        completed, by the next `wait`."""
        self._cancel(user_data, 0)

    def cancel_all(self) -> None:
        """The same for all requests, and complete them."""
        self._cancel(0, _CANCEL_ALL | _CANCEL_ANY)
        self.wait(len(self._completions), 0.0)

    def _cancel(self, user_data: int, flags: int) -> None:
        # `struct io_uring_sync_cancel_reg`: address, descriptor and flags, no timeout.
        order = np.zeros(8, np.int64)
        order[0] = user_data
        order[1] = flags << 32 | 0xFFFFFFFF
        order[2] = order[3] = -1
        _register(_REGISTER, self._descriptor, _REGISTER_SYNC_CANCEL, order.ctypes.data, 1)

    def register(self, operation: int, pointer: int, count: int) -> None:
        """Call io_uring_register(2). Raises OSError."""
        if _register(_REGISTER, self._descriptor, operation, pointer, count) < 0:
            raise _error("io_uring_register")

    def close(self) -> None:
        """Give the ring back. No array of it may be in use any more."""
        if self._descriptor < 0:
            return
        self._words.release()
        self._completions, self.requests = np.empty(0, COMPLETION), np.empty(0, SUBMISSION)
        self.raw_requests = np.empty((0, 8), np.uint64)
        for each in self._maps:
            each.close()
        os.close(self._descriptor)
        self._descriptor = -1


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
