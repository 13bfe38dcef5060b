//! The token cache: what lets a cron job sign in once a day instead of at every start.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::Grant;
use super::oauth::Fetched;
use crate::backoff::random;
use crate::region::Region;

/// A file that holds one token and its expiry, and for whom it is; never a secret.
///
/// Whatever is wrong with it is logged and never fatal: a token can always be asked for.
pub(crate) struct Cache {
    path: PathBuf,
    owner: Owner,
}

/// For whom a token is.
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
    pub fn new(path: PathBuf, region: &Region, grant: &Grant) -> Cache {
        let (name, client_id) = grant.identity();
        let owner = Owner { login: region.login_url(), grant: name.to_owned(), client_id: client_id.to_owned() };
        Cache { path, owner }
    }

    /// The token and for how long it is still good, if it is for this client and has a minute left.
    pub(super) fn load(&self) -> Option<Fetched> {
        let entry = match read(&self.path) {
            Ok(entry) => entry,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                log::warn!("token cache {} ignored: {error}", self.path.display());
                return None;
            }
        };
        if entry.owner != self.owner {
            log::warn!("token cache {} ignored: it is for another client", self.path.display());
            return None;
        }
        // The file may say anything: no more than a day is believed.
        const AT_MOST: u64 = 86_400;
        let left = entry.expires_at.saturating_sub(now()).min(AT_MOST);
        let usable = left > 60 && super::bearer(&entry.access_token).is_some();
        if !usable {
            log::info!("token cache {} ignored: its token has expired, or cannot be sent", self.path.display());
        }
        let lifetime = Some(Duration::from_secs(left));
        usable.then_some(Fetched { access_token: entry.access_token, lifetime, refresh_token: None })
    }

    /// Puts a token whose lifetime is known in, in place of what was there: a reader sees the old file
    /// or the new, never half.
    pub(super) fn store(&self, fetched: &Fetched) {
        let Some(lifetime) = fetched.lifetime else { return };
        let expires_at = now().saturating_add(lifetime.as_secs());
        let entry = Entry { owner: self.owner.clone(), access_token: fetched.access_token.clone(), expires_at };
        if let Err(error) = replace(&self.path, &entry) {
            log::warn!("token cache {} not written: {error}", self.path.display());
        }
    }

    /// Takes out a token that the service refused, unless somebody has put in another meanwhile.
    pub(super) fn forget(&self, access_token: &str) {
        if !read(&self.path).is_ok_and(|entry| entry.access_token == access_token) {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            log::warn!("token cache {} not removed: {error}", self.path.display());
        }
    }
}

fn read(path: &Path) -> io::Result<Entry> {
    let file = File::open(path)?;
    private(&file)?;
    // A token is a few hundred bytes; a file that is none of ours may be anything.
    let mut bytes = Vec::new();
    file.take(64 * 1024).read_to_end(&mut bytes)?;
    // What serde says of it may quote it: the position is enough.
    serde_json::from_slice(&bytes).map_err(|error| {
        io::Error::other(format!("not a token cache (line {}, column {})", error.line(), error.column()))
    })
}

fn replace(path: &Path, entry: &Entry) -> io::Result<()> {
    let bytes = serde_json::to_vec(entry)?;
    let name = path.file_name().ok_or_else(|| io::Error::other("the path has no file name"))?;
    let mut temporary = name.to_owned();
    temporary.push(format!(".{}.{:x}.tmp", std::process::id(), random()));
    let temporary = path.with_file_name(temporary);
    let written = create_private(&temporary).and_then(|mut file| {
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(unix)]
fn private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let meta = file.metadata()?;
    match meta.is_file() && meta.permissions().mode() & 0o077 == 0 {
        true => Ok(()),
        false => Err(io::Error::other("others may read or write it; it must be a file of mode 0600")),
    }
}

// Without Unix modes the folder decides who may read the file; that is said in the docs of the setting.
#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn private(_: &File) -> io::Result<()> {
    Ok(())
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
