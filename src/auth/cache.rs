//! The token cache: a file with one access token, so that a cron job does not sign in at every start.
//!
//! The file never contains a client secret. A problem with it is logged and is not fatal, except for a path that
//! cannot be a cache.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::Grant;
use super::oauth::Fetched;
use crate::backoff::random;
use crate::call::LOG_TARGET;
use crate::error::{Error, Result};
use crate::region::Region;

pub(crate) struct Cache {
    path: PathBuf,
    owner: Owner,
}

/// The client that a token belongs to.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Owner {
    login: String,
    grant: String,
    client_id: String,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    owner: Owner,
    access_token: String,
    /// Seconds since 1970.
    expires_at: u64,
}

impl Cache {
    /// Returns the cache for the tokens of a client. Refuses other grants, because their tokens belong to persons.
    /// Refuses a path that is not that of a regular file.
    pub fn new(path: PathBuf, region: &Region, grant: &Grant) -> Result<Cache> {
        if !grant.is_client_credentials() {
            return Err(Error::input("token_cache", "is for the client credentials grant only"));
        }
        check_path(&path)
            .map_err(|problem| Error::input("token_cache", format_args!("cannot be {}: {problem}", path.display())))?;
        let (login, client_id) = (region.login_url(), grant.client_id().to_owned());
        Ok(Cache { path, owner: Owner { login, grant: "client_credentials".to_owned(), client_id } })
    }

    /// Returns the token and its remaining lifetime, if it belongs to this client and is valid for a minute or
    /// more.
    pub(super) fn load(&self) -> Option<Fetched> {
        let entry = match read(&self.path) {
            Ok(entry) => entry,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                self.warn("ignored", &error);
                return None;
            }
        };
        if entry.owner != self.owner {
            self.warn("ignored", &io::Error::other("it belongs to another client"));
            return None;
        }
        // An expiry later than a day is not plausible.
        const MAX_LIFETIME: u64 = 86_400;
        let left = entry.expires_at.saturating_sub(now()).min(MAX_LIFETIME);
        if left <= 60 || super::bearer(&entry.access_token).is_none() {
            // An expired token is normal and does not deserve a warning.
            log::debug!(target: LOG_TARGET, "token cache {}: ignored: its token has expired, or cannot be sent", self.path.display());
            return None;
        }
        let lifetime = Some(Duration::from_secs(left));
        Some(Fetched { access_token: entry.access_token, lifetime, refresh_token: None })
    }

    /// Writes a token whose lifetime is known. Readers see the old file or the new one, never a part.
    pub(super) fn store(&self, fetched: &Fetched) {
        let Some(lifetime) = fetched.lifetime else { return };
        let expires_at = now().saturating_add(lifetime.as_secs());
        let entry = Entry { owner: self.owner.clone(), access_token: fetched.access_token.clone(), expires_at };
        if let Err(error) = replace(&self.path, &entry) {
            self.warn("not written", &error);
        }
    }

    /// Removes a token that the service refused, unless another process has already replaced it.
    pub(super) fn forget(&self, access_token: &str) {
        if !read(&self.path).is_ok_and(|entry| entry.access_token == access_token) {
            return;
        }
        if let Err(error) = fs::remove_file(target(&self.path)) {
            self.warn("not removed", &error);
        }
    }

    fn warn(&self, what: &str, error: &io::Error) {
        log::warn!(target: LOG_TARGET, "token cache {}: {what}: {error}", self.path.display());
    }
}

/// Refuses everything but a regular file or a new name. Even opening a device may have an effect.
fn check_path(path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    // A path such as `folder/` or `folder/.` has the file name `folder`.
    if name.is_empty() || !path.as_os_str().as_encoded_bytes().ends_with(name) {
        return Err(io::Error::other("the path does not end in a file name"));
    }
    match fs::metadata(path) {
        Ok(metadata) => check_file(&metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn check_file(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() { Ok(()) } else { Err(io::Error::other("it is not a regular file")) }
}

/// Returns the path behind symbolic links, so that a write replaces the target and not a link. It need not exist.
fn target(path: &Path) -> PathBuf {
    // `check_path` has refused a loop of links.
    const MAX_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(link) = fs::read_link(&path) else { break };
        path = path.with_file_name("").join(link);
    }
    path
}

fn read(path: &Path) -> io::Result<Entry> {
    check_path(path)?;
    let file = open(path)?;
    check_private(&file)?;
    // A cache has a few hundred bytes, but the path may lead to a file of any size.
    let mut text = String::new();
    file.take(64 * 1024).read_to_string(&mut text)?;
    // The message of serde may quote the token.
    serde_json::from_str(&text).map_err(|error| {
        io::Error::other(format!("it is not a token cache (line {}, column {})", error.line(), error.column()))
    })
}

fn replace(path: &Path, entry: &Entry) -> io::Result<()> {
    check_path(path)?;
    let path = &target(path);
    let bytes = serde_json::to_vec(entry)?;
    let mut temporary = path.file_name().unwrap_or_default().to_owned();
    temporary.push(format!(".{}.{:x}.tmp", std::process::id(), random()));
    let temporary = path.with_file_name(temporary);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        create_folder(folder)?;
    }
    let written = create_private(&temporary).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()?;
        // Checks the path again, because it may have changed while the file was written.
        check_path(path)?;
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Opens a regular file. Another program may have replaced it after `check_path`, so that the open file is checked.
fn open(path: &Path) -> io::Result<File> {
    let file = open_without_blocking(path)?;
    check_file(&file.metadata()?)?;
    Ok(file)
}

#[cfg(unix)]
fn open_without_blocking(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path)
}

/// The flag that keeps the opening of a FIFO from blocking. On Linux for MIPS and SPARC the value differs and has no
/// effect; there only `check_path` protects against a FIFO.
#[cfg(unix)]
const O_NONBLOCK: i32 = if cfg!(any(target_os = "linux", target_os = "android")) { 0x800 } else { 0x4 };

#[cfg(unix)]
fn create_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(unix)]
fn check_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other("others may read or write it; it must have mode 0600"));
    }
    Ok(())
}

// Without Unix modes the permissions of the folder decide, as the docs of the setting say.
#[cfg(not(unix))]
fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

#[cfg(not(unix))]
fn open_without_blocking(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn check_private(_: &File) -> io::Result<()> {
    Ok(())
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_or_a_new_name_is_accepted() {
        for path in [
            "",
            ".",
            "/",
            "/dev/null",
            "/tmp",
            "..",
            "Cargo.toml/token.json",
            "missing.json/",
            "missing.json/.",
            "missing.json//",
            "Cargo.toml/",
            "missing/..",
        ] {
            assert!(check_path(Path::new(path)).is_err(), "{path}");
        }
        for path in ["Cargo.toml", "missing.json", "missing/folder/token.json"] {
            check_path(Path::new(path)).unwrap();
        }
    }

    #[test]
    fn a_fifo_that_appears_after_the_check_does_not_block() {
        let fifo = std::env::temp_dir().join(format!("genesys-journey-fifo-{:x}", random()));
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let (done, opened) = std::sync::mpsc::channel();
        let path = fifo.clone();
        std::thread::spawn(move || done.send(open(&path).map(drop).map_err(|error| error.to_string())));
        let opened = opened.recv_timeout(Duration::from_secs(5));
        fs::remove_file(fifo).unwrap();
        assert_eq!(opened, Ok(Err("it is not a regular file".to_owned())));
        open(Path::new("Cargo.toml")).unwrap();
    }

    #[test]
    fn a_temporary_file_is_never_an_existing_one() {
        use std::os::unix::fs::symlink;
        let folder = std::env::temp_dir().join(format!("genesys-journey-temporary-{:x}", random()));
        create_folder(&folder).unwrap();
        let [file, link, victim] = ["file", "link", "victim"].map(|name| folder.join(name));
        fs::write(&file, "content").unwrap();
        symlink(&victim, &link).unwrap();
        for path in [&file, &link] {
            assert_eq!(create_private(path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
        assert_eq!(fs::read(&file).unwrap(), b"content");
        assert!(!victim.exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
