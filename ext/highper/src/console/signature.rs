//! What a command takes, read from the parameters of its method.

use crate::annotation::{self, Place};
use crate::app::App;
use crate::container::need::{Need, Unmet, need};
use crate::part::Command;
use crate::plan::scalar::Scalar;
use crate::plan::shape::Marks;
use crate::validation::rule::{self, Rule};
use crate::validation::run::{At, Run};
use highper_app::console::{Argument, Given, Opt, Signature, Takes, Words, is_word, spelt};
use highper_zend::reflect::{Attribute, Builtin, Function, Param, Type};
use highper_zend::{Array, Object, Str, Throw, Value};

/// How the arguments of a command's method are made.
pub(crate) struct Plan {
    pub(crate) signature: Signature,
    fills: Vec<Fill>,
}

/// Where one of them comes from.
enum Fill {
    Line(Box<Taken>),
    Container(Box<Need>),
}

/// One that the command line gives.
struct Taken {
    /// Its place among the arguments, or among the options.
    at: Result<usize, usize>,
    kind: Scalar,
    is_list: bool,
    is_variadic: bool,
    default: Option<Value>,
    rules: Vec<Rule>,
    /// As messages say it: `--limit`, `<file>`.
    shown: Box<str>,
}

/// Why arguments can't be made.
pub(crate) enum Wrong {
    /// The command line has it wrong.
    Usage(String),
    /// What PHP code threw.
    Throw(Throw),
}

impl From<Throw> for Wrong {
    fn from(throw: Throw) -> Self {
        Self::Throw(throw)
    }
}

/// What the attributes of a parameter say.
enum Marked {
    Argument(Object),
    Option(Object),
    /// The container gives it.
    Injected,
    Nothing,
}

/// Reads the parameters: those without a default are arguments, those with one are options, a bool is an option that
/// takes nothing; objects come from the container. Attributes go before that.
///
/// # Errors
/// What a command line can't give, with the place.
pub(crate) fn read(function: &Function, command: &Command) -> Result<Plan, Throw> {
    let mut plan = Plan {
        signature: Signature {
            name: command.name.clone(),
            aliases: command.aliases.clone(),
            description: command.description.clone(),
            ..Signature::default()
        },
        fills: Vec::new(),
    };
    for param in function.params() {
        let place = Place::Param(function, &param);
        let fill = plan.fill(function, &param, place)?;
        plan.fills.push(fill);
    }
    Ok(plan)
}

fn marked(attributes: &[Attribute], place: Place<'_>) -> Result<Marked, Throw> {
    let mut mark = Marked::Nothing;
    for attribute in attributes {
        let next = match annotation::own(attribute).as_deref() {
            Some("argument") => Marked::Argument(annotation::made(attribute, place)?),
            Some("option") => Marked::Option(annotation::made(attribute, place)?),
            Some("inject" | "config" | "tagged") => Marked::Injected,
            _ => continue,
        };
        if !matches!(mark, Marked::Nothing) {
            let why = "another attribute says already where the parameter comes from; leave one";
            return Err(place.wrong(&attribute.name(), why));
        }
        mark = next;
    }
    Ok(mark)
}

fn text(object: &Object, name: &str) -> Result<Option<String>, Throw> {
    Ok(object.get(name)?.as_str().map(str::to_owned))
}

impl Plan {
    /// Does the command line give the parameter with this number?
    pub(crate) fn is_given(&self, number: usize) -> bool {
        matches!(self.fills.get(number), Some(Fill::Line(_)))
    }

    fn fill(
        &mut self,
        function: &Function,
        param: &Param,
        place: Place<'_>,
    ) -> Result<Fill, Throw> {
        let attributes = param.attributes();
        annotation::check(&attributes, place)?;
        let mark = marked(&attributes, place)?;
        let marks = Marks::of(&attributes, place)?;
        let kind = param.kind();
        let is_variadic = param.is_variadic();
        let is_list = is_variadic
            || kind
                .as_ref()
                .is_some_and(|k| k.has(Builtin::Array) && !k.is_mixed());
        let scalar = match (marks.each(), is_list && !is_variadic) {
            (Some(each), true) => Scalar::named(each, marks.format.as_deref()),
            (None, true) => Ok(Scalar::Text),
            (_, false) => Scalar::of(kind.as_ref(), marks.format.as_deref()),
        };
        let scalar = match (scalar, &mark) {
            (Ok(scalar), Marked::Argument(_) | Marked::Option(_) | Marked::Nothing) => scalar,
            (Err(why), Marked::Argument(_)) => return Err(place.wrong("Argument", &said(&why))),
            (Err(why), Marked::Option(_)) => return Err(place.wrong("Option", &said(&why))),
            _ => return Ok(Fill::Container(Box::new(need(function, param)?))),
        };
        if param.is_by_ref() {
            return Err(self.wrong(place, "must not be taken by reference"));
        }
        let nullable = kind.as_ref().is_some_and(Type::is_nullable);
        let default = match param.default()? {
            None if nullable => Some(Value::null()),
            None if is_list => None,
            default => default,
        };
        let is_flag = matches!(scalar, Scalar::Bool) && !is_list;
        let is_option = match &mark {
            Marked::Option(_) => true,
            Marked::Argument(_) => false,
            _ => !is_variadic && (is_flag || default.is_some()),
        };
        let mut taken = Taken {
            at: Ok(0),
            kind: scalar,
            is_list,
            is_variadic,
            default,
            rules: marks.rules,
            shown: "".into(),
        };
        let (name, description, short) = match &mark {
            Marked::Argument(object) => (text(object, "name")?, text(object, "description")?, None),
            Marked::Option(object) => (
                text(object, "name")?,
                text(object, "description")?,
                text(object, "short")?.and_then(|s| s.chars().next()),
            ),
            _ => (None, None, None),
        };
        let name = name.unwrap_or_else(|| spelt(&param.name()));
        if !is_word(&name) {
            return Err(self.wrong(
                place,
                &format!("is called '{name}', which no command line can have: letters, digits, '-', '_' and '.'"),
            ));
        }
        let description = description.unwrap_or_default();
        match is_option {
            true if is_variadic => {
                return Err(self.wrong(place, "takes all words, so it can be no option"));
            }
            true => self.option(&mut taken, (name, short), description, is_flag, place)?,
            false => self.argument(&mut taken, name, description, place)?,
        }
        Ok(Fill::Line(Box::new(taken)))
    }

    fn wrong(&self, place: Place<'_>, why: &str) -> Throw {
        Throw::error(format!(
            "the command {}: {} {why}",
            self.signature.name,
            place.text()
        ))
    }

    fn option(
        &mut self,
        taken: &mut Taken,
        (name, short): (String, Option<char>),
        description: String,
        is_flag: bool,
        place: Place<'_>,
    ) -> Result<(), Throw> {
        let options = &self.signature.options;
        if matches!(&*name, "env" | "help" | "interaction") || short == Some('h') {
            return Err(self.wrong(
                place,
                "must be called otherwise: --env, --help, -h and --no-interaction belong to the server",
            ));
        }
        if options
            .iter()
            .any(|o| o.name == name || short.is_some() && o.short == short)
        {
            return Err(self.wrong(place, "has the name or the letter of another option"));
        }
        let default = taken.default.as_ref();
        let is_required = default.is_none() && !is_flag && !taken.is_list;
        taken.at = Err(options.len());
        taken.shown = format!("--{name}").into();
        self.signature.options.push(Opt {
            name,
            short,
            description,
            takes: match (is_flag, taken.is_list) {
                (true, _) => Takes::Nothing,
                (_, true) => Takes::Values,
                _ => Takes::Value,
            },
            is_required,
            is_negatable: is_flag && default.is_some_and(|v| v.as_bool() != Some(false)),
            default: default.filter(|_| !is_flag).and_then(shown),
            values: taken.values(),
        });
        Ok(())
    }

    fn argument(
        &mut self,
        taken: &mut Taken,
        name: String,
        description: String,
        place: Place<'_>,
    ) -> Result<(), Throw> {
        let arguments = &self.signature.arguments;
        let is_required = taken.default.is_none() && !taken.is_variadic;
        if let Some(before) = arguments.last() {
            if before.is_list {
                let why = format!(
                    "comes behind <{}>, which takes all words that follow",
                    before.name
                );
                return Err(self.wrong(place, &why));
            }
            if is_required && !before.is_required {
                let why = format!(
                    "must have a default, because <{}> before it has one",
                    before.name
                );
                return Err(self.wrong(place, &why));
            }
        }
        taken.at = Ok(arguments.len());
        taken.shown = format!("<{name}>").into();
        self.signature.arguments.push(Argument {
            name,
            description,
            is_required,
            is_list: taken.is_list,
            default: taken.default.as_ref().and_then(shown),
            values: taken.values(),
        });
        Ok(())
    }

    /// The arguments of the method.
    ///
    /// # Errors
    /// A word of the wrong type or against a rule; what the container or PHP code throws.
    pub(crate) fn values(&self, app: &App, words: &Words) -> Result<Vec<Value>, Wrong> {
        let mut values = Vec::with_capacity(self.fills.len());
        for fill in &self.fills {
            let taken = match fill {
                Fill::Container(need) => {
                    let met = app.container.meet(app, need, None);
                    values.push(met.map_err(|unmet: Unmet| unmet.or(&Throw::error))?);
                    continue;
                }
                Fill::Line(taken) => taken,
            };
            let given = match taken.at {
                Ok(at) => words.arguments.get(at),
                Err(at) => words.options.get(at),
            };
            let given = given.unwrap_or(&Given::Absent);
            match taken.value(app, given)? {
                Value { .. } if taken.is_variadic && matches!(given, Given::Absent) => {}
                value => match value.as_array().filter(|_| taken.is_variadic) {
                    Some(all) => values.extend(all.values().cloned()),
                    None => values.push(value),
                },
            }
        }
        Ok(values)
    }
}

impl Taken {
    /// What it may be, where its type or a rule says that.
    fn values(&self) -> Vec<String> {
        let of_rules = self.rules.iter().find_map(Rule::values);
        of_rules.or_else(|| self.kind.values()).unwrap_or_default()
    }

    fn value(&self, app: &App, given: &Given) -> Result<Value, Wrong> {
        let value = match given {
            Given::Absent => {
                return Ok(match (&self.default, self.is_list) {
                    (Some(default), _) => default.clone(),
                    (None, true) => Value::empty_array(),
                    // Only a flag may be left out without a default.
                    (None, false) => Value::bool(false),
                });
            }
            Given::Flag(on) => Value::bool(*on),
            Given::One(word) => self.word(word)?,
            Given::Many(all) => {
                let mut list = Array::with_capacity(all.len());
                for word in all {
                    list.push(self.word(word)?);
                }
                list.into()
            }
        };
        if !self.rules.is_empty() {
            let mut run = Run::of(app, None, true);
            let name = Str::new(&*self.shown);
            let at = At::Field(&At::Root, &name);
            if !rule::apply(&self.rules, &value, &Array::new(), at, &mut run)? {
                return Err(Wrong::Usage(run.sentence()?));
            }
        }
        Ok(value)
    }

    fn word(&self, word: &str) -> Result<Value, Wrong> {
        let usage = |why: &str| Wrong::Usage(format!("{} {why}", self.shown));
        match self.kind.object(&Value::from(word))? {
            Some(made) => made.map_err(|why| usage(&format!("{why}, '{word}' given"))),
            None => self
                .kind
                .value(&self.shown, word)
                .map_err(|error| Wrong::Usage(error.message)),
        }
    }
}

/// `(App\Clock) must be a scalar …`
fn said(why: &str) -> String {
    format!("its type {why}")
}

/// A default as the help has it; `None` for what says nothing.
fn shown(default: &Value) -> Option<String> {
    if let Some(list) = default.as_array() {
        let all: Vec<String> = list.values().filter_map(shown).collect();
        return (!all.is_empty()).then(|| all.join(", "));
    }
    if let Some(object) = default.as_object() {
        return object.get("value").ok().as_ref().and_then(shown);
    }
    match default.as_bool() {
        Some(on) => Some(if on { "true" } else { "false" }.to_owned()),
        None if default.is_null() => None,
        None => {
            let text = default.to_str().ok()?.to_string_lossy().into_owned();
            (!text.is_empty()).then_some(text)
        }
    }
}
