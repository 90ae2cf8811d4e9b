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
        key.extend_from_slice(seen.head.authority(seen.bytes).unwrap_or_default());
        key.push(0);
        key.extend_from_slice(seen.head.target(seen.bytes));
        for name in &self.vary {
            key.push(0);
            let name = name.as_bytes();
            for (_, value) in seen
                .head
                .fields(seen.bytes)
                .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            {
                key.extend_from_slice(value);
                key.push(b'\n');
            }
        }
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
        Some(Answer::Kept(kept))
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
        let kept = Kept {
            status: reply.status(),
            // With what filters further inside have added.
            lines: [lines, &notes.lines()[notes.mark..]].concat(),
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
