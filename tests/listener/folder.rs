//! Temporary folders of tests. Two runs of a test never share one.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// An empty folder, which is removed at the end with all its files.
pub struct Folder(PathBuf);

/// A file in a folder of its own.
pub struct FileInFolder {
    path: PathBuf,
    _folder: Folder,
}

impl Folder {
    pub fn new(name: &str) -> Folder {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("genesys-journey-{name}-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    /// Returns the path of a file that does not exist yet.
    pub fn file(self, name: &str) -> FileInFolder {
        FileInFolder { path: self.join(name), _folder: self }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        self
    }
}

impl Deref for FileInFolder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for FileInFolder {
    fn as_ref(&self) -> &Path {
        self
    }
}
