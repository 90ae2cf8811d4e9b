//! `Highper\Redis\Pipeline`

use super::arguments::{add, add_all};
use super::exception::{misused, object as exception, thrown};
use super::values::{self, Shape};
use highper_redis::{Client, Command, Error, Part, Reply, Watch};
use highper_zend::{Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

static PIPELINE: ClassRef = ClassRef::new("Highper\\Redis\\Pipeline");

/// What becomes of the commands.
enum Use {
    /// They are sent together.
    Pipeline(Rc<Client>),
    /// Nobody else's come in between; the client itself sends them.
    Transaction,
}

/// Commands that wait to be sent.
#[derive(Default)]
pub(super) struct State {
    purpose: OnceCell<Use>,
    commands: RefCell<Vec<Command>>,
    /// What has to stay as it is meanwhile.
    watch: RefCell<Option<Watch>>,
}

impl Trace for State {}

/// One whose commands execute() sends.
pub(super) fn of_client(client: &Rc<Client>) -> Result<Object, Throw> {
    let object = PIPELINE.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.purpose.set(Use::Pipeline(Rc::clone(client)));
    }
    Ok(object)
}

/// One for the body of a transaction.
pub(super) fn of_transaction(watch: Option<Watch>) -> Result<Object, Throw> {
    let object = PIPELINE.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.purpose.set(Use::Transaction);
        state.watch.replace(watch);
    }
    Ok(object)
}

/// What a transaction's body has left.
pub(super) fn take(object: &Object) -> (Vec<Command>, Option<Watch>) {
    match object.state::<State>() {
        Some(state) => (state.commands.take(), state.watch.take()),
        None => (Vec::new(), None),
    }
}

/// Sends commands together; gives what they gave, errors as exceptions or thrown.
pub(super) fn run(
    client: &Rc<Client>,
    commands: &[Command],
    is_throwing: bool,
) -> Result<Array, Throw> {
    let replies = client.pipeline(commands);
    let replies = replies.map_err(|error| thrown(&error))?;
    let mut array = Array::with_capacity(replies.len());
    for (command, reply) in commands.iter().zip(&replies) {
        match reply.error() {
            Some(text) if is_throwing => return Err(failed(command, text)),
            Some(text) => array.push(exception(&Error::of_server(text))?),
            None => array.push(values::value(reply, Shape::of(command))?),
        };
    }
    Ok(array)
}

/// What the commands of a transaction gave; the first error is thrown.
pub(super) fn results(commands: &[Command], reply: &Reply) -> Result<Array, Throw> {
    let mut walk = reply.walk();
    walk.next();
    let mut array = Array::with_capacity(commands.len());
    for command in commands {
        if let Some(Part::Error(text)) = walk.clone().next() {
            return Err(failed(command, text));
        }
        array.push(values::next(&mut walk, Shape::of(command))?);
    }
    Ok(array)
}

fn failed(command: &Command, text: &[u8]) -> Throw {
    let error = Error::of_server(text);
    let name = String::from_utf8_lossy(command.name()).into_owned();
    let message = format!("{} (of {name}; the others were done)", error.message);
    thrown(&Error { message, ..error })
}

fn push(call: &Call, command: Command) -> Done {
    let state = call.this::<State>()?;
    if state.purpose.get().is_none() {
        return Err(misused("this pipeline belongs to no client"));
    }
    if let Some(why) = highper_redis::keys::refusal(&command) {
        let name = String::from_utf8_lossy(command.name()).into_owned();
        return Err(misused(format!("{name} can't be sent here: {why}")));
    }
    state.commands.borrow_mut().push(command);
    call.ret_this()
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Redis\\Pipeline")
            .doc(
                "Commands that are sent together: its methods are those of Highper\\Redis\\Client, and give the pipeline.\n\n\
                 @mixin \\Highper\\Redis\\Client",
            )
            .handle(&PIPELINE)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .implements("Countable")
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method(
                "public function __call(string $name, array $arguments): mixed",
                "Adds a command, as Highper\\Redis\\Client has it.\n\n@return $this",
                |call| {
                    let mut command = Command::new(call.bytes(0)?);
                    add(&mut command, call.array(1)?)?;
                    push(call, command)
                },
            )
            .method(
                "public function command(string $name, mixed ...$arguments): static",
                "Adds a command by its name, which may have two words.",
                |call| {
                    let mut command = Command::new(call.bytes(0)?);
                    add_all(&mut command, call.rest(1))?;
                    push(call, command)
                },
            )
            .method("public function count(): int", "How many commands there are.", |call| {
                call.ret(call.this::<State>()?.commands.borrow().len())
            })
            .method(
                "public function execute(bool $throw = true): array",
                "Sends the commands; what they gave, in their order. The pipeline is empty afterwards. The commands of a transaction's \
                 body are sent when it returns.\n\n\
                 @param bool $throw Throw the first error; else errors are exceptions among the results. All commands are done either way.\n\
                 @return list<mixed>\n\
                 @throws \\Highper\\Redis\\RedisException",
                |call| {
                    let is_throwing = call.opt_bool(0, true)?;
                    let state = call.this::<State>()?;
                    let client = match state.purpose.get() {
                        Some(Use::Pipeline(client)) => Rc::clone(client),
                        Some(Use::Transaction) => {
                            return Err(misused(
                                "the commands of a transaction are sent when its body returns: don't call execute()",
                            ));
                        }
                        None => return Err(misused("this pipeline belongs to no client")),
                    };
                    let commands = state.commands.take();
                    let results = run(&client, &commands, is_throwing)?;
                    call.ret(results)
                },
            ),
    );
}
