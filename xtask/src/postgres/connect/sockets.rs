//! Finds the network sockets that this process has open.

use std::os::fd::RawFd;

use nix::sys::socket::{SockaddrStorage, getsockname};

/// The open files of this process, on Linux and macOS.
const OPEN_FILES: &str = "/dev/fd";

/// Whether one of our sockets has this port. The driver does not tell which socket is its own. A
/// pool has the port of another socket of ours only by chance, one in the tens of thousands of
/// ports of a system.
pub(super) fn is_port_of_ours(port: u16) -> bool {
    std::fs::read_dir(OPEN_FILES).is_ok_and(|files| {
        let mut numbers = files.filter_map(|file| file.ok()?.file_name().to_str()?.parse().ok());
        numbers.any(|file| port_of(file) == Some(port))
    })
}

fn port_of(file: RawFd) -> Option<u16> {
    let name: SockaddrStorage = getsockname(file).ok()?;
    let of_version_4 = name
        .as_sockaddr_in()
        .map(nix::sys::socket::SockaddrIn::port);
    of_version_4.or_else(|| {
        name.as_sockaddr_in6()
            .map(nix::sys::socket::SockaddrIn6::port)
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::is_port_of_ours;

    #[test]
    fn a_port_is_ours_where_a_socket_of_ours_has_it() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // A machine may have no address of version 6.
            let Ok(listener) = TcpListener::bind(address) else {
                continue;
            };
            assert!(
                is_port_of_ours(listener.local_addr().expect("an address").port()),
                "{address}"
            );
        }
        assert!(!is_port_of_ours(1));
    }
}
