"""What a client was told, to be compared with what the daemon has after it was killed.

Three things are known of a request: it was granted, it was refused, or its answer was cut off. In the last case either is right, and the
next look says which it is.
"""

from dataclasses import dataclass, field

CODE = 7
"""What a container that counts ends with."""


@dataclass(slots=True)
class Thing:
    """A network, a volume or an image by its name. `there` is None while that is not known."""

    name: str
    there: bool | None = None

    def compare(self, found: bool) -> list[str]:
        """Return what is wrong; what was not known is known from now on."""
        problem = []
        if self.there is not None and self.there is not found:
            problem.append(f"{self.name}: {'lost' if self.there else 'removed, and is back'}")
        self.there = found
        return problem


@dataclass(slots=True)
class Container(Thing):
    """`lines` is how many it prints before it ends; 0 for one that waits for ever. `started` and `paused` are None while that is not
    known; `disturbed` says that a client wanted it to end, `ended` that it was told it had."""

    lines: int = 0
    started: bool | None = False
    paused: bool | None = False
    disturbed: bool = False
    ended: bool = False
    files: set[str] = field(default_factory=set)

    def compare_state(self, state: dict[str, object]) -> list[str]:
        """Return what is wrong with its state, as inspect has it."""
        status, code = str(state["Status"]), state["ExitCode"]
        wrong = []
        if self.started is False and status != "created":
            wrong.append("runs or ran, and was never started")
        if self.ended and state["Running"]:
            wrong.append("runs, and was ended")
        if not self.lines and self.started and not self.disturbed and not state["Running"]:
            wrong.append(f"should run, and is {status} ({code})")
        if state["Paused"] and self.paused is False:
            wrong.append("is paused by no client")
        if self.paused and not self.disturbed and not state["Paused"] and status != "exited":
            wrong.append("is not paused any more")
        if status == "exited" and not self._may_end_with(code):
            wrong.append(f"ended with {code}")
        self.paused = bool(state["Paused"])
        if self.started is None:
            self.started = status != "created"
        return [f"{self.name} {problem}" for problem in wrong]

    def compare_log(self, text: str, *, whole: bool) -> list[str]:
        """Return what is wrong with its log: lines must be consecutive, and all there once it has ended by itself."""
        lines = text.splitlines()
        if lines != [f"line {number}" for number in range(len(lines))]:
            first = next(number for number, line in enumerate(lines) if line != f"line {number}")
            return [f"{self.name}: its log has {lines[first]!r} for line {first}"]
        if whole and len(lines) != self.lines:
            return [f"{self.name}: its log has {len(lines)} lines of {self.lines}"]
        return []

    def _may_end_with(self, code: object) -> bool:
        right = {CODE} if self.lines else set()
        right |= {137, 143, 255} if self.disturbed else set()
        return code in right or (self.started is None and code in (CODE, 128, 137, 255))
