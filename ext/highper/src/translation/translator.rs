//! `Highper\Translator`

use super::{filled, locale};
use crate::app::App;
use highper_app::language;
use highper_zend::{Array, Call, Class, ClassRef, Flags, Object, Registry, Throw, Trace, Value};
use std::cell::OnceCell;
use std::rc::Rc;

static TRANSLATOR: ClassRef = ClassRef::new("Highper\\Translator");

#[derive(Default)]
struct State(OnceCell<Rc<App>>);

impl Trace for State {}

/// The object of an application.
pub(crate) fn object(app: &Rc<App>) -> Result<Object, Throw> {
    let object = TRANSLATOR.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(Rc::clone(app));
    }
    Ok(object)
}

pub(crate) fn declare(registry: &mut Registry) {
    registry
        .on_request_shutdown(locale::forget)
        .class(
            Class::new("Highper\\Translator")
                .doc("The messages of lang/ in the language of who asks: what the running coroutine or one that made it has chosen, else what the request's client wants (Accept-Language), else the configuration's app.locale.")
                .handle(&TRANSLATOR)
                .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
                .implements("Highper\\Validation\\Translator")
                .state::<State>()
                .deny_create()
                .method(
                    "public function get(string $key, array $parameters = [], ?string $locale = null): string",
                    "A message with its places filled: {name} is $parameters['name']. The key itself where there is no message.",
                    |call| {
                        let text = text(call, 1, 2, None)?;
                        call.ret_str(text)
                    },
                )
                .method(
                    "public function choice(string $key, int|float $count, array $parameters = [], ?string $locale = null): string",
                    "The form of a message for a number, by the rules of the language: 'one note|{count} notes', or '{0} none|[1,*] some'. The place {count} is the number.",
                    |call| {
                        let count = call.number(1)?.clone();
                        let text = text(call, 2, 3, Some(count))?;
                        call.ret_str(text)
                    },
                )
                .method("public function has(string $key, ?string $locale = null): bool", "Is there a message in this locale, or in one that stands in for it?", |call| {
                    let app = of(call)?;
                    let locale = asked(call, 1, app)?;
                    let has = app.translations.has(app, &call.str(0)?.to_string_lossy(), &locale)?;
                    call.ret_bool(has)
                })
                .method("public function locale(): string", "The locale of the running code.", |call| {
                    let locale = locale::current(of(call)?)?;
                    call.ret_str(&*locale)
                })
                .method("public function setLocale(string $locale): static", "Chooses for the running coroutine (in a handler: for the request) and those that it makes.", |call| {
                    let chosen = known(call, 0)?;
                    locale::choose(Some(chosen));
                    let this = Value::from(call.this_object()?);
                    call.ret(this)
                })
                .method("public function within(string $locale, callable $body): mixed", "Calls something with another locale, and returns what it returns.", |call| {
                    let chosen = known(call, 0)?;
                    let body = call.callable(1)?;
                    let before = locale::choose(Some(chosen));
                    let result = body.call(&[]).into_result();
                    locale::choose(before);
                    call.ret(result?)
                })
                .method("public function locales(): array", "The locales that lang/ has, the default one first.", |call| {
                    let app = of(call)?;
                    let mut list = Array::new();
                    for name in app.translations.locales(app)? {
                        list.push(&**name);
                    }
                    call.ret(list)
                })
                .method(
                    "public function translate(string $rule, array $parameters, string $message): string",
                    "A message of a rule: that of the key validation.RULE, as validation.length.min.",
                    |call| {
                        let app = of(call)?;
                        let locale = locale::current(app)?;
                        let key = format!("validation.{}", call.str(0)?.to_string_lossy());
                        let parameters = call.array(1)?;
                        let found = app.translations.message(app, &key, parameters, &locale, None)?;
                        match found {
                            Some(text) => call.ret_str(text),
                            None => call.ret(call.str(2)?),
                        }
                    },
                ),
        );
}

fn of(call: &Call) -> Result<&Rc<App>, Throw> {
    let state = call.this::<State>()?;
    state
        .0
        .get()
        .ok_or_else(|| Throw::error("this translator belongs to no application"))
}

/// The locale that is given, or that of the running code.
fn asked(call: &Call, arg: usize, app: &App) -> Result<Rc<str>, Throw> {
    match call.opt_bytes_or_null(arg)? {
        None => locale::current(app),
        Some(given) => match std::str::from_utf8(given) {
            Ok(name) if language::is_locale(name) => Ok(name.into()),
            _ => Err(Throw::argument_value(
                arg,
                "must be a locale such as en or de_CH",
            )),
        },
    }
}

/// A locale that there are messages of.
fn known(call: &Call, arg: usize) -> Result<Rc<str>, Throw> {
    let app = of(call)?;
    let given = call.text(arg)?;
    let all = app.translations.locales(app)?;
    let found = language::wider(given).find_map(|name| {
        all.iter()
            .find(|known| language::is_same(known, name))
            .map(|known| Rc::from(&**known))
    });
    found.ok_or_else(|| {
        let must = match all.is_empty() {
            true => "can't be chosen: the folder lang/ has no messages".to_owned(),
            false => format!("must be one of {}, '{given}' given", all.join(", ")),
        };
        Throw::argument_value(arg, must)
    })
}

fn text(
    call: &Call,
    parameters: usize,
    locale: usize,
    count: Option<Value>,
) -> Result<String, Throw> {
    let app = of(call)?;
    let locale = asked(call, locale, app)?;
    let key = call.str(0)?;
    let key = key.to_string_lossy();
    let mut values = call.opt_array(parameters)?.cloned().unwrap_or_default();
    let number = count.as_ref().map(Value::to_double);
    if let Some(count) = count
        && values.get_symbol("count").is_none()
    {
        values.set("count", count);
    }
    match app
        .translations
        .message(app, &key, &values, &locale, number)?
    {
        Some(text) => Ok(text),
        None => filled(&key, &values),
    }
}
