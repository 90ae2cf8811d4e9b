//! Users and groups by name.

use std::ffi::{CStr, CString};
use std::io;

use crate::error::{Error, reason};
use crate::sys;

/// Whom the workers run as, looked up before anything is forked.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub uid: libc::uid_t,
    pub gid: libc::gid_t,
    // For the supplementary groups; None keeps only gid.
    name: Option<CString>,
    change_user: bool,
}

impl Identity {
    /// Resolves the settings `user` and `group`; None when neither is set or
    /// both are what the process has already.
    pub fn resolve(user: Option<&str>, group: Option<&str>) -> Result<Option<Self>, Error> {
        if user.is_none() && group.is_none() {
            return Ok(None);
        }
        // SAFETY: both always succeed.
        let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
        let mut wanted = Self {
            uid,
            gid,
            name: None,
            change_user: user.is_some(),
        };
        if let Some(user) = user {
            let found = find_user(user)?;
            wanted.uid = found.0;
            wanted.gid = found.1;
            wanted.name = Some(found.2);
        }
        if let Some(group) = group {
            wanted.gid = find_group(group)?;
        }
        if wanted.uid == uid && wanted.gid == gid && uid != 0 {
            return Ok(None);
        }
        if sys::geteuid() != 0 {
            return Err(Error::new(format!(
                "settings 'user' and 'group' are {} and {}, but only root may change them: start as root or remove them",
                user.unwrap_or("not set"),
                group.unwrap_or("not set"),
            )));
        }
        Ok(Some(wanted))
    }

    /// Becomes that user, for good, below the new root if there is one.
    pub fn apply(&self, root: Option<&CStr>) -> io::Result<()> {
        // SAFETY: the name is a C string that lives through the calls; the rest touches no memory.
        unsafe {
            match &self.name {
                Some(name) => sys::check(libc::initgroups(name.as_ptr(), self.gid))?,
                None => sys::check(libc::setgroups(1, &raw const self.gid))?,
            };
            sys::check(libc::setgid(self.gid))?;
            if let Some(root) = root {
                // Only now: /etc/group of the outer root was needed before.
                sys::chroot(root)?;
            }
            if self.change_user {
                sys::check(libc::setuid(self.uid))?;
            }
        }
        Ok(())
    }
}

fn c_string(setting: &str, value: &str) -> Result<CString, Error> {
    CString::new(value).map_err(|_| {
        Error::new(format!(
            "setting '{setting}' contains a zero byte: remove it"
        ))
    })
}

fn find_user(user: &str) -> Result<(libc::uid_t, libc::gid_t, CString), Error> {
    let name = c_string("user", user)?;
    // SAFETY: getpwnam returns null or a record that stays valid until the next look-up; one thread.
    unsafe {
        let mut entry = libc::getpwnam(name.as_ptr());
        if entry.is_null()
            && let Ok(uid) = user.parse::<libc::uid_t>()
        {
            entry = libc::getpwuid(uid);
        }
        if entry.is_null() {
            return Err(Error::new(format!(
                "setting 'user' is '{user}': there is no such user; create it or name another"
            )));
        }
        let entry = &*entry;
        Ok((
            entry.pw_uid,
            entry.pw_gid,
            CStr::from_ptr(entry.pw_name).to_owned(),
        ))
    }
}

fn find_group(group: &str) -> Result<libc::gid_t, Error> {
    let name = c_string("group", group)?;
    // SAFETY: as in find_user.
    unsafe {
        let mut entry = libc::getgrnam(name.as_ptr());
        if entry.is_null()
            && let Ok(gid) = group.parse::<libc::gid_t>()
        {
            entry = libc::getgrgid(gid);
        }
        if entry.is_null() {
            return Err(Error::new(format!(
                "setting 'group' is '{group}': there is no such group; create it or name another"
            )));
        }
        Ok((*entry).gr_gid)
    }
}

/// What to say when [`Identity::apply`] fails.
pub(crate) fn apply_error(error: &io::Error) -> Error {
    Error::new(format!(
        "cannot switch to the user and group of the settings 'user' and 'group': {}",
        reason(error)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_say_which_setting() {
        let user = Identity::resolve(Some("no-such-user-x"), None).unwrap_err();
        assert!(user.to_string().contains("'user' is 'no-such-user-x'"));
        let group = Identity::resolve(None, Some("no-such-group-x")).unwrap_err();
        assert!(group.to_string().contains("'group' is 'no-such-group-x'"));
        assert!(Identity::resolve(Some("a\0b"), None).is_err());
        assert!(Identity::resolve(None, None).unwrap().is_none());
    }

    #[test]
    fn names_and_numbers_are_found() {
        assert_eq!(find_user("root").unwrap().0, 0);
        assert_eq!(find_user("0").unwrap().0, 0);
        assert_eq!(find_group("root").unwrap(), 0);
    }
}
