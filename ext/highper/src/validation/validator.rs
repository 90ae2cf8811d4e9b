//! `Highper\Validation\Validator`

use super::TRANSLATOR;
use super::rule::{self, Rule};
use super::run::{At, Run};
use crate::app::App;
use crate::incoming;
use crate::plan::dto::{Dto, Schemas};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Str, Throw, Trace, Tracer,
};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

static VALIDATOR: ClassRef = ClassRef::new("Highper\\Validation\\Validator");

/// What an object carries: what belongs to an application is asked there.
#[derive(Default)]
struct Validator {
    app: OnceCell<Rc<App>>,
    schemas: Schemas,
    translator: RefCell<Option<Object>>,
}

impl Trace for Validator {
    fn trace(&self, tracer: &mut Tracer) {
        self.translator.trace(tracer);
    }
}

/// The validator of an application.
pub(crate) fn object(app: &Rc<App>) -> Result<Object, Throw> {
    let object = VALIDATOR.instantiate()?;
    if let Some(state) = object.state::<Validator>() {
        let _first = state.app.set(Rc::clone(app));
    }
    Ok(object)
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Validation\\Validator")
            .doc("Checks values by the types and rules of a class, or by rules alone; without a request, and in plain scripts.")
            .handle(&VALIDATOR)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<Validator>()
            .deny_clone()
            .method(
                "public function __construct(?\\Highper\\Validation\\Translator $translator = null)",
                "A validator without an application. As a parameter that is injected it has the application's objects and translator.",
                |call| {
                    let translator = call.opt_object_of(0, &TRANSLATOR)?.cloned();
                    let old = call.this::<Validator>()?.translator.replace(translator);
                    drop(old);
                    Ok(())
                },
            )
            .method(
                "public function make(string $class, array $values, bool $texts = false): object",
                "An object of a class whose constructor's parameters are the fields.\n\n\
                 @param bool $texts Are they texts that stand for numbers and booleans, as in a form?\n\
                 @throws \\Highper\\Http\\Unprocessable With all that is wrong: getErrors().",
                |call| {
                    let state = call.this::<Validator>()?;
                    let dto = dto(call, state)?;
                    let running = incoming::current();
                    let run = run(call, state, running.as_ref())?;
                    let translator = state.translator.borrow().clone();
                    let made = dto.make(call.array(1)?, run.said_by(translator.as_ref()))?;
                    call.ret(made)
                },
            )
            .method(
                "public function errors(string $class, array $values, bool $texts = false): array",
                "What is wrong with values for a class: names of fields and lists of messages; empty where all is well.",
                |call| {
                    let state = call.this::<Validator>()?;
                    let dto = dto(call, state)?;
                    let running = incoming::current();
                    let run = run(call, state, running.as_ref())?;
                    let translator = state.translator.borrow().clone();
                    let errors = dto.errors(call.array(1)?, run.said_by(translator.as_ref()))?;
                    call.ret(errors)
                },
            )
            .method(
                "public function check(array $values, array $rules): array",
                "What is wrong with values by rules alone: ['title' => [new Length(1, 200)]]. What is missing is wrong only by Required.",
                check,
            ),
    );
}

fn dto(call: &Call, state: &Validator) -> Result<Rc<Dto>, Throw> {
    let schemas = state.app.get().map_or(&state.schemas, |app| &app.schemas);
    schemas
        .dto(call.text(0)?)
        .map_err(|why| Throw::argument_value(0, format!("can't be made of values: {why}")))
}

fn run<'a>(
    call: &Call,
    state: &'a Validator,
    running: Option<&'a Rc<incoming::Incoming>>,
) -> Result<Run<'a>, Throw> {
    let texts = call.opt_bool(2, false)?;
    Ok(match state.app.get() {
        Some(app) => Run::of(app, running, texts),
        None => Run::alone(texts),
    })
}

fn check(call: &mut Call) -> Done {
    let mut all: Vec<(Str, Vec<Rule>)> = Vec::new();
    for (key, list) in call.array(1)? {
        let name = String::from_utf8_lossy(&key.to_bytes()).into_owned();
        let wrong =
            |why: String| Throw::argument_value(1, format!("has a wrong rule for '{name}': {why}"));
        let one = Array::from_iter([list.clone()]);
        let mut rules = Vec::new();
        for value in list.as_array().unwrap_or(&one).values() {
            match value.as_object() {
                Some(object) => rules.extend(Rule::of(object).map_err(wrong)?),
                None => return Err(wrong(format!("{} given", value.type_name()))),
            }
        }
        all.push((Str::new(&name), rules));
    }
    let state = call.this::<Validator>()?;
    let running = incoming::current();
    let run = match state.app.get() {
        Some(app) => Run::of(app, running.as_ref(), false),
        None => Run::alone(false),
    };
    let translator = state.translator.borrow().clone();
    let mut run = run.said_by(translator.as_ref());
    let values = call.array(0)?;
    for (name, rules) in &all {
        let at = At::Field(&At::Root, name);
        match values.get_symbol(name.as_bytes()) {
            Some(value) => rule::apply(rules, value, values, at, &mut run)?,
            None => rule::absent(rules, values, at, &mut run)?,
        };
    }
    call.ret(run.errors()?)
}
