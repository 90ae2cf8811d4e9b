//! A question to the resolver and its answer, which may cross threads.

use std::ffi::{CStr, CString};

use libc::{addrinfo, c_char, c_int};

use crate::errno;

/// What `getaddrinfo` was asked, copied: the caller's stack may be gone when the answer comes.
pub struct Query {
    node: CString,
    service: Option<CString>,
    /// Flags, family, type and protocol.
    hints: Option<[c_int; 4]>,
}

impl Query {
    /// Copies a question; `None` where there is no name to look up.
    ///
    /// # Safety
    /// As `getaddrinfo` has it: each is null or valid.
    pub(crate) unsafe fn copy(
        node: *const c_char,
        service: *const c_char,
        hints: *const addrinfo,
    ) -> Option<Self> {
        if node.is_null() {
            return None;
        }
        // SAFETY: not null, and valid by this function's contract.
        let (node, hints) = unsafe { (CStr::from_ptr(node), hints.as_ref()) };
        let is_number = hints.is_some_and(|h| h.ai_flags & libc::AI_NUMERICHOST != 0)
            || node
                .to_str()
                .is_ok_and(|text| text.parse::<std::net::IpAddr>().is_ok());
        if is_number {
            return None;
        }
        Some(Self {
            node: node.to_owned(),
            service: match service.is_null() {
                true => None,
                // SAFETY: not null, and valid by this function's contract.
                false => Some(unsafe { CStr::from_ptr(service) }.to_owned()),
            },
            hints: hints.map(|h| [h.ai_flags, h.ai_family, h.ai_socktype, h.ai_protocol]),
        })
    }

    /// For the IPv4 addresses of a name.
    pub(crate) fn addresses(node: &CStr) -> Self {
        Self {
            node: node.to_owned(),
            service: None,
            hints: Some([libc::AI_CANONNAME, libc::AF_INET, libc::SOCK_STREAM, 0]),
        }
    }

    /// Asks the system; blocks until it has an answer.
    #[must_use]
    pub fn ask(self) -> Answer {
        let hints = self.hints.map(|[flags, family, kind, protocol]| {
            // SAFETY: plain data; all zeros are a valid value.
            let mut hints: addrinfo = unsafe { std::mem::zeroed() };
            hints.ai_flags = flags;
            hints.ai_family = family;
            hints.ai_socktype = kind;
            hints.ai_protocol = protocol;
            hints
        });
        let service = self
            .service
            .as_ref()
            .map_or(std::ptr::null(), |s| s.as_ptr());
        let hints = hints.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        let mut list = std::ptr::null_mut();
        // SAFETY: every argument lives through the call.
        let code = unsafe { libc::getaddrinfo(self.node.as_ptr(), service, hints, &raw mut list) };
        Answer {
            code,
            errno: errno::get(),
            list,
        }
    }
}

/// What `getaddrinfo` answered.
pub struct Answer {
    code: c_int,
    errno: c_int,
    list: *mut addrinfo,
}

// SAFETY: the list belongs to the answer alone, and libc lets any thread free it.
unsafe impl Send for Answer {}

impl Answer {
    /// Hands the list over to a caller of `getaddrinfo`.
    ///
    /// # Safety
    /// `target` must be writable.
    pub(crate) unsafe fn give(mut self, target: *mut *mut addrinfo) -> c_int {
        if self.code == 0 {
            // SAFETY: writable by this function's contract.
            unsafe { *target = std::mem::replace(&mut self.list, std::ptr::null_mut()) };
        } else if self.code == libc::EAI_SYSTEM {
            errno::set(self.errno);
        }
        self.code
    }

    /// The code of `getaddrinfo`.
    pub(crate) fn code(&self) -> c_int {
        self.code
    }

    /// The IPv4 addresses, in the network's order of bytes, and the name that they belong to.
    pub(crate) fn addresses(&self) -> (Vec<[u8; 4]>, Option<CString>) {
        let (mut found, mut name) = (Vec::new(), None);
        let mut at = self.list;
        while !at.is_null() {
            // SAFETY: entries of a list of libc's that is still ours.
            let entry = unsafe { &*at };
            if !entry.ai_canonname.is_null() && name.is_none() {
                // SAFETY: a text of the list's.
                name = Some(unsafe { CStr::from_ptr(entry.ai_canonname) }.to_owned());
            }
            if entry.ai_family == libc::AF_INET && !entry.ai_addr.is_null() {
                // SAFETY: an address of this family is a sockaddr_in.
                let address = unsafe { &*entry.ai_addr.cast::<libc::sockaddr_in>() };
                found.push(address.sin_addr.s_addr.to_ne_bytes());
            }
            at = entry.ai_next;
        }
        (found, name)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.list.is_null() {
            // SAFETY: a list of getaddrinfo's that nobody else has.
            unsafe { libc::freeaddrinfo(self.list) };
        }
    }
}

/// How a look-up on another thread ended.
pub enum ResolveOutcome {
    /// With an answer.
    Done(Answer),
    /// The waiting coroutine was cancelled: `ECANCELED`.
    Cancelled,
}
