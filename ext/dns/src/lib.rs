//! Looking up names: the hosts file, questions to a name server, and the system's own resolver.
//!
//! [`ask`] speaks DNS itself (RFC 1035, over UDP, and over TCP when an answer was cut short), so
//! that it waits on the event loop; [`by_system`] asks the C library, which knows all that
//! `nsswitch.conf` says, and blocks: call it on a thread.
//!
//! ```
//! use highper_dns::{Family, in_hosts, server};
//!
//! let hosts = "127.0.0.1 localhost # here\n::1 localhost ip6-localhost\n";
//! assert_eq!(in_hosts(hosts, "LOCALHOST", Family::V4), Some("127.0.0.1".parse().unwrap()));
//! assert_eq!(in_hosts(hosts, "ip6-localhost", Family::V4), None);
//! assert_eq!(server("192.0.2.1:5353").unwrap().port(), 5353);
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, TYPE};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// Which addresses are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    fn takes(self, address: &IpAddr) -> bool {
        address.is_ipv4() == (self == Self::V4)
    }
}

/// Where the system keeps its hosts.
pub const HOSTS: &str = "/etc/hosts";
/// Where the system names its servers.
pub const RESOLV_CONF: &str = "/etc/resolv.conf";

/// The port of name servers.
const PORT: u16 = 53;
/// The largest answer by UDP that is read; without EDNS a server sends at most 512 bytes.
const LARGEST: usize = 4096;

/// A server's address: `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`.
#[must_use]
pub fn server(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    match text.parse::<IpAddr>() {
        Ok(address) => Some(SocketAddr::new(address, PORT)),
        Err(_) => text.parse().ok(),
    }
}

/// The first server that a text such as `/etc/resolv.conf` names.
#[must_use]
pub fn first_server(resolv_conf: &str) -> Option<SocketAddr> {
    resolv_conf.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some("nameserver"))
            .then(|| words.next())
            .flatten()
            .and_then(server)
    })
}

/// The address of a name in a text such as `/etc/hosts`.
#[must_use]
pub fn in_hosts(hosts: &str, name: &str, family: Family) -> Option<IpAddr> {
    hosts.lines().find_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let address: IpAddr = words.next()?.parse().ok()?;
        (family.takes(&address) && words.any(|word| word.eq_ignore_ascii_case(name)))
            .then_some(address)
    })
}

/// The addresses that the C library finds, in its order. Blocks.
///
/// # Errors
/// What the library says: no such name, no server that answers.
pub fn by_system(name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
    let mut found = Vec::new();
    for address in (name, 0).to_socket_addrs()? {
        let address = address.ip();
        if family.takes(&address) && !found.contains(&address) {
            found.push(address);
        }
    }
    Ok(found)
}

/// Asks a server for a name's addresses. Never answers for longer than the caller polls it: a
/// deadline is the caller's.
///
/// # Errors
/// `InvalidInput` for what is no name; `NotFound` when there is none of that name or family;
/// `InvalidData` for an answer that makes no sense; else the system's.
pub async fn ask(server: SocketAddr, name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
    let id = RandomState::new().build_hasher().finish() as u16;
    let question = question(id, name, family)?;
    let local: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((local, 0)).await?;
    // Connected, so that nobody else's packets come in.
    socket.connect(server).await?;
    socket.send(&question).await?;
    let mut buffer = vec![0; LARGEST];
    loop {
        let length = socket.recv(&mut buffer).await?;
        match answer(&buffer[..length], id, family) {
            Answer::Found(addresses) => return Ok(addresses),
            Answer::Failed(error) => return Err(error),
            Answer::CutShort => break,
            // A late answer to somebody who had our port before.
            Answer::Foreign => {}
        }
    }
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(question.len()).map_err(|_| ErrorKind::InvalidInput)?;
    stream.write_all(&length.to_be_bytes()).await?;
    stream.write_all(&question).await?;
    let length = usize::from(stream.read_u16().await?);
    buffer.resize(length, 0);
    stream.read_exact(&mut buffer[..length]).await?;
    match answer(&buffer[..length], id, family) {
        Answer::Found(addresses) => Ok(addresses),
        Answer::Failed(error) => Err(error),
        Answer::CutShort | Answer::Foreign => Err(ErrorKind::InvalidData.into()),
    }
}

fn question(id: u16, name: &str, family: Family) -> io::Result<Vec<u8>> {
    let refuse = |error: simple_dns::SimpleDnsError| {
        io::Error::new(ErrorKind::InvalidInput, error.to_string())
    };
    let kind = match family {
        Family::V4 => TYPE::A,
        Family::V6 => TYPE::AAAA,
    };
    let name = Name::new(name.trim_end_matches('.')).map_err(refuse)?;
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let question = Question::new(name, kind.into(), CLASS::IN.into(), false);
    packet.questions.push(question);
    packet.build_bytes_vec().map_err(refuse)
}

enum Answer {
    Found(Vec<IpAddr>),
    Failed(io::Error),
    CutShort,
    Foreign,
}

fn answer(bytes: &[u8], id: u16, family: Family) -> Answer {
    let Ok(packet) = Packet::parse(bytes) else {
        return Answer::Failed(ErrorKind::InvalidData.into());
    };
    if packet.id() != id || !packet.has_flags(PacketFlag::RESPONSE) {
        return Answer::Foreign;
    }
    if packet.has_flags(PacketFlag::TRUNCATION) {
        return Answer::CutShort;
    }
    match packet.rcode() {
        RCODE::NoError => {}
        RCODE::NameError => return Answer::Failed(ErrorKind::NotFound.into()),
        other => return Answer::Failed(io::Error::other(format!("the server answered {other:?}"))),
    }
    let found: Vec<IpAddr> = packet
        .answers
        .iter()
        .filter_map(|record| match &record.rdata {
            RData::A(a) if family == Family::V4 => Some(Ipv4Addr::from(a.address).into()),
            RData::AAAA(a) if family == Family::V6 => Some(Ipv6Addr::from(a.address).into()),
            _ => None,
        })
        .collect();
    match found.is_empty() {
        true => Answer::Failed(ErrorKind::NotFound.into()),
        false => Answer::Found(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use simple_dns::ResourceRecord;
    use simple_dns::rdata::{A, CNAME};

    #[test]
    fn servers_and_hosts_are_read_from_the_systems_files() {
        let conf =
            "# made by hand\nsearch example.org\nnameserver  192.0.2.7\nnameserver 1.1.1.1\n";
        assert_eq!(first_server(conf), Some("192.0.2.7:53".parse().unwrap()));
        assert_eq!(first_server("nameserver nonsense\n"), None);
        assert_eq!(server("::1"), Some("[::1]:53".parse().unwrap()));
        assert_eq!(server("[::1]:54"), Some("[::1]:54".parse().unwrap()));
        assert_eq!(
            (server("host"), server("1.2.3.4:x"), server("")),
            (None, None, None)
        );
        let hosts = "nonsense\n10.0.0.1\n10.0.0.2 a b\n#10.0.0.3 c\n2001:db8::1 b\n";
        let at = |name, family| in_hosts(hosts, name, family).map(|ip| ip.to_string());
        assert_eq!(at("b", Family::V4).as_deref(), Some("10.0.0.2"));
        assert_eq!(at("B", Family::V6).as_deref(), Some("2001:db8::1"));
        assert_eq!((at("c", Family::V4), at("", Family::V4)), (None, None));
    }

    #[test]
    fn a_number_is_its_own_address() {
        let found = by_system("127.0.0.1", Family::V4).unwrap();
        assert_eq!(found, [IpAddr::from([127, 0, 0, 1])]);
        assert!(by_system("127.0.0.1", Family::V6).unwrap().is_empty());
    }

    fn reply(id: u16, flags: PacketFlag, code: RCODE, addresses: &[[u8; 4]]) -> Vec<u8> {
        let mut packet = Packet::new_reply(id);
        packet.set_flags(PacketFlag::RESPONSE | flags);
        *packet.rcode_mut() = code;
        let name = Name::new_unchecked("a.test");
        let alias = RData::CNAME(CNAME(Name::new_unchecked("b.test")));
        packet
            .answers
            .push(ResourceRecord::new(name.clone(), CLASS::IN, 60, alias));
        for address in addresses {
            let address = A {
                address: u32::from_be_bytes(*address),
            };
            let record = ResourceRecord::new(name.clone(), CLASS::IN, 60, RData::A(address));
            packet.answers.push(record);
        }
        packet.build_bytes_vec().unwrap()
    }

    /// Asks a server that answers one question with these packets, then one by TCP.
    fn served(udp: Vec<Vec<u8>>, tcp: Option<Vec<u8>>, family: Family) -> io::Result<Vec<IpAddr>> {
        use std::io::{Read, Write};
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let listener = std::net::TcpListener::bind(address).unwrap();
        let server = std::thread::spawn(move || {
            let mut buffer = [0; 512];
            let (length, peer) = socket.recv_from(&mut buffer).unwrap();
            let question = Packet::parse(&buffer[..length]).unwrap();
            assert_eq!(question.questions[0].qname.to_string(), "a.test");
            let id = question.id().to_be_bytes();
            let with_id = |mut bytes: Vec<u8>| {
                if bytes[..2] == [0, 0] {
                    bytes[..2].copy_from_slice(&id);
                }
                bytes
            };
            for bytes in udp {
                socket.send_to(&with_id(bytes), peer).unwrap();
            }
            if let Some(bytes) = tcp {
                let (mut stream, _) = listener.accept().unwrap();
                stream.read_exact(&mut buffer[..2]).unwrap();
                let length = usize::from(u16::from_be_bytes([buffer[0], buffer[1]]));
                stream.read_exact(&mut buffer[..length]).unwrap();
                let bytes = with_id(bytes);
                stream
                    .write_all(&(bytes.len() as u16).to_be_bytes())
                    .unwrap();
                stream.write_all(&bytes).unwrap();
            }
        });
        let found = run(ask(address, "a.test.", family));
        server.join().unwrap();
        found
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        runtime.block_on(future)
    }

    #[test]
    fn answers_are_taken_refused_ignored_or_fetched_whole() {
        let none = PacketFlag::empty();
        let good = || reply(0, none, RCODE::NoError, &[[192, 0, 2, 1], [192, 0, 2, 2]]);
        let two: Vec<IpAddr> = vec!["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()];
        assert_eq!(served(vec![good()], None, Family::V4).unwrap(), two);
        let foreign = reply(0xbeef, none, RCODE::NoError, &[[10, 0, 0, 1]]);
        if !foreign.starts_with(&[0, 0]) {
            assert_eq!(
                served(vec![foreign, good()], None, Family::V4).unwrap(),
                two
            );
        }
        let cut = reply(0, PacketFlag::TRUNCATION, RCODE::NoError, &[]);
        assert_eq!(served(vec![cut], Some(good()), Family::V4).unwrap(), two);
        let kind = |found: io::Result<Vec<IpAddr>>| found.unwrap_err().kind();
        assert_eq!(
            kind(served(vec![good()], None, Family::V6)),
            ErrorKind::NotFound
        );
        let unknown = reply(0, none, RCODE::NameError, &[]);
        assert_eq!(
            kind(served(vec![unknown], None, Family::V4)),
            ErrorKind::NotFound
        );
        let refused = reply(0, none, RCODE::Refused, &[]);
        assert_eq!(
            kind(served(vec![refused], None, Family::V4)),
            ErrorKind::Other
        );
        assert_eq!(
            kind(served(vec![vec![1, 2, 3]], None, Family::V4)),
            ErrorKind::InvalidData
        );
    }

    #[test]
    fn what_is_no_name_is_not_asked_for() {
        let server = "127.0.0.1:9".parse().unwrap();
        let long = "a".repeat(64);
        for name in [long.as_str(), &"a.".repeat(200)] {
            let error = run(ask(server, name, Family::V4)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
        }
    }
}
