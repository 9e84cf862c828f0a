//! Allowed: network addresses.

use super::{Group, Kind, Ruling, of};

pub(super) static NETWORK: Group = Group {
    name: "network",
    reason: "compute on network addresses given to them; those that tell the connection's own are refused",
    ruling: Ruling::Allowed,
    kind: Kind::Function,
    functions: &[
        of("abbrev(cidr)"),
        of("abbrev(inet)"),
        of("broadcast(inet)"),
        of("family(inet)"),
        of("host(inet)"),
        of("hostmask(inet)"),
        of("inet_merge(inet, inet)"),
        of("inet_same_family(inet, inet)"),
        of("macaddr8_set7bit(macaddr8)"),
        of("masklen(inet)"),
        of("netmask(inet)"),
        of("network(inet)"),
        of("set_masklen(cidr, integer)"),
        of("set_masklen(inet, integer)"),
        of("trunc(macaddr)"),
        of("trunc(macaddr8)"),
    ],
    names: &[],
    arguments: &[],
};
