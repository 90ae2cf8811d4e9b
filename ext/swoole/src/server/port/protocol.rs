//! What a port's settings mean for its streams.

use crate::coroutine::socket::setting::{get, read_tls, size, text};
use crate::function::logging;
use highper_net::framing::{DEFAULT_LIMIT, Framing, Integer, Length, MARK_LIMIT};
use highper_process::listen::Listener;
use highper_stream::{Cut, KeepAlive, Settings};
use highper_tls::{Context, Named, Settings as Tls};
use highper_zend::{Array, Throw, Value, error};
use std::path::PathBuf;
use std::time::Duration;

/// Bytes of a packet at least that the limit allows.
const LEAST_LIMIT: usize = 64 * 1024;

fn flag(settings: &Array, name: &str) -> bool {
    get(settings, name).is_some_and(Value::to_bool)
}

fn seconds(settings: &Array, name: &str) -> Option<Duration> {
    let seconds = get(settings, name)?.to_double();
    (seconds > 0.0).then(|| Duration::from_secs_f64(seconds.min(1e9)))
}

fn bytes(settings: &Array, name: &str) -> Option<usize> {
    get(settings, name).map(|value| match size(value) {
        bytes @ 1.. => usize::try_from(bytes).unwrap_or(usize::MAX),
        _ => i32::MAX as usize,
    })
}

/// The settings of a stream.
///
/// # Errors
/// Swoole's fatal errors for what can't be.
pub(in crate::server) fn read(
    settings: &Array,
    is_secure: bool,
    datagrams: bool,
) -> Result<Settings, Throw> {
    let mut streams = Settings {
        cut: cut(settings)?,
        ..Settings::default()
    };
    if get(settings, "open_tcp_nodelay").is_some() {
        streams.nodelay = flag(settings, "open_tcp_nodelay");
    }
    if flag(settings, "open_tcp_keepalive") {
        let mut keep = KeepAlive::default();
        keep.idle = seconds(settings, "tcp_keepidle").unwrap_or(keep.idle);
        keep.interval = seconds(settings, "tcp_keepinterval").unwrap_or(keep.interval);
        if let Some(count) = get(settings, "tcp_keepcount") {
            keep.count = u32::try_from(count.to_long()).unwrap_or(keep.count);
        }
        streams.keep_alive = Some(keep);
    }
    streams.user_timeout = get(settings, "tcp_user_timeout")
        .and_then(|value| u64::try_from(value.to_long()).ok())
        .filter(|time| *time > 0)
        .map(Duration::from_millis);
    streams.receive_buffer = bytes(settings, "kernel_socket_recv_buffer_size");
    streams.send_buffer = bytes(settings, "kernel_socket_send_buffer_size");
    if let Some(size) = bytes(settings, "socket_buffer_size") {
        streams.buffer_size = size;
    }
    streams.high_water = bytes(settings, "buffer_high_watermark");
    streams.low_water = bytes(settings, "buffer_low_watermark").unwrap_or(0);
    streams.heartbeat = seconds(settings, "heartbeat_idle_time")
        .or_else(|| seconds(settings, "heartbeat_check_interval").map(|time| time * 2));
    streams.idle = seconds(settings, "max_idle_time");
    streams.delay_receive = flag(settings, "enable_delay_receive");
    if is_secure {
        streams.tls = tls(settings, false, datagrams)?;
    }
    Ok(streams)
}

/// What the socket that listens is told: `backlog`, `tcp_defer_accept`, `tcp_fastopen`.
pub(in crate::server) fn tune(listener: &Listener, settings: &Array) {
    let number = |name: &str| {
        let number = get(settings, name)?.to_long();
        Some(number.clamp(0, i64::from(u16::MAX)) as i32)
    };
    let fast_open = get(settings, "tcp_fastopen").map(|on| i32::from(on.to_bool()));
    let told = [
        number("backlog").map(|backlog| listener.set_backlog(backlog)),
        number("tcp_defer_accept").map(|seconds| listener.defer_accept(seconds)),
        // As in Swoole, one that waits.
        fast_open.map(|queue| listener.fast_open(queue)),
    ];
    let names = ["backlog", "tcp_defer_accept", "tcp_fastopen"];
    for (name, told) in names.into_iter().zip(told) {
        if let Some(Err(error)) = told {
            logging::warning(&format!("the setting {name} has no effect: {error}"));
        }
    }
}

fn limit(settings: &Array) -> usize {
    let limit = get(settings, "package_max_length").map(size);
    limit.map_or(DEFAULT_LIMIT, |limit| {
        (limit.clamp(0, i64::from(u32::MAX)) as usize).max(LEAST_LIMIT)
    })
}

fn position(settings: &Array, name: &str) -> Option<usize> {
    get(settings, name).map(|value| value.to_long().clamp(0, i64::from(u16::MAX)) as usize)
}

/// How a stream is cut: by marks, else by lengths, else into requests of HTTP, else as MQTT says.
fn cut(settings: &Array) -> Result<Cut, Throw> {
    let limit = limit(settings);
    let mark = text(settings, "package_eof")?;
    if mark.as_ref().is_some_and(Vec::is_empty) {
        return Err(error::fatal("package_eof cannot be an empty string"));
    }
    let mark = mark.unwrap_or_else(|| b"\r\n\r\n".to_vec());
    if mark.len() > MARK_LIMIT {
        let text = format!("package_eof max length is {MARK_LIMIT}");
        return Err(error::fatal(text));
    }
    let mut framing = Framing {
        by_length: true,
        limit,
        ..Framing::default()
    };
    if let Some(letter) = text(settings, "package_length_type")? {
        let integer = letter.first().copied().and_then(Integer::of_letter);
        framing.length = Length::Integer(integer.ok_or_else(|| {
            error::fatal("unknown package_length_type, see pack(). Link: https://php.net/pack")
        })?);
    }
    framing.offset = position(settings, "package_length_offset").unwrap_or(0);
    framing.body = position(settings, "package_body_offset")
        .or_else(|| position(settings, "package_body_start"))
        .unwrap_or(0);
    if get(settings, "package_length_func").is_some() {
        framing.length = Length::Function;
    }
    if flag(settings, "open_redis_protocol") {
        framing.length = Length::Redis;
        return Ok(Cut::Each(framing));
    }
    if flag(settings, "open_eof_split") {
        return Ok(Cut::Each(Framing {
            by_mark: true,
            mark,
            limit,
            ..Framing::default()
        }));
    }
    if flag(settings, "open_eof_check") {
        return Ok(Cut::AtEnd { mark, limit });
    }
    if flag(settings, "open_length_check") {
        return Ok(Cut::Each(framing));
    }
    if flag(settings, "open_http_protocol") {
        return Ok(Cut::requests(limit));
    }
    if flag(settings, "open_mqtt_protocol") {
        framing.length = Length::Mqtt;
        return Ok(Cut::Each(framing));
    }
    Ok(Cut::None)
}

/// A file that a setting names.
fn certificate(settings: &Array, name: &str, what: &str) -> Result<Option<PathBuf>, Throw> {
    let Some(file) = text(settings, name)? else {
        return Ok(None);
    };
    let file = PathBuf::from(String::from_utf8_lossy(&file).into_owned());
    if !file.is_file() {
        let text = format!("ssl {what} file[{}] not found", file.display());
        return Err(error::fatal(text));
    }
    Ok(Some(file))
}

/// TLS, once there is a certificate; `http2`: is HTTP/2 offered besides HTTP/1.1?
///
/// # Errors
/// Swoole's fatal errors for what can't be.
pub(in crate::server) fn tls(
    settings: &Array,
    http2: bool,
    datagrams: bool,
) -> Result<Option<Context>, Throw> {
    certificate(settings, "ssl_cert_file", "cert")?;
    certificate(settings, "ssl_key_file", "key")?;
    let mut tls = Tls {
        datagrams,
        ..Tls::default()
    };
    read_tls(&mut tls, settings)?;
    if let Some(trusted) = certificate(settings, "ssl_client_cert_file", "client cert")? {
        tls.ca_file = Some(trusted);
    }
    if http2 {
        tls.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    tls.prefer_own_ciphers = flag(settings, "ssl_prefer_server_ciphers");
    if let Some(names) = get(settings, "ssl_sni_certs") {
        let Some(names) = names.as_array() else {
            let text = "ssl_sni_certs requires an array mapping host names to cert paths";
            error::raise(error::Level::Warning, text)?;
            return Ok(None);
        };
        for (host, files) in names.iter() {
            let Some(files) = files.deref().as_array() else {
                error::raise(error::Level::Warning, "invalid SNI_cert setting")?;
                return Ok(None);
            };
            let own = certificate(files, "ssl_cert_file", "cert")?;
            let key = certificate(files, "ssl_key_file", "key")?;
            if let (Some(certificate), Some(key)) = (own, key) {
                tls.named.push(Named {
                    host: String::from_utf8_lossy(&host.to_bytes()).into_owned(),
                    certificate,
                    key,
                    ocsp: None,
                });
            }
        }
    }
    if tls.certificate.is_none() && tls.key.is_none() && tls.named.is_empty() {
        return Ok(None);
    }
    Context::server(tls)
        .map(Some)
        .map_err(|e| error::fatal(format!("the settings for TLS can't be used: {e}")))
}

/// Settings that are sizes: a number, or a text such as "2M".
const SIZES: [&str; 11] = [
    "buffer_output_size",
    "output_buffer_size",
    "buffer_input_size",
    "input_buffer_size",
    "max_queued_bytes",
    "socket_buffer_size",
    "kernel_socket_recv_buffer_size",
    "kernel_socket_send_buffer_size",
    "buffer_high_watermark",
    "buffer_low_watermark",
    "package_max_length",
];

/// Refuses sizes that are none.
pub(super) fn check_sizes(settings: &Array) -> Result<(), Throw> {
    for name in SIZES {
        if get(settings, name).is_some_and(|value| value.deref().as_array().is_some()) {
            return Err(no_size(name, "an array"));
        }
        let Some(text) = text(settings, name)? else {
            continue;
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        let digits = text.trim_start().trim_start_matches(['-', '+']);
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(error::fatal(format!(
                "failed to parse '{text}' to size, Error: Invalid quantity \"{text}\": no valid leading digits, interpreting as \"0\" for backwards compatibility"
            )));
        }
        let unit = digits
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim();
        let fits = unit.is_empty() || unit.len() == 1 && "kKmMgG".contains(unit);
        if !fits && digits.parse::<f64>().is_err() {
            return Err(no_size(name, &format!("'{text}'")));
        }
    }
    Ok(())
}

fn no_size(name: &str, given: &str) -> Throw {
    Throw::value_error(format!(
        "the setting {name} must be a size in bytes, such as 2097152 or '2M', {given} given"
    ))
}
