//! The handlers of a WebSocket route: what their parameters are filled with.

use super::{Definition, connection, message};
use crate::annotation;
use crate::app::App;
use crate::container::check::Check;
use crate::endpoint::throw_text;
use crate::exception::http_exception::{decode_json, exception};
use crate::incoming::Incoming;
use crate::part;
use crate::plan::dto::Dto;
use crate::plan::{Plan, Source};
use crate::route::Handler;
use crate::validation::run::Run;
use highper_rooms::{Message, Socket};
use highper_zend::reflect::{Builtin, Class, Function, Param, Type};
use highper_zend::{Callable, Throw, Value, find_class};
use std::cell::OnceCell;
use std::rc::Rc;

/// What an argument of a handler is.
enum Arg {
    Connection,
    Payload(Payload),
    /// Why a connection was closed.
    Code,
    Reason,
    /// What was thrown.
    Error,
    /// One that other handlers have too.
    Plan(usize),
}

/// What a message is handed over as.
enum Payload {
    Text,
    Message,
    /// An array made of JSON.
    Array,
    /// An object made of JSON.
    Object(Rc<Dto>),
}

/// Which of the handlers it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Open,
    Message,
    Close,
    Error,
}

/// What a handler is called for.
pub(super) enum Event<'a> {
    Open,
    Message(&'a Message),
    Close(u16, &'a [u8]),
    Error(&'a Value),
}

struct Method {
    handler: Handler,
    callable: OnceCell<Callable>,
    args: Vec<Arg>,
}

/// All handlers of a route.
#[derive(Default)]
pub(super) struct Methods {
    open: Option<Method>,
    message: Option<Method>,
    close: Option<Method>,
    error: Option<Method>,
    plan: Plan,
}

impl Definition {
    /// Reads the signatures. `names` are the parameters of the route's pattern. What is returned converts these.
    ///
    /// # Errors
    /// A sentence about the first parameter that can't be filled.
    pub(crate) fn compile(&self, app: &App, names: &[&str]) -> Result<Plan, Throw> {
        let mut methods = Methods::default();
        let mut one = |role, handler: &Option<Handler>| -> Result<Option<Method>, Throw> {
            let Some(handler) = handler else {
                return Ok(None);
            };
            let args = args(app, role, handler, names, &mut methods.plan);
            Ok(Some(Method {
                handler: handler.clone(),
                callable: OnceCell::new(),
                args: args.map_err(|throw| match throw {
                    throw @ (Throw::Exit | Throw::Bailout) => throw,
                    throw => Throw::error(format!(
                        "{}: {}",
                        part::describe(handler),
                        throw_text(throw)
                    )),
                })?,
            }))
        };
        let (open, message) = (
            one(Role::Open, &self.open)?,
            one(Role::Message, &self.message)?,
        );
        let (close, error) = (
            one(Role::Close, &self.close)?,
            one(Role::Error, &self.error)?,
        );
        methods = Methods {
            open,
            message,
            close,
            error,
            plan: methods.plan,
        };
        let plan = methods.plan.of_path();
        let _once = self.methods.set(methods);
        Ok(plan)
    }

    /// Looks through what the container is to make for it.
    ///
    /// # Errors
    /// The chain and what is wrong at its end.
    pub(crate) fn check(&self, check: &mut Check<'_>) -> Result<(), Throw> {
        if let Some(class) = &self.class {
            check.kept(class)?;
        }
        for source in &self.methods()?.plan.args {
            match source {
                Source::Service(service) => check.service(service, None)?,
                Source::Need(need) => check.asked(need)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Methods {
    /// Is something done with what was thrown?
    pub(super) fn catches(&self) -> bool {
        self.error.is_some()
    }

    /// Calls the handler of an event, where there is one.
    ///
    /// # Errors
    /// What it throws.
    pub(super) fn call(
        &self,
        incoming: &Rc<Incoming>,
        socket: &Rc<Socket>,
        event: &Event<'_>,
    ) -> Result<(), Throw> {
        let method = match event {
            Event::Open => &self.open,
            Event::Message(_) => &self.message,
            Event::Close(..) => &self.close,
            Event::Error(_) => &self.error,
        };
        let Some(method) = method else {
            return Ok(());
        };
        let callable = match method.callable.get() {
            Some(callable) => callable,
            None => {
                let made = part::callable(&incoming.app, &method.handler)?;
                method.callable.get_or_init(|| made)
            }
        };
        let mut args = Vec::with_capacity(method.args.len());
        for arg in &method.args {
            args.push(match arg {
                Arg::Connection => connection::object(socket)?.into(),
                Arg::Plan(number) => self.plan.nth(*number, incoming)?,
                Arg::Payload(payload) => match event {
                    Event::Message(message) => payload.value(message, incoming)?,
                    _ => Value::null(),
                },
                Arg::Code => match event {
                    Event::Close(code, _) => Value::long(i64::from(*code)),
                    _ => Value::null(),
                },
                Arg::Reason => match event {
                    Event::Close(_, reason) => Value::string(reason),
                    _ => Value::null(),
                },
                Arg::Error => match event {
                    Event::Error(thrown) => (*thrown).clone(),
                    _ => Value::null(),
                },
            });
        }
        callable.call(&args).into_result().map(drop)
    }
}

impl Payload {
    fn value(&self, message: &Message, incoming: &Rc<Incoming>) -> Result<Value, Throw> {
        let bytes = &message.payload;
        let list = || -> Result<Value, Throw> {
            let value = decode_json(bytes)?;
            match value.is_array() {
                true => Ok(value),
                false => Err(exception(422, "The message must be a JSON object or list.")),
            }
        };
        Ok(match self {
            Self::Text => Value::string(bytes),
            Self::Message => message::object(message)?.into(),
            Self::Array => list()?,
            Self::Object(dto) => {
                let fields = list()?;
                let run = Run::of(&incoming.app, Some(incoming), false);
                match fields.as_array() {
                    Some(fields) => dto.make(fields, run)?,
                    None => Value::null(),
                }
            }
        })
    }
}

/// Reads a signature.
fn args(
    app: &App,
    role: Role,
    handler: &Handler,
    names: &[&str],
    plan: &mut Plan,
) -> Result<Vec<Arg>, Throw> {
    let function = match handler {
        Handler::Closure(callable) => Function::of(callable),
        Handler::Method(class, method) => find_class(class)?
            .map(Class::from)
            .and_then(|class| class.method(method)),
    };
    let Some(function) = function else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    let mut has_payload = false;
    for param in function.params() {
        if param.is_variadic() {
            break;
        }
        let arg = match own(app, role, &param, names, has_payload)? {
            Some(arg) => arg,
            None => Arg::Plan(plan.add(app, &function, &param, names)?),
        };
        has_payload |= matches!(arg, Arg::Payload(_));
        all.push(arg);
    }
    Ok(all)
}

/// What only handlers of WebSocket have.
fn own(
    app: &App,
    role: Role,
    param: &Param,
    names: &[&str],
    has_payload: bool,
) -> Result<Option<Arg>, Throw> {
    let name = param.name();
    let kind = param.kind();
    let class = kind.as_ref().and_then(Type::single_class);
    let is_class = |wanted: &str| class.is_some_and(|class| class.eq_ignore_ascii_case(wanted));
    if names.contains(&name.as_str()) {
        return Ok(None);
    }
    if is_class("Highper\\WebSocket\\Connection") {
        return Ok(Some(Arg::Connection));
    }
    let wrong = |why: String| Throw::error(format!("its parameter ${name} {why}"));
    let attributes = param.attributes();
    let marks: Vec<String> = attributes.iter().filter_map(annotation::own).collect();
    match role {
        Role::Message => {
            let is_marked = marks.iter().any(|mark| mark == "body");
            if is_class("Highper\\WebSocket\\Message") {
                return Ok(Some(Arg::Payload(Payload::Message)));
            }
            let Some(payload) = payload(app, kind.as_ref(), is_marked).map_err(&wrong)? else {
                return Ok(None);
            };
            if has_payload || !marks.is_empty() && !is_marked {
                return Ok(None);
            }
            Ok(Some(Arg::Payload(payload)))
        }
        Role::Close if name == "code" => Ok(Some(Arg::Code)),
        Role::Close if name == "reason" => Ok(Some(Arg::Reason)),
        Role::Error => {
            let is_thrown = match class.map(find_class).transpose()?.flatten() {
                Some(class) => {
                    let throwable = find_class("Throwable")?;
                    throwable.is_some_and(|throwable| class.is_a(throwable))
                }
                None => false,
            };
            Ok(is_thrown.then_some(Arg::Error))
        }
        _ => Ok(None),
    }
}

/// What a message becomes for a parameter of this type; `None` where the container gives it.
fn payload(app: &App, kind: Option<&Type>, is_marked: bool) -> Result<Option<Payload>, String> {
    let Some(kind) = kind else {
        return Ok(Some(Payload::Text));
    };
    if let Some(class) = kind.single_class() {
        return match is_marked {
            true => app.schemas.dto(class).map(|dto| Some(Payload::Object(dto))),
            false => Ok(None),
        };
    }
    if kind.has(Builtin::String) {
        return Ok(Some(Payload::Text));
    }
    if kind.has(Builtin::Array) {
        return Ok(Some(Payload::Array));
    }
    match is_marked {
        true => Err(format!(
            "({}) can't be a message: string, array, Highper\\WebSocket\\Message or a class is expected",
            kind.text
        )),
        false => Ok(None),
    }
}
