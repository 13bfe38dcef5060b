//! The proxy for a host, according to the environment: a pure function of the variables and the host.
//!
//! The rules are those of curl: `https_proxy`, then `all_proxy`, each before its upper-case form; `no_proxy` names
//! the hosts that are reached directly. An empty variable is unset.

use std::net::IpAddr;

/// Reads a variable; `None` if it is not set.
pub(super) type Read<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A variable and its value.
type Variable = (&'static str, String);

/// Returns the URL of the proxy for a host, and the variable that names it. `None` means a direct connection.
pub(super) fn select(read: &Read<'_>, host: &str, port: u16) -> Option<Variable> {
    if exception(read, host, port).is_some() { None } else { proxy(read) }
}

/// Returns the remedy for a failed direct connection: networks that require a proxy often drop packets.
pub(super) fn hint(read: &Read<'_>, host: &str, port: u16) -> String {
    match (proxy(read), exception(read, host, port)) {
        (None, _) => "; if this network requires a proxy, set HTTPS_PROXY (in code: proxy)".to_owned(),
        (Some((proxy, _)), Some(no_proxy)) => {
            format!(
                "; an entry of {no_proxy} matches {host}, so the proxy in {proxy} is not used; if this host needs the \
                 proxy, delete that entry"
            )
        }
        (Some(_), None) => String::new(),
    }
}

fn proxy(read: &Read<'_>) -> Option<Variable> {
    first(read, &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
}

/// Returns the variable that excepts the host from all proxies.
fn exception(read: &Read<'_>, host: &str, port: u16) -> Option<&'static str> {
    let (name, no_proxy) = first(read, &["no_proxy", "NO_PROXY"])?;
    is_excepted(&no_proxy, host, port).then_some(name)
}

/// Returns the first variable that is not empty.
fn first(read: &Read<'_>, names: &[&'static str]) -> Option<Variable> {
    names.iter().find_map(|name| {
        let value = read(name)?.trim().to_owned();
        (!value.is_empty()).then_some((*name, value))
    })
}

/// Returns whether a value of `NO_PROXY` names the host: entries separated by commas or blanks.
fn is_excepted(no_proxy: &str, host: &str, port: u16) -> bool {
    let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let mut entries = no_proxy.split([',', ' ', '\t', '\n', '\r']).filter(|entry| !entry.is_empty());
    entries.any(|entry| {
        let (name, entry_port) = split_port(entry);
        entry_port.is_none_or(|entry_port| entry_port == port) && names_host(name, &host)
    })
}

/// Splits `host:port`, `[ipv6]:port` or `ipv6`.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let is_bare_ipv6 = entry.matches(':').count() > 1 && !entry.contains(']');
    match entry.rsplit_once(':').filter(|(_, port)| !is_bare_ipv6 && !port.contains(']')) {
        Some((name, port)) => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        None => (entry, None),
    }
}

/// Returns whether an entry names the host, which is in lower case, without brackets and without a dot at its end.
fn names_host(entry: &str, host: &str) -> bool {
    if entry == "*" {
        return true;
    }
    let entry = entry.trim_matches(['[', ']']);
    if let Ok(ip) = host.parse::<IpAddr>() {
        return match entry.split_once('/') {
            Some((network, bits)) => {
                network.parse().is_ok_and(|network| bits.parse().is_ok_and(|bits| is_in_network(ip, network, bits)))
            }
            None => entry.parse::<IpAddr>().is_ok_and(|entry| entry == ip),
        };
    }
    let domain = entry.strip_prefix("*.").or_else(|| entry.strip_prefix('.')).unwrap_or(entry);
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let is_subdomain = || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'));
    !domain.is_empty() && (host == domain || is_subdomain())
}

/// Returns whether an address is in a CIDR block.
fn is_in_network(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    let (ip, network, length) = match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => (u128::from(ip.to_bits()), u128::from(network.to_bits()), 32),
        (IpAddr::V6(ip), IpAddr::V6(network)) => (ip.to_bits(), network.to_bits(), 128),
        _ => return false,
    };
    let Some(host_bits) = u32::checked_sub(length, bits) else { return false };
    // With a prefix length of 0, the shift is as wide as the address, and every address matches.
    ip.checked_shr(host_bits).unwrap_or(0) == network.checked_shr(host_bits).unwrap_or(0)
}

#[cfg(test)]
mod tests;
