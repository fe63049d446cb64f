"""Keeps the nftables table in line with the networks and ports that exist, also when another program clears the ruleset."""

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence

from plugins.net_bridge.kernel import sysctl
from plugins.net_bridge.table import ruleset
from plugins.net_bridge.table.generation import GenerationSocket
from plugins.net_bridge.table.ruleset import BridgeRules, Forward
from sdk.linux.nftables import Nftables, RulesetError

_UNKNOWN = -1


class Firewall:
    """The table of one daemon. All methods are for worker threads and take turns."""

    def __init__(self, table: str, log: logging.Logger, accepted_mark: str = "") -> None:
        self._table = table
        self._accepted_mark = accepted_mark
        self._log = log
        self._nftables = Nftables()
        self._generation = GenerationSocket()
        self._known_generation = self._generation.read()
        self._lock = threading.Lock()
        self._user_chain = ""
        self._networks: dict[str, BridgeRules] = {}
        self._forwards: dict[str, Sequence[Forward]] = {}

    def close(self) -> None:
        """Let go of the library; the table stays, for the containers that go on."""
        self._nftables.close()
        self._generation.close()

    def set_network(self, network_id: str, rules: BridgeRules) -> None:
        """Make rules for a network; idempotent."""
        with self._lock:
            if self._networks.get(network_id) == rules and not self._is_foreign():
                return
            before, self._networks = self._networks, {**self._networks, network_id: rules}
            try:
                self._rebuild()
            except RulesetError:
                self._networks = before
                raise

    def remove_network(self, network_id: str) -> None:
        """Remove a network's rules, and the table with the last one; idempotent."""
        with self._lock:
            if self._networks.pop(network_id, None) is not None:
                self._rebuild()

    def repair(self) -> None:
        """Write the table anew if another program changed the ruleset, with the administrator's chain as it was last seen."""
        with self._lock:
            if self._networks and self._is_foreign():
                self._log.info("another program changed table %s: writing it anew", self._table)
                self._rebuild()

    def publish(self, endpoint_id: str, forwards: Sequence[Forward]) -> None:
        """Publish an endpoint's ports; even without any, repair the table if another program changed the ruleset."""
        with self._lock:
            if self._is_foreign():
                self._rebuild()
            if forwards:
                self._forwards[endpoint_id] = forwards
                try:
                    self._add(forwards)
                except RulesetError:
                    del self._forwards[endpoint_id]
                    raise

    def unpublish(self, endpoint_id: str) -> None:
        """Take an endpoint's ports back; idempotent."""
        with self._lock:
            forwards = self._forwards.pop(endpoint_id, None)
            if not forwards:
                return
            try:
                self._run(ruleset.delete(self._table, forwards, direct=self._is_direct()))
            except RulesetError:  # another program emptied the map or removed the table
                self._rebuild()

    def replace(self, networks: Mapping[str, BridgeRules], forwards: Mapping[str, Sequence[Forward]]) -> None:
        """Make the table hold exactly this."""
        with self._lock:
            self._networks, self._forwards = dict(networks), dict(forwards)
            self._rebuild()

    def listing(self) -> str:
        """Return the table as the kernel has it, in nft(8)'s words. Raises RulesetError if there is none."""
        with self._lock:
            return self._nftables.run(f"list table inet {self._table}")

    def audit(self) -> list[str]:
        """Return a line for the table, if it exists, and for each published port."""
        with self._lock:
            if f"table inet {self._table}\n" not in self._nftables.run("list tables inet"):
                return []
        lines = [f"nftables table inet {self._table}"]
        return lines + [_audited(forward) for forward in self._all_forwards()]

    def _is_direct(self) -> bool:
        return ruleset.is_direct(self._networks.values())

    def _all_forwards(self) -> Iterable[Forward]:
        return [forward for forwards in self._forwards.values() for forward in forwards]

    def _add(self, forwards: Sequence[Forward]) -> None:
        try:
            self._run(ruleset.add(self._table, forwards, direct=self._is_direct()))
        except RulesetError:  # another program removed the table this very moment
            self._rebuild()

    def _rebuild(self) -> None:
        try:
            self._write_all()
        except RulesetError:
            self._known_generation = _UNKNOWN  # the table may still be another program's: the next call looks again
            raise

    def _write_all(self) -> None:
        """Write everything, the administrator's chain too if it is gone: no port answers before its rules are back.

        A table that is laid out otherwise, as an earlier release did, is replaced as a whole.
        """
        lost = self._remember_user_chain()
        self._known_generation = self._generation.read()
        networks, loopback6 = list(self._networks.values()), not _filters_bridged_frames()
        commands = ruleset.render(
            self._table, networks, self._all_forwards(), loopback6=loopback6, accepted_mark=self._accepted_mark
        )
        user_chain = self._user_chain if networks else ""
        try:
            self._run(commands + user_chain if lost else commands)
        except RulesetError:
            self._replace_table(commands, user_chain)

    def _remember_user_chain(self) -> bool:
        """Take note of what the administrator's chain says; True if it is gone."""
        try:
            self._user_chain = self._nftables.run(f"list chain inet {self._table} {ruleset.USER_CHAIN}")
        except RulesetError:
            return True
        return False

    def _replace_table(self, commands: str, user_chain: str) -> None:
        anew = ruleset.remove(self._table) + commands
        try:
            self._run(anew + user_chain)
        except RulesetError as error:
            if not user_chain:
                raise
            self._run(anew)
            # it refers to sets that are gone as well
            self._log.warning("the chain %s of table %s is lost: %s", ruleset.USER_CHAIN, self._table, error)

    def _run(self, commands: str) -> None:
        """Run commands as one transaction, and remember the generation of the kernel's tables that it made."""
        self._nftables.run(commands)
        present = self._generation.read()
        # A transaction of another program that came in between could be one that removed ours: then look again next time.
        self._known_generation = present if present == self._known_generation + 1 else _UNKNOWN

    def _is_foreign(self) -> bool:
        return self._generation.read() != self._known_generation


def _audited(forward: Forward) -> str:
    if forward.routed:
        return f"open port {forward.container_ip}:{forward.container_port}/{forward.protocol}"
    return f"published port {forward.host_ip}:{forward.host_port}/{forward.protocol}"


def _filters_bridged_frames() -> bool:
    """Tell whether br_netfilter shows IPv6 frames to the table: it makes them answers to `::1` too early, and the kernel drops them."""
    return sysctl.read("bridge/bridge-nf-call-ip6tables") == "1"
