//! Sets of HTTP methods as bits, and the `Allow` header made of them.

/// The methods that have a bit of their own, in the order of the `Allow` header.
const KNOWN: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
];
/// Bits left for methods that the application itself names (`PROPFIND`, `PURGE`).
const CUSTOM: usize = 6;
const ANY: u16 = 1 << 15;
const GET: u16 = 1;
const HEAD: u16 = 1 << 1;
const OPTIONS: u16 = 1 << 6;

/// The methods of one route. Bit 15 stands for "any method".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct MethodSet(u16);

impl MethodSet {
    pub(super) const EMPTY: Self = Self(0);

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both sets answer. "Any" overlaps only with "any": a route with named methods
    /// beside one for all others is wanted, not a conflict.
    pub(super) fn overlap(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// What a request asks for: its own bit, and the bit that may stand in.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    exact: u16,
    instead: u16,
    pub(super) is_options: bool,
}

impl Wanted {
    /// How well `set` answers: 3 by name, 2 GET for HEAD, 1 by "any", 0 not at all.
    pub(super) fn rank(self, set: MethodSet) -> u8 {
        if set.0 & self.exact != 0 {
            3
        } else if set.0 & self.instead != 0 {
            2
        } else if set.0 & ANY != 0 {
            1
        } else {
            0
        }
    }
}

/// Names to bits, with room for an application's own methods.
#[derive(Clone, Debug, Default)]
pub(super) struct MethodNames {
    custom: Vec<Box<str>>,
}

impl MethodNames {
    /// The set of the given names, upper or lower case; `*` or `ANY` means any method.
    /// An empty list, a name that is no token (RFC 9110, 5.6.2) and a seventh custom method are errors.
    pub(super) fn set(&mut self, names: &[&str]) -> Result<MethodSet, String> {
        if names.is_empty() {
            return Err("it has no method; name at least one, such as GET".into());
        }
        let mut bits = 0;
        for name in names {
            bits |= if *name == "*" || name.eq_ignore_ascii_case("any") {
                ANY
            } else {
                self.bit_or_new(name)?
            };
        }
        Ok(MethodSet(bits))
    }

    fn bit_or_new(&mut self, name: &str) -> Result<u16, String> {
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(format!("{name:?} is not an HTTP method"));
        }
        let upper = name.to_ascii_uppercase();
        let bit = self.bit(upper.as_bytes());
        if bit != 0 {
            return Ok(bit);
        }
        if self.custom.len() == CUSTOM {
            return Err(format!(
                "{upper} is one custom method too many: an application may name {CUSTOM} beside the standard ones"
            ));
        }
        self.custom.push(upper.clone().into());
        Ok(self.bit(upper.as_bytes()))
    }

    fn bit(&self, name: &[u8]) -> u16 {
        // Ordered by how often they come.
        match name {
            b"GET" => GET,
            b"POST" => 1 << 2,
            b"HEAD" => HEAD,
            b"PUT" => 1 << 3,
            b"PATCH" => 1 << 4,
            b"DELETE" => 1 << 5,
            b"OPTIONS" => OPTIONS,
            b"TRACE" => 1 << 7,
            b"CONNECT" => 1 << 8,
            _ => self
                .custom
                .iter()
                .position(|c| c.as_bytes() == name)
                .map_or(0, |i| 1 << (KNOWN.len() + i)),
        }
    }

    /// What a request with this method (case matters, RFC 9110, 9.1) asks for.
    #[inline]
    pub(super) fn wanted(&self, method: &[u8]) -> Wanted {
        if method == b"GET" {
            return Wanted {
                exact: GET,
                instead: 0,
                is_options: false,
            };
        }
        let exact = self.bit(method);
        Wanted {
            exact,
            instead: if exact == HEAD { GET } else { 0 },
            is_options: exact == OPTIONS,
        }
    }

    /// The value of `Allow`: HEAD comes with GET, OPTIONS is always answered.
    pub(super) fn allow(&self, set: MethodSet) -> String {
        let mut bits = set.0 | OPTIONS;
        if bits & ANY != 0 {
            bits |= 0x7f;
        }
        if bits & GET != 0 {
            bits |= HEAD;
        }
        let names = KNOWN
            .iter()
            .copied()
            .chain(self.custom.iter().map(|c| &**c));
        let listed: Vec<&str> = names
            .enumerate()
            .filter(|(i, _)| bits & (1 << i) != 0)
            .map(|(_, n)| n)
            .collect();
        listed.join(", ")
    }
}
