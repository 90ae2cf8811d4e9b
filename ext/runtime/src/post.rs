//! Messages between the processes of a server, with the engine's waits.

use highper_engine::reactor::{self, Handler, Interest, Readiness};
use highper_engine::sync::Semaphore;
use highper_engine::{self as engine, Ending, Wake, clock, scheduler};
use highper_process::post::{Address, Head, Kind, Message, Parcel, Post};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, RawFd};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a process without a loop waits for room in a mailbox, unless it says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries, where the mailbox itself has room and the system has not.
const RETRY: u64 = 1_000_000;
/// Messages that are taken out of a mailbox before others get their turn.
const BATCH: usize = 64;
/// Bytes that each of them may have on an average: fewer are taken where they are longer.
const ROOM: usize = 64 * 1024;

thread_local! {
    static HERE: RefCell<Option<Rc<Here>>> = const { RefCell::new(None) };
}

/// What waits to be put into one mailbox, first come, first served.
struct Line {
    turn: Semaphore,
    length: Cell<usize>,
}

/// This process among those of its server.
pub struct Here {
    post: Arc<Post>,
    id: i32,
    place: u32,
    patience: Cell<Duration>,
    blocks: Cell<bool>,
    lines: RefCell<BTreeMap<usize, Rc<Line>>>,
    numbers: Cell<i64>,
}

/// Says who this process is: its worker id, -1 for the manager, and its slot.
pub fn enter(post: &Arc<Post>, id: i32, place: u32) {
    HERE.set(Some(Rc::new(Here {
        post: Arc::clone(post),
        id,
        place,
        patience: Cell::new(PATIENCE),
        blocks: Cell::new(false),
        lines: RefCell::default(),
        numbers: Cell::new(0),
    })));
}

/// This process belongs to no server any more.
pub fn leave() {
    drop(HERE.take());
}

/// This process among those of its server, if it is one of them.
#[must_use]
pub fn here() -> Option<Rc<Here>> {
    HERE.with_borrow(Clone::clone)
}

/// Is this process one of a server's?
#[must_use]
pub fn is_here() -> bool {
    HERE.with_borrow(Option::is_some)
}

/// The time as messages carry it.
#[must_use]
pub fn wall() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64()
}

impl Here {
    /// The mailboxes.
    #[must_use]
    pub fn post(&self) -> &Arc<Post> {
        &self.post
    }

    /// The worker id; -1 in the manager.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.id
    }

    /// Where answers for this process go.
    #[must_use]
    pub fn place(&self) -> u32 {
        self.place
    }

    /// The next number for a message of this process: 0, 1, 2 …
    #[must_use]
    pub fn next_number(&self) -> i64 {
        let number = self.numbers.get();
        self.numbers.set(number + 1);
        number
    }

    /// How long a send blocks outside of coroutines before it fails.
    pub fn set_patience(&self, time: Duration) {
        self.patience.set(time);
    }

    /// Do sends outside of coroutines block, as in a process whose callbacks are plain calls?
    /// Otherwise the loop sends them later.
    pub fn set_blocking(&self, blocks: bool) {
        self.blocks.set(blocks);
    }

    /// A head with this process as sender.
    #[must_use]
    pub fn head(&self, kind: Kind) -> Head {
        Head {
            from: self.id,
            place: self.place,
            pid: std::process::id() as i32,
            time: wall(),
            ..Head::new(kind)
        }
    }

    fn line(&self, index: usize) -> Rc<Line> {
        let mut lines = self.lines.borrow_mut();
        Rc::clone(lines.entry(index).or_insert_with(|| {
            Rc::new(Line {
                turn: Semaphore::new(1),
                length: Cell::new(0),
            })
        }))
    }

    /// Sends a message. Where the mailbox is full, a coroutine waits for room; outside of
    /// coroutines the running loop sends it later, and a process without one blocks.
    ///
    /// # Errors
    /// `TimedOut` when there was no room for too long, `Interrupted` when the coroutine was
    /// cancelled; the system's error.
    pub fn send(self: &Rc<Self>, address: Address, head: Head, body: &[u8]) -> io::Result<()> {
        let parcel = Parcel::new(head, body)?;
        let index = self.post.index(address);
        let is_free = match self.lines.borrow().get(&index) {
            Some(line) => line.length.get() == 0,
            None => true,
        };
        if is_free {
            match self.post.try_send(address, &parcel) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                sent => return sent,
            }
        }
        if engine::can_suspend() {
            return self.send_in_turn(address, &parcel);
        }
        if !self.blocks.get() && engine::is_running() {
            return self.send_later(address, head, body);
        }
        let end = std::time::Instant::now() + self.patience.get();
        loop {
            match self.post.try_send(address, &parcel) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                sent => return sent,
            }
            let left = end.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.post.wait_writable(address, left)?;
        }
    }

    fn send_in_turn(&self, address: Address, parcel: &Parcel<'_>) -> io::Result<()> {
        let line = self.line(self.post.index(address));
        line.length.set(line.length.get() + 1);
        let mut result = line.turn.acquire(None).map_err(broken);
        if result.is_ok() {
            result = self.send_alone(address, parcel);
            line.turn.release_later();
        }
        line.length.set(line.length.get() - 1);
        result
    }

    fn send_alone(&self, address: Address, parcel: &Parcel<'_>) -> io::Result<()> {
        let fd = self.post.writer(address)?.as_raw_fd();
        let mut woken = false;
        loop {
            match self.post.try_send(address, parcel) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                sent => return sent,
            }
            let reason = match std::mem::replace(&mut woken, true) {
                false => reactor::wait_fd(fd, Interest::Write, None)?,
                true => {
                    woken = false;
                    engine::sleep(RETRY)
                }
            };
            if matches!(reason, Wake::Cancelled | Wake::Closed) {
                return Err(broken(reason));
            }
        }
    }

    fn send_later(self: &Rc<Self>, address: Address, head: Head, body: &[u8]) -> io::Result<()> {
        let (here, body) = (Rc::clone(self), body.to_vec());
        let spawned = engine::spawn(move || {
            let sent =
                Parcel::new(head, &body).and_then(|parcel| here.send_in_turn(address, &parcel));
            if let Err(cause) = sent {
                eprintln!("[warning] a message to another process is lost: {cause}");
            }
            Ending::Returned
        });
        spawned
            .map(drop)
            .map_err(|e| io::Error::other(e.to_string()))
    }
}

fn broken(reason: Wake) -> io::Error {
    match reason {
        Wake::Timeout => ErrorKind::TimedOut.into(),
        _ => ErrorKind::Interrupted.into(),
    }
}

/// Reads the mailboxes of a worker in its loop.
pub struct Reader {
    me: Weak<Self>,
    here: Rc<Here>,
    handler: Cell<u32>,
    boxes: RefCell<Vec<Mailbox>>,
    take: Box<dyn Fn(Message)>,
}

/// One that is read.
#[derive(Clone, Copy)]
struct Mailbox {
    address: Address,
    open: bool,
    one_by_one: bool,
    /// Is nothing taken out for now?
    held: bool,
    /// Is it read at the loop's next turn anyway?
    due: bool,
}

impl Reader {
    /// One that gives every message to `take`, inside the running loop.
    #[must_use]
    pub fn new(here: &Rc<Here>, take: impl Fn(Message) + 'static) -> Rc<Self> {
        let reader = Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            here: Rc::clone(here),
            handler: Cell::new(0),
            boxes: RefCell::default(),
            take: Box::new(take),
        });
        let handler = reactor::add_handler(Rc::clone(&reader) as Rc<dyn Handler>);
        reader.handler.set(handler);
        reader
    }

    /// Reads a mailbox from now on. With `one_by_one` the loop looks at timers and signals between
    /// two messages, since what takes them may run long.
    ///
    /// # Errors
    /// The system's error when the descriptor can't be watched.
    pub fn open(&self, address: Address, one_by_one: bool) -> io::Result<()> {
        let fd: RawFd = self.here.post.reader(address)?.as_raw_fd();
        let key = {
            let mut boxes = self.boxes.borrow_mut();
            boxes.push(Mailbox {
                address,
                open: true,
                one_by_one,
                held: false,
                due: false,
            });
            boxes.len() - 1
        };
        reactor::register(fd, self.handler.get(), key as u64)
    }

    /// Reads a mailbox no more: its next messages are for the successor.
    pub fn close(&self, address: Address) {
        let mut boxes = self.boxes.borrow_mut();
        for own in boxes.iter_mut().filter(|own| own.address == address) {
            if std::mem::replace(&mut own.open, false)
                && let Ok(fd) = self.here.post.reader(address)
            {
                reactor::closing(fd.as_raw_fd());
            }
        }
    }

    /// Takes nothing more out of a mailbox for now; what comes is for others who read it, or stays.
    pub fn hold(&self, address: Address) {
        for own in &mut *self.boxes.borrow_mut() {
            own.held |= own.address == address;
        }
    }

    /// Takes messages out again, what has come meanwhile at the next turn of the loop.
    pub fn resume(&self, address: Address) {
        let mut keys = Vec::new();
        for (key, own) in self.boxes.borrow_mut().iter_mut().enumerate() {
            if own.address == address && std::mem::replace(&mut own.held, false) {
                keys.push(key);
            }
        }
        for key in keys {
            self.read_soon(key);
        }
    }

    /// Reads at the loop's next turn.
    fn read_soon(&self, key: usize) {
        if let Some(own) = self.boxes.borrow_mut().get_mut(key)
            && std::mem::replace(&mut own.due, true)
        {
            return;
        }
        let me = Weak::clone(&self.me);
        scheduler::at(clock::now(), false, move || {
            if let Some(me) = me.upgrade() {
                if let Some(own) = me.boxes.borrow_mut().get_mut(key) {
                    own.due = false;
                }
                me.read(key, BATCH);
            }
        });
    }

    fn at(&self, key: usize) -> Option<Mailbox> {
        let found = self.boxes.borrow().get(key).copied();
        found.filter(|own| own.open && !own.held)
    }

    /// Reads what has come, all of it: the process is about to end.
    pub fn read_all(&self) {
        let due: Vec<usize> = {
            let boxes = self.boxes.borrow();
            let all = boxes.iter().enumerate();
            all.filter(|(_, own)| own.due && !own.one_by_one)
                .map(|(key, _)| key)
                .collect()
        };
        for key in due {
            self.read(key, usize::MAX);
        }
    }

    fn read(&self, key: usize, most: usize) {
        let (mut count, mut bytes) = (0, 0);
        while let Some(own) = self.at(key) {
            match self.here.post.try_receive(own.address) {
                Ok(message) => {
                    bytes += message.body.len();
                    (self.take)(message);
                    count += 1;
                    if own.one_by_one || count >= most || bytes >= most.saturating_mul(ROOM) {
                        return self.read_soon(key);
                    }
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(e) => {
                    eprintln!("[warning] a message of another process is lost: {e}");
                    if e.kind() != ErrorKind::InvalidData {
                        return;
                    }
                }
            }
        }
    }
}

impl Handler for Reader {
    fn ready(&self, key: u64, readiness: Readiness) {
        let is_due = self
            .boxes
            .borrow()
            .get(key as usize)
            .is_some_and(|own| own.due);
        if readiness.read && !is_due {
            self.read(key as usize, BATCH);
        }
    }

    fn timer(&self, _key: u64) {}
}
