//! `Highper\View`: the pages of an application.

mod bridge;
mod engine;
mod html;
mod values;

use crate::app::App;
use highper_view::{FUEL, Options, Templates, ViewError};
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Str, Throw, Trace,
    Value, find_class,
};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Its name in the container.
pub(crate) const KEY: &str = "highper\\view";
static VIEW: ClassRef = ClassRef::new("Highper\\View");
static EXCEPTION: ClassRef = ClassRef::new("Highper\\View\\ViewException");
/// Files that are templates of ours.
const KINDS: [&str; 6] = [".html", ".txt", ".xml", ".jinja", ".j2", ".md"];

/// The views of an application.
pub(crate) struct Views {
    folder: std::path::PathBuf,
    fuel: Option<u64>,
    strict: bool,
    /// Engines of one's own, by the end of a file's name.
    engines: Vec<(String, String)>,
    functions: RefCell<Vec<(String, Callable)>>,
    filters: RefCell<Vec<(String, Callable)>>,
    shared: RefCell<Array>,
    templates: OnceCell<Templates>,
    /// Names as they are asked for, and files; in production only.
    names: RefCell<HashMap<String, String>>,
    development: bool,
}

impl Views {
    /// # Errors
    /// What is wrong, in one sentence.
    fn new(
        app: &App,
        folder: &str,
        engines: Option<&Array>,
        settings: Option<&Array>,
    ) -> Result<Self, String> {
        let path = app.folder(folder);
        if !path.is_dir() {
            return Err(format!(
                "views('{}'): {} is no folder",
                folder.escape_default(),
                path.display()
            ));
        }
        let mut made = Self {
            folder: path,
            fuel: Some(FUEL),
            strict: true,
            engines: Vec::new(),
            functions: RefCell::default(),
            filters: RefCell::default(),
            shared: RefCell::default(),
            templates: OnceCell::new(),
            names: RefCell::default(),
            development: app.is_development.get(),
        };
        for (kind, class) in engines.into_iter().flatten() {
            let kind = String::from_utf8_lossy(&kind.to_bytes()).into_owned();
            match class.as_str() {
                Some(class) => made.engines.push((
                    format!(".{}", kind.trim_start_matches('.')),
                    class.to_owned(),
                )),
                None => {
                    return Err(format!(
                        "views(): the engine of '{kind}' must be a class, {} given",
                        class.describe()
                    ));
                }
            }
        }
        if !made.engines.iter().any(|(kind, _)| kind == ".php") {
            made.engines
                .push((".php".to_owned(), engine::PHP.to_owned()));
        }
        for (name, value) in settings.into_iter().flatten() {
            let name = String::from_utf8_lossy(&name.to_bytes()).into_owned();
            match (&*name, value.as_long(), value.as_bool()) {
                ("limit", Some(limit), _) if limit >= 0 => {
                    made.fuel = u64::try_from(limit).ok().filter(|n| *n > 0)
                }
                ("strict", _, Some(strict)) => made.strict = strict,
                ("limit" | "strict", ..) => {
                    return Err(format!("views(): {name} can't be {}", value.describe()));
                }
                _ => {
                    return Err(format!(
                        "views(): there is no setting '{}'; there are limit and strict",
                        name.escape_debug()
                    ));
                }
            }
        }
        Ok(made)
    }

    /// Where the templates are.
    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    fn templates(&self) -> &Templates {
        self.templates.get_or_init(|| {
            let mut templates = Templates::new(Options {
                folder: self.folder.clone(),
                reload: self.development,
                fuel: self.fuel,
                strict: self.strict,
            });
            bridge::add(
                &mut templates,
                &self.functions.borrow(),
                &self.filters.borrow(),
            );
            templates
        })
    }

    /// The file of a name: itself, or with one of the endings that are known.
    fn file(&self, name: &str) -> Result<String, Throw> {
        if let Some(known) = self.names.borrow().get(name) {
            return Ok(known.clone());
        }
        let templates = self.templates();
        let own = KINDS.iter().map(|kind| format!("{name}{kind}"));
        let others = self.engines.iter().map(|(kind, _)| format!("{name}{kind}"));
        let all = std::iter::once(name.to_owned()).chain(own).chain(others);
        let found = all.into_iter().find(|name| templates.has(name));
        let Some(found) = found else {
            return Err(exception(&ViewError {
                message: format!("there is no such view in {}", self.folder.display()),
                name: name.to_owned(),
                file: self.folder.clone(),
                line: 0,
            }));
        };
        if !self.development {
            self.names
                .borrow_mut()
                .insert(name.to_owned(), found.clone());
        }
        Ok(found)
    }

    /// Renders a view.
    ///
    /// # Errors
    /// What is wrong with it, or what PHP code throws that it calls.
    pub(crate) fn render(&self, app: &Rc<App>, name: &str, data: &Array) -> Result<Str, Throw> {
        let file = self.file(name)?;
        let engine = self
            .engines
            .iter()
            .find(|(kind, _)| file.ends_with(&**kind));
        if let Some((_, class)) = engine {
            return engine::render(app, class, &file, &self.with_shared(data));
        }
        bridge::render(app, self, &file, data)
    }

    /// Looks whether there is such a view; in development it may come later.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn find(&self, name: &str) -> Result<(), Throw> {
        match self.development {
            true => Ok(()),
            false => self.file(name).map(drop),
        }
    }

    fn with_shared(&self, data: &Array) -> Array {
        let mut all = self.shared.borrow().clone();
        for (key, value) in data {
            all.set_key(key, value);
        }
        all
    }

    /// Compiles all templates, and looks at the engines.
    ///
    /// # Errors
    /// The first that is wrong.
    pub(crate) fn check(&self, app: &App) -> Result<(), Throw> {
        for (_, class) in self
            .engines
            .iter()
            .filter(|(_, class)| class != engine::PHP)
        {
            engine::object(app, class)?;
        }
        match self.templates().compile(&KINDS) {
            Ok(_) => Ok(()),
            // In development the page says it, and the rest can be worked on.
            Err(_) if self.development => Ok(()),
            Err(error) => Err(Throw::error(error.to_string())),
        }
    }
}

/// An error of a view as an exception, whose file and line are those of the template.
fn exception(error: &ViewError) -> Throw {
    let made = EXCEPTION
        .get()
        .new_object(&[Value::from(error.to_string())])
        .into_result();
    let throw = match made {
        Ok(throw) => throw,
        Err(throw) => return throw,
    };
    if let (Some(object), Ok(Some(class)), true) =
        (throw.as_object(), find_class("Exception"), error.line > 0)
    {
        let file = error.file.to_string_lossy().into_owned();
        let line = i64::try_from(error.line).unwrap_or(0);
        let placed = object
            .set_in(class, "file", file)
            .and_then(|()| object.set_in(class, "line", line));
        if let Err(throw) = placed {
            return throw;
        }
    }
    Throw::Object(throw)
}

/// What an object carries.
#[derive(Default)]
struct View(OnceCell<Rc<App>>);

impl Trace for View {}

pub(crate) fn object(app: &Rc<App>) -> Result<Object, Throw> {
    if app.views.borrow().is_none() {
        return Err(Throw::error(
            "the application has no views: add ->views('views') to it",
        ));
    }
    let object = VIEW.instantiate()?;
    if let Some(state) = object.state::<View>() {
        let _first = state.0.set(Rc::clone(app));
    }
    Ok(object)
}

pub(crate) fn declare(registry: &mut Registry) {
    engine::declare(registry);
    html::declare(registry);
    registry
        .class(
            Class::new("Highper\\View\\ViewException")
                .doc("Something is wrong with a view; file and line are those of its template.")
                .handle(&EXCEPTION)
                .extends("RuntimeException"),
        )
        .class(
            Class::new("Highper\\View")
                .doc("The pages of the application: templates of the folder that Application::views() has.")
                .handle(&VIEW)
                .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
                .state::<View>()
                .deny_create()
                .deny_clone()
                .method(
                    "public function render(string $name, array $data = []): string",
                    "The page of a view: notes/index is the file notes/index.html below the folder.\n\n\
                     @throws \\Highper\\View\\ViewException There is none, or something is wrong with it.",
                    |call| {
                        let app = app(call)?;
                        let none = Array::new();
                        let data = call.opt_array(1)?.unwrap_or(&none).clone();
                        let page = of(app)?.render(app, call.text(0)?, &data)?;
                        call.ret(page)
                    },
                )
                .method("public function has(string $name): bool", "Is there such a view?", |call| {
                    let has = of(app(call)?)?.file(call.text(0)?).is_ok();
                    call.ret_bool(has)
                })
                .method("public function folder(): string", "Where the views are.", |call| {
                    let folder = of(app(call)?)?.folder.clone();
                    call.ret_str(folder.to_string_lossy().as_bytes())
                })
                .method("public function share(string $name, mixed $value): static", "A value that all views have, for as long as the worker lives: nothing of a request.", |call| {
                    let views = of(app(call)?)?;
                    let mut shared = views.shared.take();
                    shared.set(call.bytes(0)?, call.value(1)?);
                    let old = views.shared.replace(shared);
                    drop(old);
                    call.ret_this()
                })
                .method("public function function(string $name, callable $function): static", "A function of templates. To be added before the first page: in onStart(), or a provider.", |call| {
                    named(call, |views| &views.functions)
                })
                .method("public function filter(string $name, callable $filter): static", "A filter of templates; what it is applied to is the first argument. To be added before the first page.", |call| {
                    named(call, |views| &views.filters)
                }),
        );
}

fn named(call: &mut Call, list: impl Fn(&Views) -> &RefCell<Vec<(String, Callable)>>) -> Done {
    let (name, callable) = (call.text(0)?.to_owned(), call.callable(1)?);
    let views = of(app(call)?)?;
    if views.templates.get().is_some() {
        return Err(Throw::error(format!(
            "'{name}' comes too late: templates were compiled already. Add it in onStart() or in a provider"
        )));
    }
    list(&views).borrow_mut().push((name, callable));
    call.ret_this()
}

fn app(call: &Call) -> Result<&Rc<App>, Throw> {
    call.this::<View>()?
        .0
        .get()
        .ok_or_else(|| Throw::error("this view belongs to no application"))
}

/// The views of an application.
///
/// # Errors
/// It has none.
pub(crate) fn of(app: &App) -> Result<Rc<Views>, Throw> {
    let views = app.views.borrow().clone();
    views.ok_or_else(|| Throw::error("the application has no views: add ->views('views') to it"))
}

/// `Application::views()`
pub(crate) fn configure(
    app: &App,
    folder: &str,
    engines: Option<&Array>,
    settings: Option<&Array>,
) {
    match Views::new(app, folder, engines, settings) {
        Ok(views) => {
            app.views.replace(Some(Rc::new(views)));
        }
        Err(why) => app.mistake(why),
    }
}
