//! A compiled route: middleware around a handler, and how a result becomes a response.

use crate::annotation::{self, Place};
use crate::app::App;
use crate::container::check::Check;
use crate::develop;
use crate::front;
use crate::generator;
use crate::incoming::Incoming;
use crate::pack;
use crate::phase::{self, Step};
use crate::plan::{Plan, Source};
use crate::request;
use crate::response;
use crate::response::data::{Body, Data, Kind};
use crate::route::{Handler, Middleware, Route};
use crate::view;
use crate::websocket::Definition;
use highper_app::problem::Problem;
use highper_filter::{Answer, Filter};
use highper_zend::json;
use highper_zend::reflect::{self, Function};
use highper_zend::{Array, Callable, Object, Throw, Value, find_class};
use std::cell::OnceCell;
use std::rc::Rc;

/// Handlers with up to so many parameters are called without an allocation.
const FEW: usize = 4;

/// One middleware of a route.
struct Layer {
    middleware: Middleware,
    /// The callable, made at the first request.
    callable: OnceCell<Callable>,
    /// The closure that it calls for what is inside of it.
    next: OnceCell<Value>,
}

/// A compiled route.
pub(crate) struct Endpoint {
    /// What comes before PHP.
    pub(crate) front: Vec<Rc<Filter>>,
    /// Has one of them something to do with the answer, or a developer?
    leaves: bool,
    /// Is this development?
    develops: bool,
    /// How many bytes a body may have.
    pub(crate) body_limit: Option<u64>,
    /// What answers preflights.
    pub(crate) cors: Option<Rc<Filter>>,
    layers: Vec<Layer>,
    handler: Handler,
    callable: OnceCell<Callable>,
    /// What is called for its connections, where it speaks WebSocket.
    socket: Option<Rc<Definition>>,
    pub(crate) plan: Plan,
    status: Option<u16>,
    /// Is the handler called before the body is there?
    pub(crate) streams: bool,
    /// Are requests taken that another site may have forged?
    pub(crate) is_csrf_exempt: bool,
    /// The view that what the handler returns is for.
    template: Option<String>,
    /// May values be answered as MessagePack?
    packs: bool,
    /// `GET /notes/{id} (file:line)`
    pub(crate) label: String,
}

impl Endpoint {
    /// Reads the handler's signature. `names` are the parameters of the route's pattern.
    ///
    /// # Errors
    /// A sentence that names the route and what is wrong with it.
    pub(crate) fn new(app: &App, route: &Route, names: &[&str]) -> Result<Self, Throw> {
        let label = format!(
            "{} {} ({})",
            route.methods.join("|"),
            route.pattern,
            route.at
        );
        let wrong = |why: &str| Throw::error(format!("route {label}: {why}"));
        let function =
            match &route.handler {
                Handler::Closure(callable) => Function::of(callable),
                Handler::Method(class, method) => {
                    let class = find_class(class)?
                        .map(reflect::Class::from)
                        .ok_or_else(|| wrong(&format!("there is no class {class}")))?;
                    let found = class.method(method);
                    Some(found.ok_or_else(|| {
                        wrong(&format!("{} has no method {method}()", class.name()))
                    })?)
                }
            };
        let plan = match &function {
            _ if let Some(socket) = &route.socket => socket
                .compile(app, names)
                .map_err(|throw| wrong(&throw_text(throw)))?,
            Some(function)
                if matches!(route.handler, Handler::Method(..)) && !function.is_public() =>
            {
                return Err(wrong("its method is not public"));
            }
            Some(function) => {
                Plan::of(app, function, names).map_err(|throw| wrong(&throw_text(throw)))?
            }
            None => Plan::default(),
        };
        let attributes = function.as_ref().map(Function::attributes);
        let has = |name: &str| {
            let all = attributes.iter().flatten();
            all.into_iter().any(|attribute| attribute.is(name))
        };
        let template = attributes
            .iter()
            .flatten()
            .find(|a| a.is("Highper\\Attribute\\Template"));
        let template = match (template, &function) {
            (Some(attribute), Some(function)) => {
                let made = annotation::made(attribute, Place::Function(function))?;
                view::of(app).map_err(|throw| wrong(&throw_text(throw)))?;
                Some(made.get("name")?.to_str()?.to_string_lossy().into_owned())
            }
            _ => None,
        };
        let streams = has("Highper\\Attribute\\StreamBody");
        if streams && plan.takes_body() {
            return Err(wrong(
                "it streams the body (#[StreamBody]) and has a parameter that wants the whole (#[Body]): leave one away",
            ));
        }
        let (front, inner) = divided(&route.middleware);
        let all = route.middleware.iter().rev();
        let cors = all
            .filter_map(native)
            .find(|f| matches!(***f, Filter::Cors(_)));
        let limits = route.middleware.iter().rev().filter_map(native);
        let body_limit = limits.filter_map(|filter| match **filter {
            Filter::Body(limit) => Some(limit),
            _ => None,
        });
        let body_limit = body_limit.into_iter().next();
        let layers = inner.iter().map(|middleware| Layer {
            middleware: middleware.clone(),
            callable: OnceCell::new(),
            next: OnceCell::new(),
        });
        Ok(Self {
            cors: cors.cloned(),
            body_limit,
            leaves: app.is_development.get() || front.iter().any(|filter| filter.leaves()),
            develops: app.is_development.get(),
            layers: layers.collect(),
            front,
            handler: route.handler.clone(),
            callable: OnceCell::new(),
            socket: route.socket.clone(),
            plan,
            status: route.status,
            streams,
            is_csrf_exempt: has("Highper\\Attribute\\CsrfExempt"),
            template,
            packs: app.settings.borrow().message_pack,
            label,
        })
    }

    /// Looks through what the container is to make for this route.
    ///
    /// # Errors
    /// The chain and what is wrong at its end.
    pub(crate) fn check(&self, check: &mut Check<'_>) -> Result<(), Throw> {
        self.look(check).map_err(|throw| match throw {
            throw @ (Throw::Exit | Throw::Bailout) => throw,
            throw => Throw::error(match throw_text(throw) {
                // It says where it is.
                text if text.starts_with("#[") || text.starts_with("route ") => text,
                text => format!("route {}: {text}", self.label),
            }),
        })
    }

    fn look(&self, check: &mut Check<'_>) -> Result<(), Throw> {
        if let Some(template) = &self.template {
            view::of(check.app)?.find(template)?;
        }
        for layer in &self.layers {
            let mut middleware = &layer.middleware;
            while let Middleware::Before(inner) | Middleware::After(inner) = middleware {
                middleware = inner;
            }
            if let Middleware::Class(class) = middleware {
                check.kept(class)?;
            }
        }
        if let Handler::Method(class, _) = &self.handler {
            check.kept(class)?;
        }
        if let Some(socket) = &self.socket {
            socket.check(check)?;
        }
        for source in &self.plan.args {
            match source {
                Source::Service(service) => check.service(service, None)?,
                Source::Need(need) => check.asked(need)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Runs the whole. Inlined in any case: a call costs each request what it does itself.
    #[inline(always)]
    pub(crate) fn run(&self, incoming: &Rc<Incoming>) -> Result<Rc<Data>, Throw> {
        match self.leaves {
            false => self.inner(incoming),
            true => self.run_and_leave(incoming),
        }
    }

    fn run_and_leave(&self, incoming: &Rc<Incoming>) -> Result<Rc<Data>, Throw> {
        let mut data = self.inner(incoming)?;
        if self.develops {
            develop::leave(incoming, &mut data);
        }
        for filter in self.front.iter().rev() {
            self.leave(incoming, filter, &mut data);
        }
        Ok(data)
    }

    /// A filter looks at what is inside of it has answered.
    fn leave(&self, incoming: &Rc<Incoming>, filter: &Filter, data: &mut Rc<Data>) {
        // What was made with a session is for its user alone.
        let is_personal = matches!(filter, Filter::Cache(_)) && incoming.session.get().is_some();
        if filter.leaves() && !is_personal {
            let (app, route) = (&incoming.app, incoming.app.pattern(incoming.endpoint));
            incoming.note(|notes| {
                let data = Rc::make_mut(data);
                front::see(app, incoming.exchange(), route, |seen| {
                    filter.leave(seen, notes, data);
                });
            });
        }
    }

    #[inline]
    fn inner(&self, incoming: &Rc<Incoming>) -> Result<Rc<Data>, Throw> {
        if self.layers.is_empty() {
            return self.handle(incoming);
        }
        let request = incoming.unkept()?;
        let result = self.layer(incoming, 0, &request);
        if incoming.keeps(&request) {
            request.let_go();
        } else {
            // A middleware has put another one in its place.
            request::recycle(&incoming.app, request);
        }
        result
    }

    /// Runs the part from a layer on.
    pub(crate) fn layer(
        &self,
        incoming: &Rc<Incoming>,
        number: usize,
        request: &Object,
    ) -> Result<Rc<Data>, Throw> {
        let Some(layer) = self.layers.get(number) else {
            incoming.keep(request);
            return self.handle(incoming);
        };
        if number == 0 {
            incoming.keep(request);
        }
        let app = &incoming.app;
        if let Middleware::Filter(filter) = &layer.middleware {
            return self.filter(incoming, filter, number, request);
        }
        let callable = match layer.callable.get() {
            Some(callable) => callable,
            None => {
                let made = callable(app, &layer.middleware)?;
                layer.callable.get_or_init(|| made)
            }
        };
        match &layer.middleware {
            Middleware::Before(_) => {
                return match phase::step(incoming, callable, request)? {
                    Step::Pass(None) => self.layer(incoming, number + 1, request),
                    Step::Pass(Some(other)) => self.layer(incoming, number + 1, &other),
                    Step::Answer(data) => Ok(data),
                };
            }
            Middleware::After(_) => {
                let data = self.layer(incoming, number + 1, request)?;
                return phase::answered(incoming, callable, request, data);
            }
            _ => {}
        }
        let next = match layer.next.get() {
            Some(next) => next,
            None => {
                let made = crate::next::closure(incoming.endpoint, number + 1)?;
                layer.next.get_or_init(|| made)
            }
        };
        let result = callable
            .call_with([request.as_value(), next])
            .into_result()?;
        to_response(app, result, self.status)
    }

    /// A filter behind a middleware that is PHP.
    fn filter(
        &self,
        incoming: &Rc<Incoming>,
        filter: &Filter,
        number: usize,
        request: &Object,
    ) -> Result<Rc<Data>, Throw> {
        let answer = incoming.note(|notes| {
            let (app, route) = (&incoming.app, incoming.app.pattern(incoming.endpoint));
            front::see(app, incoming.exchange(), route, |seen| {
                let answer = filter.enter(seen, notes)?;
                Some(front::revived(answer, seen, notes))
            })
        });
        match answer.flatten() {
            None => {
                let mut data = self.layer(incoming, number + 1, request)?;
                self.leave(incoming, filter, &mut data);
                Ok(data)
            }
            Some(answer) => Ok(Rc::new(answered(incoming, &answer))),
        }
    }

    fn handle(&self, incoming: &Rc<Incoming>) -> Result<Rc<Data>, Throw> {
        let app = &incoming.app;
        let callable = match self.callable.get() {
            Some(callable) => callable,
            None => {
                if let Some(socket) = &self.socket {
                    return Ok(socket.answer());
                }
                let made = self.controller(app)?;
                self.callable.get_or_init(|| made)
            }
        };
        let count = self.plan.args.len();
        let result = if count <= FEW {
            let mut args = [const { Value::null() }; FEW];
            self.plan.arguments(incoming, &mut args[..count])?;
            callable.call(&args[..count])
        } else {
            let mut args = vec![Value::null(); count];
            self.plan.arguments(incoming, &mut args)?;
            callable.call(&args)
        };
        let mut value = result.into_result()?;
        if let Some(generator) = generator::of(&value) {
            value = generator::run(generator)?;
        }
        if let Some(template) = &self.template {
            value = self.page(incoming, template, value)?;
        }
        match self.packs {
            false => to_response(app, value, self.status),
            true => packed(incoming, value, self.status),
        }
    }

    /// What a handler with a template has returned, on its page.
    fn page(&self, incoming: &Incoming, template: &str, value: Value) -> Result<Value, Throw> {
        let data = match value.as_array() {
            Some(data) => data.clone(),
            None if value.is_null() => Array::new(),
            None if value.is_object() => return Ok(value),
            None => {
                return Err(Throw::type_error(format!(
                    "route {}: a handler with #[Template] must return an array or a Response, {} returned",
                    self.label,
                    value.type_name()
                )));
            }
        };
        let app = &incoming.app;
        let page = view::of(app)?.render(app, template, &data)?;
        let data = Data::new(
            self.status.unwrap_or(200),
            Some(Kind::Html),
            Body::Str(page),
        );
        Ok(response::shared(app, Rc::new(data))?.into())
    }

    fn controller(&self, app: &App) -> Result<Callable, Throw> {
        match &self.handler {
            Handler::Closure(callable) => Ok(callable.clone()),
            Handler::Method(class, method) => {
                let mut pair = Array::new();
                pair.push(app.shared(class)?).push(&**method);
                Callable::new(&pair.into())
                    .map_err(|why| Throw::error(format!("route {}: {why}", self.label)))
            }
        }
    }
}

/// The filter that a middleware is.
fn native(middleware: &Middleware) -> Option<&Rc<Filter>> {
    match middleware {
        Middleware::Filter(filter) => Some(filter),
        _ => None,
    }
}

/// The filters before PHP, and what is inside of them. Of those that are one only, the innermost holds.
pub(crate) fn divided(all: &[Middleware]) -> (Vec<Rc<Filter>>, Vec<Middleware>) {
    let filters: Vec<Rc<Filter>> = all.iter().filter_map(native).cloned().collect();
    let mut number = 0;
    let mut kept = Vec::with_capacity(all.len());
    for middleware in all {
        if native(middleware).is_some() {
            number += 1;
            if !front::holding(&filters, number - 1) {
                continue;
            }
        }
        kept.push(middleware.clone());
    }
    let first = kept.iter().position(|m| native(m).is_none());
    let inner = kept.split_off(first.unwrap_or(kept.len()));
    (kept.iter().filter_map(native).cloned().collect(), inner)
}

/// A filter's answer as a response.
fn answered(incoming: &Incoming, answer: &Answer) -> Data {
    let (status, detail) = match answer {
        Answer::Bare(status) => return Data::new(*status, None, Body::Empty),
        Answer::Kept(kept) => return Data::of_lines(kept.status, &kept.lines, &kept.body),
        Answer::Problem(status, detail) => (*status, detail.as_deref()),
    };
    let problem = Problem {
        status,
        kind: Some("about:blank"),
        detail,
        request_id: incoming.known_id(),
        ..Problem::default()
    };
    let format = crate::send::format_of(incoming.exchange());
    let body = problem.body(format);
    let mut data = Data::new(status, None, Body::Bytes(Rc::new(body.into_bytes())));
    data.add(b"Content-Type", format.content_type().as_bytes());
    data.add(b"Cache-Control", b"no-store");
    data.add(b"X-Content-Type-Options", b"nosniff");
    data
}

/// A value that a handler has returned in the form that the client likes better.
#[cold]
fn packed(incoming: &Incoming, value: Value, status: Option<u16>) -> Result<Rc<Data>, Throw> {
    let app = &incoming.app;
    let is_plain = value.is_null() || value.is_string() || status == Some(204);
    let is_response = value.as_object().is_some_and(response::is_one);
    if is_plain || is_response {
        return to_response(app, value, status);
    }
    let mut data = match pack::is_wanted(incoming) {
        true => {
            let body = Body::Bytes(Rc::new(pack::encode(&value)?));
            let mut data = Data::new(status.unwrap_or(200), None, body);
            data.add(b"Content-Type", pack::TYPE.as_bytes());
            Rc::new(data)
        }
        false => to_response(app, value, status)?,
    };
    Rc::make_mut(&mut data).add(b"Vary", b"Accept");
    Ok(data)
}

/// The message of what was thrown; of code that does not compile the place too.
pub(crate) fn throw_text(throw: Throw) -> String {
    let known = throw.message();
    let Some(value) = throw.into_object() else {
        return known;
    };
    let Some(object) = value.as_object() else {
        return known;
    };
    let text = object.exception_message().to_string_lossy().into_owned();
    match object.class_name() {
        "ParseError" | "CompileError" => {
            let (file, line) = object.exception_location();
            format!("{text} in {file}:{line}")
        }
        _ => text,
    }
}

/// What is called for a middleware.
pub(crate) fn callable(app: &App, middleware: &Middleware) -> Result<Callable, Throw> {
    match middleware {
        Middleware::Closure(callable) => Ok(callable.clone()),
        Middleware::Before(inner) | Middleware::After(inner) => callable(app, inner),
        Middleware::Filter(_) => Err(Throw::error("internal error: a filter that is PHP")),
        Middleware::Psr(object) => {
            let object = object.into();
            let bridge = crate::psr::middleware(app, "it", &object)?;
            Callable::new(&bridge.unwrap_or(object)).map_err(Throw::error)
        }
        Middleware::Class(class) => {
            let object = app.shared(class)?;
            let object = match crate::psr::middleware(app, class, &object)? {
                Some(bridge) => bridge,
                None => object,
            };
            Callable::new(&object).map_err(|_| {
                Throw::error(format!(
                    "{class} is no middleware: it needs __invoke(Request $request, Closure $next): Response"
                ))
            })
        }
    }
}

/// What a handler or a middleware returned, as a response.
pub(crate) fn to_response(app: &App, value: Value, status: Option<u16>) -> Result<Rc<Data>, Throw> {
    let value = match response::take(app, value) {
        Ok(data) => return Ok(data),
        Err(value) => value,
    };
    if value.is_null() {
        return Ok(app.spare.data(status.unwrap_or(204), None, Body::Empty));
    }
    let status = status.unwrap_or(200);
    if status == 204 {
        return Ok(app.spare.data(status, None, Body::Empty));
    }
    if let Some(text) = value.as_string() {
        let kind = match text.first() {
            Some(b'<') => Kind::Html,
            _ => Kind::Text,
        };
        return Ok(app.spare.data(status, Some(kind), Body::Str(text)));
    }
    let mut body = app.spare.buffer();
    json::encode_into(Rc::make_mut(&mut body), &value)?;
    Ok(app.spare.data(status, Some(Kind::Json), Body::Bytes(body)))
}
