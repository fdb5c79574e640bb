"""An address counts as what one machine has."""

import pytest

from ledger.accounts.addresses import address_key


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:" + "x" * 100, "unix:" + "x" * 59),
    ],
)
def test_an_address_counts_as_what_one_machine_has(address: str, key: str) -> None:
    assert address_key(address) == key
