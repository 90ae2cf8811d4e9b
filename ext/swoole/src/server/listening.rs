//! What a server that starts listens on, and whether somebody answers there.

use super::port::{self, View, protocol};
use super::{State, event_callback, is_websocket, settings};
use crate::http::server::SERVER as HTTP_SERVER;
use crate::redis::server::REDIS_SERVER;
use highper_process::Options;
use highper_process::listen::Listener;
use highper_runtime::serve::{Port, Speaks};
use highper_zend::{Array, Object, Throw, Value};

/// The ports with their settings, as they are when the server starts.
pub(super) fn checked_ports(server: &Object) -> Result<Vec<(Object, Array)>, Throw> {
    let Some(state) = server.state::<State>() else {
        return Ok(Vec::new());
    };
    let all = state.ports.borrow().clone();
    let mut given = state.settings.borrow().clone();
    let is_http = server.is_instance_of(HTTP_SERVER.get());
    let is_redis = server.is_instance_of(REDIS_SERVER.get());
    if is_http {
        // A port without settings speaks what the first one does.
        for name in ["open_mqtt_protocol", "open_eof_check", "open_length_check"] {
            given.set(name, false);
        }
        given.set("open_http_protocol", true);
        if is_websocket(server, &given) {
            given.set("open_websocket_protocol", true);
        }
    }
    let mut checked = Vec::with_capacity(all.len());
    for (place, object) in all.into_iter().enumerate() {
        let Some(view) = View::of(&object) else {
            continue;
        };
        if place == 0 && is_http {
            view.speaks_http();
        }
        if place == 0 && is_redis {
            let mut own = Array::new();
            own.set("open_redis_protocol", true);
            port::set(&object, &own)?;
        }
        let settings = view.settings(&given)?;
        let on = |name: &str| settings.get(name).is_some_and(Value::to_bool);
        let has = |event: &str| view.has(event) || event_callback(server, event).is_some();
        let missing = if is_redis && on("open_redis_protocol") {
            None
        } else if view.kind().is_datagram() && !view.is_secure() {
            (!has("packet")).then_some("require onPacket callback")
        } else if is_websocket(server, &settings) && (place == 0 || view.is_http(&settings, server))
        {
            (!has("message") && !has("receive")).then_some("require onMessage callback")
        } else if view.is_http(&settings, server) {
            (!has("request") && !has("receive")).then_some("require onRequest callback")
        } else {
            (!has("receive")).then_some("require onReceive callback")
        };
        if let Some(text) = missing {
            return Err(crate::exception(text, 0));
        }
        checked.push((object, settings));
    }
    Ok(checked)
}

/// What a server listens on, by what is spoken there.
pub(super) struct Listening {
    /// HTTP, by the first service.
    pub(super) listeners: Vec<Listener>,
    /// Everything else.
    pub(super) ports: Vec<Port>,
    /// The places of those that speak HTTP, in the order of the services.
    pub(super) http: Vec<usize>,
}

/// TLS of a port that is to speak it: never anything else.
fn secured(settings: &Array, http2: bool) -> Result<highper_tls::Context, Throw> {
    let context = protocol::tls(settings, http2, false)?;
    context.ok_or_else(|| {
        let text = "require `ssl_cert_file` and `ssl_key_file` options";
        crate::exception(text, crate::error_code::WRONG_OPERATION.into())
    })
}

/// Takes the sockets out of the ports.
pub(super) fn listening(
    server: &Object,
    ports: &[(Object, Array)],
    http: &mut highper_http::Settings,
) -> Result<Listening, Throw> {
    let mut all = Listening {
        listeners: Vec::new(),
        ports: Vec::new(),
        http: Vec::new(),
    };
    for (place, (object, settings)) in ports.iter().enumerate() {
        let Some(view) = View::of(object) else {
            continue;
        };
        let is_http = view.is_http(settings, server);
        let Some(listener) = view.take_listener() else {
            return Err(crate::exception(
                "the server has no socket: it was closed or started before",
                0,
            ));
        };
        if !view.kind().is_datagram() {
            protocol::tune(&listener, settings);
        }
        if is_http && all.http.is_empty() && place == 0 {
            all.http.push(place);
            if view.is_secure() {
                http.tls = Some(secured(settings, http.http2.is_some())?);
            }
            all.listeners.push(listener);
            continue;
        }
        let speaks = if is_http {
            all.http.push(place);
            let mut own = http.clone();
            settings::apply(settings, &mut Options::default(), &mut own)?;
            if view.is_secure() {
                own.tls = Some(secured(settings, own.http2.is_some())?);
            }
            Speaks::Http(Box::new(own))
        } else {
            view.speaks(settings)?
        };
        all.ports.push(Port {
            listener,
            number: place,
            speaks,
        });
    }
    Ok(all)
}
