//! The keys of `set()` and what they mean here.

use crate::coroutine::socket::setting::size;
use crate::http::response::packing::Packing;
use highper_http::{Http2, Rewrite, Settings, StaticFiles};
use highper_process::Options;
use highper_zend::{Array, Throw, Value, error};
use regex_lite::Regex;
use std::time::Duration;

/// Keys that Swoole 6.2 knows; those without a use here are taken and have no effect.
const KNOWN: &str = " start_session_id single_thread ssl_allow_self_signed ssl_cafile package_body_start \
buffer_output_size init_arguments http_index_files add_heartbeat admin_server aio_core_worker_num aio_max_idle_time aio_max_wait_time aio_worker_num \
backlog bind_address bind_port bootstrap buffer_high_watermark buffer_input_size buffer_low_watermark buffer_output_size cancel_on_disconnect \
c_stack_size chroot compression_level compression_min_length compression_types cpu_affinity_ignore daemonize debug_mode \
discard_timeout_request dispatch_func dispatch_mode display_errors dns_server document_root enable_coroutine \
enable_deadlock_check enable_delay_receive enable_fiber_mock enable_library enable_preemptive_scheduler \
enable_reuse_port enable_static_handler enable_unsafe_event event_object exit_condition group heartbeat_check_interval \
heartbeat_idle_time hook_flags http2_enable_push http2_header_table_size http2_init_window_size http2_max_concurrent_streams \
http2_max_frame_size http2_max_header_list_size http_autoindex http_compression http_compression_level http_compression_min_length \
http_compression_types http_gzip_level http_index_files http_parse_cookie http_parse_files http_parse_post \
input_buffer_size kernel_socket_recv_buffer_size kernel_socket_send_buffer_size log_date_format \
log_date_with_microseconds log_file log_level log_rotation log_wait_sec max_concurrency max_conn max_connection \
max_coro_num max_coroutine max_idle_time max_queued_bytes max_request max_request_execution_time max_request_grace \
max_wait_time message_queue_key min_wait_time open_cpu_affinity open_eof_check open_eof_split open_http2_protocol \
open_http_protocol open_length_check open_mqtt_protocol open_redis_protocol open_ssl open_tcp_keepalive open_tcp_nodelay \
open_websocket_close_frame open_websocket_ping_frame open_websocket_pong_frame open_websocket_protocol \
output_buffer_size package_body_offset package_eof package_length_func package_length_offset package_length_type \
package_max_length pid_file reactor_num reload_async send_timeout send_yield server_port single_thread socket_buffer_size \
socket_recv_timeout socket_send_timeout ssl_ca_file ssl_capath ssl_cert_file ssl_ciphers ssl_client_cert_file \
ssl_compress ssl_dhparam ssl_ecdh_curve ssl_key_file ssl_passphrase ssl_prefer_server_ciphers ssl_protocols \
ssl_session_cache ssl_sni_certs ssl_verify_depth ssl_verify_peer stack_size static_handler_locations stats_file \
stats_timer_interval task_enable_coroutine task_ipc_mode task_max_request task_max_request_grace task_tmpdir \
task_use_object task_object task_worker_max_num task_worker_num tcp_defer_accept tcp_fastopen tcp_keepcount tcp_keepidle \
tcp_keepinterval tcp_rcvbuf tcp_sndbuf tcp_user_timeout thread_num trace_flags upload_max_filesize upload_tmp_dir url_rewrite_rules user \
websocket_compression websocket_mask websocket_strict websocket_subprotocol worker_max_concurrency worker_max_num worker_num ";

pub(super) fn is_known(name: &str) -> bool {
    !name.contains(' ') && KNOWN.contains(&format!(" {name} "))
}

fn wrong(name: &str, rule: &str, value: &Value) -> Throw {
    let value = value.deref();
    let given = match value.as_array() {
        Some(array) => format!("an array of {}", array.len()),
        None => format!(
            "{:?}",
            value
                .to_str()
                .map(|text| text.to_string_lossy().into_owned())
                .unwrap_or_default()
        ),
    };
    Throw::value_error(format!("the setting {name} must be {rule}, {given} given"))
}

/// A whole number: an integer, or a float or text that is one.
fn whole(name: &str, value: &Value, least: i64) -> Result<u64, Throw> {
    let inner = value.deref();
    let number = if inner.as_array().is_some() || inner.is_null() {
        None
    } else {
        let text = inner.to_str()?.to_string_lossy().into_owned();
        text.trim().parse::<i64>().ok()
    };
    number
        .filter(|number| *number >= least)
        .and_then(|number| u64::try_from(number).ok())
        .ok_or_else(|| wrong(name, &format!("a whole number, {least} or greater"), value))
}

fn text(name: &str, value: &Value) -> Result<String, Throw> {
    if value.deref().as_array().is_some() {
        return Err(wrong(name, "a string", value));
    }
    Ok(value.deref().to_str()?.to_string_lossy().into_owned())
}

fn list(name: &str, value: &Value) -> Result<Vec<String>, Throw> {
    match value.deref().as_array() {
        Some(array) => array.values().map(|item| text(name, item)).collect(),
        None => Ok(vec![text(name, value)?]),
    }
}

fn number(name: &str, value: &Value) -> Result<u32, Throw> {
    whole(name, value, 0).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

/// Up to so many requests a worker is replaced after exactly as many, unless a grace is set.
const LITERAL: u64 = 10;
/// Streams of HTTP/2 at once where nothing was set.
const STREAMS: u32 = 256;

/// What handlers' objects do with requests and responses.
#[derive(Clone, Copy)]
pub(super) struct Switches {
    /// Bytes of the shortest body that is compressed.
    pub(super) packs_from: u32,
    /// `http_parse_post`.
    pub(super) post: bool,
    /// `http_parse_cookie`.
    pub(super) cookie: bool,
    /// `http_parse_files`: do the files of a form lie as in `$_FILES`?
    pub(super) php_files: bool,
    /// `cancel_on_disconnect`: is a handler cancelled whose client has gone?
    pub(super) cancel: bool,
    /// `enable_reuse_port`: has each worker a socket of its own?
    pub(super) reuse_port: bool,
    /// `open_cpu_affinity`: has each worker a processor of its own?
    pub(super) pins: bool,
    /// `cpu_affinity_ignore`: those that they leave alone, a bit for each.
    pub(super) ignored: u64,
    /// `enable_coroutine` off: do callbacks run without coroutines?
    pub(super) is_plain: bool,
    /// `hook_flags`: what the workers hook.
    pub(super) hooks: Option<u32>,
}

/// Applies the settings; returns what is for the objects.
pub(super) fn apply(
    settings: &Array,
    options: &mut Options,
    http: &mut Settings,
) -> Result<Switches, Throw> {
    http.server = Some("swoole-http-server".to_owned());
    http.say_keep_alive = true;
    // Swoole counts what is left of a request against max_request without a spread of its own making.
    options.max_request_grace = None;
    http.keep_forms = 1 << 20;
    http.explain_size = false;
    http.limits.head_bytes = 64_000;
    http.limits.fields = 128;
    http.limits.target_bytes = 64_000;
    http.limits.require_host = false;
    let packing = Packing::of(settings)?;
    let mut switches = Switches {
        packs_from: 0,
        post: true,
        cookie: true,
        php_files: false,
        cancel: false,
        pins: false,
        ignored: 0,
        hooks: None,
        reuse_port: false,
        is_plain: settings
            .get("enable_coroutine")
            .is_some_and(|on| !on.to_bool()),
    };
    let mut root = None;
    let mut uploads = 0;
    let mut files = StaticFiles {
        root: Default::default(),
        prefixes: Vec::new(),
        index: Vec::new(),
        exclusive: false,
        listing: false,
        rewrites: Vec::new(),
        // As in Swoole: applications have links to where their uploads are.
        follow_links: true,
        types: Some(crate::function::mime::of_file),
    };
    let mut static_on = false;
    let mut http2 = false;
    let mut told = Http2 {
        max_concurrent_streams: STREAMS,
        ..Http2::default()
    };
    http.tls = None;
    for (key, value) in settings.iter() {
        let name = String::from_utf8_lossy(&key.to_bytes()).into_owned();
        match name.as_str() {
            "worker_num" => options.worker_num = whole(&name, value, 1)? as usize,
            "max_request" => options.max_request = whole(&name, value, 0)?,
            "task_worker_num" => options.task_worker_num = whole(&name, value, 0)? as usize,
            "socket_buffer_size" => {
                let bytes = whole(&name, value, 1)? as usize;
                options.message_room = Some(bytes.clamp(128 << 10, 64 << 20));
            }
            "task_max_request" => options.task_max_request = whole(&name, value, 0)?,
            "task_max_request_grace" => {
                options.task_max_request_grace = Some(whole(&name, value, 0)?);
            }
            "max_request_grace" => options.max_request_grace = Some(whole(&name, value, 0)?),
            "max_wait_time" => {
                options.max_wait_time = Duration::from_secs(whole(&name, value, 0)?.max(1))
            }
            "reload_async" => options.reload_async = value.to_bool(),
            "daemonize" => options.daemonize = value.to_bool(),
            "pid_file" => options.pid_file = Some(text(&name, value)?.into()),
            "log_file" => options.log_file = Some(text(&name, value)?.into()),
            "user" => options.user = Some(text(&name, value)?),
            "group" => options.group = Some(text(&name, value)?),
            "chroot" => options.chroot = Some(text(&name, value)?.into()),
            "package_max_length" => {
                http.limits.body_bytes = match size(value.deref()) {
                    bytes @ 1.. => bytes as u64,
                    _ => whole(&name, value, 1)?,
                };
            }
            "upload_tmp_dir" => http.temp_dir = text(&name, value)?.into(),
            "http_parse_files" => switches.php_files = value.to_bool(),
            "upload_max_filesize" => uploads = whole(&name, value, 1)?,
            // These are read all together.
            "http_compression"
            | "http_compression_level"
            | "http_compression_min_length"
            | "http_compression_types"
            | "http_gzip_level"
            | "compression_level"
            | "compression_min_length"
            | "compression_types" => {}
            "http_parse_post" => switches.post = value.to_bool(),
            "http_parse_cookie" => switches.cookie = value.to_bool(),
            "cancel_on_disconnect" => {
                switches.cancel = value.to_bool();
                http.probe_half_closed = switches.cancel;
            }
            "enable_reuse_port" => switches.reuse_port = value.to_bool(),
            "hook_flags" => {
                let flags = whole(&name, value, 0)?;
                switches.hooks = Some(u32::try_from(flags).unwrap_or(u32::MAX) & 0x7fff_ffff);
            }
            "open_tcp_nodelay" => http.nodelay = value.to_bool(),
            "max_conn" | "max_connection" => {
                http.max_connections = whole(&name, value, 1)? as usize
            }
            "heartbeat_idle_time" => {
                http.idle_timeout = Duration::from_secs(whole(&name, value, 1)?);
                http.upgraded_timeout = Some(http.idle_timeout);
            }
            "max_request_execution_time" => {
                let seconds = whole(&name, value, 0)?;
                http.request_timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
            }
            "max_coroutine" | "max_coro_num" => {
                highper_engine::scheduler::set_max(whole(&name, value, 1)? as usize);
            }
            "stack_size" | "c_stack_size" => {
                highper_engine::scheduler::set_stack_size(whole(&name, value, 1)? as usize);
            }
            // These are read where tasks are given and taken.
            "task_enable_coroutine"
            | "task_ipc_mode"
            | "task_use_object"
            | "task_object"
            | "task_tmpdir"
            | "message_queue_key"
            | "event_object" => {}
            // These are read where a process in front is made.
            "dispatch_mode"
            | "dispatch_func"
            | "discard_timeout_request"
            | "enable_unsafe_event" => {}
            "open_cpu_affinity" => switches.pins = value.to_bool(),
            "cpu_affinity_ignore" => {
                for cpu in list(&name, value)? {
                    let cpu = cpu.trim().parse::<usize>().ok().filter(|cpu| *cpu < 64);
                    let cpu =
                        cpu.ok_or_else(|| wrong(&name, "a list of numbers below 64", value))?;
                    switches.ignored |= 1 << cpu;
                }
            }
            // These are read by the log.
            "log_date_format" | "log_date_with_microseconds" | "log_level" | "log_rotation" => {}
            // These are read where a port's service is made.
            "max_concurrency" | "worker_max_concurrency" => {}
            // These are read by the ports that speak WebSocket.
            "open_websocket_protocol"
            | "open_websocket_close_frame"
            | "open_websocket_ping_frame"
            | "open_websocket_pong_frame"
            | "websocket_compression"
            | "websocket_strict"
            | "websocket_subprotocol" => {}
            "document_root" => root = Some(text(&name, value)?),
            "enable_static_handler" => static_on = value.to_bool(),
            "static_handler_locations" => files.prefixes = list(&name, value)?,
            "http_index_files" => files.index = list(&name, value)?,
            "http_autoindex" => files.listing = value.to_bool(),
            "url_rewrite_rules" => files.rewrites = rewrites(value)?,
            "open_http2_protocol" => http2 = value.to_bool(),
            "http2_header_table_size" => told.header_table_size = number(&name, value)?,
            "http2_max_concurrent_streams" => told.max_concurrent_streams = number(&name, value)?,
            "http2_init_window_size" => {
                told.init_window_size = number(&name, value)?.min(i32::MAX as u32);
            }
            "http2_max_frame_size" => {
                told.max_frame_size = number(&name, value)?.clamp(16_384, 16_777_215);
            }
            "http2_max_header_list_size" => told.max_header_list_size = number(&name, value)?,
            _ => {}
        }
    }
    http.http2 = http2.then_some(told);
    // As Swoole: a number as small as this is meant as it stands.
    if options.max_request <= LITERAL {
        options.max_request_grace.get_or_insert(0);
    }
    if options.task_max_request <= LITERAL {
        options.task_max_request_grace.get_or_insert(0);
    }
    switches.packs_from = packing.from;
    packing.install();
    if uploads > http.limits.body_bytes {
        http.plain_bytes = Some(http.limits.body_bytes);
        http.limits.body_bytes = uploads;
    }
    if let (true, Some(root)) = (static_on, root) {
        files.root = root.into();
        // As Swoole: what lies below a location is a file or not there at all.
        files.exclusive = !files.prefixes.is_empty();
        http.static_files = Some(files);
    }
    Ok(switches)
}

/// `url_rewrite_rules`: beginnings of paths, or regular expressions between two `~`, with what stands in their place.
fn rewrites(value: &Value) -> Result<Vec<Rewrite>, Throw> {
    let Some(rules) = value.as_array() else {
        return Err(error::fatal("The `url_rewrite_rules` must be array"));
    };
    let mut all = Vec::with_capacity(rules.len());
    for (from, to) in rules.iter() {
        let from = String::from_utf8_lossy(&from.to_bytes()).into_owned();
        let to = to.to_str()?.to_string_lossy().into_owned();
        let pattern = from.strip_prefix('~').and_then(|p| p.strip_suffix('~'));
        all.push(match pattern {
            None => Rewrite::Beginning(from, to),
            Some(pattern) => match Regex::new(pattern) {
                Ok(pattern) => Rewrite::Pattern(pattern, to),
                Err(why) => {
                    return Err(Throw::value_error(format!(
                        "the setting url_rewrite_rules has the pattern '{from}', which is no regular expression: {why}"
                    )));
                }
            },
        });
    }
    Ok(all)
}

/// What `$setting` shows of a server that runs, beside what was set.
pub(super) fn shown(options: &Options, connections: usize) -> [(&'static str, Value); 8] {
    [
        ("worker_num", Value::from(options.worker_num)),
        ("task_worker_num", Value::from(options.task_worker_num)),
        ("output_buffer_size", Value::long(i64::from(u32::MAX))),
        ("max_connection", Value::long(connections as i64)),
        ("open_http_protocol", Value::bool(true)),
        ("open_mqtt_protocol", Value::bool(false)),
        ("open_eof_check", Value::bool(false)),
        ("open_length_check", Value::bool(false)),
    ]
}
