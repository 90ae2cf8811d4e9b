//! Networks by their addresses.

use std::net::{IpAddr, Ipv6Addr};

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    bits: u128,
    mask: u128,
}

/// IPv4 addresses as IPv6 has them, so that one comparison does.
fn bits(ip: IpAddr) -> u128 {
    let v6 = match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    v6.to_bits()
}

/// An address without the mapping of IPv4 into IPv6.
pub(crate) fn plain(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

impl Network {
    /// `10.0.0.0/8`, `::1` or `2001:db8::/32`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("'{text}' is no address or network; write it as 10.0.0.0/8 or 2001:db8::/32")
        };
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let ip: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let width: u32 = if ip.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => width,
            Some(length) => length
                .trim()
                .parse()
                .ok()
                .filter(|n| *n <= width)
                .ok_or_else(wrong)?,
        };
        let free = width - length;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Ok(Self {
            bits: bits(ip) & mask,
            mask,
        })
    }

    /// Is the address in it?
    #[must_use]
    pub fn has(&self, ip: IpAddr) -> bool {
        bits(ip) & self.mask == self.bits
    }

    /// The addresses that are nobody's in the internet (RFC 1918, 4193, 3927, 4291, loopback).
    #[must_use]
    pub fn private() -> Vec<Self> {
        let v4 = |a, b, length: u32| Self {
            bits: u128::from(u32::from_be_bytes([a, b, 0, 0])) | 0xffff_u128 << 32,
            mask: u128::MAX << (32 - length),
        };
        let v6 = |ip: Ipv6Addr, length: u32| Self {
            bits: ip.to_bits(),
            mask: u128::MAX << (128 - length),
        };
        vec![
            v4(127, 0, 8),
            v4(10, 0, 8),
            v4(172, 16, 12),
            v4(192, 168, 16),
            v4(169, 254, 16),
            v6(Ipv6Addr::LOCALHOST, 128),
            v6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
            v6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks() {
        let ten = Network::parse("10.0.0.0/8").unwrap();
        assert!(
            ten.has(ip("10.255.0.1")) && ten.has(ip("::ffff:10.1.1.1")) && !ten.has(ip("11.0.0.1"))
        );
        assert!(Network::parse("0.0.0.0/0").unwrap().has(ip("9.9.9.9")));
        assert!(!Network::parse("0.0.0.0/0").unwrap().has(ip("2001:db8::1")));
        assert!(Network::parse("::/0").unwrap().has(ip("9.9.9.9")));
        let doc = Network::parse("2001:db8::/32").unwrap();
        assert!(doc.has(ip("2001:db8:1::9")) && !doc.has(ip("2001:db9::")));
        assert!(Network::parse("192.0.2.7").unwrap().has(ip("192.0.2.7")));
        for wrong in ["", "10.0.0", "10.0.0.0/33", "::1/129", "10.0.0.0/x", "a/8"] {
            assert!(Network::parse(wrong).unwrap_err().contains(wrong));
        }
    }

    #[test]
    fn private_ones() {
        let all = Network::private();
        let is = |text: &str| all.iter().any(|n| n.has(ip(text)));
        for inside in [
            "127.0.0.1",
            "10.9.8.7",
            "172.31.0.1",
            "192.168.1.1",
            "::1",
            "fd00::1",
            "fe80::1",
        ] {
            assert!(is(inside), "{inside}");
        }
        for outside in ["172.32.0.1", "8.8.8.8", "2001:db8::1", "192.169.0.1"] {
            assert!(!is(outside), "{outside}");
        }
    }
}
