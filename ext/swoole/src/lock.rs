//! `Swoole\Lock`: one process at a time.

use crate::coroutine::waiting;
use crate::{exception, function};
use highper_engine::{self as engine, Wake};
use highper_shm::{Access, Lock as Shared, LockKind};
use highper_zend::{Call, Class, Done, Flags, Registry, Throw, Trace};
use std::cell::OnceCell;
use std::io;
use std::time::{Duration, Instant};

const LOCK_SH: i64 = 1;
const LOCK_EX: i64 = 2;
const LOCK_NB: i64 = 4;
const EBUSY: i32 = 16;
const ETIMEDOUT: i32 = 110;
const ECANCELED: i32 = 125;

const MUTEX: i64 = LockKind::Mutex as i64;
const ERR_CODE: usize = 0;

#[derive(Default)]
struct Lock {
    shared: OnceCell<Shared>,
}

impl Trace for Lock {}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Lock")
            .doc("A lock that a process shares with those it forks. It is free again when its holder is killed.")
            .flags(Flags::NOT_SERIALIZABLE)
            .state::<Lock>()
            .deny_unset()
            .constant("MUTEX", MUTEX, "One holder.")
            .constant("RWLOCK", LockKind::ReadWrite as i64, "One writer or many readers.")
            .constant("SPINLOCK", LockKind::Spin as i64, "One holder, for a short time.")
            .property("public $errCode = 0", "The system's error number of the last call that failed.")
            .method(
                "public function __construct(int $type = SWOOLE_MUTEX)",
                "A lock that is free, of a kind SWOOLE_*.",
                construct,
            )
            .method(
                "public function lock(int $operation = LOCK_EX, float $timeout = -1): bool",
                "Waits for the lock: LOCK_EX, or LOCK_SH to share it with other readers; with LOCK_NB false when it is taken. $timeout in seconds, without end when not positive. In a coroutine the others go on meanwhile.",
                lock,
            )
            .method(
                "public function unlock(): bool",
                "Gives the lock back; any process may.",
                |call| {
                    made(call)?.unlock();
                    call.ret_bool(true)
                },
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let state = call.this::<Lock>()?;
    if state.shared.get().is_some() {
        return Err(Throw::error(format!(
            "Constructor of {} can only be called once",
            call.this_object()?.class_name()
        )));
    }
    let kind = match call.opt_long(0, MUTEX)? {
        1 => LockKind::ReadWrite,
        3 => LockKind::Mutex,
        5 => LockKind::Spin,
        other => {
            return Err(exception(
                format!("lock type[{other}] is not support"),
                other,
            ));
        }
    };
    let lock = Shared::new(kind)
        .map_err(|e| exception(format!("no shared memory: {e}"), errno(&e).into()))?;
    // Checked above: it is empty.
    let _first = state.shared.set(lock);
    Ok(())
}

fn errno(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(0)
}

fn made(call: &Call) -> Result<&Shared, Throw> {
    call.this::<Lock>()?.shared.get().ok_or_else(|| {
        crate::swoole_error::fatal(
            "must call constructor first",
            crate::error_code::WRONG_OPERATION,
        )
    })
}

fn lock(call: &mut Call) -> Done {
    let operation = call.opt_long(0, LOCK_EX)?;
    let seconds = call.opt_double(1, -1.0)?;
    let lock = made(call)?;
    let access = if operation & LOCK_SH != 0 {
        Access::Shared
    } else {
        Access::Exclusive
    };
    let taken = if operation & LOCK_NB != 0 {
        lock.try_lock(access)
    } else {
        let timeout = (seconds > 0.0).then(|| Duration::from_secs_f64(seconds.min(1e9)));
        if engine::can_suspend() {
            suspended(lock, access, timeout)
        } else {
            lock.lock(access, timeout)
        }
    };
    match taken {
        Ok(()) => call.ret_bool(true),
        Err(cause) => {
            let number = errno(&cause);
            if number == ECANCELED {
                waiting::resumed()?;
            }
            function::set_errno(number);
            call.this_object()?.set_slot(ERR_CODE, i64::from(number));
            call.ret_bool(false)
        }
    }
}

/// Waits in a coroutine: another process can't wake it, so it looks again and again, and ever less often.
fn suspended(lock: &Shared, access: Access, timeout: Option<Duration>) -> io::Result<()> {
    const LONGEST: Duration = Duration::from_millis(5);
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut pause = Duration::from_micros(50);
    loop {
        match lock.try_lock(access) {
            Err(cause) if errno(&cause) == EBUSY => {}
            done => return done,
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(io::Error::from_raw_os_error(ETIMEDOUT));
        }
        let time = left.map_or(pause, |left| left.min(pause));
        // A sleep that nobody disturbs ends as one that timed out.
        if matches!(
            engine::sleep(time.as_nanos() as u64),
            Wake::Cancelled | Wake::Closed
        ) {
            return Err(io::Error::from_raw_os_error(ECANCELED));
        }
        pause = (pause * 2).min(LONGEST);
    }
}
