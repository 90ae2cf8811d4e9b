//! `Response::create()`: a response that is sent from elsewhere.

use super::{FD, RESPONSE, State, packing, reply};
use crate::http::request;
use crate::server::{SERVER, elsewhere};
use highper_http::{Connection, Exchange};
use highper_runtime::serve;
use highper_zend::{Call, Done, Object, Value, error};
use std::rc::Rc;

fn connection(fd: i64) -> Option<Rc<Connection>> {
    let serial = u64::try_from(fd).ok()?;
    serve::worker()?.server()?.connection(serial)
}

fn is_server(object: &Object) -> bool {
    object.is_instance_of(SERVER.get())
}

/// `create(object|array|int $server, int $fd = -1)`
pub(super) fn create(call: &mut Call) -> Done {
    let mut fd = call.opt_long(1, -1)?;
    let given = call
        .opt_value(0)
        .map_or_else(|| Value::from(-1_i64), |value| value.deref().clone());
    let mut exchange: Option<Rc<Exchange>> = None;
    let mut server = None;
    if let Some(pair) = given.as_array() {
        let of_request = pair.get_index(1).and_then(|value| value.as_object());
        let Some(state) = of_request.and_then(|object| object.state::<request::State>()) else {
            error::warning("parameter $1.second must be instanceof Http\\Request")?;
            return call.ret_bool(false);
        };
        exchange.clone_from(&state.exchange.borrow());
        if let Some(found) = &exchange {
            fd = found.connection().serial() as i64;
        }
        server = Some(
            pair.get_index(0)
                .and_then(|value| value.as_object())
                .cloned(),
        );
    } else if let Some(object) = given.as_object() {
        server = Some(Some(object.clone()));
    } else {
        fd = given.to_long();
    }
    if let Some(socket) = server.iter().flatten().find_map(reply::Target::of) {
        let request = given.as_array().and_then(|pair| {
            pair.get_index(1)?
                .as_object()?
                .state::<request::State>()?
                .detached()
        });
        let made = reply::object(socket, request)?;
        return call.ret(made);
    }
    if let Some(object) = server {
        if !object.as_ref().is_some_and(is_server) {
            error::warning("parameter $1 must be instanceof Server or Coroutine\\Socket")?;
            return call.ret_bool(false);
        }
        if connection(fd).is_none() && !elsewhere::is_there(fd) && !elsewhere::is_stream_here(fd) {
            error::warning(format!(
                "parameter $2 ({fd}) must be valid connection session_id"
            ))?;
            return call.ret_bool(false);
        }
    }
    if highper_runtime::post::here().is_none() {
        error::warning("server is not running")?;
        return call.ret_bool(false);
    }
    let parsed = given.as_array().and_then(|pair| {
        let request = pair.get_index(1)?.as_object()?;
        request.state::<request::State>()?.detached()?;
        Some(request.clone())
    });
    if let Some(request) = parsed {
        request.set_slot(request::FD as usize, fd);
    }
    let exchange = exchange.or_else(|| connection(fd)?.exchange());
    let made = RESPONSE.instantiate()?;
    made.set_slot(FD as usize, fd);
    if let Some(state) = made.state::<State>() {
        state.packs_from.set(packing::of_server().from);
        state.dressed.set(true);
        state.loose.set(exchange.is_none());
        state.exchange.replace(exchange);
    }
    call.ret(made)
}
