//! Settings of sockets and clients, by Swoole's names.

use super::{State, failure};
use crate::error_code;
use crate::swoole_exception::EXCEPTION;
use highper_net::framing::{Integer, Length, MARK_LIMIT};
use highper_net::{Error, Socket as NetSocket, Timeouts};
use highper_tls::{Passphrase, Protocols, Settings as Tls};
use highper_zend::{Array, Callable, Throw, Value, error};
use std::path::PathBuf;

use super::send::path;

/// `SWOOLE_SSL_TLSv1_2`, `SWOOLE_SSL_TLSv1_3`
const TLS_1_2: i64 = 32;
const TLS_1_3: i64 = 64;

/// `SOL_SOCKET`, `SO_RCVBUF`, `SO_SNDBUF`; `IPPROTO_TCP`, `TCP_NODELAY`
const LEVEL_SOCKET: i32 = 1;
const RECEIVE_ROOM: i32 = 8;
const SEND_ROOM: i32 = 7;
const LEVEL_TCP: i32 = 6;
const NO_DELAY: i32 = 1;

/// A setting, unless it is null.
pub fn get<'a>(settings: &'a Array, name: &str) -> Option<&'a Value> {
    settings.get(name).filter(|value| !value.is_null())
}

/// A setting as a text.
pub fn text(settings: &Array, name: &str) -> Result<Option<Vec<u8>>, Throw> {
    match get(settings, name) {
        Some(value) => Ok(Some(value.to_str()?.to_vec())),
        None => Ok(None),
    }
}

fn file(settings: &Array, name: &str) -> Result<Option<PathBuf>, Throw> {
    Ok(text(settings, name)?.map(|bytes| path(&bytes).to_owned()))
}

/// Bytes: a number, or a text such as "2M".
pub fn size(value: &Value) -> i64 {
    let Some(text) = value.as_str().map(str::trim) else {
        return value.to_long();
    };
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let shift = match text[digits.len()..].trim().as_bytes().first() {
        Some(b'k' | b'K') => 10,
        Some(b'm' | b'M') => 20,
        Some(b'g' | b'G') => 30,
        _ => 0,
    };
    digits
        .parse::<i64>()
        .unwrap_or(0)
        .saturating_mul(1 << shift)
}

/// Applies how a stream is cut into packets, and TLS. False when a setting was refused.
pub fn protocol(socket: &NetSocket, state: &State, settings: &Array) -> Result<bool, Throw> {
    if get(settings, "open_ssl").is_some_and(Value::to_bool) && socket.tls().is_none() {
        socket.set_tls(Tls::default());
    }
    let mut good = socket.tls().is_none() || tls(socket, settings)?;
    let mut framing = (*socket.framing()).clone();
    let flag = |name: &str| get(settings, name).map(Value::to_bool);
    if let Some(on) = flag("open_eof_check") {
        framing.by_mark = on;
    }
    if flag("open_eof_split") == Some(true) {
        framing.by_mark = true;
    }
    if let Some(mark) = text(settings, "package_eof")? {
        if mark.is_empty() {
            return Err(error::fatal("package_eof cannot be an empty string"));
        }
        if mark.len() > MARK_LIMIT {
            return Err(error::fatal(format!(
                "package_eof max length is {MARK_LIMIT}"
            )));
        }
        framing.mark = mark;
    }
    if let Some(on) = flag("open_fastcgi_protocol") {
        framing.by_length = on;
        framing.length = Length::FastCgi;
    }
    if let Some(on) = flag("open_mqtt_protocol") {
        framing.by_length = on;
        if on {
            framing.length = Length::Mqtt;
        }
    }
    if let Some(on) = flag("open_length_check") {
        framing.by_length = on;
        if !matches!(framing.length, Length::Integer(_)) {
            framing.length = Length::Integer(Integer::U32Big);
        }
    }
    if let Some(letter) = text(settings, "package_length_type")? {
        let letter = letter.first().copied().unwrap_or(0);
        match Integer::of_letter(letter) {
            Some(integer) => framing.length = Length::Integer(integer),
            None => {
                error::warning(format!(
                    "Unknown package_length_type name '{}', see pack(). Link: https://php.net/pack",
                    char::from(letter)
                ))?;
                good = false;
            }
        }
    }
    let position = |name: &str| {
        get(settings, name).map(|value| value.to_long().clamp(0, i64::from(u16::MAX)) as usize)
    };
    if let Some(offset) = position("package_length_offset") {
        framing.offset = offset;
    }
    if let Some(body) = position("package_body_offset") {
        framing.body = body;
    }
    if let Some(function) = get(settings, "package_length_func") {
        match Callable::new(function) {
            Ok(function) => {
                framing.length = Length::Function;
                state.set_length_function(Some(function));
            }
            Err(why) => {
                error::warning(format!("package_length_func is no function: {why}"))?;
                good = false;
            }
        }
    }
    framing.limit = match get(settings, "package_max_length") {
        Some(limit) => size(limit).clamp(0, i64::from(u32::MAX)) as usize,
        None => highper_net::framing::DEFAULT_LIMIT,
    };
    socket.set_framing(framing);
    Ok(good)
}

/// Applies the settings `ssl_*` to a socket that wants TLS.
pub fn tls(socket: &NetSocket, settings: &Array) -> Result<bool, Throw> {
    let mut tls = socket.tls().unwrap_or_default();
    let good = read_tls(&mut tls, settings)?;
    if good {
        socket.set_tls(tls);
    }
    Ok(good)
}

/// Takes the settings `ssl_*`. False, with a warning, when a file of them is not there.
pub(crate) fn read_tls(tls: &mut Tls, settings: &Array) -> Result<bool, Throw> {
    if let Some(versions) = get(settings, "ssl_protocols").map(Value::to_long) {
        tls.protocols = Protocols {
            tls12: versions == 0 || versions & TLS_1_2 != 0,
            tls13: versions == 0 || versions & TLS_1_3 != 0,
        };
    }
    for (name, what, slot) in [
        ("ssl_cert_file", "cert", &mut tls.certificate),
        ("ssl_key_file", "key", &mut tls.key),
    ] {
        if let Some(file) = file(settings, name)? {
            if !file.is_file() {
                let shown = file.display().to_string();
                error::warning(format!("ssl {what} file[{shown}] not found"))?;
                return Ok(false);
            }
            *slot = Some(file);
        }
    }
    if tls.certificate.is_some() && tls.key.is_none() {
        error::warning("ssl require key file")?;
    }
    if tls.key.is_some() && tls.certificate.is_none() {
        error::warning("ssl require cert file")?;
    }
    if let Some(name) = text(settings, "ssl_host_name")? {
        tls.host_name = Some(String::from_utf8_lossy(&name).into_owned());
    }
    if let Some(passphrase) = text(settings, "ssl_passphrase")? {
        let passphrase = String::from_utf8_lossy(&passphrase).into_owned();
        tls.passphrase = Some(Passphrase(passphrase));
    }
    for (name, slot) in [
        ("ssl_ciphers", &mut tls.ciphers),
        ("ssl_ecdh_curve", &mut tls.curves),
    ] {
        if let Some(list) = text(settings, name)? {
            *slot = Some(String::from_utf8_lossy(&list).into_owned());
        }
    }
    if let Some(depth) = get(settings, "ssl_verify_depth") {
        tls.verify_depth = Some(depth.to_long().clamp(0, 255) as u8);
    }
    if let Some(verify) = get(settings, "ssl_verify_peer") {
        tls.verify_peer = verify.to_bool();
    }
    if let Some(allow) = get(settings, "ssl_allow_self_signed") {
        tls.allow_self_signed = allow.to_bool();
    }
    if let Some(file) = file(settings, "ssl_cafile")? {
        tls.ca_file = Some(file);
    }
    if let Some(folder) = file(settings, "ssl_capath")? {
        tls.ca_path = Some(folder);
    }
    Ok(true)
}

/// Applies all settings of a client. False when one was refused; `swoole_last_error()` says why
/// where it is the system that did.
pub fn client(socket: &NetSocket, state: &State, settings: &Array) -> Result<bool, Throw> {
    let mut good = true;
    let mut timeouts = socket.timeouts();
    let seconds = |name: &str| {
        get(settings, name)
            .map(Value::to_double)
            .filter(|seconds| *seconds != 0.0)
    };
    if let Some(all) = seconds("timeout") {
        timeouts = Timeouts {
            resolve: all,
            connect: all,
            read: all,
            write: all,
        };
    }
    for (name, slot) in [
        ("connect_timeout", &mut timeouts.connect),
        ("read_timeout", &mut timeouts.read),
        ("write_timeout", &mut timeouts.write),
    ] {
        if let Some(time) = seconds(name) {
            *slot = time;
        }
    }
    socket.set_timeouts(timeouts);
    if let Some(address) = text(settings, "bind_address")?.filter(|address| !address.is_empty()) {
        let port = get(settings, "bind_port").map_or(0, Value::to_long);
        if let Err(error) = socket.bind(&address, port.clamp(0, 65535)) {
            highper_runtime::set_last_error(failure::describe(&error).0);
            good = false;
        }
    }
    if let Some(room) = get(settings, "socket_buffer_size").map(size) {
        if room <= 0 {
            error::warning(format!(
                "socket buffer size must be greater than 0, got {room}"
            ))?;
            good = false;
        } else {
            let bytes = i32::try_from(room).unwrap_or(i32::MAX).to_ne_bytes();
            for option in [RECEIVE_ROOM, SEND_ROOM] {
                good &= socket.set_option(LEVEL_SOCKET, option, &bytes).is_ok();
            }
        }
    }
    if let Some(on) = get(settings, "open_tcp_nodelay")
        && socket.kind().is_tcp()
    {
        let on = i32::from(on.to_bool()).to_ne_bytes();
        good &= socket.set_option(LEVEL_TCP, NO_DELAY, &on).is_ok();
    }
    good &= protocol(socket, state, settings)?;
    Ok(proxy(socket, settings)? && good)
}

fn proxy(socket: &NetSocket, settings: &Array) -> Result<bool, Throw> {
    let kinds = [
        ("socks5", "socks5_username", "socks5_username", "socks5"),
        (
            "http_proxy",
            "http_proxy_username",
            "http_proxy_user",
            "http",
        ),
    ];
    for (prefix, user, other_user, words) in kinds {
        let Some(host) = text(settings, &format!("{prefix}_host"))? else {
            continue;
        };
        if !socket.kind().is_tcp() {
            return Err(Throw::new(
                &EXCEPTION,
                format!("Only tcp socket supports {words} proxy settings"),
                error_code::OPERATION_NOT_SUPPORT.into(),
            ));
        }
        let port = get(settings, &format!("{prefix}_port")).map(Value::to_long);
        let Some(port) = port.and_then(|port| u16::try_from(port).ok()) else {
            error::warning(format!("{prefix}_port should not be null"))?;
            return Ok(false);
        };
        let mut good = true;
        let mut login = (Vec::new(), Vec::new());
        let name = match text(settings, user)? {
            Some(name) => Some(name),
            None => text(settings, other_user)?,
        };
        if let Some(name) = name {
            match text(settings, &format!("{prefix}_password"))? {
                Some(password) if !name.is_empty() => login = (name, password),
                _ => {
                    error::warning("socks5_password should not be null")?;
                    good = false;
                }
            }
        }
        if prefix == "socks5" {
            socket.set_socks5(&host, port, &login.0, &login.1);
        } else {
            socket.set_http_proxy(&host, port, &login.0, &login.1);
        }
        return Ok(good);
    }
    Ok(true)
}

/// What TLS needs before a handshake that was asked for by name.
pub fn want_tls(socket: &NetSocket) -> Result<(), Error> {
    if socket.tls().is_some() {
        return Err(Error::WrongOperation);
    }
    socket.set_tls(Tls::default());
    Ok(())
}
