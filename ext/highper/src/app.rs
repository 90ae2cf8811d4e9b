//! An application: what was configured, and what a worker compiles of it.

use crate::beanstalk;
use crate::config::Config;
use crate::container::check::Check;
use crate::container::{Container, Service, key, object};
use crate::csrf;
use crate::db;
use crate::develop::notice::Notice;
use crate::endpoint::{Endpoint, divided, throw_text};
use crate::event::{self, Events};
use crate::health::Checks;
use crate::http_client;
use crate::incoming::{Incoming, Running};
use crate::local::Local;
use crate::memcached;
use crate::metrics::Metrics;
use crate::openapi::OpenApi;
use crate::part::Parts;
use crate::phase::{Hook, Phases};
use crate::plan::dto::Schemas;
use crate::redis;
use crate::route::{Middleware, Route};
use crate::send::Blanks;
use crate::session::{self, Sessions};
use crate::settings::Settings;
use crate::spare::Spare;
use crate::translation::{Translations, translator};
use crate::validation::validator;
use crate::view::{self, Views};
use crate::websocket::{self, Sockets};
use highper_app::env::{Env, Mode};
use highper_app::router::{Answer, Builder, NewRoute, Router};
use highper_filter::{Filter, World};
use highper_http::static_file::{Options, StaticFiles};
use highper_log::{Level, Logger, Record, Target, Value as Field};
use highper_zend::{Array, Callable, Object, Throw, Value};
use std::cell::{Cell, OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};

/// What a worker serves.
pub(crate) struct Compiled {
    pub(crate) router: Router,
    /// The routes for messages of TCP and UDP; their endpoints stand behind those of the others.
    pub(crate) messages: Router,
    pub(crate) endpoints: Vec<Endpoint>,
    /// What all requests go through before the router: what needs no PHP, then what does.
    pub(crate) before: Vec<Rc<Filter>>,
    pub(crate) hooks: Vec<Hook>,
    /// What requests that no route is for go through.
    pub(crate) front: Vec<Rc<Filter>>,
    /// Is there a route that answers preflights?
    pub(crate) crosses: bool,
    /// Is there a route that limits bodies?
    limits: bool,
    /// Is there a route that streams bodies?
    streams: bool,
    /// Prefixes and folders of files.
    pub(crate) files: Vec<(String, StaticFiles)>,
}

/// An application.
pub(crate) struct App {
    pub(crate) base: PathBuf,
    pub(crate) env: RefCell<Env>,
    pub(crate) container: Container,
    pub(crate) config: Config,
    pub(crate) schemas: Schemas,
    pub(crate) routes: RefCell<Vec<Route>>,
    /// Ports for messages of TCP and UDP.
    pub(crate) ports: RefCell<Vec<crate::message::Port>>,
    /// Commands, jobs by the clock and processes that code has added.
    pub(crate) parts: RefCell<Parts>,
    /// Namespaces and folders to look for controllers in.
    pub(crate) scans: RefCell<Vec<(String, PathBuf)>>,
    pub(crate) middleware: RefCell<Vec<Middleware>>,
    pub(crate) phases: RefCell<Phases>,
    pub(crate) folders: RefCell<Vec<(String, PathBuf)>>,
    pub(crate) health: RefCell<Option<String>>,
    pub(crate) checks: Checks,
    pub(crate) on_start: RefCell<Vec<Callable>>,
    pub(crate) events: Events,
    pub(crate) metrics: Metrics,
    /// Connections that speak WebSocket.
    pub(crate) sockets: Sockets,
    pub(crate) openapi: OpenApi,
    pub(crate) translations: Translations,
    pub(crate) sessions: RefCell<Option<Rc<Sessions>>>,
    pub(crate) views: RefCell<Option<Rc<Views>>>,
    pub(crate) settings: RefCell<Settings>,
    /// What was wrong with the configuration; `run` says it.
    pub(crate) mistakes: RefCell<Vec<String>>,
    pub(crate) logger: Logger,
    pub(crate) worker: Cell<Option<u32>>,
    pub(crate) logs_access: Cell<bool>,
    /// Is anything done when a request is answered?
    pub(crate) watches: Cell<bool>,
    /// Where HTTPS is spoken, for who comes to the plain port.
    pub(crate) secure_port: Cell<u16>,
    pub(crate) is_development: Cell<bool>,
    /// What of changed code is not taken.
    pub(crate) notice: OnceCell<Notice>,
    /// Does it run a command? Then nothing has compiled the routes.
    pub(crate) is_console: Cell<bool>,
    this: Weak<Self>,
    object: RefCell<Option<Object>>,
    shared: RefCell<Vec<(Rc<str>, Object)>>,
    pub(crate) spare: Spare,
    pub(crate) blanks: Blanks,
    /// What filters share, made before the workers are forked.
    pub(crate) world: OnceCell<World>,
    /// The id of a request that a filter answers just now, for the log.
    pub(crate) answering: RefCell<Option<Box<str>>>,
    pub(crate) running: Running,
    /// Serves requests that come without a port.
    pub(crate) local: RefCell<Option<Local>>,
    compiled: OnceCell<Compiled>,
}

/// A router of these routes, whose endpoints are counted from `first` on.
fn built(routes: &[Route], first: usize) -> Result<Router, String> {
    let mut builder = Builder::new();
    for (number, route) in routes.iter().enumerate() {
        let methods: Vec<&str> = route.methods.iter().map(|m| &**m).collect();
        let new = NewRoute {
            methods: &methods,
            pattern: &route.pattern,
            handler: (first + number) as u32,
            name: route.name.as_deref(),
            at: &route.at,
        };
        builder.add(new).map_err(|e| e.to_string())?;
    }
    Ok(builder.build())
}

impl Compiled {
    /// The router of requests, or that of messages.
    #[inline]
    pub(crate) fn router<const MESSAGES: bool>(&self) -> &Router {
        match MESSAGES {
            true => &self.messages,
            false => &self.router,
        }
    }

    /// Methods and patterns of all endpoints, in their order.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.router.routes().iter().chain(self.messages.routes());
        all.map(|route| (&*route.methods, &*route.pattern))
    }

    /// Are there filters before the router?
    pub(crate) fn is_phased(&self) -> bool {
        !(self.before.is_empty() && self.hooks.is_empty())
    }
}

impl App {
    pub(crate) fn new(base: &Path, env: Env, this: Weak<Self>) -> Self {
        crate::incoming::made(Weak::clone(&this));
        let app = Self {
            base: base.to_owned(),
            env: RefCell::new(env),
            container: Container::default(),
            config: Config::default(),
            schemas: Schemas::default(),
            routes: RefCell::default(),
            ports: RefCell::default(),
            parts: RefCell::default(),
            scans: RefCell::default(),
            middleware: RefCell::default(),
            phases: RefCell::default(),
            folders: RefCell::default(),
            health: RefCell::default(),
            checks: Checks::default(),
            on_start: RefCell::default(),
            events: Events::default(),
            metrics: Metrics::default(),
            sockets: Sockets::default(),
            openapi: OpenApi::default(),
            translations: Translations::default(),
            sessions: RefCell::default(),
            views: RefCell::default(),
            settings: RefCell::default(),
            mistakes: RefCell::default(),
            logger: Logger::new(Target::stderr(), highper_log::Settings::default()),
            worker: Cell::new(None),
            logs_access: Cell::new(false),
            watches: Cell::new(false),
            secure_port: Cell::new(443),
            is_development: Cell::new(false),
            notice: OnceCell::new(),
            is_console: Cell::new(false),
            this,
            object: RefCell::default(),
            shared: RefCell::default(),
            spare: Spare::default(),
            blanks: Blanks::default(),
            world: OnceCell::new(),
            answering: RefCell::default(),
            running: Running::default(),
            local: RefCell::default(),
            compiled: OnceCell::new(),
        };
        app.read_mode();
        app
    }

    /// Takes what the environment says about the mode.
    pub(crate) fn read_mode(&self) {
        let env = self.env.borrow();
        let development = env.mode() == Mode::Development;
        self.is_development.set(development);
        self.logs_access.set(development);
        match env.get("LOG_LEVEL").filter(|level| !level.is_empty()) {
            None => self.logger.set_level(if development { Level::Debug } else { Level::Info }),
            Some(name) => match Level::parse(name) {
                Some(level) => self.logger.set_level(level),
                None => self.mistake(format!(
                    "LOG_LEVEL must be one of debug, info, notice, warning, error, critical, alert, emergency, '{name}' given"
                )),
            },
        }
    }

    /// The application's own object.
    pub(crate) fn is(&self, object: Object) {
        *self.object.borrow_mut() = Some(object);
    }

    pub(crate) fn mistake(&self, text: String) {
        self.mistakes.borrow_mut().push(text);
    }

    /// A folder, relative ones below the base path.
    pub(crate) fn folder(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }

    /// Adds a route.
    ///
    /// # Errors
    /// The routes are compiled.
    pub(crate) fn add(&self, route: Route) -> Result<(), Throw> {
        self.may_add("route")?;
        self.routes.borrow_mut().push(route);
        Ok(())
    }

    /// What is added now would never be looked at.
    ///
    /// # Errors
    /// The routes are compiled.
    pub(crate) fn may_add(&self, what: &str) -> Result<(), Throw> {
        match self.compiled.get() {
            None => Ok(()),
            Some(_) => Err(Throw::error(format!(
                "a {what} can't be added any more, the routes are compiled: add it before run() or handle() is called"
            ))),
        }
    }

    /// An object that lives as long as the worker although nothing binds it so: a controller,
    /// a middleware.
    pub(crate) fn shared(&self, class: &str) -> Result<Value, Throw> {
        let made = self.one(&key(class), || {
            let made = self.container.get(self, &Service::new(class, None), None)?;
            made.into_object()
                .map_err(|_| Throw::error(format!("{class} is no object")))
        });
        made.map(Value::from)
    }

    pub(crate) fn is_built_in(&self, key: &str) -> bool {
        matches!(
            key,
            "highper\\application"
                | "highper\\config"
                | "highper\\console\\input"
                | "highper\\console\\output"
                | "highper\\container"
                | "highper\\event\\dispatcher"
                | "highper\\http\\request"
                | "highper\\log\\logger"
                | "highper\\translator"
                | "highper\\process\\context"
                | "highper\\task\\tasks"
                | "highper\\validation\\validator"
                | view::KEY
                | csrf::KEY
                | websocket::ROOMS
        ) || db::is_built_in(key)
            || redis::is_built_in(key)
            || http_client::is_built_in(key)
            || memcached::is_built_in(key)
            || beanstalk::is_built_in(key)
    }

    /// Why nobody can have one of our own objects here.
    pub(crate) fn refuses(&self, key: &str) -> Option<String> {
        match key {
            "highper\\process\\context" => crate::beside::context::refused(),
            "highper\\task\\tasks" => crate::task::refused(),
            _ if db::is_built_in(key) => db::refused(self, key),
            _ if redis::is_built_in(key) => redis::refused(self, key),
            _ if http_client::is_built_in(key) => http_client::refused(self, key),
            _ if memcached::is_built_in(key) => memcached::refused(self, key),
            _ if beanstalk::is_built_in(key) => beanstalk::refused(self, key),
            _ => None,
        }
    }

    /// Objects of our own classes that live as long as the application.
    pub(crate) fn built_in(&self, key: &str) -> Result<Option<Object>, Throw> {
        let this = || {
            let this = self.this.upgrade();
            this.ok_or_else(|| Throw::error("the application is gone"))
        };
        Ok(match key {
            "highper\\application" => self.object.borrow().clone(),
            "highper\\config" => Some(self.one(key, || crate::config::object(&this()?))?),
            "highper\\console\\input" => Some(self.one(key, crate::console::input)?),
            "highper\\console\\output" => Some(self.one(key, crate::console::output)?),
            "highper\\container" => Some(self.one(key, || object::object(&this()?))?),
            "highper\\event\\dispatcher" => {
                Some(self.one(key, || event::dispatcher::object(&this()?))?)
            }
            "highper\\log\\logger" => Some(self.one(key, || crate::log::object(&self.logger))?),
            "highper\\translator" => Some(self.one(key, || translator::object(&this()?))?),
            "highper\\process\\context" => Some(crate::beside::context::object()?),
            "highper\\task\\tasks" => Some(self.one(key, || crate::task::object(&this()?))?),
            "highper\\validation\\validator" => {
                Some(self.one(key, || validator::object(&this()?))?)
            }
            csrf::KEY => Some(self.one(key, csrf::object)?),
            websocket::ROOMS => Some(self.one(key, || websocket::rooms(&this()?))?),
            view::KEY => Some(self.one(key, || view::object(&this()?))?),
            _ if db::is_built_in(key) => Some(self.one(key, || db::object(self, key))?),
            _ if redis::is_built_in(key) => Some(self.one(key, || redis::object(self, key))?),
            _ if http_client::is_built_in(key) => {
                Some(self.one(key, || http_client::object(self, key))?)
            }
            _ if memcached::is_built_in(key) => {
                Some(self.one(key, || memcached::object(self, key))?)
            }
            _ if beanstalk::is_built_in(key) => {
                Some(self.one(key, || beanstalk::object(self, key))?)
            }
            _ => None,
        })
    }

    /// The one object of a name among those that live as long as the worker.
    fn one(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<Object, Throw>,
    ) -> Result<Object, Throw> {
        let find = |list: &[(Rc<str>, Object)]| {
            let found = list.iter().find(|(k, _)| **k == *key);
            found.map(|(_, object)| object.clone())
        };
        if let Some(known) = find(&self.shared.borrow()) {
            return Ok(known);
        }
        let made = make()?;
        let mut shared = self.shared.borrow_mut();
        // Another coroutine may have been faster while this one waited.
        if let Some(first) = find(&shared) {
            return Ok(first);
        }
        shared.push((key.into(), made.clone()));
        Ok(made)
    }

    /// Says something.
    pub(crate) fn log(
        &self,
        level: Level,
        message: &str,
        context: &[(&[u8], Field<'_>)],
        request_id: Option<&str>,
    ) {
        self.logger.log(&Record {
            message: message.as_bytes(),
            context,
            request_id,
            worker: self.worker.get(),
            coroutine: highper_engine::current(),
            ..Record::new(level, "http")
        });
    }

    /// Gives the route that was added last a name.
    ///
    /// # Errors
    /// There is none, or it has one.
    pub(crate) fn name(&self, name: &str) -> Result<(), Throw> {
        let mut routes = self.routes.borrow_mut();
        match routes.last_mut() {
            Some(route) if route.name.is_none() && !name.is_empty() => {
                route.name = Some(name.to_owned());
                Ok(())
            }
            Some(_) if name.is_empty() => Err(Throw::argument_value(0, "must not be empty")),
            Some(route) => Err(Throw::error(format!(
                "the route {} has the name '{}' already",
                route.pattern,
                route.name.as_deref().unwrap_or_default()
            ))),
            None => Err(Throw::error(
                "name() names the route that was added last, and there is none",
            )),
        }
    }

    /// The address of a named route; values that its path does not have become the query.
    ///
    /// # Errors
    /// There is no such route, or a value is missing or does not fit.
    pub(crate) fn url(&self, name: &str, parameters: Option<&Array>) -> Result<String, Throw> {
        if self.compiled().is_none() && self.is_console.get() {
            self.compile().map_err(Throw::error)?;
        }
        let Some(compiled) = self.compiled() else {
            return Err(Throw::error(
                "routes have addresses once the application runs",
            ));
        };
        let mut values = Vec::new();
        for (key, value) in parameters.into_iter().flatten() {
            if value.deref().is_null() {
                continue;
            }
            let key = String::from_utf8_lossy(&key.to_bytes()).into_owned();
            let text = match value.deref().as_bool() {
                Some(yes) => if yes { "1" } else { "0" }.to_owned(),
                None => value.to_str()?.to_string_lossy().into_owned(),
            };
            values.push((key, text));
        }
        let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (&**k, &**v)).collect();
        let made = compiled.router.url(name, &values);
        made.map_err(|why| Throw::value_error(why.to_string()))
    }

    /// Finds the controllers, reads all signatures, builds the router.
    ///
    /// # Errors
    /// One sentence.
    pub(crate) fn compile(&self) -> Result<(), String> {
        crate::psr::bind(self).map_err(throw_text)?;
        let found = crate::scan::routes(self).map_err(throw_text)?;
        let added = self.routes.take();
        let added = added.iter().map(crate::scan::marked);
        let added: Result<Vec<Route>, Throw> = added.collect();
        let mut all = added.map_err(throw_text)?;
        all.extend(found);
        self.routes.replace(all);
        self.make_world()?;
        let global = self.middleware.borrow().clone();
        let phases = self.phases.borrow().clone();
        let routes: Vec<Route> = self
            .routes
            .borrow()
            .iter()
            .map(|route| Route {
                middleware: phases.around([global.clone(), route.middleware.clone()].concat()),
                ..route.clone()
            })
            .collect();
        let (requests, messages) = crate::message::divided(&routes);
        let router = built(&requests, 0)?;
        let inner = built(&messages, requests.len())?;
        let mut endpoints = Vec::with_capacity(requests.len() + messages.len());
        let all = requests.iter().zip(router.routes());
        for (route, built) in all.chain(messages.iter().zip(inner.routes())) {
            let names: Vec<&str> = built.parameters().collect();
            endpoints.push(Endpoint::new(self, route, &names).map_err(throw_text)?);
        }
        let mut files = Vec::new();
        for (prefix, folder) in &*self.folders.borrow() {
            let options = Options {
                base: prefix.trim_end_matches('/').to_owned(),
                ..Options::default()
            };
            let opened = StaticFiles::new(folder, options).map_err(|e| e.to_string())?;
            files.push((prefix.clone(), opened));
        }
        let (before, hooks) = divided(&phases.pre_router);
        let compiled = Compiled {
            router,
            messages: inner,
            front: divided(&global).0,
            before,
            hooks: hooks.into_iter().map(Hook::new).collect(),
            crosses: endpoints.iter().any(|endpoint| endpoint.cors.is_some()),
            limits: endpoints
                .iter()
                .any(|endpoint| endpoint.body_limit.is_some()),
            streams: endpoints.iter().any(|endpoint| endpoint.streams),
            endpoints,
            files,
        };
        self.compiled
            .set(compiled)
            .map_err(|_| "the application runs already".to_owned())?;
        crate::openapi::write(self).map_err(throw_text)
    }

    /// Makes what workers count in, unless it is there.
    ///
    /// # Errors
    /// There is no memory.
    pub(crate) fn make_world(&self) -> Result<(), String> {
        if self.world.get().is_none() {
            let made = crate::front::world()?;
            self.world.get_or_init(|| made);
        }
        Ok(())
    }

    /// Looks for circles and missing bindings in what the routes need.
    ///
    /// # Errors
    /// The chain.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Some(compiled) = self.compiled.get() else {
            return Ok(());
        };
        if let Some(sessions) = &*self.sessions.borrow() {
            session::check(self, sessions).map_err(throw_text)?;
        }
        if let Some(views) = self.views.borrow().clone() {
            views.check(self).map_err(throw_text)?;
        }
        let mut check = Check::new(self);
        for endpoint in &compiled.endpoints {
            endpoint.check(&mut check).map_err(throw_text)?;
        }
        for class in compiled.hooks.iter().filter_map(Hook::class) {
            check.kept(class).map_err(throw_text)?;
        }
        let asked = self.schemas.services(&mut |service| check.rule(service));
        asked.map_err(throw_text)?;
        self.events.check(&mut check).map_err(throw_text)?;
        check.bindings().map_err(throw_text)
    }

    pub(crate) fn compiled(&self) -> Option<&Compiled> {
        self.compiled.get()
    }

    /// An endpoint by its number.
    pub(crate) fn endpoint(&self, number: usize) -> Result<&Endpoint, Throw> {
        self.compiled
            .get()
            .and_then(|c| c.endpoints.get(number))
            .ok_or_else(|| Throw::error("internal error: a route without an endpoint"))
    }

    /// Is a request's handler called before its body is there?
    pub(crate) fn streams<const MESSAGES: bool>(&self, method: &[u8], path: &[u8]) -> bool {
        let Some(compiled) = self.compiled.get().filter(|c| c.streams) else {
            return false;
        };
        match compiled.router::<MESSAGES>().find(method, path) {
            Answer::Found(found) => compiled
                .endpoints
                .get(found.handler as usize)
                .is_some_and(|endpoint| endpoint.streams),
            _ => false,
        }
    }

    /// How many bytes the body of a request may have, where a filter says it.
    pub(crate) fn body_limit<const MESSAGES: bool>(
        &self,
        method: &[u8],
        path: &[u8],
    ) -> Option<u64> {
        let compiled = self.compiled.get().filter(|c| c.limits)?;
        match compiled.router::<MESSAGES>().find(method, path) {
            Answer::Found(found) => compiled.endpoints.get(found.handler as usize)?.body_limit,
            _ => None,
        }
    }

    /// The pattern of an endpoint's route.
    pub(crate) fn pattern(&self, number: usize) -> &str {
        let Some(compiled) = self.compiled.get() else {
            return "";
        };
        let routes = compiled.router.routes();
        let found = routes.get(number).or_else(|| {
            compiled
                .messages
                .routes()
                .get(number.checked_sub(routes.len())?)
        });
        found.map_or("", |route| &route.pattern)
    }

    /// A path parameter of a request, as text.
    pub(crate) fn param(&self, incoming: &Incoming, name: &[u8]) -> Option<String> {
        let name = std::str::from_utf8(name).ok()?;
        let request = incoming.exchange().request();
        let bytes = request.bytes();
        let (method, path) = (
            request.head().method_name(&bytes),
            request.head().path(&bytes),
        );
        let compiled = self.compiled.get()?;
        let router = match incoming.exchange().connection().is_carried() {
            true => &compiled.messages,
            false => &compiled.router,
        };
        match router.find(method, path) {
            Answer::Found(found) => found.params.get(name).map(std::borrow::Cow::into_owned),
            _ => None,
        }
    }

    /// Runs the hooks of a worker's start.
    pub(crate) fn start_hooks(&self) -> Result<(), Throw> {
        let hooks = self.on_start.borrow().clone();
        for hook in hooks {
            self.container.call(self, &hook, None, None, "onStart")?;
        }
        Ok(())
    }
}
