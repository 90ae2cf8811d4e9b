//! `Highper\Db`

use super::after::After;
use super::exception::{misused, thrown};
use super::open::config;
use super::rows::Memory;
use super::statements::{self, Access, Handle, Target, filled, in_turn, place, target};
use highper_db::{Dialect, Source};
use highper_zend::{Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Throw};
use std::rc::Rc;

static DB: ClassRef = ClassRef::new("Highper\\Db");

/// The object of a source.
pub(super) fn object(source: Rc<Source>) -> Result<Object, Throw> {
    Ok(filled(DB.instantiate()?, of(source)))
}

/// What an object stands for.
pub(super) fn source(object: &Object) -> Option<Rc<Source>> {
    let target = object.state::<Access>()?.0.get()?;
    Some(Rc::clone(&target.handle.source))
}

fn of(source: Rc<Source>) -> Target {
    Target {
        handle: Rc::new(Handle {
            source,
            memory: Memory::default(),
            after: After::default(),
        }),
        held: None,
    }
}

pub(super) fn declare(registry: &mut Registry) {
    let class = Class::new("Highper\\Db")
        .doc(
            "A database with a pool of connections: MySQL, MariaDB, PostgreSQL or SQLite. Coroutines share it: each statement, or \
             each transaction, has a connection for itself.\n\n\
             The container gives the one of config/db.php or DATABASE_URL; #[Inject('db.reports')] gives the one that is\n\
             named reports there.",
        )
        .handle(&DB)
        .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
        .state::<Access>()
        .deny_clone()
        .method(
            "public function __construct(string|array $source)",
            "A database by its URL (mysql://user:password@host/database, postgres://…, sqlite:path, sqlite::memory:), or by settings \
             as in config/db.php. Connections are made when they are needed.\n\n\
             @throws \\Highper\\Db\\DbException The URL or a setting is wrong.",
            |call| {
                let config = config(call.value(0)?).map_err(misused)?;
                match call.this::<Access>()?.0.set(of(Source::new(config))) {
                    Ok(()) => Ok(()),
                    Err(_) => Err(misused("this database was opened before".into())),
                }
            },
        );
    let class = statements::declare(class)
        .method(
            "public function pin(callable $body): mixed",
            "Runs $body with one connection for all that the coroutine does with this database meanwhile: for what lives in a \
             session (SET SESSION, temporary tables, advisory locks). Afterwards the session is made as new.\n\n\
             @param callable(\\Highper\\Db): mixed $body\n\
             @return mixed What $body returned.",
            |call| in_turn(call, pin),
        )
        .method(
            "public static function raw(string $sql, array $values = []): \\Highper\\Db\\Raw",
            "Text that goes into a statement of table() as it is, with ? for values: Db::raw('count(*) AS many').",
            super::raw::make,
        )
        .method(
            "public static function connection(string $name = 'default'): \\Highper\\Db",
            "The database of the application that runs, by its name in config/db.php: for code that nothing is injected into.\n\n\
             @throws \\Highper\\Db\\DbException There is none.",
            |call| call.ret(super::open::of_application(call.opt_text(0, "default")?)?),
        )
        .method(
            "public function driver(): string",
            "mysql, postgres or sqlite.",
            |call| {
                call.ret_str(match target(call)?.handle.source.dialect() {
                    Dialect::MySql => "mysql",
                    Dialect::Postgres => "postgres",
                    Dialect::Sqlite => "sqlite",
                })
            },
        )
        .method(
            "public function stats(): array",
            "The pool of this process: max, idle, taken, waiting; statements, and how often a connection was made and ended, somebody \
             waited, was refused; waited in seconds altogether; and held: who keeps a connection, where and since how many seconds; replicas: how each is.",
            stats,
        )
        .method(
            "public function disconnect(): void",
            "Closes the connections that nobody uses.",
            |call| {
                target(call)?.handle.source.disconnect();
                Ok(())
            },
        );
    registry.class(class);
}

fn pin(call: &mut Call) -> Done {
    let body = call.callable(0)?;
    let source = Rc::clone(&target(call)?.handle.source);
    let held = source.hold(place).map_err(|error| thrown(&error, None))?;
    held.pin();
    let done = body.call(&[call.this_object()?.into()]).into_result();
    if !matches!(done, Err(Throw::Bailout)) {
        held.unpin();
    }
    call.ret(done?)
}

fn stats(call: &mut Call) -> Done {
    let account = target(call)?.handle.source.account();
    let now = highper_engine::clock::now();
    let counts = account.counts;
    let mut out = Array::with_capacity(12);
    out.set("database", account.place);
    for (name, value) in [
        ("max", account.max as u64),
        ("idle", counts.idle as u64),
        ("taken", counts.taken as u64),
        ("waiting", counts.waiting as u64),
        ("statements", account.statements),
        ("made", counts.made),
        ("ended", counts.ended),
        ("waits", counts.waits),
        ("refused", counts.refused),
    ] {
        out.set(name, value);
    }
    out.set("waited", counts.waited as f64 / 1e9);
    let mut held = Array::with_capacity(account.held.len());
    for holder in account.held {
        let mut one = Array::with_capacity(3);
        one.set("coroutine", holder.coroutine)
            .set("place", holder.place)
            .set("seconds", now.saturating_sub(holder.since) as f64 / 1e9);
        held.push(one);
    }
    out.set("held", held);
    let mut replicas = Array::with_capacity(account.replicas.len());
    for standing in account.replicas {
        let mut one = Array::with_capacity(6);
        one.set("database", standing.place)
            .set("up", standing.is_up)
            .set("behind", standing.behind)
            .set("idle", standing.counts.idle)
            .set("taken", standing.counts.taken)
            .set("statements", standing.statements);
        replicas.push(one);
    }
    out.set("replicas", replicas);
    call.ret(out)
}
