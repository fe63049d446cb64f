"""The table of signals."""

from sdk.oci.signals import HIGHEST_SIGNAL, SIGNALS


def test_every_name_that_docker_knows_has_its_number() -> None:
    """moby/sys/signal: two names of one number are both known."""
    names = "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG"
    assert {*names.split(), "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ"} <= SIGNALS.keys()
    assert (SIGNALS["CLD"], SIGNALS["IOT"], SIGNALS["POLL"]) == (SIGNALS["CHLD"], SIGNALS["ABRT"], SIGNALS["IO"])


def test_real_time_signals_are_counted_from_both_ends() -> None:
    """Those below 34 are the C library's (signal(7))."""
    numbers = {number for name, number in SIGNALS.items() if name.startswith("RT")}
    assert numbers == set(range(34, HIGHEST_SIGNAL + 1))
    assert (SIGNALS["RTMIN"], SIGNALS["RTMIN+15"], SIGNALS["RTMAX-14"], SIGNALS["RTMAX"]) == (34, 49, 50, 64)
    assert not {"RTMIN+0", "RTMIN+16", "RTMAX-15", "SIGKILL", ""} & SIGNALS.keys()
