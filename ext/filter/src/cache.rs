//! Answers that are kept for a while, so that the same question needs no PHP.
//!
//! Each worker keeps its own, up to a number of bytes; what was not used since it was looked at for
//! that gives way. Tags are common to all workers: a counter for each, and an answer holds as long as
//! the counters of its tags are what they were when it was made.

use crate::etag;
use crate::notes::Notes;
use crate::rate::hash;
use crate::token::{entries, is_token};
use crate::{Answer, Reply, Seen};
use highper_http1::Method;
use highper_shm::SharedArray;
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of tags; several tags may share one, and end together then.
const TAGS: usize = 1024;
/// An answer with more bytes is not kept.
const LARGEST: usize = 1 << 20;
const SECOND: u64 = 1_000_000_000;

/// Counts how often each tag was ended, for all workers.
#[derive(Debug)]
pub struct Tags(SharedArray<AtomicU64>);

impl Tags {
    pub(crate) fn new() -> io::Result<Self> {
        // The last one is that of all.
        SharedArray::new(TAGS + 1).map(Self)
    }

    fn counter(&self, tag: &str) -> &AtomicU64 {
        &self.0[hash(7, tag.as_bytes()) as usize % TAGS]
    }

    /// Ends what was kept under a tag.
    pub fn end(&self, tag: &str) {
        self.counter(tag).fetch_add(1, Ordering::Release);
    }

    /// Ends all that was kept.
    pub fn end_all(&self) {
        self.0[TAGS].fetch_add(1, Ordering::Release);
    }

    /// Grows whenever one of these is ended.
    fn sum(&self, tags: &[String]) -> u64 {
        let count = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        tags.iter()
            .map(|tag| count(self.counter(tag)))
            .fold(count(&self.0[TAGS]), u64::wrapping_add)
    }
}

/// An answer that was kept.
#[derive(Debug)]
pub struct Kept {
    /// Its status.
    pub status: u16,
    /// Its fields as they go on the wire.
    pub lines: Vec<u8>,
    /// Its body.
    pub body: Vec<u8>,
    /// When it was made: nanoseconds of the monotonic clock.
    pub made: u64,
    end: u64,
    sum: u64,
    /// What requests say in the fields that its `Vary` names, besides those that are a part of the key.
    varies: Vec<(Vec<u8>, Vec<u8>)>,
    /// The tag that the handler gave it.
    own_tag: Option<Vec<u8>>,
    tag: OnceCell<String>,
}

impl Kept {
    /// Its age in seconds.
    #[must_use]
    pub fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.made) / SECOND
    }

    /// Its entity tag: the handler's own, or one of the body where a filter wants it.
    pub(crate) fn tag(&self, wanted: Option<bool>) -> Option<&[u8]> {
        match (&self.own_tag, wanted) {
            (Some(tag), _) => Some(tag),
            (None, Some(weak)) => Some(
                self.tag
                    .get_or_init(|| etag::of(&self.body, weak))
                    .as_bytes(),
            ),
            (None, None) => None,
        }
    }

    /// Has it a tag of the handler's own?
    #[must_use]
    pub fn has_own_tag(&self) -> bool {
        self.own_tag.is_some()
    }

    fn weight(&self) -> usize {
        self.lines.len() + self.body.len() + 256
    }
}

/// Nobody can know which keys meet.
#[derive(Clone, Debug)]
struct Seed(u64);

impl Default for Seed {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Seed {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(self.0)
    }
}

struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(self.0, bytes);
    }

    /// The length, which is hashed with the bytes.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Debug)]
struct Place {
    kept: Rc<Kept>,
    is_used: bool,
}

#[derive(Debug, Default)]
struct Inner {
    by_key: HashMap<Rc<[u8]>, Place, Seed>,
    order: VecDeque<Rc<[u8]>>,
    bytes: usize,
}

/// What a worker has kept.
#[derive(Debug)]
pub struct Store {
    inner: RefCell<Inner>,
    limit: usize,
}

impl Store {
    /// Of so many bytes at most.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            inner: RefCell::default(),
            limit,
        }
    }

    fn get(&self, key: &[u8]) -> Option<Rc<Kept>> {
        let mut inner = self.inner.borrow_mut();
        let place = inner.by_key.get_mut(key)?;
        place.is_used = true;
        Some(Rc::clone(&place.kept))
    }

    fn put(&self, key: &[u8], kept: Kept) {
        let weight = kept.weight() + key.len() * 2;
        if kept.body.len() > LARGEST || weight > self.limit {
            return;
        }
        let mut inner = self.inner.borrow_mut();
        let inner = &mut *inner;
        let place = Place {
            kept: Rc::new(kept),
            is_used: false,
        };
        if let Some(old) = inner.by_key.get_mut(key) {
            inner.bytes = inner.bytes - (old.kept.weight() + key.len() * 2) + weight;
            *old = place;
        } else {
            let key: Rc<[u8]> = key.into();
            inner.order.push_back(Rc::clone(&key));
            inner.by_key.insert(key, place);
            inner.bytes += weight;
        }
        while inner.bytes > self.limit {
            let Some(oldest) = inner.order.pop_front() else {
                break;
            };
            match inner.by_key.get_mut(&oldest) {
                Some(place) if place.is_used => {
                    place.is_used = false;
                    inner.order.push_back(oldest);
                }
                _ => {
                    if let Some(gone) = inner.by_key.remove(&oldest) {
                        inner.bytes -= gone.kept.weight() + oldest.len() * 2;
                    }
                }
            }
        }
    }
}

/// Adds what a request says in the fields of a name.
fn said(seen: &Seen<'_>, name: &[u8], into: &mut Vec<u8>) {
    let fields = seen.head.fields(seen.bytes);
    for (_, value) in fields.filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
        into.extend_from_slice(value);
        into.push(b'\n');
    }
}

/// Keeps answers.
#[derive(Clone, Debug)]
pub struct ResponseCache {
    ttl: u64,
    vary: Vec<String>,
    /// The values for `Vary`.
    varies: String,
    tags: Vec<String>,
    varies_by_authorization: bool,
}

impl ResponseCache {
    /// For so many seconds. An answer is kept for each URL, host and values of the fields in `vary`.
    ///
    /// # Errors
    /// The number of the option that is wrong, counted from 0, and what it must be.
    pub fn new(ttl: u64, vary: Vec<String>, tags: Vec<String>) -> Result<Self, (usize, String)> {
        if ttl == 0 || ttl > 366 * 86400 {
            return Err((
                0,
                format!("must be seconds from 1 to 31622400, {ttl} given"),
            ));
        }
        if let Some(wrong) = vary.iter().find(|name| !is_token(name.as_bytes())) {
            return Err((
                1,
                format!(
                    "must be names of headers, '{}' given",
                    wrong.escape_default()
                ),
            ));
        }
        if tags.iter().any(String::is_empty) {
            return Err((2, "must not have empty tags".into()));
        }
        Ok(Self {
            ttl: ttl * SECOND,
            varies: vary.join(", "),
            varies_by_authorization: vary.iter().any(|v| v.eq_ignore_ascii_case("authorization")),
            vary,
            tags,
        })
    }

    fn key(&self, seen: &Seen<'_>, notes: &Notes, key: &mut Vec<u8>) {
        key.clear();
        key.push(u8::from(seen.is_secure(notes)));
        match &notes.host {
            // What the handler takes for the host.
            Some(host) => key.extend_from_slice(host.as_bytes()),
            None => key.extend_from_slice(seen.head.authority(seen.bytes).unwrap_or_default()),
        }
        key.push(0);
        key.extend_from_slice(seen.head.target(seen.bytes));
        for name in &self.vary {
            key.push(0);
            said(seen, name.as_bytes(), key);
        }
    }

    /// What this request says in the fields of an answer's `Vary` that are no part of the key; `None` where the answer
    /// is for nobody else.
    fn varies(&self, seen: &Seen<'_>, lines: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut all = Vec::new();
        for line in lines.split(|b| *b == b'\n') {
            let Some((name, list)) = line.split_at_checked(b"vary:".len()) else {
                continue;
            };
            if !name.eq_ignore_ascii_case(b"vary:") {
                continue;
            }
            for name in entries(list) {
                if name == b"*" {
                    return None;
                }
                let same = |known: &[u8]| known.eq_ignore_ascii_case(name);
                if !self.vary.iter().any(|known| same(known.as_bytes())) {
                    let mut value = Vec::new();
                    said(seen, name, &mut value);
                    all.push((name.to_vec(), value));
                }
            }
        }
        Some(all)
    }

    pub(crate) fn enter(&self, seen: &Seen<'_>, notes: &mut Notes) -> Option<Answer> {
        let is_asked = matches!(seen.head.method(), Method::Get | Method::Head);
        // What is answered to one user is not for all (RFC 9111, 3.5).
        let is_personal = !self.varies_by_authorization && seen.field(b"authorization").is_some();
        if !is_asked || is_personal || seen.head.has_body() {
            return None;
        }
        let mut key = std::mem::take(&mut notes.key);
        self.key(seen, notes, &mut key);
        let sum = seen.world.tags.sum(&self.tags);
        let found = seen.world.store.get(&key);
        notes.key = key;
        notes.sum = sum;
        notes.mark = notes.lines().len();
        let kept = found.filter(|kept| kept.end > seen.now && kept.sum == sum)?;
        let fits = kept.varies.iter().all(|(name, value)| {
            let mut here = Vec::new();
            said(seen, name, &mut here);
            here == *value
        });
        fits.then_some(Answer::Kept(kept))
    }

    pub(crate) fn leave(&self, seen: &Seen<'_>, notes: &mut Notes, reply: &mut dyn Reply) {
        if !self.varies.is_empty() {
            reply.add("Vary", self.varies.as_bytes());
        }
        // A nonce is good for one answer.
        if notes.key.is_empty() || seen.head.method() != Method::Get || notes.nonce.is_some() {
            return;
        }
        let says_no = reply.field(b"cache-control").is_some_and(|value| {
            entries(value).any(|d| {
                [&b"no-store"[..], b"private", b"no-cache"]
                    .iter()
                    .any(|n| d.eq_ignore_ascii_case(n))
            })
        });
        if reply.status() != 200 || says_no || reply.field(b"set-cookie").is_some() {
            return;
        }
        let (Some(lines), Some(body)) = (reply.lines(), reply.body()) else {
            return;
        };
        // With what filters further inside have added.
        let lines = [lines, &notes.lines()[notes.mark..]].concat();
        let Some(varies) = self.varies(seen, &lines) else {
            return;
        };
        let kept = Kept {
            status: reply.status(),
            lines,
            varies,
            body: body.to_vec(),
            made: seen.now,
            end: seen.now.saturating_add(self.ttl),
            // As they were before the handler ran: what was ended meanwhile is not kept.
            sum: notes.sum,
            own_tag: reply.field(b"etag").map(<[u8]>::to_vec),
            tag: OnceCell::new(),
        };
        seen.world.store.put(&notes.key, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{local, with};

    struct Page(u16, Vec<(&'static str, &'static str)>, Vec<u8>);

    impl Reply for Page {
        fn status(&self) -> u16 {
            self.0
        }
        fn field(&self, name: &[u8]) -> Option<&[u8]> {
            let found = self
                .1
                .iter()
                .find(|(n, _)| n.as_bytes().eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_bytes())
        }
        fn lines(&self) -> Option<&[u8]> {
            Some(b"A: b\r\n")
        }
        fn body(&self) -> Option<&[u8]> {
            Some(&self.2)
        }
        fn add(&mut self, _: &str, _: &[u8]) {}
        fn not_modified(&mut self) {}
    }

    fn cache(tags: &[&str]) -> ResponseCache {
        let tags = tags.iter().map(ToString::to_string).collect();
        ResponseCache::new(10, vec!["Accept-Language".into()], tags).unwrap()
    }

    /// Asks, and answers with a page where nothing was kept: was it?
    fn ask(cache: &ResponseCache, seen: &Seen<'_>, mut page: Page) -> bool {
        let mut notes = Notes::default();
        match cache.enter(seen, &mut notes) {
            Some(Answer::Kept(_)) => true,
            _ => {
                cache.leave(seen, &mut notes, &mut page);
                false
            }
        }
    }

    fn page() -> Page {
        Page(200, vec![], b"page".to_vec())
    }

    #[test]
    fn kept_until_its_end_or_its_tags() {
        let cache = cache(&["notes", "users"]);
        with("GET /a?b HTTP/1.1\nHost: h", &local(), |seen| {
            assert!(!ask(&cache, seen, page()));
            assert!(ask(&cache, seen, page()));
            assert!(ask(
                &cache,
                &Seen {
                    now: seen.now + 10 * SECOND - 1,
                    ..*seen
                },
                page()
            ));
            assert!(!ask(
                &cache,
                &Seen {
                    now: seen.now + 10 * SECOND,
                    ..*seen
                },
                page()
            ));
            for end in ["notes", "users"] {
                assert!(ask(&cache, seen, page()));
                seen.world.tags.end(end);
                assert!(!ask(&cache, seen, page()));
            }
            seen.world.tags.end_all();
            assert!(!ask(&cache, seen, page()));
            assert!(ask(&cache, seen, page()));
        });
    }

    #[test]
    fn what_ends_while_a_handler_runs_is_not_kept() {
        let cache = cache(&["notes"]);
        with("GET / HTTP/1.1\nHost: h", &local(), |seen| {
            let mut notes = Notes::default();
            assert!(cache.enter(seen, &mut notes).is_none());
            seen.world.tags.end("notes");
            cache.leave(seen, &mut notes, &mut page());
            assert!(!ask(&cache, seen, page()));
        });
    }

    #[test]
    fn what_is_not_for_all_is_not_kept() {
        let cache = cache(&[]);
        let kept = |head: &str, page: fn() -> Page| {
            with(head, &local(), |seen| {
                ask(&cache, seen, page());
                ask(&cache, seen, page())
            })
        };
        assert!(kept("GET / HTTP/1.1\nHost: h", page));
        assert!(!kept("POST / HTTP/1.1\nHost: h", page));
        assert!(!kept("HEAD / HTTP/1.1\nHost: h", page));
        assert!(!kept("GET / HTTP/1.1\nHost: h\nAuthorization: x", page));
        assert!(!kept("GET / HTTP/1.1\nHost: h", || Page(
            404,
            vec![],
            vec![]
        )));
        assert!(!kept("GET / HTTP/1.1\nHost: h", || Page(
            200,
            vec![("Set-Cookie", "a=b")],
            vec![]
        )));
        assert!(!kept("GET / HTTP/1.1\nHost: h", || Page(
            200,
            vec![("Cache-Control", "max-age=0, Private")],
            vec![]
        )));
        assert!(!kept("GET / HTTP/1.1\nHost: h", || Page(
            200,
            vec![],
            vec![0; LARGEST + 1]
        )));
    }

    #[test]
    fn each_url_and_field_has_its_own() {
        let cache = cache(&[]);
        let key = |head: &str| {
            with(head, &local(), |seen| {
                let mut key = Vec::new();
                cache.key(seen, &Notes::default(), &mut key);
                key
            })
        };
        let plain = key("GET / HTTP/1.1\nHost: h");
        for other in [
            "GET /? HTTP/1.1\nHost: h",
            "GET / HTTP/1.1\nHost: i",
            "GET / HTTP/1.1\nHost: h\nAccept-Language: de",
            "GET / HTTP/1.1\nHost: h\nAccept-Language:",
        ] {
            assert_ne!(key(other), plain, "{other}");
        }
        assert_eq!(key("GET / HTTP/1.1\nHost: h\nAccept: x"), plain);
    }

    /// A handler that answers in the language that is asked for says so by `Vary`.
    struct Varied(&'static [u8], Page);

    impl Reply for Varied {
        fn status(&self) -> u16 {
            200
        }
        fn field(&self, _: &[u8]) -> Option<&[u8]> {
            None
        }
        fn lines(&self) -> Option<&[u8]> {
            Some(self.0)
        }
        fn body(&self) -> Option<&[u8]> {
            self.1.body()
        }
        fn add(&mut self, _: &str, _: &[u8]) {}
        fn not_modified(&mut self) {}
    }

    #[test]
    fn an_answer_is_kept_for_those_only_that_its_vary_has_in_common() {
        let cache = cache(&[]);
        let after = |vary: &'static [u8], first: &str, second: &str| {
            with(first, &local(), |seen| {
                let mut notes = Notes::default();
                assert!(cache.enter(seen, &mut notes).is_none());
                cache.leave(seen, &mut notes, &mut Varied(vary, page()));
                with(second, &local(), |other| {
                    let other = Seen {
                        world: seen.world,
                        ..*other
                    };
                    cache.enter(&other, &mut Notes::default()).is_some()
                })
            })
        };
        const PLAIN: &str = "GET / HTTP/1.1\nHost: h";
        const PACKED: &str = "GET / HTTP/1.1\nHost: h\nAccept: application/msgpack";
        assert!(after(b"A: b\r\n", PLAIN, PACKED));
        assert!(after(b"Vary: accept\r\n", PACKED, PACKED));
        assert!(after(b"Vary: Accept-Language, Accept\r\n", PLAIN, PLAIN));
        assert!(!after(b"vary: Accept\r\n", PACKED, PLAIN));
        assert!(!after(b"A: b\r\nVARY: X,Accept\r\n", PLAIN, PACKED));
        assert!(!after(b"Vary: *\r\n", PLAIN, PLAIN));
    }

    #[test]
    fn a_host_that_a_proxy_tells_is_a_part_of_the_key() {
        let cache = cache(&[]);
        with("GET / HTTP/1.1\nHost: inside", &local(), |seen| {
            let told = |host: Option<&str>| {
                let mut notes = Notes::default();
                if let Some(host) = host {
                    notes.host = Some(host.into());
                }
                notes
            };
            let mut evil = told(Some("evil.example"));
            assert!(cache.enter(seen, &mut evil).is_none());
            cache.leave(seen, &mut evil, &mut page());
            assert!(cache.enter(seen, &mut told(Some("evil.example"))).is_some());
            assert!(cache.enter(seen, &mut told(Some("site.example"))).is_none());
            assert!(cache.enter(seen, &mut told(None)).is_none());
        });
    }

    #[test]
    fn it_never_grows_beyond_its_limit() {
        let store = Store::new(20_000);
        let kept = || Kept {
            status: 200,
            lines: vec![],
            body: vec![0; 700],
            made: 0,
            end: 1,
            sum: 0,
            varies: Vec::new(),
            own_tag: None,
            tag: OnceCell::new(),
        };
        for n in 0..1000_u32 {
            store.put(&n.to_be_bytes(), kept());
            store.put(&n.to_be_bytes(), kept());
            assert!(
                store.get(&0_u32.to_be_bytes()).is_some(),
                "{n}: what is used stays"
            );
            let inner = store.inner.borrow();
            assert!(inner.bytes <= 20_000);
            assert_eq!(inner.by_key.len(), inner.order.len());
        }
        assert_eq!(store.inner.borrow().by_key.len(), 20);
        store.put(
            b"big",
            Kept {
                body: vec![0; 20_000],
                ..kept()
            },
        );
        assert!(store.get(b"big").is_none());
    }

    #[test]
    fn wrong_options() {
        let new = |ttl, vary: &str, tag: &str| {
            ResponseCache::new(ttl, vec![vary.into()], vec![tag.into()])
                .unwrap_err()
                .0
        };
        assert_eq!(new(0, "a", "b"), 0);
        assert_eq!(new(1, "a b", "b"), 1);
        assert_eq!(new(1, "a", ""), 2);
    }
}
