//! Programs that run during a test, in a folder of their own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A limit that is longer than any program needs to start or to write a line of its log.
const LONGEST: Duration = Duration::from_secs(30);

/// A temporary folder for the files of programs.
pub struct Folder(genesys_listener::Folder);

impl Folder {
    pub fn new() -> Folder {
        let folder = genesys_listener::Folder::new("servers");
        // Started by root, the programs write as other users.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        Folder(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, and returns its path.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Returns the text of a file once the text is as expected.
    pub fn read_until(&self, name: &str, is_complete: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let text = fs::read_to_string(self.path(name)).unwrap_or_default();
            if is_complete(&text) {
                return text;
            }
            assert!(start.elapsed() < LONGEST, "{name}: {text}");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A running program, which ends with this value.
pub struct Program {
    child: Child,
    pub ports: Vec<u16>,
}

impl Program {
    /// Starts a program that listens at this number of ports of 127.0.0.1, and waits until it does. If another
    /// process takes a port in between, so that the program ends, other ports are tried.
    pub fn start(folder: &Folder, ports: usize, command: impl Fn(&[u16]) -> Command) -> Program {
        for _ in 0..3 {
            let ports = free_ports(ports);
            let log = fs::File::create(folder.path("output")).unwrap();
            let mut command = command(&ports);
            command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
            let mut program = Program { child: command.spawn().unwrap(), ports };
            if program.is_ready() {
                return program;
            }
        }
        panic!("does not start: {}", fs::read_to_string(folder.path("output")).unwrap())
    }

    /// Waits until every port is open; `false` if the program ends before.
    fn is_ready(&mut self) -> bool {
        let start = Instant::now();
        while !self.ports.iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()) {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(start.elapsed() < LONGEST, "does not listen");
            thread::sleep(Duration::from_millis(10));
        }
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal, such as `HUP`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // nginx ends its workers on TERM; KILL would leave them.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn free_ports(count: usize) -> Vec<u16> {
    let listeners: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

/// Returns a command; a program in `/usr/sbin` is found by any user.
pub fn command(program: &str) -> Command {
    let in_sbin = Path::new("/usr/sbin").join(program);
    if in_sbin.exists() { Command::new(in_sbin) } else { Command::new(program) }
}

/// Runs a command line of OpenSSL in a folder, and returns its output.
pub fn openssl(folder: &Folder, line: &str) -> String {
    let output = Command::new("openssl").args(line.split(' ')).current_dir(&folder.0).output().unwrap();
    assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
