//! A socket's options, by the system's numbers.

use super::Socket;
use crate::Error;
use highper_engine::descriptor;
use rustix::fd::AsFd;

impl Socket {
    /// Fills `value` with an option's bytes. How many there are.
    ///
    /// # Errors
    /// The system's.
    pub fn option(&self, level: i32, name: i32, value: &mut [u8]) -> Result<usize, Error> {
        let fd = self.fd.borrow();
        let fd = fd.as_ref().ok_or(Error::Closed)?;
        Ok(descriptor::get_option(fd.as_fd(), level, name, value)?)
    }

    /// Sets an option to bytes as the system wants them.
    ///
    /// # Errors
    /// The system's.
    pub fn set_option(&self, level: i32, name: i32, value: &[u8]) -> Result<(), Error> {
        let fd = self.fd.borrow();
        let fd = fd.as_ref().ok_or(Error::Closed)?;
        Ok(descriptor::set_option(fd.as_fd(), level, name, value)?)
    }

    /// The number of a network interface.
    ///
    /// # Errors
    /// `ENODEV` when there is none of that name.
    pub fn interface(&self, name: &str) -> Result<u32, Error> {
        self.with_fd(|fd| rustix::net::netdevice::name_to_index(fd, name))
    }
}
