//! `Highper\Application`

use crate::app::App;
use crate::container::{Lifetime, object};
use crate::health::Check;
use crate::route::{Shared, handler, middleware};
use crate::{phase, routes, run};
use highper_app::env::Env;
use highper_zend::{Array, Call, Class, ClassRef, Done, Flags, Registry, Throw, Trace, Value};
use std::cell::OnceCell;
use std::path::Path;
use std::rc::Rc;

static APPLICATION: ClassRef = ClassRef::new("Highper\\Application");

/// What an object carries.
#[derive(Default)]
struct Application(OnceCell<Rc<App>>);

impl Trace for Application {}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(crate::message::methods(crate::websocket::method(crate::part::methods(
        Class::new("Highper\\Application")
            .doc("An application: routes, middleware, a container, and the server that runs them.")
            .handle(&APPLICATION)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<Application>()
            .deny_create()
            .method("public static function create(string $basePath): static", "An application whose relative folders are below the base path; reads its .env files.", create)
            .method("public function env(string $name, ?string $default = null): ?string", "A variable of the environment or of the .env files.", |call| {
                let app = of(call)?;
                let value = app.env.borrow().get(call.text(0)?).map(str::to_owned);
                match value {
                    Some(value) => call.ret_str(value),
                    None => call.ret(call.opt_str(1)?),
                }
            })
            .method("public function basePath(string $path = ''): string", "The base path, or a path below it.", |call| {
                let path = of(call)?.folder(call.opt_text(0, "")?);
                call.ret_str(path.to_string_lossy().trim_end_matches('/'))
            })
            .method("public function settings(array $settings): static", "Limits and time-outs of the server. An unknown name or a wrong type keeps it from starting.", |call| {
                let app = of(call)?;
                let taken = app.settings.borrow_mut().take(call.array(0)?);
                if let Err(mistake) = taken {
                    app.mistake(mistake);
                }
                call.ret_this()
            })
            .method("public function scan(string $namespace, string $folder): static", "Routes of all controllers below a folder, by PSR-4.", scan)
            .method(
                "public function listen(string|\\Closure $event, \\Closure|array|null $listener = null, int $priority = 0, bool $async = false): static",
                "Listens for events, as Highper\\Event\\Dispatcher::listen().",
                |call| {
                    let app = Rc::clone(of(call)?);
                    crate::event::dispatcher::listen(call, &app)
                },
            )
            .method("public function middleware(string|object ...$middleware): static", "Middleware of every route, the first is outermost.", |call| {
                let all = middleware(call, 0)?;
                let app = of(call)?;
                app.may_add("middleware")?;
                app.middleware.borrow_mut().extend(all);
                call.ret_this()
            })
            .method("public function preRouter(string|object ...$filters): static", "Filters of the first phase, before a request's route is looked for: called with the request. Nothing lets it pass, a Request goes on in its place, anything else is the answer.", |call| {
                let app = Rc::clone(of(call)?);
                phase::add(call, &app, |all| app.phases.borrow_mut().pre_router.extend(all))
            })
            .method("public function postRouter(string|object ...$filters): static", "Filters of the second phase, once the route is known and before all middleware: called with the request, as in preRouter().", |call| {
                let app = Rc::clone(of(call)?);
                phase::add(call, &app, |all| app.phases.borrow_mut().post_router.extend(all))
            })
            .method("public function preDispatch(string|object ...$filters): static", "Filters of the third phase, behind all middleware and directly before the handler: called with the request, as in preRouter().", |call| {
                let app = Rc::clone(of(call)?);
                phase::add(call, &app, |all| app.phases.borrow_mut().pre_dispatch.extend(all))
            })
            .method("public function postDispatch(string|object ...$filters): static", "Filters of the fourth phase, directly after the handler: called with the request and its response. Nothing leaves it, anything else is the answer in its place.", |call| {
                let app = Rc::clone(of(call)?);
                phase::add(call, &app, |all| app.phases.borrow_mut().post_dispatch.extend(all))
            })
            .method("public function get(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for GET (and HEAD).", |call| add(call, &["GET"]))
            .method("public function post(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for POST.", |call| add(call, &["POST"]))
            .method("public function put(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for PUT.", |call| add(call, &["PUT"]))
            .method("public function patch(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for PATCH.", |call| add(call, &["PATCH"]))
            .method("public function delete(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for DELETE.", |call| add(call, &["DELETE"]))
            .method("public function any(string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for every method.", |call| add(call, &["ANY"]))
            .method("public function map(array $methods, string $path, \\Closure|array $handler, string|object ...$middleware): static", "A route for some methods.", |call| {
                let methods = routes::methods(call)?;
                let names: Vec<&str> = methods.iter().map(|m| &**m).collect();
                of(call)?.add(Shared::default().route(&names, call, 1)?)?;
                call.ret_this()
            })
            .method("public function name(string $name): static", "Names the route that was added last, for addresses that are made.", |call| {
                of(call)?.name(call.text(0)?)?;
                call.ret_this()
            })
            .method("public function url(string $name, array $parameters = []): string", "The path of a named route. Parameters that it does not have become the query.\n\n@throws \\ValueError No route has the name, or a parameter is missing or does not fit.", |call| {
                let url = of(call)?.url(call.text(0)?, call.opt_array(1)?)?;
                call.ret_str(url)
            })
            .method("public function group(string $prefix, \\Closure $routes, string|object ...$middleware): static", "Routes with a prefix and middleware in common.", |call| {
                let app = Rc::clone(of(call)?);
                routes::nested(call, &app, &Shared::default())?;
                call.ret_this()
            })
            .method("public function bind(string $class, string|\\Closure|null $concrete = null): static", "An object made anew for each that asks.", |call| bind(call, Lifetime::Each))
            .method("public function singleton(string $class, string|\\Closure|null $concrete = null): static", "One object for a worker, made when it is first asked for: what classes are without a binding.", |call| bind(call, Lifetime::Worker))
            .method("public function scoped(string $class, string|\\Closure|null $concrete = null): static", "One object for a request.", |call| bind(call, Lifetime::Request))
            .method("public function instance(string $class, object $object): static", "This object.", |call| {
                let app = Rc::clone(of(call)?);
                object::instance(call, &app)
            })
            .method("public function tag(string $tag, string ...$classes): static", "Puts classes under a tag, in this order; #[Tagged] gives a list of their objects.", |call| {
                let app = Rc::clone(of(call)?);
                object::tag(call, &app)
            })
            .method("public function provider(string|object ...$providers): static", "Parts of the application that register themselves: objects or names of classes that implement Highper\\Provider.", |call| {
                let app = Rc::clone(of(call)?);
                for at in 0..call.num_args() {
                    let value = call.value(at)?;
                    let provider = match value.as_object() {
                        Some(object) => object.clone(),
                        None => app.container.anew(&app, call.text(at)?, &Array::new(), None)?,
                    };
                    crate::provider::add(&app, &provider)?;
                }
                call.ret_this()
            })
            .method("public function container(): \\Highper\\Container", "The container.", |call| {
                let app = of(call)?;
                call.ret(app.built_in("highper\\container")?)
            })
            .method("public function make(string $class, array $parameters = []): object", "An object by its type, with everything that its constructor needs; with parameters by their names a new one that nobody keeps.", |call| {
                let app = Rc::clone(of(call)?);
                object::make(call, &app)
            })
            .method("public function has(string $class): bool", "Is it bound, or a class that can be made?", |call| {
                let app = Rc::clone(of(call)?);
                object::has(call, &app)
            })
            .method("public function config(string $path, mixed $default = null): mixed", "A value of config/*.php by its path, 'db.host', or the default where there is none.", |call| {
                let app = of(call)?;
                crate::config::value(call, app)
            })
            .method("public function configure(array $values): static", "Values that go over those of config/*.php: maps key by key, lists as a whole.", |call| {
                let app = of(call)?;
                app.config.give(call.array(0)?.clone());
                call.ret_this()
            })
            .method("public function sessions(array $settings = []): static", "Sessions, as Highper\\Session for handlers.\n\n\
                 @param array $settings `store`: file (the default), memory, cookie, or a class that implements Highper\\Session\\Store; `folder` of \
                 the files (var/sessions); bytes of the `memory` (16M); the `cookie`'s name (session), `path`, `domain`, `secure` (null: as the \
                 connection is), `http_only`, `same_site` (Lax), and whether it is `persistent`; `idle` seconds (7200) and `lifetime` (604800) \
                 after which one is over; `lock_timeout` seconds (10); the `key` of sealed cookies (APP_KEY), or a list, the newest first.", |call| {
                let app = of(call)?;
                crate::session::configure(app, call.opt_array(0)?);
                call.ret_this()
            })
            .method("public function views(string $folder = 'views', array $engines = [], array $settings = []): static", "Views: templates of a folder, for Response::view(), #[Template] and Highper\\View.\n\n\
                 @param array<string, class-string> $engines Other engines by the ending of their files: ['twig' => TwigEngine::class].\n\
                 @param array $settings `limit`: instructions that a page may take (10000000; 0 for no limit); `strict` (true): is it an error to \
                 print what is not there?", |call| {
                let app = of(call)?;
                crate::view::configure(app, call.opt_text(0, "views")?, call.opt_array(1)?, call.opt_array(2)?);
                call.ret_this()
            })
            .method("public function static(string $prefix, string $folder): static", "Files below a folder, where no route matches.", |call| {
                let app = of(call)?;
                let prefix = format!("/{}", call.text(0)?.trim_start_matches('/'));
                let folder = app.folder(call.text(1)?);
                app.folders.borrow_mut().push((prefix, folder));
                call.ret_this()
            })
            .method("public function metrics(string $path = '/metrics'): static", "Counts answers by route and status, and shows these and other figures of all workers below a path, for Prometheus and without PHP.", |call| {
                let path = format!("/{}", call.opt_text(0, "/metrics")?.trim_start_matches('/'));
                of(call)?.metrics.show(path);
                call.ret_this()
            })
            .method("public function openapi(string $path = '/docs', string $title = 'API', string $version = '1.0.0'): static", "Describes the routes in OpenAPI 3.1, below $path/openapi.json, and shows them with Swagger UI, whose scripts the browser loads from unpkg.com.", |call| {
                let path = format!("/{}", call.opt_text(0, "/docs")?.trim_matches('/'));
                let (title, version) = (call.opt_text(1, "API")?, call.opt_text(2, "1.0.0")?);
                of(call)?.openapi.show(path, title.to_owned(), version.to_owned());
                call.ret_this()
            })
            .method("public function healthCheck(string $name, \\Closure|array $check, float $every = 5): static", "A check of one's own, whose parameters are injected: it runs every few seconds, for 10 at most, and while it throws or returns false the worker is not ready.", |call| {
                let name = call.text(0)?.to_owned();
                let check = handler(call, 1)?;
                let every = call.opt_double(2, 5.0)?;
                if !(0.01..=86_400.0).contains(&every) {
                    return Err(Throw::argument_value(2, "must be between 0.01 and 86400 seconds"));
                }
                let app = of(call)?;
                app.health.borrow_mut().get_or_insert_with(|| "/health".to_owned());
                app.checks.0.borrow_mut().push(Check::new(name, check, every));
                call.ret_this()
            })
            .method("public function health(string $path = '/health'): static", "Answers without PHP: $path/live with 200 as long as the worker runs its loop, $path and $path/ready while it takes requests and its checks are good.", |call| {
                let path = format!("/{}", call.opt_text(0, "/health")?.trim_start_matches('/'));
                *of(call)?.health.borrow_mut() = Some(path);
                call.ret_this()
            })
            .method("public function onStart(\\Closure $hook): static", "Runs once in each worker before it accepts; its parameters are injected.", |call| {
                let hook = call.callable(0)?;
                of(call)?.on_start.borrow_mut().push(hook);
                call.ret_this()
            })
            .method("public function handle(\\Highper\\Http\\Request $request): \\Highper\\Http\\Response", "The answer to a request that Request::create() made, without a port: by the same filters, middleware and limits as a client's. The first one starts the application as a worker does. Outside of coroutines it runs a loop until all that the request began is over.\n\n@throws \\Error The application can't start, or the answer was cut off.", |call| {
                let app = Rc::clone(of(call)?);
                let draft = crate::request::draft(call.object(0)?);
                let draft = draft.ok_or_else(|| Throw::argument_value(0, "must be made by Request::create()"))?;
                let response = crate::local::handle(&app, &draft)?;
                call.ret(response)
            })
            .method(
                "public function connect(string $ip = '127.0.0.1')",
                "A connection to the application without a port, as a stream: what is written to it is read as that of a client. For tests of what is no single \
                 request, such as WebSocket; in a coroutine. The first one starts the application as a worker does.\n\n\
                 @param string $ip The client's address.\n\
                 @return resource\n\
                 @throws \\Error The application can't start, or there is no coroutine.",
                |call| {
                    let app = Rc::clone(of(call)?);
                    let text = call.opt_text(0, "127.0.0.1")?;
                    let ip = text
                        .parse()
                        .map_err(|_| Throw::argument_value(0, format!("must be an IP address, '{text}' given")))?;
                    call.ret(crate::local::connect(&app, ip)?)
                },
            )
            .method("public function run(array $argv = []): int", "Does what the command line says and returns the exit code.", |call| {
                let app = Rc::clone(of(call)?);
                let mut argv = Vec::new();
                for value in call.opt_array(0)?.into_iter().flat_map(|list| list.values()) {
                    argv.push(value.to_str()?.to_string_lossy().into_owned());
                }
                call.ret_long(run::run(&app, &argv)?.into())
            }),
    ))));
}

pub(crate) fn of(call: &Call) -> Result<&Rc<App>, Throw> {
    let state = call.this::<Application>()?;
    state
        .0
        .get()
        .ok_or_else(|| Throw::error("make an application with Application::create()"))
}

fn create(call: &mut Call) -> Done {
    let base = call.text(0)?;
    let base = Path::new(base);
    let base = base.canonicalize().map_err(|e| {
        Throw::argument_value(
            0,
            format!("must be a folder, '{}' given: {e}", base.display()),
        )
    })?;
    let (env, mistake) = match environment(&base) {
        Ok(env) => (env, None),
        Err(mistake) => (Env::default(), Some(mistake)),
    };
    for (name, value) in env.from_files() {
        // What .env says is for getenv() too.
        let pair = Value::from(format!("{name}={value}"));
        highper_zend::call_function("putenv", &[pair]).into_result()?;
    }
    let app = Rc::new_cyclic(|this| App::new(&base, env, this.clone()));
    mistake.into_iter().for_each(|mistake| app.mistake(mistake));
    let object = APPLICATION.instantiate()?;
    if let Some(state) = object.state::<Application>() {
        let _first = state.0.set(Rc::clone(&app));
    }
    app.is(object.clone());
    call.ret(object)
}

/// The environment; `--env` on the command line goes over `APP_ENV`.
fn environment(base: &Path) -> Result<Env, String> {
    let arguments = highper_zend::process::arguments();
    let mut wanted = None;
    for (at, argument) in arguments.iter().enumerate() {
        if argument == "--env" {
            wanted = arguments.get(at + 1).cloned();
        } else if let Some(name) = argument.strip_prefix("--env=") {
            wanted = Some(name.to_owned());
        }
    }
    let given = highper_zend::process::environment();
    let real = given
        .iter()
        .filter_map(|(name, value)| {
            let name = String::from_utf8(name.to_bytes().into_owned()).ok()?;
            Some((name, value.as_str()?.to_owned()))
        })
        .filter(|(name, _)| wanted.is_none() || name != "APP_ENV");
    let named = wanted.clone().map(|name| ("APP_ENV".to_owned(), name));
    Env::load(base, real.chain(named)).map_err(|e| e.to_string())
}

fn scan(call: &mut Call) -> Done {
    let app = of(call)?;
    let namespace = call.text(0)?.to_owned();
    let folder = app.folder(call.text(1)?);
    if !folder.is_dir() {
        app.mistake(format!(
            "scan('{}'): {} is no folder",
            namespace.escape_default(),
            folder.display()
        ));
        return call.ret_this();
    }
    app.scans
        .borrow_mut()
        .push((namespace.clone(), folder.clone()));
    crate::loader::register(&namespace, &folder)?;
    call.ret_this()
}

fn add(call: &mut Call, methods: &[&str]) -> Done {
    let route = Shared::default().route(methods, call, 0)?;
    of(call)?.add(route)?;
    call.ret_this()
}

fn bind(call: &mut Call, lifetime: Lifetime) -> Done {
    let app = Rc::clone(of(call)?);
    object::bind(call, &app, lifetime)
}
