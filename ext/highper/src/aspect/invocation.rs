//! `Highper\Invocation`: a call of a method, as its aspects see it.

use highper_zend::reflect::Function;
use highper_zend::weave::{self, Invocation};
use highper_zend::{Array, Call, Class, ClassRef, Flags, Object, Registry, Throw, Value};

static INVOCATION: ClassRef = ClassRef::new("Highper\\Invocation");

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(weave::state(
        Class::new("Highper\\Invocation")
            .doc("A call of a method that has aspects, as one of them sees it.")
            .handle(&INVOCATION)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .method(
                "public function proceed(): mixed",
                "Runs the next aspect, or the method itself, and returns what it returns.\n\n\
                 Every call runs it again; with the arguments as they are now.",
                // The weaver puts its own in this one's place before an object of the class is made.
                |_| Err(Throw::error("this invocation belongs to no call")),
            )
            .method("public function object(): ?object", "The object that the method is called on; null for a static method.", |call| {
                let this = of(call)?.this();
                call.ret(this)
            })
            .method("public function class(): string", "The class of the object, or the one that a static method is called on.", |call| {
                let class = of(call)?.called();
                match class {
                    Some(class) => call.ret_str(class.name()),
                    None => Err(outside()),
                }
            })
            .method("public function method(): string", "The name of the method.", |call| {
                let name = function(of(call)?)?.name();
                call.ret(name)
            })
            .method("public function name(): string", "Class and method: App\\Notes::find. The class is the one that declares the method.", |call| {
                let name = name(of(call)?)?;
                call.ret(name)
            })
            .method("public function arguments(): array", "What it is called with, by the names of the parameters; what a variadic parameter takes by number, or by its own names.", |call| {
                let list = arguments(of(call)?)?;
                call.ret(list)
            })
            .method("public function argument(int|string $which): mixed", "One argument, by the parameter's name or number.", |call| {
                let at = which(call)?;
                let value = of(call)?.argument(at).cloned();
                call.ret(value)
            })
            .method(
                "public function setArgument(int|string $which, mixed $value): static",
                "Puts another value in an argument's place, for what runs next. A parameter by reference is assigned to.",
                |call| {
                    let at = which(call)?;
                    let value = call.value(1)?.clone();
                    if !of(call)?.set_argument(at, value)? {
                        return Err(Throw::argument_value(0, "must be an argument that was passed"));
                    }
                    let this = Value::from(call.this_object()?);
                    call.ret(this)
                },
            )
            .method(
                "public function attribute(string $class): ?object",
                "The method's attribute of this class, or of a child of it; null when it has none.",
                |call| {
                    let wanted = call.text(0)?;
                    let Some(wanted) = highper_zend::find_class(wanted)? else {
                        return Err(Throw::argument_value(0, "must be a class"));
                    };
                    for attribute in function(of(call)?)?.attributes() {
                        if highper_zend::find_class(&attribute.name())?.is_some_and(|class| class.is_a(wanted)) {
                            let object = attribute.instantiate()?.into_result()?;
                            return call.ret(object);
                        }
                    }
                    Ok(())
                },
            ),
    ));
}

fn outside() -> Throw {
    Throw::error("this invocation belongs to no call")
}

fn of(call: &Call) -> Result<&Invocation, Throw> {
    call.this::<Invocation>()
}

/// The method of a call.
pub(crate) fn function(of: &Invocation) -> Result<Function, Throw> {
    of.function().ok_or_else(outside)
}

/// `App\Notes::find`
pub(crate) fn name(of: &Invocation) -> Result<String, Throw> {
    let function = function(of)?;
    Ok(match function.scope() {
        Some(class) => format!("{}::{}", class.name(), function.name()),
        None => function.name(),
    })
}

/// The arguments of a call by their names.
pub(crate) fn arguments(of: &Invocation) -> Result<Array, Throw> {
    let params = function(of)?.params();
    let mut list = Array::with_capacity(params.len());
    for at in 0.. {
        let Some(value) = of.argument(at) else {
            break;
        };
        match params.get(at).filter(|param| !param.is_variadic()) {
            Some(param) => list.set_symbol(param.name(), value.clone()),
            None => list.push(value.clone()),
        };
    }
    for (key, value) in of.named().iter().flatten() {
        list.set_key(key, value.clone());
    }
    Ok(list)
}

/// The number of an argument that is named by the first argument of this call.
fn which(call: &Call) -> Result<usize, Throw> {
    let given = call.value(0)?;
    let params = function(of(call)?)?.params();
    let at = match given.as_bytes() {
        None => usize::try_from(call.long(0)?)
            .ok()
            .filter(|at| *at < params.len()),
        Some(name) => params
            .iter()
            .position(|param| param.name().as_bytes() == name),
    };
    at.ok_or_else(|| {
        let names: Vec<String> = params
            .iter()
            .map(|param| format!("'{}'", param.name()))
            .collect();
        let names = match names.is_empty() {
            true => "it has none".to_owned(),
            false => names.join(", "),
        };
        Throw::argument_value(
            0,
            format!("must be a parameter of the method, by its number or its name ({names})"),
        )
    })
}

/// The call that an aspect of ours is called with.
pub(crate) struct Point<'a> {
    object: &'a Object,
    pub(crate) of: &'a Invocation,
}

impl<'a> Point<'a> {
    /// The first argument of `around`.
    pub(crate) fn of(call: &'a Call) -> Result<Self, Throw> {
        let object = call.object_of(0, &INVOCATION)?;
        let of = object.state::<Invocation>().ok_or_else(outside)?;
        Ok(Self { object, of })
    }

    /// `$call->proceed()`
    pub(crate) fn proceed(&self) -> Result<Value, Throw> {
        self.object.call("proceed", &[]).into_result()
    }

    /// The call itself.
    pub(crate) fn object(&self) -> &'a Object {
        self.object
    }

    /// `App\Notes::find`
    pub(crate) fn name(&self) -> Result<String, Throw> {
        name(self.of)
    }
}
