//! A hidden family of classes and functions that the phpt tests drive. Only
//! compiled with the feature `selftest`.
use std::cell::{Cell, RefCell};

use crate::*;

static BOX: ClassRef = ClassRef::new("Highper\\Test\\Box");
static DENIED: ClassRef = ClassRef::new("Highper\\Test\\Denied");
static ERROR: ClassRef = ClassRef::new("Highper\\Test\\Failure");

#[derive(Default)]
struct Box {
    items: RefCell<Vec<Value>>,
}

impl Trace for Box {
    fn trace(&self, tracer: &mut Tracer) {
        self.items.trace(tracer);
    }
}

#[derive(Default, Clone)]
struct Lazy {
    filled: Cell<i64>,
}

impl Trace for Lazy {}

impl LazyProperties for Lazy {
    fn fill(&self, slot: usize) -> Value {
        self.filled.set(self.filled.get() + 1);
        match slot {
            1 => [("host", "localhost"), ("x", "y")]
                .into_iter()
                .collect::<Array>()
                .into(),
            2 => Value::string("body"),
            _ => Value::null(),
        }
    }
}

thread_local! {
    static DEFER: Cell<bool> = const { Cell::new(false) };
    static KEPT: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// Declares the family.
pub fn declare(registry: &mut Registry) {
    classes(registry);
    functions(registry);
    registry
        .on_request_start(|| release::set_defer(|| DEFER.get()))
        .on_request_shutdown(|| {
            DEFER.set(false);
            KEPT.take();
        });
}

fn classes(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Test\\Box")
            .doc("A list of values.")
            .handle(&BOX)
            .alias("Highper\\Test\\Crate")
            .flags(Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .implements("Countable")
            .implements("ArrayAccess")
            .implements("IteratorAggregate")
            .implements("JsonSerializable")
            .implements("Stringable")
            .state::<Box>()
            .deny_unset()
            .constant("LIMIT", 10, "A limit.")
            .constant("NAME", "box", "A name.")
            .constant("RATIO", 0.5, "A ratio.")
            .constant("NOTHING", (), "Nothing.")
            .property("public int $capacity = 7", "Room.")
            .property("public ?string $label = null", "A label.")
            .property("protected array $list = []", "A list.")
            .property("public static int $made = 0", "How many.")
            .property("public $any = 'thing'", "Without a type.")
            .method(
                "public function __construct(int $capacity = 7)",
                "",
                |call| {
                    let capacity = call.opt_long(0, 7)?;
                    if capacity < 1 {
                        return Err(Throw::argument_value(0, "must be greater than 0"));
                    }
                    call.this_object()?.set_slot(0, capacity);
                    Ok(())
                },
            )
            .method(
                "public function add(mixed ...$values): static",
                "Adds values.",
                |call| {
                    let this = call.this::<Box>()?;
                    for value in call.rest(0) {
                        this.items.borrow_mut().push(value.deref().clone());
                    }
                    call.ret_this()
                },
            )
            .method("public function clear(): void", "Drops all.", |call| {
                let items = call.this::<Box>()?.items.take();
                drop(items);
                Ok(())
            })
            .method("public function count(): int", "", |call| {
                let count = call.this::<Box>()?.items.borrow().len();
                call.ret(count)
            })
            .method(
                "public function offsetExists(mixed $offset): bool",
                "",
                |call| {
                    let at = call.long(0)?;
                    call.ret_bool(usize::try_from(at).is_ok_and(|at| {
                        call.this::<Box>()
                            .is_ok_and(|this| at < this.items.borrow().len())
                    }))
                },
            )
            .method(
                "public function offsetGet(mixed $offset): mixed",
                "",
                |call| {
                    let at = call.long(0)?;
                    let found = usize::try_from(at).ok().and_then(|at| {
                        call.this::<Box>()
                            .ok()
                            .and_then(|this| this.items.borrow().get(at).cloned())
                    });
                    call.ret(found)
                },
            )
            .method(
                "public function offsetSet(mixed $offset, mixed $value): void",
                "",
                |call| {
                    let value = call.value(1)?.clone();
                    call.this::<Box>()?.items.borrow_mut().push(value);
                    Ok(())
                },
            )
            .method(
                "public function offsetUnset(mixed $offset): void",
                "",
                |_| Ok(()),
            )
            .method("public function getIterator(): Iterator", "", |call| {
                let items: Array = call.this::<Box>()?.items.borrow().iter().collect();
                let class =
                    find_class("ArrayIterator")?.ok_or_else(|| Throw::error("no ArrayIterator"))?;
                call.ret(class.new_object(&[items.into()]).into_result()?)
            })
            .method("public function jsonSerialize(): mixed", "", |call| {
                let items: Array = call.this::<Box>()?.items.borrow().iter().collect();
                call.ret(items)
            })
            .method("public function __toString(): string", "", |call| {
                call.ret_str("a box")
            })
            .method(
                "public static function create(): static",
                "Late static binding.",
                |call| {
                    let class = call
                        .static_class()
                        .ok_or_else(|| Throw::error("no class"))?;
                    call.ret(class.new_object(&[]).into_result()?)
                },
            )
            .method("public static function which(): string", "", |call| {
                call.ret(call.static_class_name().unwrap_or_default())
            })
            .method("public function each(callable $do): int", "", |call| {
                let callable = call.callable(0)?;
                let items: Vec<Value> = call.this::<Box>()?.items.borrow().clone();
                let mut sum = 0;
                for item in items {
                    sum += callable.call(&[item]).into_result()?.to_long();
                }
                call.ret_long(sum)
            }),
    );
    registry.class(
        Class::new("Highper\\Test\\Lazy")
            .lazy_cloned_state::<Lazy>()
            .property("public int $fd = 3", "An ordinary one.")
            .lazy_property("public ?array $header", "Made late.")
            .lazy_property("public ?string $body = ''", "Made late.")
            .method("public function filled(): int", "", |call| {
                call.ret_long(call.this::<Lazy>()?.filled.get())
            }),
    );
    registry.class(
        Class::new("Highper\\Test\\Denied")
            .handle(&DENIED)
            .deny_create()
            .flags(Flags::FINAL),
    );
    registry.class(Class::new("Highper\\Test\\SpecificFailure").extends("Highper\\Test\\Failure"));
    registry.class(
        Class::new("Highper\\Test\\Failure")
            .handle(&ERROR)
            .extends("Exception"),
    );
    registry.class(Class::interface("Highper\\Test\\Shape").abstract_method(
        "public function area(float $scale = 1.0): float",
        "Its area.",
    ));
    registry.class(
        Class::new("Highper\\Test\\Mark")
            .attribute(
                Target::METHOD
                    | Target::CLASS
                    | Target::PARAMETER
                    | Target::PROPERTY
                    | Target::REPEATABLE,
            )
            .property("public readonly string $path", "")
            .method(
                "public function __construct(string $path = '')",
                "",
                |call| {
                    let path = call.opt_str(0)?;
                    call.this_object()?.set_slot(0, path);
                    Ok(())
                },
            ),
    );
}

fn functions(registry: &mut Registry) {
    let mut add =
        |signature, handler: fn(&mut Registry, &'static str)| handler(registry, signature);
    add(
        "function Highper\\Test\\coerce(int $i, float $f, bool $b, string $s, ?int $n = null, ?array $a = null): array",
        |r, s| {
            r.function(Function::new(s, "Converts.", |call| {
                let mut out = Array::new();
                out.push(call.long(0)?)
                    .push(call.double(1)?)
                    .push(call.bool(2)?)
                    .push(call.bytes(3)?);
                out.push(call.opt_long_or_null(4)?)
                    .push(call.opt_array(5)?.map(Array::len));
                call.ret(out)
            }));
        },
    );
    add(
        "function Highper\\Test\\by_ref(mixed &$out, int $value = 42): void",
        |r, s| {
            r.function(Function::new(s, "", |call| {
                let value = call.opt_long(1, 42)?;
                call.set_ref(0, value)
            }));
        },
    );
    add(
        "function Highper\\Test\\objects(object $any, ?Countable $countable = null): string",
        |r, s| {
            r.function(Function::new(s, "", |call| {
                static COUNTABLE: ClassRef = ClassRef::new("Countable");
                let first = call.object(0)?.class_name().to_owned();
                let second = call
                    .opt_object_of(1, &COUNTABLE)?
                    .map(|object| object.class_name().to_owned());
                call.ret_str(format!("{first} {second:?}"))
            }));
        },
    );
    add(
        "function Highper\\Test\\outcome(callable $do, mixed ...$args): string",
        |r, s| {
            r.function(Function::new(s, "", |call| {
                let callable = call.callable(0)?;
                let text = match callable.call(call.rest(1)) {
                    Outcome::Value(value) => format!("value {value:?}"),
                    Outcome::Exception(exception) => {
                        let object = exception.as_object().ok_or(Throw::Pending)?;
                        let (_, line) = object.exception_location();
                        format!(
                            "exception {} {:?} line {line} previous {:?}",
                            object.class_name(),
                            object.exception_message(),
                            object.exception_previous()
                        )
                    }
                    Outcome::Exit => format!("exit {}", throw::exit_status()),
                    Outcome::Bailout => "bailout".to_owned(),
                };
                call.ret_str(text)
            }));
        },
    );
    add(
        "function Highper\\Test\\pass(callable $do): mixed",
        |r, s| {
            r.function(Function::new(s, "", |call| {
                let result = call.callable(0)?.call(&[]).into_result()?;
                call.ret(result)
            }));
        },
    );
    add("function Highper\\Test\\fail(string $how): void", |r, s| {
        r.function(Function::new(s, "", |call| match call.text(0)? {
            "error" => Err(Throw::error("an error")),
            "type" => Err(Throw::type_error("a type error")),
            "value" => Err(Throw::value_error("a value error")),
            "argument" => Err(Throw::argument_value(0, "must be kind")),
            "own" => Err(Throw::new(&ERROR, "of our own", 7)),
            "exit" => Err(Throw::Exit),
            "panic" => panic!("on purpose"),
            "warning" => error::warning("a warning"),
            "fatal" => Err(error::fatal("a fatal error")),
            other => Err(Throw::argument_value(
                0,
                format!("must be known, \"{other}\" given"),
            )),
        }));
    });
    add(
        "function Highper\\Test\\denied(): Highper\\Test\\Denied",
        |r, s| {
            r.function(Function::new(s, "", |call| call.ret(DENIED.instantiate()?)));
        },
    );
    add("function Highper\\Test\\nested(): array", |r, s| {
        r.function(Function::new(s, "", |call| {
            let mut array = Array::new();
            array.nested("a").nested("b").set("c", 1);
            array
                .nested("a")
                .set_symbol("12", "number")
                .set("13", "string");
            array.nested("list").push(1.5).push(true);
            static KNOWN: Known = Known::new("known");
            array.set_known(&KNOWN, Value::null());
            if let Some(last) = array.push_nested() {
                last.set_index(5, "five");
            }
            call.ret(array)
        }));
    });
    add(
        "function Highper\\Test\\iterate(iterable $items): array",
        |r, s| {
            r.function(Function::new(s, "", |call| {
                let items = call.iterable(0)?;
                let mut out = Array::new();
                if let Some(array) = items.as_array() {
                    for (key, value) in array {
                        out.push(format!(
                            "{}={value:?}",
                            String::from_utf8_lossy(&key.to_bytes())
                        ));
                    }
                } else if let Some(object) = items.as_object() {
                    let mut iteration = Iteration::new(object)?;
                    while let Some((key, value)) = iteration.next()? {
                        out.push(format!("{key:?}={value:?}"));
                    }
                }
                call.ret(out)
            }));
        },
    );
    add("function Highper\\Test\\defer(bool $on): int", |r, s| {
        r.function(Function::new(s, "Switches deferred release.", |call| {
            DEFER.set(call.bool(0)?);
            call.ret(release::pending())
        }));
    });
    add("function Highper\\Test\\drain(): int", |r, s| {
        r.function(Function::new(s, "", |call| {
            let before = DEFER.replace(false);
            let count = release::drain();
            DEFER.set(before);
            call.ret(count)
        }));
    });
    add("function Highper\\Test\\keep(mixed $value): int", |r, s| {
        r.function(Function::new(
            s,
            "Keeps a value outside any object.",
            |call| {
                let value = call.value(0)?.clone();
                KEPT.with_borrow_mut(|kept| kept.push(value));
                call.ret(KEPT.with_borrow(Vec::len))
            },
        ));
    });
    add("function Highper\\Test\\forget(): void", |r, s| {
        r.function(Function::new(s, "Drops what keep() kept.", |_| {
            drop(KEPT.take());
            Ok(())
        }));
    });
    add("function Highper\\Test\\where_am_i(): string", |r, s| {
        r.function(Function::new(s, "", |call| {
            let (file, line) = error::location().unwrap_or_default();
            let name = file.rsplit('/').next().unwrap_or_default().to_owned();
            let trace = error::backtrace_string(None, error::IGNORE_ARGS, 0)?;
            call.ret_str(format!(
                "{name}:{line} {:?} {}",
                error::active_function(),
                trace.lines().count()
            ))
        }));
    });
    add(
        "function Highper\\Test\\poke(object $object, string $name, mixed $value = null): mixed",
        |r, s| {
            r.function(Function::new(s, "Reads or writes a property.", |call| {
                let (object, name) = (call.object(0)?, call.text(1)?);
                if let Some(value) = call.opt_value(2) {
                    object.set(name, value)?;
                }
                call.ret(object.get(name)?)
            }));
        },
    );
    add("function Highper\\Test\\big(int $bytes): string", |r, s| {
        r.function(Function::new(s, "A large string.", |call| {
            let bytes = usize::try_from(call.long(0)?).unwrap_or_default();
            call.ret(Str::build(bytes, |out| out.fill(b'x')))
        }));
    });
    add(
        "function Highper\\Test\\describe(string $class): array",
        |r, s| {
            r.function(Function::new(s, "What reflection sees.", |call| {
                call.ret(describe(call.text(0)?)?)
            }));
        },
    );
    add(
        "function Highper\\Test\\describe_callable(callable $do): ?string",
        |r, s| {
            r.function(Function::new(s, "", |call| {
                let callable = call.callable(0)?;
                let text = reflect::Function::of(&callable)
                    .map(|function| signature(&function))
                    .transpose()?;
                call.ret(text)
            }));
        },
    );
    add(
        "function Highper\\Test\\slots(object $object): array",
        |r, s| {
            r.function(Function::new(s, "The raw slots.", |call| {
                let object = call.object(0)?;
                let slots: Array = (0..)
                    .map_while(|at| object.slot(at))
                    .map(|value| format!("{:?}", value.kind()))
                    .collect();
                call.ret(slots)
            }));
        },
    );
}

fn attributes(list: &[reflect::Attribute]) -> Result<String, Throw> {
    let mut out = String::new();
    for attribute in list {
        let (positional, named) = attribute.args()?;
        out += &format!("#[{} {positional:?} {named:?}] ", attribute.name());
    }
    Ok(out)
}

fn signature(function: &reflect::Function) -> Result<String, Throw> {
    let mut out = attributes(&function.attributes())?;
    if function.is_static() {
        out += "static ";
    }
    out += &format!("{}(", function.name());
    for param in function.params() {
        out += &attributes(&param.attributes())?;
        if let Some(kind) = param.kind() {
            out += &format!(
                "{} {:?} {:?} ",
                kind.text,
                kind.classes,
                kind.single_class()
            );
        }
        for (is, text) in [
            (param.is_by_ref(), "&"),
            (param.is_variadic(), "..."),
            (param.is_promoted(), "+"),
        ] {
            out += if is { text } else { "" };
        }
        out += &param.name();
        if param.is_optional() {
            out += &format!(" = {:?}", param.default()?);
        }
        out += ", ";
    }
    out += ")";
    if let Some(kind) = function.returns() {
        out += &format!(": {}", kind.text);
    }
    Ok(out)
}

fn describe(name: &str) -> Result<Array, Throw> {
    let class = reflect::class(name)?;
    let mut out = Array::new();
    out.push(format!(
        "{}class {}",
        attributes(&class.attributes())?,
        class.name()
    ));
    for property in class.properties() {
        out.push(format!(
            "{}{} {:?} {:?}",
            attributes(&property.attributes())?,
            property.name(),
            property.kind().map(|kind| kind.text),
            property.default()?
        ));
    }
    for method in class.methods() {
        out.push(signature(&method)?);
    }
    for attribute in class.attributes() {
        if attribute.is("highper\\test\\mark") {
            out.push(attribute.instantiate()?.into_result()?);
        }
    }
    Ok(out)
}
