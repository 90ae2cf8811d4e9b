//! Rules as attributes give them.

use super::RULE;
use super::run::{At, Run};
use crate::container::Service;
use highper_app::listen::nearest;
use highper_app::rule::{Given, Number, Rule as Plain, Violation, fill};
use highper_zend::reflect::{Attribute, Builtin, Type};
use highper_zend::{Array, Callable, Kind, Object, Throw, Value, call_function, find_class};

/// The attributes that are rules, below `Highper\Attribute`.
const NAMES: [&str; 9] = [
    "length", "range", "email", "url", "uuid", "regex", "in", "when", "required",
];

/// A rule, and what is said where it is not kept.
pub(crate) struct Rule {
    check: Check,
    message: Option<Box<str>>,
}

enum Check {
    /// One that needs no PHP.
    Plain(Plain),
    Regex(Value),
    In(Vec<Value>, String),
    Required,
    /// The rules for each entry of an array.
    Each(Box<[Rule]>),
    /// Rules that hold where another field has a value.
    When(Box<str>, Value, Box<[Rule]>),
    /// Something that tells whether there is such a value already.
    Unique(Query),
    /// A class of the application's.
    Own(Object),
}

/// What is asked whether a value is taken.
enum Query {
    /// A method of an object that the container gives.
    Method(Service, String),
    Function(Callable),
}

/// Is an attribute a rule, one of ours or one of the application's?
///
/// # Errors
/// What an autoloader throws.
pub(crate) fn is_rule(attribute: &Attribute) -> Result<bool, Throw> {
    if let Some(own) = crate::annotation::own(attribute) {
        return Ok(own == "unique" || NAMES.contains(&&*own));
    }
    let class = find_class(&attribute.name())?;
    Ok(class.is_some_and(|class| class.is_a(RULE.get())))
}

/// Can a value of this type keep the rule at all?
///
/// # Errors
/// What the rule is for.
pub(crate) fn fit(rule: &Option<Rule>, kind: Option<&Type>) -> Result<(), String> {
    match (rule, kind) {
        (Some(rule), Some(kind)) => rule.fit(kind),
        _ => Ok(()),
    }
}

/// The type and the rules of `#[Each]`.
///
/// # Errors
/// An argument that is neither.
pub(crate) fn each(attribute: &Object) -> Result<(Option<String>, Option<Rule>), String> {
    let list = array(attribute, "rules")?;
    let mut kind = None;
    let mut rules = Vec::new();
    for value in list.values() {
        match (value.as_str(), value.as_object()) {
            (Some(name), _) if kind.is_none() => kind = Some(name.to_owned()),
            (Some(_), _) => return Err("it has two types".into()),
            (_, Some(object)) => rules.extend(Rule::of(object)?),
            _ => {
                return Err(format!(
                    "a type or a rule is expected, {} given",
                    value.type_name()
                ));
            }
        }
    }
    let rule = (!rules.is_empty()).then(|| Rule {
        check: Check::Each(rules.into()),
        message: None,
    });
    Ok((kind, rule))
}

fn property(object: &Object, name: &str) -> Result<Value, String> {
    object.get(name).map_err(|throw| throw.message())
}

fn array(object: &Object, name: &str) -> Result<Array, String> {
    let value = property(object, name)?;
    value
        .into_array()
        .map_err(|_| format!("${name} is no array"))
}

fn text(object: &Object, name: &str) -> Result<Option<String>, String> {
    Ok(property(object, name)?.as_str().map(str::to_owned))
}

fn number(value: &Value) -> Option<Number> {
    match value.as_long() {
        Some(n) => Some(Number::Int(n)),
        None => value.as_double().map(Number::Float),
    }
}

fn count(object: &Object, name: &str) -> Result<Option<u64>, String> {
    let value = property(object, name)?;
    Ok(value.as_long().and_then(|n| u64::try_from(n).ok()))
}

/// A value as a message names it; a case of an enum by its value.
fn shown(value: &Value) -> String {
    let value = plain(value);
    match value.as_bool() {
        Some(b) => b.to_string(),
        None => match value.to_str() {
            Ok(text) => text.to_string_lossy().into_owned(),
            Err(_) => value.describe(),
        },
    }
}

/// The value behind a case of an enum; others as they are.
fn plain(value: &Value) -> Value {
    match value
        .as_object()
        .filter(|object| object.has_method("tryFrom"))
    {
        Some(case) => case.get("value").unwrap_or_else(|_| value.clone()),
        None => value.clone(),
    }
}

impl Rule {
    /// Reads an attribute's object; `None` for one of ours that is no rule by itself.
    ///
    /// # Errors
    /// Arguments that make no sense together.
    pub(crate) fn of(object: &Object) -> Result<Option<Self>, String> {
        let class = object.class_name();
        let Some(own) = class.strip_prefix("Highper\\Attribute\\") else {
            if object.is_instance_of(RULE.get()) {
                return Ok(Some(Self {
                    check: Check::Own(object.clone()),
                    message: None,
                }));
            }
            return Err(format!(
                "{class} is no rule: it must implement Highper\\Validation\\Rule"
            ));
        };
        let check = match own {
            "Length" => Check::Plain(Plain::Length(count(object, "min")?, count(object, "max")?)),
            "Range" => {
                let bound = |name| Ok::<_, String>(number(&property(object, name)?));
                Check::Plain(Plain::Range(bound("min")?, bound("max")?))
            }
            "Email" => Check::Plain(Plain::Email),
            "Url" => {
                let schemes = array(object, "schemes")?;
                let schemes = schemes.values().filter_map(Value::as_str);
                Check::Plain(Plain::Url(schemes.map(str::to_owned).collect()))
            }
            "Uuid" => {
                let version = count(object, "version")?;
                Check::Plain(Plain::Uuid(version.and_then(|n| u8::try_from(n).ok())))
            }
            "Regex" => Check::Regex(property(object, "pattern")?),
            "In" => {
                let values: Vec<Value> = array(object, "values")?.values().map(plain).collect();
                let names: Vec<String> = values.iter().map(shown).collect();
                Check::In(values, names.join(", "))
            }
            "Required" => Check::Required,
            "Each" => match each(object)? {
                (None, Some(rule)) => return Ok(Some(rule)),
                (None, None) => return Ok(None),
                _ => return Err("inside of a rule #[Each] takes rules, no types".into()),
            },
            "When" => {
                let mut rules = Vec::new();
                for value in array(object, "rules")?.values() {
                    match value.as_object() {
                        Some(object) => rules.extend(Self::of(object)?),
                        None => {
                            return Err(format!("a rule is expected, {} given", value.type_name()));
                        }
                    }
                }
                let field = text(object, "field")?.unwrap_or_default();
                let is = plain(&property(object, "is")?);
                return Ok(Some(Self {
                    check: Check::When(field.into(), is, rules.into()),
                    message: None,
                }));
            }
            "Unique" => Check::Unique(Query::of(&property(object, "exists")?)?),
            _ => return Err(format!("{class} is no rule")),
        };
        Ok(Some(Self {
            check,
            message: text(object, "message")?.map(Into::into),
        }))
    }

    fn fit(&self, kind: &Type) -> Result<(), String> {
        let (text, list) = (kind.has(Builtin::String), kind.has(Builtin::Array));
        let number = kind.has(Builtin::Int) || kind.has(Builtin::Float);
        let (fits, what) = match &self.check {
            Check::Plain(Plain::Length(..)) => (text || list, "texts and arrays"),
            Check::Plain(Plain::Range(..)) => (number, "numbers"),
            Check::Plain(_) | Check::Regex(_) => (text, "texts"),
            Check::Each(_) => (list, "arrays"),
            Check::When(_, _, rules) => return rules.iter().try_for_each(|rule| rule.fit(kind)),
            _ => (true, ""),
        };
        match fits {
            true => Ok(()),
            false => Err(format!(
                "it is a rule for {what}, and the type is {}",
                kind.text
            )),
        }
    }

    /// The values that it lets through, where it is a list of such.
    pub(crate) fn values(&self) -> Option<Vec<String>> {
        match &self.check {
            Check::In(values, _) => Some(values.iter().map(shown).collect()),
            Check::Each(rules) => rules.iter().find_map(Self::values),
            _ => None,
        }
    }

    /// Are all fields that it looks at among these?
    ///
    /// # Errors
    /// One that is not.
    pub(crate) fn knows(&self, fields: &[String]) -> Result<(), String> {
        match &self.check {
            Check::When(field, _, rules) => {
                if !fields.iter().any(|known| **known == **field) {
                    return Err(unknown(field, fields));
                }
                rules.iter().try_for_each(|rule| rule.knows(fields))
            }
            // Beside an entry there are only entries.
            Check::Each(rules) => rules.iter().try_for_each(|rule| rule.knows(&[])),
            _ => Ok(()),
        }
    }

    /// What it will ask the container for.
    pub(crate) fn services(
        &self,
        each: &mut dyn FnMut(&Service) -> Result<(), Throw>,
    ) -> Result<(), Throw> {
        match &self.check {
            Check::Unique(Query::Method(service, _)) => each(service),
            Check::Each(rules) | Check::When(_, _, rules) => {
                rules.iter().try_for_each(|rule| rule.services(each))
            }
            _ => Ok(()),
        }
    }

    /// A violation in the rule's own words where it has some.
    fn say(&self, violation: Violation) -> Violation {
        match &self.message {
            Some(message) => violation.say(message),
            None => violation,
        }
    }

    fn violation(&self, rule: &'static str, message: &str) -> Violation {
        self.say(Violation::plain(rule, message))
    }

    /// Checks a value that is not null.
    fn apply(
        &self,
        value: &Value,
        beside: &Array,
        at: At<'_>,
        run: &mut Run<'_>,
    ) -> Result<bool, Throw> {
        let wrong = match &self.check {
            Check::Plain(plain) => match plain.check(given(value)) {
                Ok(()) => return Ok(true),
                Err(violation) => self.say(violation),
            },
            Check::Required => match value.as_bytes() {
                Some([]) => self.violation("required", "is required"),
                _ => return Ok(true),
            },
            Check::Regex(pattern) => {
                let found = value.is_string()
                    && call_function("preg_match", &[pattern.clone(), value.clone()])
                        .into_result()?
                        .as_long()
                        == Some(1);
                match found {
                    true => return Ok(true),
                    false => self.violation("regex", "has the wrong form"),
                }
            }
            Check::In(values, names) => {
                let value = plain(value);
                if values.iter().any(|known| known.is_identical(&value)) {
                    return Ok(true);
                }
                let mut violation = Violation::plain("in", &format!("must be one of {names}"));
                violation.parameters.push(("values", names.clone()));
                self.say(violation)
            }
            Check::Each(rules) => {
                let Some(list) = value.as_array() else {
                    let violation = self.violation("each.type", "must be a list");
                    run.fail(at, violation);
                    return Ok(false);
                };
                let mut good = true;
                for (key, entry) in list {
                    good &= apply(rules, entry, list, At::Entry(&at, key), run)?;
                }
                return Ok(good);
            }
            Check::When(field, is, rules) => {
                return match holds(beside, field, is, run.texts) {
                    true => apply(rules, value, beside, at, run),
                    false => Ok(true),
                };
            }
            Check::Unique(query) => match query.ask(value, run)? {
                false => return Ok(true),
                true => self.violation("unique", "is taken already"),
            },
            Check::Own(object) => {
                let args = [value.clone(), beside.into()];
                let said = object.call("check", &args).into_result()?;
                let Some(message) = said.as_str() else {
                    return Ok(true);
                };
                Violation {
                    rule: object.class_name().to_owned().into(),
                    parameters: Vec::new(),
                    message: fill(message, &[]),
                }
            }
        };
        run.fail(at, wrong);
        Ok(false)
    }
}

/// A field that a rule names and that is not there.
fn unknown(field: &str, fields: &[String]) -> String {
    if fields.is_empty() {
        return format!(
            "it looks at the field '{field}', and there are no fields beside it: let a class have both"
        );
    }
    let known: Vec<&str> = fields.iter().map(|known| &**known).collect();
    let near = nearest(field, &known).map(|known| format!("; did you mean '{known}'?"));
    format!(
        "there is no field '{field}' beside it{}",
        near.unwrap_or_default()
    )
}

/// Has a field beside it the value that a rule speaks of?
fn holds(beside: &Array, field: &str, is: &Value, texts: bool) -> bool {
    match beside.get_symbol(field) {
        None => is.is_null(),
        Some(value) => {
            value.is_identical(is)
                || texts && value.is_string() && value.as_str() == Some(&*shown(is))
        }
    }
}

fn given(value: &Value) -> Given<'_> {
    match value.kind() {
        Kind::Str => Given::Text(value.as_bytes().unwrap_or_default()),
        Kind::Long => Given::Int(value.as_long().unwrap_or_default()),
        Kind::Double => Given::Float(value.as_double().unwrap_or_default()),
        Kind::Array => Given::List(value.as_array().map_or(0, Array::len) as u64),
        _ => Given::Other,
    }
}

/// Checks a value; null is what a type decides about. All rules are asked, but those that ask the application only
/// where the others were kept.
///
/// # Errors
/// What PHP code throws.
pub(crate) fn apply(
    rules: &[Rule],
    value: &Value,
    beside: &Array,
    at: At<'_>,
    run: &mut Run<'_>,
) -> Result<bool, Throw> {
    if value.is_null() {
        return absent(rules, beside, at, run);
    }
    let mut good = true;
    let mut asks = false;
    for rule in rules {
        match rule.check {
            Check::Unique(_) => asks = true,
            _ => good &= rule.apply(value, beside, at, run)?,
        }
    }
    if asks && good {
        for rule in rules {
            if matches!(rule.check, Check::Unique(_)) {
                good &= rule.apply(value, beside, at, run)?;
            }
        }
    }
    Ok(good)
}

/// Checks what is not there, or null.
///
/// # Errors
/// None now; what rules throw.
pub(crate) fn absent(
    rules: &[Rule],
    beside: &Array,
    at: At<'_>,
    run: &mut Run<'_>,
) -> Result<bool, Throw> {
    let mut good = true;
    for rule in rules {
        match &rule.check {
            Check::Required => {
                let violation = rule.violation("required", "is required");
                run.fail(at, violation);
                good = false;
            }
            Check::When(field, is, rules) if holds(beside, field, is, run.texts) => {
                good &= absent(rules, beside, at, run)?;
            }
            _ => {}
        }
    }
    Ok(good)
}

impl Query {
    fn of(given: &Value) -> Result<Self, String> {
        let pair = given.as_array().map(|pair| {
            let part = |at| pair.get_index(at).and_then(Value::as_str);
            (part(0), part(1), pair.len())
        });
        match pair {
            Some((Some(class), Some(method), 2)) => {
                let found = find_class(class).map_err(|throw| throw.message())?;
                match found.map(|found| found.has_method(method)) {
                    None => Err(format!("there is no class {class}")),
                    Some(false) => Err(format!("{class} has no method {method}()")),
                    Some(true) => Ok(Self::Method(Service::new(class, None), method.to_owned())),
                }
            }
            Some(_) => Err("[class, method] is expected".into()),
            None => Callable::new(given).map(Self::Function),
        }
    }

    /// Is there such a value?
    fn ask(&self, value: &Value, run: &Run<'_>) -> Result<bool, Throw> {
        let args = std::slice::from_ref(value);
        let answer = match self {
            Self::Function(function) => function.call(args),
            Self::Method(service, method) => {
                let object = match run.app {
                    Some(app) => app.container.get(app, service, run.incoming)?,
                    None => match find_class(&service.name)? {
                        Some(class) => class.new_object(&[]).into_result()?,
                        None => {
                            return Err(Throw::error(format!(
                                "Class \"{}\" not found",
                                service.name
                            )));
                        }
                    },
                };
                match object.as_object() {
                    Some(object) => object.call(method, args),
                    None => return Ok(false),
                }
            }
        };
        Ok(answer.into_result()?.to_bool())
    }
}
