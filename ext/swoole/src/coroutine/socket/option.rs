//! `getOption()` and `setOption()`.

use super::{failure, socket, tcp_info};
use crate::function;
use highper_net::{Address, Error, Kind, Socket as NetSocket, Timeouts};
use highper_zend::{Array, Call, Class, Done, Throw, Value, error};
use std::net::Ipv4Addr;

const IP: i32 = 0;
const SOCKET: i32 = 1;
const TCP: i32 = 6;
const IPV6: i32 = 41;

const SO_LINGER: i32 = 13;
const SO_RCVTIMEO: i32 = 20;
const SO_SNDTIMEO: i32 = 21;
const SO_BINDTODEVICE: i32 = 25;
const TCP_INFO: i32 = 11;
const IP_MULTICAST_IF: i32 = 32;
const IP_MULTICAST_TTL: i32 = 33;
const IP_MULTICAST_LOOP: i32 = 34;
const IPV6_MULTICAST_IF: i32 = 17;
const IPV6_MULTICAST_HOPS: i32 = 18;
const IPV6_MULTICAST_LOOP: i32 = 19;
const IPV6_PKTINFO: i32 = 50;
const MCAST_JOIN_GROUP: i32 = 42;
const MCAST_BLOCK_SOURCE: i32 = 43;
const MCAST_UNBLOCK_SOURCE: i32 = 44;
const MCAST_LEAVE_GROUP: i32 = 45;
const MCAST_JOIN_SOURCE_GROUP: i32 = 46;
const MCAST_LEAVE_SOURCE_GROUP: i32 = 47;

/// `sizeof(struct sockaddr_storage)`
const STORAGE: usize = 128;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function getOption(int $level, int $opt_name): mixed",
            "An option: a number, or an array for SO_LINGER, SO_RCVTIMEO, SO_SNDTIMEO and TCP_INFO. False when there is none.",
            get,
        )
        .method(
            "public function setOption(int $level, int $opt_name, mixed $opt_value): bool",
            "Sets an option. SO_RCVTIMEO and SO_SNDTIMEO are the time-outs of this object's calls.",
            set,
        )
}

fn number(call: &Call, arg: usize) -> Result<i32, Throw> {
    Ok(i32::try_from(call.long(arg)?).unwrap_or(-1))
}

fn get(call: &mut Call) -> Done {
    let (level, name) = (number(call, 0)?, number(call, 1)?);
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let mut bytes = [0; tcp_info::SIZE];
    let room = match (level, name) {
        (SOCKET, SO_RCVTIMEO | SO_SNDTIMEO) => {
            let timeouts = socket.timeouts();
            let seconds = if name == SO_RCVTIMEO {
                timeouts.read
            } else {
                timeouts.write
            };
            let mut time = Array::with_capacity(2);
            time.set("sec", seconds.trunc() as i64)
                .set("usec", (seconds.fract() * 1e6) as i64);
            return call.ret(time);
        }
        (TCP, TCP_INFO) => tcp_info::SIZE,
        (SOCKET, SO_LINGER) => 8,
        _ => 4,
    };
    let length = match socket.option(level, name, &mut bytes[..room]) {
        Ok(length) => length,
        Err(error) => {
            let (code, _) = failure::describe(&error);
            let fd = socket.fd();
            function::system_warning(&format!("getsockopt({fd}, {level}, {name})"), code)?;
            return call.ret_bool(false);
        }
    };
    let word = |at: usize| {
        let mut word = [0; 4];
        word.copy_from_slice(&bytes[at..at + 4]);
        i32::from_ne_bytes(word)
    };
    match (level, name) {
        (TCP, TCP_INFO) => call.ret(tcp_info::parse(&bytes[..length])),
        (SOCKET, SO_LINGER) => {
            let mut linger = Array::with_capacity(2);
            linger.set("l_onoff", word(0)).set("l_linger", word(4));
            call.ret(linger)
        }
        (IP, IP_MULTICAST_IF) => {
            let octets = [bytes[0], bytes[1], bytes[2], bytes[3]];
            call.ret(interface_with(&socket, octets.into())?)
        }
        _ if length == 1 => call.ret(i64::from(bytes[0] as i8)),
        _ => call.ret(word(0)),
    }
}

/// What to do after an option was looked at.
enum Choice {
    /// Give the system these bytes.
    Bytes(Vec<u8>),
    /// It is done, or refused with a warning.
    Done(bool),
}

fn set(call: &mut Call) -> Done {
    let (level, name) = (number(call, 0)?, number(call, 1)?);
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let value = call.value(2)?.deref().clone();
    let choice = match level {
        IP => inet(&socket, name, &value)?,
        IPV6 => inet6(&socket, name, &value)?,
        SOCKET => of_socket(&socket, name, &value)?,
        _ => int(&value),
    };
    let bytes = match choice {
        Choice::Done(done) => return call.ret_bool(done),
        Choice::Bytes(bytes) => bytes,
    };
    match socket.set_option(level, name, &bytes) {
        Ok(()) => call.ret_bool(true),
        Err(error) => {
            let (code, _) = failure::describe(&error);
            function::system_warning(&format!("setsockopt({}) failed", socket.fd()), code)?;
            call.ret_bool(false)
        }
    }
}

fn int(value: &Value) -> Choice {
    Choice::Bytes((value.to_long() as i32).to_ne_bytes().to_vec())
}

fn refuse(message: &str) -> Result<Choice, Throw> {
    error::warning(message)?;
    Ok(Choice::Done(false))
}

/// A member of an array; warns when it is not there.
fn member<'a>(array: &'a Array, name: &str) -> Result<Option<&'a Value>, Throw> {
    let found = array.get(name);
    if found.is_none() {
        error::warning(format!("no key \"{name}\" passed in optval"))?;
    }
    Ok(found)
}

fn array_of<'a>(value: &'a Value, option: &str) -> Result<&'a Array, Throw> {
    value.as_array().ok_or_else(|| {
        let given = value.type_name();
        Throw::argument_type(
            2,
            format!("must be of type array when argument $option is {option}, {given} given"),
        )
    })
}

fn of_socket(socket: &NetSocket, name: i32, value: &Value) -> Result<Choice, Throw> {
    match name {
        SO_LINGER => {
            let array = array_of(value, "SO_LINGER")?;
            let Some(on) = member(array, "l_onoff")? else {
                return Ok(Choice::Done(false));
            };
            let Some(seconds) = member(array, "l_linger")? else {
                return Ok(Choice::Done(false));
            };
            let mut bytes = Vec::with_capacity(8);
            for (key, number) in [("l_onoff", on), ("l_linger", seconds)] {
                let number = u16::try_from(number.to_long()).map_err(|_| {
                    Throw::argument_value(2, format!("\"{key}\" must be between 0 and 65535"))
                })?;
                bytes.extend_from_slice(&i32::from(number).to_ne_bytes());
            }
            Ok(Choice::Bytes(bytes))
        }
        SO_RCVTIMEO | SO_SNDTIMEO => {
            let option = if name == SO_RCVTIMEO {
                "SO_RCVTIMEO"
            } else {
                "SO_SNDTIMEO"
            };
            let array = array_of(value, option)?;
            let Some(seconds) = member(array, "sec")? else {
                return Ok(Choice::Done(false));
            };
            let Some(micros) = member(array, "usec")? else {
                return Ok(Choice::Done(false));
            };
            let time = seconds.to_long() as f64 + micros.to_long() as f64 / 1e6;
            if time != 0.0 {
                let before = socket.timeouts();
                socket.set_timeouts(if name == SO_RCVTIMEO {
                    Timeouts {
                        read: time,
                        ..before
                    }
                } else {
                    Timeouts {
                        connect: time,
                        write: time,
                        ..before
                    }
                });
            }
            Ok(Choice::Done(true))
        }
        SO_BINDTODEVICE => Ok(Choice::Bytes(value.as_bytes().unwrap_or_default().to_vec())),
        _ => Ok(int(value)),
    }
}

fn inet(socket: &NetSocket, name: i32, value: &Value) -> Result<Choice, Throw> {
    match name {
        MCAST_JOIN_GROUP..=MCAST_LEAVE_SOURCE_GROUP => group(socket, name, value),
        // struct ip_mreqn: no group, the interface's address and number.
        IP_MULTICAST_IF => match interface(socket, value)? {
            Some(index) => {
                let address = address_of(socket, index)?.unwrap_or(Ipv4Addr::UNSPECIFIED);
                let mut bytes = vec![0; 4];
                bytes.extend_from_slice(&address.octets());
                bytes.extend_from_slice(&index.to_ne_bytes());
                Ok(Choice::Bytes(bytes))
            }
            None => Ok(Choice::Done(false)),
        },
        IP_MULTICAST_LOOP => Ok(Choice::Bytes(vec![u8::from(value.to_bool())])),
        IP_MULTICAST_TTL => match u8::try_from(value.to_long()) {
            Ok(hops) => Ok(Choice::Bytes(vec![hops])),
            Err(_) => refuse("Expected a value between 0 and 255"),
        },
        _ => Ok(int(value)),
    }
}

fn inet6(socket: &NetSocket, name: i32, value: &Value) -> Result<Choice, Throw> {
    match name {
        MCAST_JOIN_GROUP..=MCAST_LEAVE_SOURCE_GROUP => group(socket, name, value),
        IPV6_MULTICAST_IF => Ok(match interface(socket, value)? {
            Some(index) => Choice::Bytes(index.to_ne_bytes().to_vec()),
            None => Choice::Done(false),
        }),
        IPV6_MULTICAST_LOOP => Ok(Choice::Bytes(
            i32::from(value.to_bool()).to_ne_bytes().to_vec(),
        )),
        IPV6_MULTICAST_HOPS if !(-1..=255).contains(&value.to_long()) => {
            refuse("Expected a value between -1 and 255")
        }
        IPV6_PKTINFO => {
            let Some(array) = value.as_array() else {
                return refuse(&pktinfo("Expected an array here"));
            };
            let Some(address) = array.get("addr").and_then(Value::as_bytes) else {
                return refuse(&pktinfo("The key 'addr' is required"));
            };
            let Some(index) = array.get("ifindex") else {
                return refuse(&pktinfo("The key 'ifindex' is required"));
            };
            match Address::parse(Kind::Udp6, address, 0) {
                Ok(Address::V6(v6)) => {
                    let mut bytes = v6.ip().octets().to_vec();
                    bytes.extend_from_slice(&(index.to_long() as u32).to_ne_bytes());
                    Ok(Choice::Bytes(bytes))
                }
                _ => refuse(&pktinfo(
                    "The value of 'addr' is no address of IP version 6",
                )),
            }
        }
        _ => Ok(int(value)),
    }
}

fn pktinfo(why: &str) -> String {
    format!("error converting user data (path: in6_pktinfo): {why}")
}

/// The number of a network interface, given by number or name.
fn interface(socket: &NetSocket, value: &Value) -> Result<Option<u32>, Throw> {
    if let Some(number) = value.as_long() {
        let number = u32::try_from(number).ok();
        if number.is_none() {
            error::warning("the interface index cannot be negative or larger than 4294967295")?;
        }
        return Ok(number);
    }
    let name = value.to_str()?;
    let found = socket.interface(&name.to_string_lossy());
    if found.is_err() {
        let name = name.to_string_lossy().into_owned();
        error::warning(format!("no interface with name \"{name}\" could be found"))?;
    }
    Ok(found.ok())
}

/// The first addresses of IP version 4 that the interfaces have, with the interfaces' numbers.
fn addresses(socket: &NetSocket) -> Result<Vec<(u32, Ipv4Addr)>, Throw> {
    let interfaces = function::php("net_get_interfaces", &[])?;
    let mut found = Vec::new();
    for (name, interface) in interfaces.as_array().into_iter().flatten() {
        let unicast = interface.as_array().and_then(|it| it.get_array("unicast"));
        let address = unicast.into_iter().flat_map(Array::values).find_map(|one| {
            let address = one.as_array()?.get("address")?.as_str()?;
            address.parse::<Ipv4Addr>().ok()
        });
        let index = socket.interface(&String::from_utf8_lossy(&name.to_bytes()));
        if let (Some(address), Ok(index)) = (address, index) {
            found.push((index, address));
        }
    }
    Ok(found)
}

/// The address of an interface.
fn address_of(socket: &NetSocket, index: u32) -> Result<Option<Ipv4Addr>, Throw> {
    if index == 0 {
        return Ok(None);
    }
    let all = addresses(socket)?;
    Ok(all
        .iter()
        .find(|(number, _)| *number == index)
        .map(|(_, address)| *address))
}

/// The number of the interface with an address; 0 for none.
fn interface_with(socket: &NetSocket, address: Ipv4Addr) -> Result<u32, Throw> {
    if address.is_unspecified() {
        return Ok(0);
    }
    let all = addresses(socket)?;
    Ok(all
        .iter()
        .find(|(_, own)| *own == address)
        .map_or(0, |(number, _)| *number))
}

/// Joining and leaving groups (RFC 3678, section 5): `struct group_req`, `struct group_source_req`.
fn group(socket: &NetSocket, name: i32, value: &Value) -> Result<Choice, Throw> {
    let Some(array) = value.as_array() else {
        return refuse("Expected an array with the key \"group\"");
    };
    let sourced = matches!(
        name,
        MCAST_BLOCK_SOURCE
            | MCAST_UNBLOCK_SOURCE
            | MCAST_JOIN_SOURCE_GROUP
            | MCAST_LEAVE_SOURCE_GROUP
    );
    debug_assert!(sourced || matches!(name, MCAST_JOIN_GROUP | MCAST_LEAVE_GROUP));
    let index = match array.get("interface") {
        Some(value) => match interface(socket, value)? {
            Some(index) => index,
            None => return Ok(Choice::Done(false)),
        },
        None => 0,
    };
    // The number is followed by a gap: addresses are aligned to 8 bytes.
    let mut bytes = index.to_ne_bytes().to_vec();
    bytes.resize(8, 0);
    let keys: &[&str] = if sourced {
        &["group", "source"]
    } else {
        &["group"]
    };
    for key in keys {
        let Some(host) = member(array, key)?.and_then(Value::as_bytes) else {
            return Ok(Choice::Done(false));
        };
        match storage(socket.kind(), host) {
            Ok(address) => bytes.extend_from_slice(&address),
            Err(error) => {
                let (_, text) = failure::describe(&error);
                return refuse(&format!("the value of \"{key}\" is no address: {text}"));
            }
        }
    }
    Ok(Choice::Bytes(bytes))
}

/// `struct sockaddr_storage` with an address.
fn storage(kind: Kind, host: &[u8]) -> Result<[u8; STORAGE], Error> {
    let mut bytes = [0; STORAGE];
    match Address::parse(kind, host, 0)? {
        Address::V4(v4) => {
            bytes[..2].copy_from_slice(&2_u16.to_ne_bytes());
            bytes[4..8].copy_from_slice(&v4.ip().octets());
        }
        Address::V6(v6) => {
            bytes[..2].copy_from_slice(&10_u16.to_ne_bytes());
            bytes[8..24].copy_from_slice(&v6.ip().octets());
        }
        Address::Unix(_) => return Err(Error::BadHost),
    }
    Ok(bytes)
}
