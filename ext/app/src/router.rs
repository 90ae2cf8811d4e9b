//! The router: which handler answers a method and a path, decided without PHP.
//!
//! Routes are a method set, a pattern and a handler id that means nothing here. Fixed paths are
//! found in a hash map, patterns in a radix tree ([`Router::find`] allocates nothing). Literal
//! text goes before constrained parameters, these before free ones, these before `{rest:*}`;
//! a branch that ends nowhere is left for the next best.
//!
//! ```
//! use highper_app::router::{Answer, Builder, NewRoute};
//! let mut routes = Builder::new();
//! routes.add(NewRoute { methods: &["GET"], pattern: r"/notes/{id:\d+}", handler: 7, name: Some("note"), at: "a.php:3" })?;
//! let router = routes.build();
//! let Answer::Found(found) = router.find(b"GET", b"/notes/42") else { panic!() };
//! assert_eq!((found.handler, found.params.get("id").as_deref()), (7, Some("42")));
//! assert_eq!(router.url("note", &[("id", "42")])?, "/notes/42");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod constraint;
mod group;
mod method;
mod params;
mod pattern;
#[cfg(test)]
mod tests;
mod tree;
mod url;

pub use group::Group;
pub use params::{DecodeError, MAX_PARAMS, Params, decode};
pub use url::UrlError;

use method::{MethodNames, MethodSet, Wanted};
use params::Ranges;
use pattern::{Pattern, Piece};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use tree::{First, Tree};

/// What happens to `/notes/` when only `/notes` is a route, and the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrailingSlash {
    /// They are two paths: 404. The default.
    #[default]
    Strict,
    /// 308 to the one that is a route.
    Redirect,
}

/// A route to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewRoute<'a> {
    /// Methods, as in `GET`; `*` or `ANY` for all. GET answers HEAD too.
    pub methods: &'a [&'a str],
    /// `/notes/{id}`, `{id:\d+}`, `{path:*}` (the rest, never empty), `[/{page}]` or `{page?}` at the end.
    pub pattern: &'a str,
    /// What [`Found::handler`] gives back.
    pub handler: u32,
    /// For [`Router::url`]; unique.
    pub name: Option<&'a str>,
    /// Where the route was written, as `file:line`, for error messages.
    pub at: &'a str,
}

/// A route of a built router.
#[derive(Debug)]
pub struct Route {
    /// The methods as they were given.
    pub methods: Box<str>,
    /// The pattern as it was given.
    pub pattern: Box<str>,
    /// The handler's id.
    pub handler: u32,
    /// The name, where it has one.
    pub name: Option<Box<str>>,
    /// `file:line`.
    pub at: Box<str>,
    names: Vec<Box<str>>,
    variants: Vec<Vec<Piece>>,
}

impl Route {
    /// The parameters' names, in the pattern's order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|n| &**n)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.methods, self.pattern, self.at)
    }
}

/// A route that cannot be added; the text names it, and the other one where two conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteError(String);

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RouteError {}

/// What a request gets.
#[derive(Debug)]
pub enum Answer<'r, 'p> {
    /// A handler.
    Found(Found<'r, 'p>),
    /// 404.
    NotFound,
    /// 405; `allow` is the header's value (RFC 9110, 15.5.6).
    MethodNotAllowed {
        /// `GET, HEAD, OPTIONS`
        allow: &'r str,
    },
    /// 204 to an OPTIONS request that no route answers itself.
    Options {
        /// `GET, HEAD, OPTIONS`
        allow: &'r str,
    },
    /// 308 to the same path with (true) or without its trailing slash: see [`location`].
    Redirect {
        /// Add a slash, or take it away.
        slash: bool,
    },
    /// 400: the path's parameters cannot be decoded.
    BadRequest(DecodeError),
}

/// A handler and the path's parameters.
#[derive(Debug)]
pub struct Found<'r, 'p> {
    /// [`NewRoute::handler`]
    pub handler: u32,
    /// The route itself.
    pub route: &'r Route,
    /// Its parameters.
    pub params: Params<'r, 'p>,
}

#[derive(Debug, Default)]
struct Leaf {
    /// Method sets and route numbers, in the order of registration.
    entries: Vec<(MethodSet, u32)>,
    set: MethodSet,
}

/// Collects routes.
#[derive(Debug, Default)]
pub struct Builder {
    router: Router,
}

impl Builder {
    /// No routes, strict about trailing slashes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what a trailing slash too many or too few gets.
    #[must_use]
    pub fn trailing_slash(mut self, policy: TrailingSlash) -> Self {
        self.router.slash = policy;
        self
    }

    /// Adds a route and gives its number.
    ///
    /// # Errors
    /// A bad pattern or method, a name used before, a route that matches the same paths with the
    /// same method. The builder is then as it was.
    pub fn add(&mut self, new: NewRoute<'_>) -> Result<u32, RouteError> {
        let router = &mut self.router;
        let methods: Box<str> = new.methods.join("|").into();
        let bad = |why: String| {
            RouteError(format!(
                "route {methods} {} ({}) cannot be added: {why}",
                new.pattern, new.at
            ))
        };
        let Pattern { variants, names } = Pattern::parse(new.pattern).map_err(bad)?;
        let set = router.methods.set(new.methods).map_err(bad)?;
        if let Some(name) = new.name
            && let Some(other) = router.names.get(name)
        {
            return Err(bad(format!(
                "the name {name:?} belongs to {}",
                router.routes[*other as usize]
            )));
        }
        let mut leaves = Vec::with_capacity(variants.len());
        for pieces in &variants {
            let next = router.leaves.len() as u32;
            let leaf = *router.tree.slot(pieces).get_or_insert(next);
            if leaf == next {
                router.leaves.push(Leaf::default());
            }
            let clash = router.leaves[leaf as usize]
                .entries
                .iter()
                .find(|(s, _)| !s.overlap(set).is_empty());
            if let Some((_, other)) = clash {
                return Err(bad(format!(
                    "it matches the same paths with the same method as {}",
                    router.routes[*other as usize]
                )));
            }
            leaves.push(leaf);
        }
        let number = router.routes.len() as u32;
        for (pieces, leaf) in variants.iter().zip(leaves) {
            let entry = &mut router.leaves[leaf as usize];
            entry.entries.push((set, number));
            entry.set = entry.set.union(set);
            if let Some(path) = fixed(pieces) {
                router.longest = router.longest.max(path.len());
                router.fixed.insert(path.into(), leaf);
            }
        }
        if let Some(name) = new.name {
            router.names.insert(name.into(), number);
        }
        router.routes.push(Route {
            methods,
            pattern: new.pattern.into(),
            handler: new.handler,
            name: new.name.map(Into::into),
            at: new.at.into(),
            names,
            variants,
        });
        Ok(number)
    }

    /// The router, with every `Allow` header that it can need.
    #[must_use]
    pub fn build(mut self) -> Router {
        let router = &mut self.router;
        router.tree.seal();
        let mut all = MethodSet::EMPTY;
        // Leaves on one path can add up: closed under union.
        let mut sets = vec![MethodSet::EMPTY];
        for leaf in &router.leaves {
            all = all.union(leaf.set);
            if router.allow.contains_key(&leaf.set) {
                continue;
            }
            for i in 0..sets.len() {
                let set = sets[i].union(leaf.set);
                if !router.allow.contains_key(&set) && !set.is_empty() {
                    router.allow.insert(set, router.methods.allow(set).into());
                    sets.push(set);
                }
            }
        }
        router.everything = router.methods.allow(all).into();
        self.router
    }
}

/// The whole path of a pattern without parameters.
fn fixed(pieces: &[Piece]) -> Option<Vec<u8>> {
    let mut path = vec![];
    for piece in pieces {
        match piece {
            Piece::Text(t) => path.extend_from_slice(t),
            _ => return None,
        }
    }
    Some(path)
}

/// Finds handlers. Made by [`Builder::build`]; shared freely, never changed.
#[derive(Debug, Default)]
pub struct Router {
    routes: Vec<Route>,
    leaves: Vec<Leaf>,
    tree: Tree,
    fixed: HashMap<Box<[u8]>, u32, BuildHasherDefault<PathHasher>>,
    longest: usize,
    methods: MethodNames,
    names: HashMap<Box<str>, u32>,
    allow: HashMap<MethodSet, Box<str>>,
    everything: Box<str>,
    slash: TrailingSlash,
}

impl Router {
    /// All routes, in the order of registration.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Answers a request. `path` is as sent, percent-encoded and without the query; `method` is
    /// compared case by case (RFC 9110, 9.1). `OPTIONS *` is answered with all methods.
    ///
    /// Allocates nothing, but for a constrained parameter of more than 512 bytes with escapes
    /// and for a miss under [`TrailingSlash::Redirect`].
    #[must_use]
    pub fn find<'r, 'p>(&'r self, method: &[u8], path: &'p [u8]) -> Answer<'r, 'p> {
        let answer = self.look(method, path);
        if self.slash == TrailingSlash::Redirect && matches!(answer, Answer::NotFound) {
            return self.other_slash(method, path);
        }
        answer
    }

    fn look<'r, 'p>(&'r self, method: &[u8], path: &'p [u8]) -> Answer<'r, 'p> {
        let wanted = self.methods.wanted(method);
        if path.first() == Some(&b'/') && u16::try_from(path.len()).is_ok() && is_plain(path) {
            let mut ranges = Ranges::new();
            let leaf = match self.tree.first(path, &mut ranges) {
                First::Leaf(leaf) => Some(leaf),
                First::Nothing => return Answer::NotFound,
                First::Unknown => None,
            };
            if let Some(route) = leaf.and_then(|leaf| self.best(wanted, leaf)) {
                return Answer::Found(Found {
                    handler: route.handler,
                    route,
                    params: Params {
                        names: &route.names,
                        path,
                        ranges,
                    },
                });
            }
        }
        let mut seen = MethodSet::EMPTY;
        let mut chosen = None;
        let mut pick = |leaf: u32| {
            let leaf = &self.leaves[leaf as usize];
            seen = seen.union(leaf.set);
            let mut best = 0;
            for (set, route) in &leaf.entries {
                let rank = wanted.rank(*set);
                if rank > best {
                    best = rank;
                    chosen = Some(*route);
                }
            }
            best > 0
        };
        if path.len() <= self.longest
            && let Some(leaf) = self.fixed.get(path)
            && memchr::memchr(b'%', path).is_none()
            && pick(*leaf)
        {
            return self.found(chosen, path, Ranges::new());
        }
        if path.first() != Some(&b'/') || u16::try_from(path.len()).is_err() {
            return match path {
                b"*" if wanted.is_options => Answer::Options {
                    allow: &self.everything,
                },
                _ => Answer::NotFound,
            };
        }
        let mut ranges = Ranges::new();
        let result = self
            .tree
            .search(path, &mut ranges, &mut |leaf, _| pick(leaf));
        match result {
            Ok(true) => self.found(chosen, path, ranges),
            _ if !seen.is_empty() => {
                let allow = self.allow.get(&seen).map_or(&*self.everything, |a| a);
                if wanted.is_options {
                    Answer::Options { allow }
                } else {
                    Answer::MethodNotAllowed { allow }
                }
            }
            Ok(false) => Answer::NotFound,
            Err(e) => Answer::BadRequest(e),
        }
    }

    /// The route of a leaf that answers best.
    fn best(&self, wanted: Wanted, leaf: u32) -> Option<&Route> {
        let (mut best, mut chosen) = (0, None);
        for (set, route) in &self.leaves[leaf as usize].entries {
            let rank = wanted.rank(*set);
            if rank > best {
                (best, chosen) = (rank, Some(*route));
            }
        }
        self.routes.get(chosen? as usize)
    }

    fn found<'r, 'p>(
        &'r self,
        route: Option<u32>,
        path: &'p [u8],
        ranges: Ranges,
    ) -> Answer<'r, 'p> {
        let Some(route) = route.and_then(|r| self.routes.get(r as usize)) else {
            return Answer::NotFound;
        };
        let params = Params {
            names: &route.names,
            path,
            ranges,
        };
        for (_, raw) in params.raw() {
            if let Err(e) = params::check(raw) {
                return Answer::BadRequest(e);
            }
        }
        Answer::Found(Found {
            handler: route.handler,
            route,
            params,
        })
    }

    #[cold]
    fn other_slash<'p>(&self, method: &[u8], path: &'p [u8]) -> Answer<'_, 'p> {
        let (other, slash) = match path {
            [b'/'] | [] => return Answer::NotFound,
            [shorter @ .., b'/'] => (shorter.to_vec(), false),
            _ => ([path, b"/"].concat(), true),
        };
        match self.look(method, &other) {
            Answer::NotFound | Answer::BadRequest(_) => Answer::NotFound,
            _ => Answer::Redirect { slash },
        }
    }
}

/// Is it ASCII without escapes and zero bytes? Such parameters need no decoding and no check.
fn is_plain(path: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // A zero byte borrows from its high bit; what lies above it does not matter any more.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let odd = |bytes: &[u8; 8]| {
        let word = u64::from_le_bytes(*bytes);
        (word | zero(word) | zero(word ^ (ONES * u64::from(b'%')))) & HIGH
    };
    match path.last_chunk::<8>() {
        // The last word overlaps the one before it.
        Some(last) => {
            path.as_chunks::<8>()
                .0
                .iter()
                .fold(odd(last), |seen, word| seen | odd(word))
                == 0
        }
        None => path.iter().all(|b| !matches!(*b, 0 | b'%' | 128..)),
    }
}

/// The `Location` for [`Answer::Redirect`]: the path with its slash changed, and the query.
/// Slashes at the front become one: `//host/` would lead to another site.
#[must_use]
pub fn location(path: &str, query: Option<&str>, slash: bool) -> String {
    let mut to = format!("/{}", path.trim_start_matches(['/', '\\']));
    if slash {
        to.push('/');
    } else if to.len() > 1 && to.ends_with('/') {
        to.pop();
    }
    if let Some(query) = query {
        to.push('?');
        to.push_str(query);
    }
    to
}

/// A multiply-and-rotate hash, eight bytes at a time. The map's keys are the application's own, so a client can't fill it.
#[derive(Default)]
struct PathHasher(u64);

impl Hasher for PathHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut mix =
            |n: u64| self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x517c_c1b7_2722_0a95);
        let (words, tail) = bytes.as_chunks::<8>();
        for word in words {
            mix(u64::from_le_bytes(*word));
        }
        for byte in tail {
            mix(u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}
