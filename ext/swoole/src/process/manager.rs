//! `Swoole\Process\Manager`: a pool in which each worker has a function of its own.

use super::pool;
use highper_runtime::coroutine;
use highper_zend::{Array, Call, Callable, Class, Done, Object, Registry, Throw, Value};

const POOL: usize = 0;
const IPC_TYPE: usize = 1;
const QUEUE_KEY: usize = 2;
const FUNCTIONS: usize = 3;

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Process\\Manager")
            .alias("Swoole\\Process\\ProcessManager")
            .doc("Processes with a function of their own each; one that ends is started again.")
            .property("protected $pool", "The pool, once it was started.")
            .property("protected $ipcType = 0", "SWOOLE_IPC_*")
            .property("protected $msgQueueKey = 0", "The key of the message queue.")
            .property("protected $startFuncMap = []", "By worker: its function, and whether that runs in a coroutine.")
            .method(
                "public function __construct(int $ipcType = SWOOLE_IPC_NONE, int $msgQueueKey = 0)",
                "How messages come to the processes.",
                |call| {
                    let this = call.this_object()?;
                    this.set_slot(IPC_TYPE, call.opt_long(0, 0)?);
                    this.set_slot(QUEUE_KEY, call.opt_long(1, 0)?);
                    Ok(())
                },
            )
            .method(
                "public function add(callable $func, bool $enableCoroutine = false): self",
                "One more process, which runs $func(Pool, number).",
                |call| {
                    let function = call.callable(0)?;
                    add(call, 1, &function, call.opt_bool(1, false)?)
                },
            )
            .method(
                "public function addBatch(int $workerNum, callable $func, bool $enableCoroutine = false): self",
                "$workerNum more processes.",
                |call| {
                    let function = call.callable(1)?;
                    add(call, call.long(0)?, &function, call.opt_bool(2, false)?)
                },
            )
            .method("public function start(): void", "Runs them until the pool is shut down.", start)
            .method(
                "public function setIPCType(int $ipcType): self",
                "How messages come to the processes: SWOOLE_IPC_*.",
                |call| {
                    call.this_object()?.set_slot(IPC_TYPE, call.long(0)?);
                    call.ret_this()
                },
            )
            .method(
                "public function getIPCType(): int",
                "How messages come to the processes.",
                |call| call.ret_long(number(call.this_object()?, IPC_TYPE)),
            )
            .method(
                "public function setMsgQueueKey(int $msgQueueKey): self",
                "The key of the message queue.",
                |call| {
                    call.this_object()?.set_slot(QUEUE_KEY, call.long(0)?);
                    call.ret_this()
                },
            )
            .method(
                "public function getMsgQueueKey(): int",
                "The key of the message queue.",
                |call| call.ret_long(number(call.this_object()?, QUEUE_KEY)),
            ),
    );
}

fn number(this: &Object, slot: usize) -> i64 {
    this.slot(slot).map_or(0, Value::to_long)
}

fn functions(this: &Object) -> Array {
    this.slot(FUNCTIONS)
        .cloned()
        .and_then(|map| map.into_array().ok())
        .unwrap_or_default()
}

fn add(call: &Call, count: i64, function: &Callable, coroutine: bool) -> Done {
    let this = call.this_object()?;
    let mut map = functions(this);
    for _ in 0..count {
        let mut entry = Array::with_capacity(2);
        entry.push(function.value().clone()).push(coroutine);
        map.push(entry);
    }
    this.set_slot(FUNCTIONS, map);
    call.ret_this()
}

fn start(call: &mut Call) -> Done {
    let this = call.this_value()?;
    let args = [
        Value::from(functions(&this).len() as i64),
        Value::from(number(&this, IPC_TYPE)),
        Value::from(number(&this, QUEUE_KEY)),
        Value::from(false),
    ];
    let pool = pool::make_for(&this, &args)?;
    this.set_slot(POOL, &pool);
    pool.call("start", &[]).into_result().map(drop)
}

/// In a worker: runs its function.
pub(super) fn run(manager: &Object, pool: &Object, worker: usize) -> Result<(), Throw> {
    let map = functions(manager);
    let Some(entry) = map.get_index(worker as i64).and_then(Value::as_array) else {
        return Ok(());
    };
    let function = entry.get_index(0).cloned().unwrap_or_default();
    let in_coroutine = entry.get_index(1).is_some_and(Value::to_bool);
    let function = Callable::new(&function).map_err(Throw::error)?;
    let args = vec![Value::from(pool), Value::from(worker as i64)];
    if in_coroutine {
        coroutine::run(function, args).map(drop)
    } else {
        function.call(&args).into_result().map(drop)
    }
}
