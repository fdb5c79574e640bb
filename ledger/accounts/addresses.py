"""What an address at the entrance counts as: not in the rules, which import nothing that knows networks."""

from ipaddress import IPv6Address, ip_address, ip_network

ADDRESS_LENGTH = 64


def address_key(address: str) -> str:
    """By what the tries from an address are counted: of IPv6 its network of 64 bits, which one machine has all of."""
    try:
        found = ip_address(address.strip().partition("%")[0])
    except ValueError:
        return address.strip()[:ADDRESS_LENGTH]
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ip_network(f"{found}/64", strict=False))
    return str(found)
